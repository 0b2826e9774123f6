import { type Box, BoxReader, boxesIn, boxType, type Part } from './iso-boxes.ts';
import { checkAtMost, type Limits } from './limits.ts';

const META = boxType('meta');
const ITEM_PROPERTIES = boxType('iprp');
const PROPERTY_CONTAINER = boxType('ipco');
const SPATIAL_EXTENT = boxType('ispe');
const PROPERTY_ASSOCIATION = boxType('ipma');
const ITEM_REFERENCES = boxType('iref');
const DERIVED_FROM = boxType('dimg');
/** From the file's top to the count of the frames of each track. */
const SAMPLE_SIZES = [['moov'], ['trak'], ['mdia'], ['minf'], ['stbl'], ['stsz', 'stz2']].map((names) =>
  names.map(boxType),
);

/** The rest is not read: libheif refuses a file of more than 256 items, or of more than 100 properties. */
const MOST_ENTRIES = 65_536;

/** The bytes of the version and the flags with which some boxes begin. */
const VERSION_BYTES = 4;

/**
 * Checks the items of an AVIF that libvips' header does not report: transparency, tiles, thumbnails, depth and the frames
 * of a sequence. An item may be much larger than the image to which it belongs. Transparency without an `ispe` property,
 * which old encoders wrote, is accepted whatever its size: only its samples contain the sides.
 * @throws ImageTooLargeError if there is more than the limits allow.
 */
export function checkAvifItems(bytes: Buffer, limits: Limits): void {
  const file = { start: 0, end: bytes.length };
  for (const { type, start, end } of boxesIn(bytes, file))
    if (type === META) checkItems(bytes, { start: start + VERSION_BYTES, end }, limits);
  // libheif reads the table of frames even if it decodes a still image.
  for (const box of findBoxes(bytes, file, SAMPLE_SIZES))
    checkAtMost(limits.maxStoredFrames, 'frames in a track of an AVIF', readSampleCount(bytes, box));
}

function checkItems(bytes: Buffer, meta: Part, limits: Limits): void {
  const pixels = new Map<number, number>();
  for (const properties of findBoxes(bytes, meta, [[ITEM_PROPERTIES]])) {
    const extents = readExtents(bytes, properties, limits);
    for (const box of findBoxes(bytes, properties, [[PROPERTY_ASSOCIATION]]))
      for (const [item, property] of readAssociations(bytes, box)) {
        const found = extents.get(property) ?? 0;
        if (found > (pixels.get(item) ?? 0)) pixels.set(item, found);
      }
  }
  for (const references of findBoxes(bytes, meta, [[ITEM_REFERENCES]]))
    checkTiles(bytes, references, pixels, limits);
}

/** @returns the pixels of each `ispe` property by its number, which counts all properties from 1. */
function readExtents(bytes: Buffer, properties: Part, limits: Limits): Map<number, number> {
  const extents = new Map<number, number>();
  let property = 0;
  for (const { type, start, end } of findBoxes(bytes, properties, [[PROPERTY_CONTAINER], []])) {
    property += 1;
    if (property > MOST_ENTRIES) break;
    if (type !== SPATIAL_EXTENT) continue;
    const reader = new BoxReader(bytes, { start: start + VERSION_BYTES, end });
    const [width, height] = [reader.read(4), reader.read(4)];
    const pixels = width * height;
    checkAtMost(
      limits.maxUnstreamedPixels,
      'pixels in each item of an AVIF image',
      pixels,
      `${width} × ${height}`,
    );
    extents.set(property, pixels);
  }
  return extents;
}

/** Yields the numbers of an item and of a property that it has (ISO/IEC 23008-12, 9.3). */
function* readAssociations(bytes: Buffer, box: Part): Generator<readonly [item: number, property: number]> {
  const reader = new BoxReader(bytes, box);
  const version = reader.read(1);
  reader.read(2);
  const hasLongNumbers = (reader.read(1) & 1) === 1;
  for (let items = Math.min(reader.read(4), MOST_ENTRIES); items > 0 && !reader.isAtEnd; items -= 1) {
    const item = reader.read(version === 0 ? 2 : 4);
    for (let count = reader.read(1); count > 0 && !reader.isAtEnd; count -= 1)
      // The highest bit marks a property that a reader must understand.
      yield [item, hasLongNumbers ? reader.read(2) & 0x7fff : reader.read(1) & 0x7f];
  }
}

/** A grid or overlay of 1 KB can refer to one tile 256 times, and libheif decodes the tile each time. */
function checkTiles(
  bytes: Buffer,
  { start, end }: Part,
  pixels: ReadonlyMap<number, number>,
  limits: Limits,
): void {
  const idBytes = bytes[start] === 0 ? 2 : 4;
  for (const box of boxesIn(bytes, { start: start + VERSION_BYTES, end })) {
    if (box.type !== DERIVED_FROM) continue;
    const reader = new BoxReader(bytes, box);
    reader.read(idBytes);
    let sum = 0;
    for (let count = reader.read(2); count > 0 && !reader.isAtEnd; count -= 1)
      sum += pixels.get(reader.read(idBytes)) ?? 0;
    checkAtMost(limits.maxPixels, 'pixels in all tiles of an AVIF', sum);
  }
}

function readSampleCount(bytes: Buffer, { start, end }: Part): number {
  const reader = new BoxReader(bytes, { start: start + VERSION_BYTES, end });
  reader.read(4);
  return reader.read(4);
}

/** @param path the types of each level, from the outermost; an empty level stands for all types. */
function* findBoxes(bytes: Buffer, part: Part, path: readonly (readonly number[])[]): Generator<Box> {
  const [types = [], ...rest] = path;
  for (const box of boxesIn(bytes, part)) {
    if (types.length > 0 && !types.includes(box.type)) continue;
    if (rest.length > 0) yield* findBoxes(bytes, box, rest);
    else yield box;
  }
}
