// The `aws-chunked` content encoding. Follows "Signature calculations for the Authorization header: transferring
// payload in multiple chunks" and the page on trailing headers. The framing is checked to the last byte. The
// signatures of signed chunks must be present; like all signatures, they are not verified.

import { S3Error } from './error.ts';

const LINE_END = 0x0a;
// More than a chunk header (a size and a signature of 64 digits) or a trailer (a checksum or a signature) needs.
const MAX_LINE_BYTES = 1024;
const MAX_TRAILERS = 16;
/** AWS accepts a smaller chunk only as the last one. */
const MIN_CHUNK_BYTES = 8192;

/**
 * Yields the body inside the chunks, and fills `trailers` with the trailing headers, by lower-case name.
 * @throws S3Error IncompleteBody, InvalidChunkSizeError or MalformedTrailerError
 */
export async function* decodeAwsChunked(
  source: AsyncIterable<Buffer>,
  options: { signed: boolean; trailers: Map<string, string> },
): AsyncGenerator<Buffer> {
  const reader = new ByteReader(source);
  let previousBytes = MIN_CHUNK_BYTES;
  for (;;) {
    const bytes = readChunkSize(await reader.line(), options.signed);
    if (bytes === 0) break;
    if (previousBytes < MIN_CHUNK_BYTES) {
      throw new S3Error(
        403,
        'InvalidChunkSizeError',
        'Only the last chunk is allowed to have a size less than 8192 bytes',
      );
    }
    previousBytes = bytes;
    yield* reader.take(bytes);
    if ((await reader.line()) !== '') throw badFraming('a line end after the bytes of a chunk');
  }
  await readTrailers(reader, options.trailers);
}

function readChunkSize(header: string | undefined, signed: boolean): number {
  if (header === undefined) throw badFraming('a chunk of size 0 at the end');
  const match = /^([0-9a-fA-F]{1,12})(;chunk-signature=[0-9a-f]{64})?$/.exec(header);
  const size = match?.[1];
  if (size === undefined) throw badFraming('a hexadecimal chunk size');
  if (signed && match?.[2] === undefined) throw badFraming('";chunk-signature=" and 64 hexadecimal digits');
  return Number.parseInt(size, 16);
}

async function readTrailers(reader: ByteReader, trailers: Map<string, string>): Promise<void> {
  let closed = false;
  // Reads to the end of the body: some clients put an empty line between the checksum and its signature.
  for (let line = await reader.line(); line !== undefined; line = await reader.line()) {
    if (line === '') {
      closed = true;
      continue;
    }
    const colon = line.indexOf(':');
    if (colon < 1 || trailers.size === MAX_TRAILERS) {
      throw new S3Error(
        400,
        'MalformedTrailerError',
        'The request contained trailing data that was not well-formed',
      );
    }
    trailers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  if (!closed) throw badFraming('an empty line after the last chunk');
}

class ByteReader {
  readonly #source: AsyncIterator<Buffer>;
  #pending: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** The next line without its line end; undefined at the end of the source. */
  async line(): Promise<string | undefined> {
    for (;;) {
      const end = this.#pending.indexOf(LINE_END);
      if (end >= 0) {
        const line = this.#pending.toString('latin1', 0, end);
        this.#pending = this.#pending.subarray(end + 1);
        return line.endsWith('\r') ? line.slice(0, -1) : line;
      }
      if (this.#pending.length > MAX_LINE_BYTES)
        throw badFraming(`a line of at most ${MAX_LINE_BYTES} bytes`);
      const piece = await this.#more();
      if (piece === undefined) {
        if (this.#pending.length > 0) throw badFraming('a line end');
        return undefined;
      }
      this.#pending = Buffer.concat([this.#pending, piece]);
    }
  }

  /** The next `count` bytes, in the pieces in which they arrive. */
  async *take(count: number): AsyncGenerator<Buffer> {
    let left = count;
    while (left > 0) {
      const piece = this.#pending.length > 0 ? this.#pending : await this.#more();
      if (piece === undefined) throw badFraming(`${left} more bytes of a chunk`);
      const taken = piece.subarray(0, left);
      this.#pending = piece.subarray(taken.length);
      left -= taken.length;
      yield taken;
    }
  }

  async #more(): Promise<Buffer | undefined> {
    const next = await this.#source.next();
    return next.done === true ? undefined : next.value;
  }
}

function badFraming(expected: string): S3Error {
  return new S3Error(
    400,
    'IncompleteBody',
    `The request body terminated unexpectedly: aws-chunked framing expected ${expected}`,
  );
}
