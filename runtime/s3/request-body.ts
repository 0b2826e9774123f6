// Reads a request's body in pieces, never as a whole, and checks it against the request's headers and trailers. Follows
// "Checking object integrity for data uploads in Amazon S3", API_PutObject (Content-MD5, x-amz-checksum-*,
// x-amz-content-sha256) and the aws-chunked pages. Like AWS, refuses Transfer-Encoding: chunked without aws-chunked.

import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { decodeAwsChunked } from './aws-chunked.ts';
import {
  CHECKSUM_ALGORITHMS,
  type Checksum,
  type ChecksumAlgorithm,
  checksumHeader,
  DIGEST_BYTES,
  type Hasher,
  isChecksumAlgorithm,
  startChecksum,
  startHash,
} from './checksums.ts';
import { notImplemented, S3Error } from './error.ts';
import { malformed } from './xml.ts';

// AWS's limit for a single PUT and for a part.
export const MAX_BODY_BYTES = 5 * 1024 ** 3;

export interface ReceivedBody {
  readonly bytes: number;
  readonly md5: Buffer;
  /** The client's checksum, verified; otherwise the one that was requested with `compute`. */
  readonly checksum: Checksum | undefined;
}

/** What the request's headers say about its body; what is invalid or unsupported is refused before a byte is read. */
interface Promised extends Digests {
  readonly bytes: number;
  readonly chunked: { readonly signed: boolean } | undefined;
  readonly sha256: string | undefined;
}

interface Digests {
  readonly md5: Buffer | undefined;
  readonly checksum: { algorithm: ChecksumAlgorithm; value: string | undefined } | undefined;
}

/**
 * Streams the body into `take`, and resolves to its size, its MD5 and its checksum; `compute` names the checksum to
 * compute if the client sent none.
 * @throws S3Error if the body does not match its headers; the pieces that `take` got must be discarded then.
 */
export async function receiveBody(
  request: IncomingMessage,
  headers: ReadonlyMap<string, string>,
  take: (piece: Buffer) => void,
  compute?: ChecksumAlgorithm,
): Promise<ReceivedBody> {
  const promised = readPromises(headers);
  const trailers = new Map<string, string>();
  // Keeps the request open, so that an error before the end of the body can still be answered.
  const raw: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false });
  const source =
    promised.chunked === undefined
      ? raw
      : decodeAwsChunked(raw, { signed: promised.chunked.signed, trailers });
  const algorithm = promised.checksum?.algorithm ?? compute;
  const sha256 = promised.sha256 === undefined ? undefined : startHash('sha256');
  const digest = await digestPieces(source, { algorithm, also: sha256, maxBytes: promised.bytes, take });
  if (digest.bytes !== promised.bytes) throw incompleteBody(promised.bytes, digest.bytes);
  compareMd5(promised.md5, digest.md5);
  if (sha256 !== undefined && sha256.digest().toString('hex') !== promised.sha256) {
    throw new S3Error(
      400,
      'XAmzContentSHA256Mismatch',
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    );
  }
  if (promised.checksum !== undefined) {
    const expected = promised.checksum.value ?? trailers.get(checksumHeader(promised.checksum.algorithm));
    compareChecksum(promised.checksum.algorithm, expected, digest.checksum?.value);
  }
  return digest;
}

/**
 * Streams the file of a form into `take`, and resolves to its size, its MD5 and its checksum.
 * @param headers what the form says about the file.
 * @throws S3Error if the file does not match the headers; the pieces that `take` got must be discarded then.
 */
export async function receiveFile(
  file: AsyncIterable<Buffer>,
  headers: ReadonlyMap<string, string>,
  take: (piece: Buffer) => void,
): Promise<ReceivedBody> {
  const { md5, checksum } = readDigests(headers);
  const digest = await digestPieces(file, { algorithm: checksum?.algorithm, take });
  compareMd5(md5, digest.md5);
  if (checksum !== undefined) compareChecksum(checksum.algorithm, checksum.value, digest.checksum?.value);
  return digest;
}

/**
 * Hashes pieces and passes them to `take`. Every stored byte goes through this loop.
 * @throws S3Error IncompleteBody if there are more than `maxBytes`.
 */
export async function digestPieces(
  source: AsyncIterable<Buffer>,
  options: {
    algorithm: ChecksumAlgorithm | undefined;
    also?: Hasher | undefined;
    maxBytes?: number;
    take: (piece: Buffer) => void;
  },
): Promise<ReceivedBody> {
  const md5 = startHash('md5');
  const checksum = options.algorithm === undefined ? undefined : startChecksum(options.algorithm);
  let bytes = 0;
  for await (const piece of source) {
    bytes += piece.length;
    if (options.maxBytes !== undefined && bytes > options.maxBytes)
      throw incompleteBody(options.maxBytes, bytes);
    md5.update(piece);
    options.also?.update(piece);
    checksum?.update(piece);
    options.take(piece);
  }
  const value = (await checksum?.digest())?.toString('base64');
  return {
    bytes,
    md5: md5.digest(),
    checksum:
      options.algorithm === undefined || value === undefined
        ? undefined
        : { algorithm: options.algorithm, value, type: 'FULL_OBJECT' },
  };
}

/**
 * Reads a small body, a request's XML, as text.
 * @throws S3Error MaxMessageLengthExceeded; MalformedXML if it is not UTF-8; the errors of receiveBody
 */
export async function receiveText(
  request: IncomingMessage,
  headers: ReadonlyMap<string, string>,
  maxBytes: number,
): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  await receiveBody(request, headers, (piece) => {
    bytes += piece.length;
    if (bytes > maxBytes) {
      throw new S3Error(
        400,
        'MaxMessageLengthExceeded',
        `Your request was too big: at most ${maxBytes} bytes`,
      );
    }
    // Copied, because the piece may be a view of a buffer that is filled again.
    pieces.push(Buffer.from(piece));
  });
  const whole = Buffer.concat(pieces);
  if (!isUtf8(whole)) throw malformed();
  return whole.toString('utf8');
}

function readPromises(headers: ReadonlyMap<string, string>): Promised {
  const chunked = readChunking(headers);
  const lengthHeader = chunked === undefined ? 'content-length' : 'x-amz-decoded-content-length';
  const bytes = readLength(headers, lengthHeader, MAX_BODY_BYTES);
  const contentSha256 = headers.get('x-amz-content-sha256');
  return {
    bytes,
    chunked,
    sha256: contentSha256 !== undefined && /^[0-9a-f]{64}$/.test(contentSha256) ? contentSha256 : undefined,
    ...readDigests(headers),
  };
}

/**
 * The length of a body, which has to be known before it is read.
 * @throws S3Error MissingContentLength or EntityTooLarge
 */
export function readLength(headers: ReadonlyMap<string, string>, name: string, maxBytes: number): number {
  const length = headers.get(name);
  if (length === undefined || !/^\d{1,16}$/.test(length))
    throw new S3Error(411, 'MissingContentLength', `You must provide the ${name} HTTP header.`);
  const bytes = Number(length);
  if (bytes <= maxBytes) return bytes;
  throw new S3Error(400, 'EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', {
    ProposedSize: length,
    MaxSizeAllowed: String(maxBytes),
  });
}

function readDigests(headers: ReadonlyMap<string, string>): Digests {
  return { md5: readContentMd5(headers.get('content-md5')), checksum: readChecksumPromise(headers) };
}

function readChunking(headers: ReadonlyMap<string, string>): { signed: boolean } | undefined {
  const scheme = headers.get('x-amz-content-sha256') ?? 'UNSIGNED-PAYLOAD';
  switch (scheme) {
    case 'STREAMING-UNSIGNED-PAYLOAD-TRAILER':
      return { signed: false };
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD':
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER':
      return { signed: true };
    case 'UNSIGNED-PAYLOAD':
      return undefined;
    default:
      if (scheme.startsWith('STREAMING-')) throw notImplemented(`x-amz-content-sha256: ${scheme}`);
      if (/^[0-9a-f]{64}$/.test(scheme)) return undefined;
      throw new S3Error(
        400,
        'InvalidArgument',
        'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.',
        { ArgumentName: 'x-amz-content-sha256', ArgumentValue: scheme },
      );
  }
}

function readContentMd5(header: string | undefined): Buffer | undefined {
  if (header === undefined) return undefined;
  const digest = Buffer.from(header, 'base64');
  if (digest.length !== 16 || digest.toString('base64') !== header) {
    throw new S3Error(400, 'InvalidDigest', 'The Content-MD5 you specified was invalid.', {
      'Content-MD5': header,
    });
  }
  return digest;
}

function readChecksumPromise(headers: ReadonlyMap<string, string>): Promised['checksum'] {
  const sent = readChecksumHeader(headers);
  const trailer = headers.get('x-amz-trailer')?.toLowerCase();
  const announced =
    trailer === undefined ? undefined : CHECKSUM_ALGORITHMS.find((one) => checksumHeader(one) === trailer);
  if (trailer !== undefined && announced === undefined) throw notImplemented(`the trailer ${trailer}`);
  if (sent !== undefined && announced !== undefined) throw severalChecksums();
  const named = headers.get('x-amz-sdk-checksum-algorithm')?.toUpperCase();
  const algorithm = sent?.algorithm ?? announced;
  if (named !== undefined && named !== algorithm) {
    throw new S3Error(
      400,
      'InvalidRequest',
      'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
    );
  }
  return algorithm === undefined ? undefined : { algorithm, value: sent?.value };
}

/**
 * The `x-amz-checksum-*` header of a request, if it has one.
 * @throws S3Error InvalidRequest if it has several; NotImplemented for another algorithm.
 */
export function readChecksumHeader(
  headers: ReadonlyMap<string, string>,
): { algorithm: ChecksumAlgorithm; value: string } | undefined {
  let found: { algorithm: ChecksumAlgorithm; value: string } | undefined;
  for (const [name, value] of headers) {
    const suffix = /^x-amz-checksum-(.+)$/.exec(name)?.[1]?.toUpperCase();
    if (suffix === undefined || suffix === 'MODE' || suffix === 'ALGORITHM' || suffix === 'TYPE') continue;
    if (!isChecksumAlgorithm(suffix)) throw notImplemented(`the header ${name}`);
    if (found !== undefined) throw severalChecksums();
    found = { algorithm: suffix, value };
  }
  return found;
}

function compareMd5(expected: Buffer | undefined, actual: Buffer): void {
  if (expected === undefined || expected.equals(actual)) return;
  throw new S3Error(400, 'BadDigest', 'The Content-MD5 you specified did not match what we received.');
}

function compareChecksum(
  algorithm: ChecksumAlgorithm,
  expected: string | undefined,
  actual: string | undefined,
): void {
  if (expected === undefined) {
    throw new S3Error(
      400,
      'MalformedTrailerError',
      `The request announced the trailer ${checksumHeader(algorithm)} and ended without it.`,
    );
  }
  const digest = Buffer.from(expected, 'base64');
  if (digest.length !== DIGEST_BYTES[algorithm] || digest.toString('base64') !== expected) {
    throw new S3Error(400, 'InvalidRequest', `Value for ${checksumHeader(algorithm)} header is invalid.`);
  }
  if (expected !== actual) {
    throw new S3Error(
      400,
      'BadDigest',
      `The ${algorithm} you specified did not match the calculated checksum.`,
    );
  }
}

function severalChecksums(): S3Error {
  return new S3Error(
    400,
    'InvalidRequest',
    'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
  );
}

function incompleteBody(expected: number, received: number): S3Error {
  return new S3Error(
    400,
    'IncompleteBody',
    `You did not provide the number of bytes specified by the Content-Length HTTP header: expected ${expected}, received ${received}`,
  );
}
