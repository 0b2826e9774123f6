import { CorruptImageError } from '../errors.ts';
import { checkAtMost, type Limits } from '../limits.ts';

const SIGNATURE_LENGTH = 8;
/** The bytes of a chunk's length, type and checksum. */
const CHUNK_OVERHEAD = 12;
/** PNG specification, 5.3: a length must not exceed 2³¹ − 1. */
const MAX_CHUNK_BYTES = 0x7fffffff;

export const chunkType = (name: string) => Buffer.from(name, 'latin1').readUInt32BE();
const PLAIN_TEXT = chunkType('tEXt');
const COMPRESSED_TEXT = chunkType('zTXt');
const INTERNATIONAL_TEXT = chunkType('iTXt');
const TEXTS = [PLAIN_TEXT, COMPRESSED_TEXT, INTERNATIONAL_TEXT];
/** PNG specification, 11.3.3.2. libpng refuses longer keywords. */
const MAX_KEYWORD_BYTES = 79;
/** The chunks of an image's pixels, and of the frames of an animation, of which a long one has many. */
const PIXELS = ['IDAT', 'fdAT', 'fcTL'].map(chunkType);

/**
 * Checks the chunks of a PNG that contain no pixels. Call it before libvips reads the header, which inflates every text
 * chunk.
 * @throws ImageTooLargeError if there are more chunks or more text than the limits allow.
 * @throws CorruptImageError if a chunk's length is more than the format allows.
 */
export function checkPngChunks(bytes: Buffer, limits: Limits): void {
  let chunks = 0;
  let textChunks = 0;
  let compressedTextBytes = 0;
  for (let offset = SIGNATURE_LENGTH; offset + CHUNK_OVERHEAD <= bytes.length; ) {
    const length = bytes.readUInt32BE(offset);
    const type = bytes.readUInt32BE(offset + 4);
    if (length > MAX_CHUNK_BYTES)
      throw new CorruptImageError(
        `Expected at most ${MAX_CHUNK_BYTES} bytes in a PNG chunk but the ${bytes.toString('latin1', offset + 4, offset + 8)} chunk claims ${length}.`,
      );
    if (!PIXELS.includes(type)) chunks += 1;
    if (TEXTS.includes(type)) textChunks += 1;
    if (type === COMPRESSED_TEXT || (type === INTERNATIONAL_TEXT && isCompressed(bytes, offset + 8)))
      compressedTextBytes += length;
    offset += CHUNK_OVERHEAD + length;
  }
  checkAtMost(limits.maxPngTextChunks, 'text chunks in a PNG', textChunks);
  checkAtMost(limits.maxPngCompressedTextBytes, 'bytes of compressed text in a PNG', compressedTextBytes);
  checkAtMost(limits.maxPngChunks, 'chunks without pixels in a PNG', chunks);
}

/** Whether the flag behind the keyword of an iTXt chunk says that its text is compressed (PNG specification, 11.3.3.4). */
function isCompressed(bytes: Buffer, start: number): boolean {
  const keyword = bytes.subarray(start, start + MAX_KEYWORD_BYTES + 1);
  const end = keyword.indexOf(0);
  return end < 0 || bytes[start + end + 1] !== 0;
}

export interface PngChunk {
  readonly type: number;
  readonly data: Buffer;
}

/** Lists the chunks that are whole. */
export function* chunksIn(bytes: Buffer): Generator<PngChunk> {
  for (let offset = SIGNATURE_LENGTH; offset + CHUNK_OVERHEAD <= bytes.length; ) {
    const length = bytes.readUInt32BE(offset);
    const start = offset + 8;
    if (start + length > bytes.length) return;
    yield { type: bytes.readUInt32BE(offset + 4), data: bytes.subarray(start, start + length) };
    offset += CHUNK_OVERHEAD + length;
  }
}
