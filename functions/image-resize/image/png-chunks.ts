import { CorruptImageError, ImageTooLargeError } from './errors.ts';
import type { Limits } from './limits.ts';

const SIGNATURE_LENGTH = 8;
/** Length, type and checksum around a chunk's data. */
const CHUNK_OVERHEAD = 12;

/**
 * Walks a PNG's chunks before libvips sees the bytes: reading the header alone inflates every text chunk.
 * @throws ImageTooLargeError if there is more text than the limits allow, CorruptImageError if a chunk's length is a lie.
 */
export function checkPngText(bytes: Buffer, limits: Limits): void {
  let textChunks = 0;
  let compressedTextBytes = 0;
  for (let offset = SIGNATURE_LENGTH; offset + CHUNK_OVERHEAD <= bytes.length; ) {
    const length = bytes.readUInt32BE(offset);
    const type = bytes.toString('latin1', offset + 4, offset + 8);
    if (length > 0x7fffffff) throw new CorruptImageError(`The PNG's ${type} chunk claims ${length} bytes.`);
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
