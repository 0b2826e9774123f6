import { checkAtMost, type Limits } from '../limits.ts';

/** "RIFF", the length of what follows and "WEBP" (RFC 9649, 2.4). */
const FILE_HEADER_BYTES = 12;
const CHUNK_HEADER_BYTES = 8;
const ANIMATION_FRAME = Buffer.from('ANMF').readUInt32LE();

/**
 * Checks how many frames a WebP has. Call it before libvips reads the header, which takes a time that is quadratic in the
 * count of frames.
 * @throws ImageTooLargeError if there are more than the limits allow.
 */
export function checkWebpFrames(bytes: Buffer, limits: Limits): void {
  if (bytes.length < FILE_HEADER_BYTES) return;
  const end = Math.min(bytes.length, CHUNK_HEADER_BYTES + bytes.readUInt32LE(4));
  let frames = 0;
  for (let offset = FILE_HEADER_BYTES; offset + CHUNK_HEADER_BYTES <= end; ) {
    if (bytes.readUInt32LE(offset) === ANIMATION_FRAME) frames += 1;
    const length = bytes.readUInt32LE(offset + 4);
    offset += CHUNK_HEADER_BYTES + length + (length % 2);
  }
  checkAtMost(limits.maxStoredFrames, 'frames in a WebP', frames);
}
