import { checkAtMost, type Limits, maxAvifPixels } from '../limits.ts';
import {
  associationsIn,
  findPrimaryItem,
  itemProperties,
  metaBoxes,
  propertiesIn,
  type Reference,
  referencesIn,
  VERSION_BYTES,
} from './avif-meta.ts';
import { BoxReader, boxType, findBoxes, type Part } from './iso-boxes.ts';

const SPATIAL_EXTENT = boxType('ispe');
const DERIVED_FROM = boxType('dimg');
const AUXILIARY = boxType('auxl');
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
  const most = { item: maxAvifPixels(false, limits), tiles: limits.maxPixels };
  for (const meta of metaBoxes(bytes)) {
    const pixels = checkItems(bytes, meta, 'an AVIF', most.item);
    for (const reference of referencesIn(bytes, meta)) checkTiles(reference, pixels, 'an AVIF', most.tiles);
  }
  checkTracks(bytes, 'an AVIF', limits);
}

/** The tiles of a photograph of 48 megapixels have 50, because they reach over its edges. */
const HEIC_TILES_SHARE = 1.25;

/**
 * Checks the items of a HEIC: the image and its transparency, with the tiles of both. What else the file contains is not
 * decoded, such as the tiles of a gain map.
 * @throws ImageTooLargeError if there is more than the limits allow.
 */
export function checkHeicItems(bytes: Buffer, limits: Limits): void {
  const most = { item: limits.maxPixels, tiles: limits.maxPixels * HEIC_TILES_SHARE };
  for (const meta of metaBoxes(bytes)) {
    const pixels = checkItems(bytes, meta, 'a HEIC', most.item);
    for (const reference of decodedReferences(bytes, meta))
      checkTiles(reference, pixels, 'a HEIC', most.tiles);
  }
  checkTracks(bytes, 'a HEIC', limits);
}

/** libheif refuses a file of more than 1,000 items. */
const MOST_REFERENCES = 65_536;

/** Lists the derivations of the primary image and of what belongs to it, in any number of steps. */
function decodedReferences(bytes: Buffer, meta: Part): Reference[] {
  const references: Reference[] = [];
  for (const reference of referencesIn(bytes, meta)) {
    if (references.length === MOST_REFERENCES) break;
    references.push(reference);
  }
  const primary = findPrimaryItem(bytes, meta) ?? 0;
  const auxiliaries = references.filter(({ type, to }) => type === AUXILIARY && to.includes(primary));
  const derivations = Map.groupBy(
    references.filter(({ type }) => type === DERIVED_FROM),
    ({ from }) => from,
  );
  const items = new Set([primary, ...auxiliaries.map(({ from }) => from)]);
  const found: Reference[] = [];
  // The loop also visits what it adds.
  for (const item of items)
    for (const reference of derivations.get(item) ?? []) {
      found.push(reference);
      for (const part of reference.to) items.add(part);
    }
  return found;
}

/** libheif reads the table of frames even if it decodes a still image. */
function checkTracks(bytes: Buffer, kind: string, limits: Limits): void {
  for (const box of findBoxes(bytes, { start: 0, end: bytes.length }, SAMPLE_SIZES))
    checkAtMost(limits.maxStoredFrames, `frames in a track of ${kind}`, readSampleCount(bytes, box));
}

/** @returns the pixels of each item. */
function checkItems(bytes: Buffer, meta: Part, kind: string, most: number): ReadonlyMap<number, number> {
  const pixels = new Map<number, number>();
  for (const properties of itemProperties(bytes, meta)) {
    const extents = readExtents(bytes, properties, kind, most);
    for (const [item, property] of associationsIn(bytes, properties)) {
      const found = extents.get(property) ?? 0;
      if (found > (pixels.get(item) ?? 0)) pixels.set(item, found);
    }
  }
  return pixels;
}

/** @returns the pixels of each `ispe` property by its number. */
function readExtents(bytes: Buffer, properties: Part, kind: string, most: number): Map<number, number> {
  const extents = new Map<number, number>();
  let property = 0;
  for (const { type, start, end } of propertiesIn(bytes, properties)) {
    property += 1;
    if (type !== SPATIAL_EXTENT) continue;
    const reader = new BoxReader(bytes, { start: start + VERSION_BYTES, end });
    const [width, height] = [reader.read(4), reader.read(4)];
    const pixels = width * height;
    checkAtMost(most, `pixels in each item of ${kind} image`, pixels, `${width} × ${height}`);
    extents.set(property, pixels);
  }
  return extents;
}

/** A grid or overlay of 1 KB can refer to one tile 256 times, and libheif decodes the tile each time. */
function checkTiles(
  { type, to }: Reference,
  pixels: ReadonlyMap<number, number>,
  kind: string,
  most: number,
): void {
  if (type !== DERIVED_FROM) return;
  const sum = to.reduce((total, tile) => total + (pixels.get(tile) ?? 0), 0);
  checkAtMost(most, `pixels in all tiles of ${kind}`, sum);
}

function readSampleCount(bytes: Buffer, { start, end }: Part): number {
  const reader = new BoxReader(bytes, { start: start + VERSION_BYTES, end });
  reader.read(4);
  return reader.read(4);
}
