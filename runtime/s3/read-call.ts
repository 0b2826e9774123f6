// Reads the resource and the caller of a request from its URL and headers. Follows "Virtual hosting of general
// purpose buckets" (path style, and <bucket>.localhost), "Authenticating requests: using query parameters" and
// "Naming Amazon S3 objects". Signatures are not verified; the expiry of a presigned URL is. Who
// sends a form, and the key of its object, stand in its fields: see post-object.ts.

import type { IncomingMessage } from 'node:http';
import type { Principal } from '../iam/index.ts';
import type { Call } from './call.ts';
import { S3Error } from './error.ts';

const MAX_KEY_BYTES = 1024;
// A presigned URL is valid for at most a week.
const MAX_EXPIRES_SECONDS = 7 * 24 * 3600;

const SIGNATURE_PARAMETERS = new Set([
  'x-amz-algorithm',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-expires',
  'x-amz-signedheaders',
  'x-amz-signature',
  'x-amz-security-token',
  'x-amz-content-sha256',
]);
// Parameters of signature version 2. boto3 adds the two content headers, which AWS reads only from the headers.
const LEGACY_PARAMETERS = new Set(['AWSAccessKeyId', 'Signature', 'Expires', 'content-type', 'content-md5']);
// What the SDKs add to a presigned URL about a body that they have not seen; AWS ignores it, too.
const IGNORED_IN_QUERY = /^x-amz-(checksum|sdk)-|^x-id$/;

type Parameters = ReadonlyMap<string, string>;

/**
 * Reads a request without its body. `url` must not be normalized: dots and double slashes belong to the key.
 * @throws S3Error
 */
export function readCall(
  request: IncomingMessage,
  url: string,
  requestId: string,
  principalOf: (accessKeyId: string | undefined) => Principal,
): Call {
  const queryStart = url.indexOf('?');
  const path = queryStart < 0 ? url : url.slice(0, queryStart);
  const parameters = readQuery(queryStart < 0 ? '' : url.slice(queryStart + 1));
  const headers = readHeaders(request);
  checkExpiry(parameters, Date.now());
  const accessKeyId = readAccessKeyId(headers.get('authorization'), parameters);
  return {
    method: request.method ?? 'GET',
    ...readAddress(path, headers.get('host') ?? ''),
    query: withoutSignature(parameters, headers),
    headers,
    principal: principalOf(accessKeyId),
    requestId,
    sourceIp: request.socket.remoteAddress ?? '127.0.0.1',
    request,
  };
}

/**
 * The bucket that a request names, empty if it names none.
 * @throws S3Error
 */
export function bucketOf(url: string, host: string): string {
  return readAddress(url.split('?')[0] ?? '/', host).bucket;
}

function readAddress(path: string, host: string): { bucket: string; key: string } {
  const virtual = virtualBucket(host);
  const rest = path.startsWith('/') ? path.slice(1) : path;
  if (virtual !== undefined) return { bucket: virtual, key: readKey(rest) };
  const slash = rest.indexOf('/');
  if (slash < 0) return { bucket: decode(rest), key: '' };
  return { bucket: decode(rest.slice(0, slash)), key: readKey(rest.slice(slash + 1)) };
}

/** The bucket that the host names; undefined if the path names it. */
export function virtualBucket(host: string): string | undefined {
  const name = /^([a-z0-9][a-z0-9.-]*?)(?:\.s3)?\.localhost(?::\d+)?$/.exec(host.toLowerCase())?.[1];
  return name === 's3' ? undefined : name;
}

function readKey(raw: string): string {
  const key = decode(raw);
  checkKeyLength(key);
  return key;
}

/** @throws S3Error KeyTooLongError */
export function checkKeyLength(key: string): void {
  const bytes = Buffer.byteLength(key);
  if (bytes <= MAX_KEY_BYTES) return;
  throw new S3Error(400, 'KeyTooLongError', 'Your key is too long', {
    Size: String(bytes),
    MaxSizeAllowed: String(MAX_KEY_BYTES),
  });
}

function readQuery(query: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const field of query.split('&')) {
    if (field === '') continue;
    const equals = field.indexOf('=');
    const name = decodeField(equals < 0 ? field : field.slice(0, equals));
    parameters.set(name, equals < 0 ? '' : decodeField(field.slice(equals + 1)));
  }
  return parameters;
}

function readHeaders(request: IncomingMessage): Map<string, string> {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(request.headers)) {
    if (typeof value === 'string') headers.set(name, value);
  }
  return headers;
}

/** Leaves out the signature's parameters, and moves a presigned URL's `x-amz-` parameters to `headers`. */
function withoutSignature(parameters: Parameters, headers: Map<string, string>): Map<string, string> {
  const query = new Map<string, string>();
  const legacy = parameters.has('AWSAccessKeyId');
  for (const [name, value] of parameters) {
    const lower = name.toLowerCase();
    if (SIGNATURE_PARAMETERS.has(lower) || IGNORED_IN_QUERY.test(lower)) continue;
    if (legacy && LEGACY_PARAMETERS.has(name)) continue;
    if (!lower.startsWith('x-amz-')) query.set(name, value);
    // As Node reads header values: the bytes of the text in UTF-8, each as a Latin-1 character.
    else if (!headers.has(lower)) headers.set(lower, Buffer.from(value).toString('latin1'));
  }
  return query;
}

function readAccessKeyId(authorization: string | undefined, parameters: Parameters): string | undefined {
  const credential =
    parameters.get('X-Amz-Credential') ?? /Credential=([^,\s]+)/.exec(authorization ?? '')?.[1];
  if (credential !== undefined) return credential.split('/')[0];
  return parameters.get('AWSAccessKeyId') ?? /^AWS ([^:]+):/.exec(authorization ?? '')?.[1];
}

function checkExpiry(parameters: Parameters, nowMs: number): void {
  const expiresMs = readExpiryMs(parameters);
  if (expiresMs === undefined || nowMs < expiresMs) return;
  throw new S3Error(403, 'AccessDenied', 'Request has expired', {
    Expires: new Date(expiresMs).toISOString(),
    ServerTime: new Date(nowMs).toISOString(),
  });
}

function readExpiryMs(parameters: Parameters): number | undefined {
  // Signature version 2, which some clients still presign with, has the end; version 4 has the start and the duration.
  if (parameters.has('AWSAccessKeyId')) {
    const seconds = Number(parameters.get('Expires') ?? Number.NaN);
    if (Number.isSafeInteger(seconds)) return seconds * 1000;
    throw new S3Error(
      403,
      'AccessDenied',
      'Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters',
    );
  }
  if (!parameters.has('X-Amz-Signature') && !parameters.has('X-Amz-Expires')) return undefined;
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(parameters.get('X-Amz-Date') ?? '') ?? [];
  const startMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  const seconds = Number(parameters.get('X-Amz-Expires') ?? Number.NaN);
  if (Number.isNaN(startMs))
    throw badQueryAuthentication("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  if (!Number.isInteger(seconds) || seconds < 0)
    throw badQueryAuthentication('X-Amz-Expires should be a number');
  if (seconds > MAX_EXPIRES_SECONDS) {
    throw badQueryAuthentication(
      'X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds',
    );
  }
  return startMs + seconds * 1000;
}

function badQueryAuthentication(message: string): S3Error {
  return new S3Error(400, 'AuthorizationQueryParametersError', message);
}

/** In a query, unlike in a path, a plus is a space. */
function decodeField(raw: string): string {
  return decode(raw.replaceAll('+', ' '));
}

function decode(raw: string): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    throw new S3Error(
      400,
      'InvalidURI',
      "Couldn't parse the specified URI: it is not UTF-8, percent-encoded.",
    );
  }
}
