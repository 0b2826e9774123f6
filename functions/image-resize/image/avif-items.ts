import {
  associationsIn,
  itemProperties,
  metaBoxes,
  propertiesIn,
  referencesIn,
  VERSION_BYTES,
} from './avif-meta.ts';
import { BoxReader, boxType, findBoxes, type Part } from './iso-boxes.ts';
import { checkAtMost, type Limits, maxAvifPixels } from './limits.ts';

const SPATIAL_EXTENT = boxType('ispe');
const DERIVED_FROM = boxType('dimg');
/** From the file's top to the count of the frames of each track. */
const SAMPLE_SIZES = [['moov'], ['trak'], ['mdia'], ['minf'], ['stbl'], ['stsz', 'stz2']].map((names) =>
  names.map(boxType),
);

/**
 * Checks the items of an AVIF that libvips' header does not report: transparency, tiles, thumbnails, depth and the frames
 * of a sequence. An item may be much larger than the image to which it belongs. Transparency without an `ispe` property,
 * which old encoders wrote, is accepted whatever its size: only its samples contain the sides.
 * @throws ImageTooLargeError if there is more than the limits allow.
 */
export function checkAvifItems(bytes: Buffer, limits: Limits): void {
  for (const meta of metaBoxes(bytes)) checkItems(bytes, meta, limits);
  // libheif reads the table of frames even if it decodes a still image.
  for (const box of findBoxes(bytes, { start: 0, end: bytes.length }, SAMPLE_SIZES))
    checkAtMost(limits.maxStoredFrames, 'frames in a track of an AVIF', readSampleCount(bytes, box));
}

function checkItems(bytes: Buffer, meta: Part, limits: Limits): void {
  const pixels = new Map<number, number>();
  for (const properties of itemProperties(bytes, meta)) {
    const extents = readExtents(bytes, properties, limits);
    for (const [item, property] of associationsIn(bytes, properties)) {
      const found = extents.get(property) ?? 0;
      if (found > (pixels.get(item) ?? 0)) pixels.set(item, found);
    }
  }
  checkTiles(bytes, meta, pixels, limits);
}

/** @returns the pixels of each `ispe` property by its number. */
function readExtents(bytes: Buffer, properties: Part, limits: Limits): Map<number, number> {
  const extents = new Map<number, number>();
  let property = 0;
  for (const { type, start, end } of propertiesIn(bytes, properties)) {
    property += 1;
    if (type !== SPATIAL_EXTENT) continue;
    const reader = new BoxReader(bytes, { start: start + VERSION_BYTES, end });
    const [width, height] = [reader.read(4), reader.read(4)];
    const pixels = width * height;
    checkAtMost(
      maxAvifPixels(false, limits),
      'pixels in each item of an AVIF image',
      pixels,
      `${width} × ${height}`,
    );
    extents.set(property, pixels);
  }
  return extents;
}

/** A grid or overlay of 1 KB can refer to one tile 256 times, and libheif decodes the tile each time. */
function checkTiles(bytes: Buffer, meta: Part, pixels: ReadonlyMap<number, number>, limits: Limits): void {
  for (const { type, to } of referencesIn(bytes, meta)) {
    if (type !== DERIVED_FROM) continue;
    const sum = to.reduce((total, tile) => total + (pixels.get(tile) ?? 0), 0);
    checkAtMost(limits.maxPixels, 'pixels in all tiles of an AVIF', sum);
  }
}

function readSampleCount(bytes: Buffer, { start, end }: Part): number {
  const reader = new BoxReader(bytes, { start: start + VERSION_BYTES, end });
  reader.read(4);
  return reader.read(4);
}
