import { UnsupportedImageError } from '../errors.ts';
import { headerSegments, startsFrame } from './jpeg-segments.ts';

/** SOF55 of JPEG-LS (ITU-T T.87). */
const START_OF_LS_FRAME = 0xf7;

/** The bytes of a frame header up to its height (ITU-T T.81, B.2.2). */
const HEADER_BYTES = 5;
/** Those that are in use besides 8. */
const DEEP_BITS = [12, 16];

/**
 * Checks whether the image of a JPEG is of a kind that libjpeg decodes, as sharp builds it. Browsers decode no other.
 * @throws UnsupportedImageError, which names what was found.
 */
export function checkJpegKind(bytes: Buffer): void {
  const start = findFrame(bytes);
  if (start === undefined) return;
  const [marker = 0, , , bits = 0] = bytes.subarray(start);
  if (marker === START_OF_LS_FRAME) refuse('a JPEG that is sequential or progressive', 'JPEG-LS');
  if (isHierarchical(marker)) refuse('a JPEG that is sequential or progressive', 'a hierarchical one');
  if (DEEP_BITS.includes(bits)) refuse('a JPEG of 8 bits per sample', `${bits}`);
  if (bytes.readUInt16BE(start + 4) === 0)
    refuse('a JPEG that states its height before its pixels', 'it behind them');
}

/** @returns the offset of the second byte of the first frame's marker; undefined if the file ends or is damaged before it. */
function findFrame(bytes: Buffer): number | undefined {
  for (const { marker, offset } of headerSegments(bytes))
    if (startsFrame(marker) || marker === START_OF_LS_FRAME)
      return offset + 1 + HEADER_BYTES <= bytes.length ? offset : undefined;
  return undefined;
}

/** SOF5 to SOF7 and SOF13 to SOF15. */
function isHierarchical(startOfFrame: number): boolean {
  return (startOfFrame & 7) > 4;
}

function refuse(expected: string, found: string): never {
  throw new UnsupportedImageError(
    `Expected ${expected} but found ${found}. Convert the image and upload it again.`,
  );
}
