import { CorruptImageError, ImageTooLargeError } from './errors.ts';
import type { Limits } from './limits.ts';

const SIGNATURE_LENGTH = 8;
/** The bytes of a chunk's length, type and checksum. */
const CHUNK_OVERHEAD = 12;
/** PNG specification, 5.3: a length must not exceed 2³¹ − 1. */
const MAX_CHUNK_BYTES = 0x7fffffff;

/**
 * Checks a PNG's text chunks. Call it before libvips reads the header, which inflates every text chunk.
 * @throws ImageTooLargeError if there is more text than the limits allow.
 * @throws CorruptImageError if a chunk's length is more than the format allows.
 */
export function checkPngText(bytes: Buffer, limits: Limits): void {
  let textChunks = 0;
  let compressedTextBytes = 0;
  for (let offset = SIGNATURE_LENGTH; offset + CHUNK_OVERHEAD <= bytes.length; ) {
    const length = bytes.readUInt32BE(offset);
    const type = bytes.toString('latin1', offset + 4, offset + 8);
    if (length > MAX_CHUNK_BYTES)
      throw new CorruptImageError(
        `Expected at most ${MAX_CHUNK_BYTES} bytes in a PNG chunk but the ${type} chunk claims ${length}.`,
      );
    if (type === 'tEXt' || type === 'zTXt' || type === 'iTXt') textChunks += 1;
    if (type === 'zTXt' || type === 'iTXt') compressedTextBytes += length;
    offset += CHUNK_OVERHEAD + length;
  }
  if (textChunks > limits.maxPngTextChunks)
    throw new ImageTooLargeError(
      `Expected at most ${limits.maxPngTextChunks} text chunks in a PNG but found ${textChunks}.`,
    );
  if (compressedTextBytes > limits.maxPngCompressedTextBytes)
    throw new ImageTooLargeError(
      `Expected at most ${limits.maxPngCompressedTextBytes} bytes of compressed text in a PNG but found ${compressedTextBytes}.`,
    );
}
