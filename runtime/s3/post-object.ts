// The upload of a form: PutObject, with fields in place of headers and with a policy. Follows "POST Object" and "HTML
// forms".

import { credentialsOf, type Principal } from '../iam/index.ts';
import type { Answer, Call } from './call.ts';
import { refuseConditions } from './conditions.ts';
import { notImplemented, S3Error } from './error.ts';
import { checkHeaders, METADATA_PREFIX, readObjectHeaders } from './object-headers.ts';
import { quoted, storedHeaders } from './object-operations.ts';
import { drain, invalidField, MAX_FIELD_BYTES, missingField, type PostForm, readForm } from './post-form.ts';
import { checkFields, checkSize, maxBytesOf, type PostPolicy, readPolicy } from './post-policy.ts';
import { readSignature, verifySignature } from './post-signature.ts';
import { checkKeyLength, virtualBucket } from './read-call.ts';
import { MAX_BODY_BYTES, readLength, receiveFile } from './request-body.ts';
import { objectArn, type Service } from './service.ts';
import type { StoredObject } from './stored-object.ts';
import { writePlainDocument } from './xml.ts';

type Fields = ReadonlyMap<string, string>;

/** The fields that mean what the headers of that name mean in PutObject. */
const HEADER_FIELDS =
  /^(?:cache-control|content-(?:disposition|encoding|language|md5|type)|expires|x-amz-(?:acl|storage-class|server-side-encryption|(?:meta|checksum)-.*))$/s;
const SIGNATURE_FIELDS = /^x-amz-(?:algorithm|credential|date|security-token|signature)$/;
/** The fields whose header has another name. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ['acl', 'x-amz-acl'],
  ['x-amz-checksum-algorithm', 'x-amz-sdk-checksum-algorithm'],
]);

export async function postObject(service: Service, call: Call): Promise<Answer> {
  refuseConditions(call.headers, 'a form upload');
  readLength(call.headers, 'content-length', MAX_BODY_BYTES + MAX_FIELD_BYTES);
  try {
    return await store(service, call, await readForm(call.request, call.headers.get('content-type')));
  } finally {
    // Browsers read the answer only after they have sent the whole form.
    await drain(call.request);
  }
}

async function store(service: Service, call: Call, form: PostForm): Promise<Answer> {
  const { bucket } = call;
  const { fields, file } = form;
  const key = readKey(form);
  const { principal, policy } = authenticate(service, fields);
  checkFields(policy, fields, bucket, Date.now());
  service.authorize(principal, 's3:PutObject', objectArn(bucket, key));
  const headers = headersOf(fields);
  checkHeaders(headers);
  const kept = { ...readObjectHeaders(headers), ...metadataOf(fields) };
  const maxBytes = maxBytesOf(policy);
  const staged = await service.objects.staging.stage(async (write) => {
    let bytes = 0;
    const received = await receiveFile(file, headers, (piece) => {
      bytes += piece.length;
      // The rest of a file that is too large is only counted.
      if (bytes <= maxBytes) write(piece);
    });
    checkSize(policy, received.bytes);
    return received;
  });
  const stored = service.objects.put(
    {
      bucket,
      key,
      file: staged.file,
      bytes: staged.result.bytes,
      etag: staged.result.md5.toString('hex'),
      headers: kept,
      checksum: staged.result.checksum,
      reason: 'POST Object',
    },
    call,
    () => undefined,
  );
  return describe(service, call, fields, stored);
}

function readKey({ fields, isReplaced }: PostForm): string {
  const key = fields.get('key');
  if (key === undefined) throw missingField('key');
  if (key === '') throw invalidField('User key must have a length greater than 0.', 'key');
  // It would be stored under a key that the client does not know.
  if (isReplaced(key)) throw invalidField('Expected a key in UTF-8.', 'key', key);
  checkKeyLength(key);
  return key;
}

/** Who sends the form, and what the form may contain. No bucket here is public, so an anonymous form is refused. */
function authenticate(service: Service, fields: Fields): { principal: Principal; policy: PostPolicy } {
  const signature = readSignature(fields);
  if (signature === undefined) throw new S3Error(403, 'AccessDenied', 'Access Denied');
  const principal = service.principalOf(signature.accessKeyId);
  // A service sends no forms.
  if (principal !== 'administrator' && 'service' in principal)
    throw new S3Error(403, 'AccessDenied', 'Access Denied');
  // The administrator may have any secret key.
  if (principal !== 'administrator') verifySignature(signature, credentialsOf(principal.role));
  return { principal, policy: readPolicy(signature.policy) };
}

/**
 * The fields as PutObject's headers.
 * @throws S3Error NotImplemented for a field that changes what the upload means; InvalidArgument
 */
function headersOf(fields: Fields): Map<string, string> {
  const headers = new Map<string, string>();
  for (const [field, value] of fields) {
    const name = OTHER_NAMES.get(field) ?? field;
    if (OTHER_NAMES.has(field) || HEADER_FIELDS.test(name)) headers.set(name, headerOf(name, value));
    else if (name === 'tagging' || (name.startsWith('x-amz-') && !SIGNATURE_FIELDS.test(name)))
      throw notImplemented(`the form field ${name}`);
  }
  return headers;
}

function headerOf(name: string, value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (!name.startsWith(METADATA_PREFIX) && /[\u0000-\u001f\u007f]/.test(value))
    throw invalidField('Header value cannot be represented', name, value);
  // As Node reads header values: the bytes of the text in UTF-8, each as a Latin-1 character.
  return Buffer.from(value).toString('latin1');
}

/** User metadata is returned encoded if need be, so it is stored as text. */
function metadataOf(fields: Fields): Record<string, string> {
  return Object.fromEntries([...fields].filter(([name]) => name.startsWith(METADATA_PREFIX)));
}

function describe(service: Service, call: Call, fields: Fields, stored: StoredObject): Answer {
  const { bucket, key } = stored;
  const etag = quoted(stored.etag);
  const location = locationOf(call, key);
  const headers = { ...storedHeaders(service, stored), location };
  const redirect = redirectOf(fields, new URLSearchParams({ bucket, key, etag }));
  if (redirect !== undefined) return { status: 303, headers: { ...headers, location: redirect } };
  switch (fields.get('success_action_status')) {
    case '200':
      return { status: 200, headers };
    case '201': {
      const content = { Location: location, Bucket: bucket, Key: key, ETag: etag };
      return { status: 201, headers, body: writePlainDocument('PostResponse', content) };
    }
    default:
      return { status: 204, headers };
  }
}

/** The object's URL. S3 encodes the slashes of the key, too. */
function locationOf({ bucket, headers }: Call, key: string): string {
  const host = headers.get('host') ?? '';
  const base = virtualBucket(host) === undefined ? `http://${host}/${bucket}` : `http://${host}`;
  return `${base}/${encodeURIComponent(key)}`;
}

/** Where the browser goes next; undefined if the form does not say it, or not as a URL that S3 accepts. */
function redirectOf(fields: Fields, result: URLSearchParams): string | undefined {
  const asked = fields.get('success_action_redirect') ?? fields.get('redirect');
  if (asked === undefined || !/^https?:\/\//i.test(asked) || !URL.canParse(asked)) return undefined;
  const url = new URL(asked);
  url.search = url.search === '' ? `${result}` : `${url.search}&${result}`;
  return url.href;
}
