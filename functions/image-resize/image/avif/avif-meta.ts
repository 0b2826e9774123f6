import { type Box, BoxReader, boxesIn, boxType, findBoxes, type Part } from './iso-boxes.ts';

const META = boxType('meta');
const PRIMARY_ITEM = boxType('pitm');
const ITEM_PROPERTIES = boxType('iprp');
const PROPERTY_CONTAINER = boxType('ipco');
const PROPERTY_ASSOCIATION = boxType('ipma');
const ITEM_REFERENCES = boxType('iref');
const ITEM_LOCATIONS = boxType('iloc');
const ITEM_DATA = boxType('idat');

/** The rest is not read: libheif refuses a file of more than 256 items, or of more than 100 properties. */
const MOST_ENTRIES = 65_536;

/** The bytes of the version and the flags with which some boxes begin. */
export const VERSION_BYTES = 4;

/** The boxes that describe the items of an AVIF: images, transparency, tiles, thumbnails (ISO/IEC 14496-12, 8.11). */
export function* metaBoxes(bytes: Buffer): Generator<Part> {
  for (const { type, start, end } of boxesIn(bytes, { start: 0, end: bytes.length }))
    if (type === META) yield { start: start + VERSION_BYTES, end };
}

/** The part of a `meta` box to which the numbers of properties refer. */
export function* itemProperties(bytes: Buffer, meta: Part): Generator<Part> {
  yield* findBoxes(bytes, meta, [[ITEM_PROPERTIES]]);
}

/** Yields the properties in the order of their numbers, which begin with 1. */
export function* propertiesIn(bytes: Buffer, properties: Part): Generator<Box> {
  let count = 0;
  for (const box of findBoxes(bytes, properties, [[PROPERTY_CONTAINER], []])) {
    count += 1;
    if (count > MOST_ENTRIES) return;
    yield box;
  }
}

/** Yields the numbers of an item and of a property that it has (ISO/IEC 23008-12, 9.3). */
export function* associationsIn(
  bytes: Buffer,
  properties: Part,
): Generator<readonly [item: number, property: number]> {
  for (const box of findBoxes(bytes, properties, [[PROPERTY_ASSOCIATION]])) {
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
}

/** Properties by the item that has them, in the order in which they apply. */
export type ItemProperties = ReadonlyMap<number, readonly Box[]>;

/** Reads which item has which properties. Items behind more properties than libheif accepts are left out. */
export function readItemProperties(bytes: Buffer, meta: Part): ItemProperties {
  const found = new Map<number, Box[]>();
  let count = 0;
  for (const part of itemProperties(bytes, meta)) {
    const all = [...propertiesIn(bytes, part)];
    for (const [item, number] of associationsIn(bytes, part)) {
      count += 1;
      if (count > MOST_ENTRIES) return found;
      const property = all[number - 1];
      const own = found.get(item);
      if (property && own) own.push(property);
      else if (property) found.set(item, [property]);
    }
  }
  return found;
}

/** A relation between items, for example `auxl` from a transparency to its image. */
export interface Reference {
  readonly type: number;
  readonly from: number;
  readonly to: readonly number[];
}

export function* referencesIn(bytes: Buffer, meta: Part): Generator<Reference> {
  for (const { start, end } of findBoxes(bytes, meta, [[ITEM_REFERENCES]])) {
    const idBytes = bytes[start] === 0 ? 2 : 4;
    for (const box of boxesIn(bytes, { start: start + VERSION_BYTES, end })) {
      const reader = new BoxReader(bytes, box);
      const from = reader.read(idBytes);
      const to: number[] = [];
      for (let count = reader.read(2); count > 0 && !reader.isAtEnd; count -= 1)
        to.push(reader.read(idBytes));
      yield { type: box.type, from, to };
    }
  }
}

/** @returns the number of the item that is the image. */
export function findPrimaryItem(bytes: Buffer, meta: Part): number | undefined {
  for (const box of findBoxes(bytes, meta, [[PRIMARY_ITEM]])) {
    const reader = new BoxReader(bytes, box);
    const idBytes = reader.read(1) === 0 ? 2 : 4;
    reader.read(2);
    reader.read(1);
    return reader.read(idBytes);
  }
  return undefined;
}

/** @returns where the data of an item begins, to the end of the box or of the file that contains it. */
export function findItemData(bytes: Buffer, meta: Part, item: number): Part | undefined {
  for (const box of findBoxes(bytes, meta, [[ITEM_LOCATIONS]])) {
    const location = findLocation(new BoxReader(bytes, box), item);
    if (!location) continue;
    const [idat] = findBoxes(bytes, meta, [[ITEM_DATA]]);
    const from = location.isInMeta ? idat : { start: 0, end: bytes.length };
    return from && { start: from.start + location.offset, end: from.end };
  }
  return undefined;
}

/** Reads the item location box (ISO/IEC 14496-12, 8.11.3). Of an item in several pieces, the first counts. */
function findLocation(reader: BoxReader, wanted: number) {
  const version = reader.read(1);
  reader.read(2);
  reader.read(1);
  const sizes = reader.read(2);
  const [offsetBytes, lengthBytes, baseBytes] = [12, 8, 4].map((bit) => (sizes >> bit) & 15);
  const indexBytes = version === 0 ? 0 : sizes & 15;
  for (let items = reader.read(version < 2 ? 2 : 4); items > 0 && !reader.isAtEnd; items -= 1) {
    const item = reader.read(version < 2 ? 2 : 4);
    const isInMeta = version > 0 && (reader.read(2) & 15) === 1;
    reader.read(2);
    const base = readLong(reader, baseBytes);
    const pieces = reader.read(2);
    for (let piece = 0; piece < pieces && !reader.isAtEnd; piece += 1) {
      readLong(reader, indexBytes);
      const offset = base + readLong(reader, offsetBytes);
      readLong(reader, lengthBytes);
      if (item === wanted) return { offset, isInMeta };
    }
  }
  return undefined;
}

function readLong(reader: BoxReader, size: number | undefined): number {
  if (!size) return 0;
  return size === 8 ? reader.read(4) * 2 ** 32 + reader.read(4) : reader.read(4);
}
