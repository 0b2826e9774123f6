import { TiffFile } from '../tiff/tiff-file.ts';
import { headerSegments, startsFrame } from './jpeg-segments.ts';

const APP1 = 0xe1;
const EXIF = 'Exif\0\0';
const ORIENTATION = 274;
const SHORT = 3;

/**
 * Browsers ignore an orientation that is not one number of 16 bits, as Exif demands it (2.32, table 4), and such pictures
 * are upright. libvips reads a number of any kind.
 * @returns the same bytes, or a copy without such an orientation.
 */
export function withValidOrientation(jpeg: Buffer): Buffer {
  let copy: Buffer | undefined;
  for (const start of exifIn(jpeg)) {
    const exif = new TiffFile(jpeg.subarray(start));
    const page = exif.readPage(exif.firstPage);
    const tag = page && exif.findTag(page, ORIENTATION);
    if (!tag || (tag.type === SHORT && tag.count === 1)) continue;
    copy ??= Buffer.from(jpeg);
    // A tag that nobody knows.
    copy.writeUInt16BE(0, start + tag.offset);
  }
  return copy ?? jpeg;
}

/** Yields the offsets of the TIFF files in which EXIF is written, of the first image. */
function* exifIn(jpeg: Buffer): Generator<number> {
  for (const { marker, offset } of headerSegments(jpeg)) {
    if (startsFrame(marker)) return;
    const data = offset + 3;
    const exif = data + EXIF.length;
    if (marker === APP1 && jpeg.toString('latin1', data, exif) === EXIF) yield exif;
  }
}
