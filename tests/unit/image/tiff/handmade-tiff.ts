import { deflateSync } from 'node:zlib';

/** TIFF files written byte by byte: chains of pages that no encoder writes, in the four layouts of the format. */

export interface TiffLayout {
  readonly isBig: boolean;
  readonly isBigEndian: boolean;
}

export const TIFF_LAYOUTS: readonly TiffLayout[] = [
  { isBig: false, isBigEndian: false },
  { isBig: false, isBigEndian: true },
  { isBig: true, isBigEndian: false },
  { isBig: true, isBigEndian: true },
];

/** The value is the number itself, or the offset of the value if it does not fit into the tag. */
export type TiffTag = readonly [tag: number, type: number, count: number, value: number];

const SHORT = 3;
const LONG = 4;

/** Where the data begins in every file that assembleTiff makes. */
export const TIFF_DATA_START = 16;

/** The tags of a page of grey pixels in one strip. */
export function greyPage({ width = 1, height = 1, strip = TIFF_DATA_START, stripBytes = 1 } = {}): TiffTag[] {
  return [
    [256, LONG, 1, width],
    [257, LONG, 1, height],
    [258, SHORT, 1, 8],
    [259, SHORT, 1, 1],
    [262, SHORT, 1, 1],
    [273, LONG, 1, strip],
    [277, SHORT, 1, 1],
    [278, LONG, 1, height],
    [279, LONG, 1, stripBytes],
  ];
}

/**
 * Writes a header, the data and one page after the other.
 * @param lastRefersTo the index of the page that follows the last one; without it the chain ends there.
 */
export function assembleTiff(
  pages: readonly (readonly TiffTag[])[],
  {
    isBig = false,
    isBigEndian = false,
    data = Buffer.alloc(1),
    lastRefersTo,
  }: Partial<TiffLayout> & { readonly data?: Buffer; readonly lastRefersTo?: number } = {},
): Buffer {
  const number = (size: 2 | 4 | 8, value: number) => {
    const bytes = Buffer.alloc(size);
    // The offsets of a BigTIFF have 8 bytes; these files are small enough for 6 of them.
    const used = Math.min(size, 6);
    if (isBigEndian) bytes.writeUIntBE(value, size - used, used);
    else bytes.writeUIntLE(value, 0, used);
    return bytes;
  };
  const wide = isBig ? 8 : 4;
  const pageBytes = (tags: readonly TiffTag[]) => (isBig ? 8 : 2) + tags.length * (isBig ? 20 : 12) + wide;
  const starts = [TIFF_DATA_START + data.length];
  for (const tags of pages) starts.push((starts.at(-1) ?? 0) + pageBytes(tags));
  // A value that fits is stored at the start of the field, whatever the order of its bytes.
  const value = ([, type, count, stored]: TiffTag) => {
    const size = count === 1 && type === SHORT ? 2 : count === 1 && type === LONG ? 4 : wide;
    return Buffer.concat([number(size, stored), Buffer.alloc(wide - size)]);
  };
  const header = Buffer.concat([
    Buffer.from(isBigEndian ? 'MM' : 'II'),
    number(2, isBig ? 43 : 42),
    ...(isBig ? [number(2, 8), number(2, 0)] : []),
    number(wide, starts[0] ?? 0),
  ]);
  return Buffer.concat([
    header,
    Buffer.alloc(TIFF_DATA_START - header.length),
    data,
    ...pages.flatMap((tags, index) => {
      const next = index + 1 < pages.length ? index + 1 : lastRefersTo;
      return [
        number(isBig ? 8 : 2, tags.length),
        ...tags.flatMap((tag) => [number(2, tag[0]), number(2, tag[1]), number(wide, tag[2]), value(tag)]),
        number(wide, next === undefined ? 0 : (starts[next] ?? 0)),
      ];
    }),
  ]);
}

/** Pages of one column whose strips have one row each. All pages refer to the same table of strips. */
export function sharedTableTiff(pages: number, strips: number): Buffer {
  const page = greyPage({ height: strips }).map((entry): TiffTag => {
    const [tag] = entry;
    if (tag === 278) return [tag, LONG, 1, 1];
    return tag === 273 || tag === 279 ? [tag, LONG, strips, TIFF_DATA_START] : entry;
  });
  const one = Buffer.from([1, 0, 0, 0]);
  return assembleTiff(Array(pages).fill(page), { data: Buffer.alloc(4 * strips, one) });
}

/** A black TIFF of 8-bit RGB in one strip. */
export function flatTiff(width: number, height: number): Buffer {
  const strip = deflateSync(Buffer.alloc(width * height * 3), { level: 1 });
  const depths = Buffer.from([8, 0, 8, 0, 8, 0]);
  return assembleTiff(
    [
      [
        [256, LONG, 1, width],
        [257, LONG, 1, height],
        [258, SHORT, 3, TIFF_DATA_START + strip.length],
        [259, SHORT, 1, 8],
        [262, SHORT, 1, 2],
        [273, LONG, 1, TIFF_DATA_START],
        [277, SHORT, 1, 3],
        [278, LONG, 1, height],
        [279, LONG, 1, strip.length],
      ],
    ],
    { data: Buffer.concat([strip, depths]) },
  );
}

/** A tag with all its values: SHORT, LONG, RATIONAL (as pairs) or bytes. */
export type TiffField = readonly [tag: number, type: 3 | 4 | 5 | 7, values: readonly number[]];

export interface SampleTiff {
  readonly width: number;
  readonly height: number;
  readonly photometric: number;
  /** The samples of all pixels, those of a pixel side by side. */
  readonly samples: readonly number[];
  readonly samplesPerPixel: number;
  readonly type?: SampleType;
  /** A plane for each sample instead. */
  readonly isPlanar?: boolean;
  /** Tiles of this many pixels instead of one strip. */
  readonly tile?: readonly [width: number, height: number];
  readonly isBigEndian?: boolean;
  readonly compression?: 1 | 8;
  /** These replace the usual ones. */
  readonly fields?: readonly TiffField[];
}

/** Bits, SampleFormat, and how a sample is written. */
const SAMPLE_TYPES = {
  uint8: [8, 1, (to: DataView, at: number, value: number) => to.setUint8(at, value)],
  int8: [8, 2, (to: DataView, at: number, value: number) => to.setInt8(at, value)],
  uint16: [
    16,
    1,
    (to: DataView, at: number, value: number, isLittle: boolean) => to.setUint16(at, value, isLittle),
  ],
  uint32: [
    32,
    1,
    (to: DataView, at: number, value: number, isLittle: boolean) => to.setUint32(at, value, isLittle),
  ],
  half: [
    16,
    3,
    (to: DataView, at: number, value: number, isLittle: boolean) => to.setUint16(at, toHalf(value), isLittle),
  ],
  float: [
    32,
    3,
    (to: DataView, at: number, value: number, isLittle: boolean) => to.setFloat32(at, value, isLittle),
  ],
  double: [
    64,
    3,
    (to: DataView, at: number, value: number, isLittle: boolean) => to.setFloat64(at, value, isLittle),
  ],
} as const;
export type SampleType = keyof typeof SAMPLE_TYPES;

/** Writes a classic TIFF of one page, in one strip for each plane, or in tiles. */
export function sampleTiff(image: SampleTiff): Buffer {
  const { width, height, photometric, samples, samplesPerPixel } = image;
  const { type = 'uint8', isPlanar = false, tile, isBigEndian = false, compression = 1 } = image;
  const [bits, format] = SAMPLE_TYPES[type];
  const planes = isPlanar ? splitPlanes(samples, samplesPerPixel) : [samples];
  const inPixel = isPlanar ? 1 : samplesPerPixel;
  const strips = (tile ? planes.flatMap((plane) => cutTiles(plane, image, inPixel, tile)) : planes)
    .map((part) => writeSamples(part, type, !isBigEndian))
    .map((bytes) => (compression === 8 ? deflateSync(bytes) : bytes));
  const starts = strips.map((_, index) =>
    strips.slice(0, index).reduce((sum, strip) => sum + strip.length + (strip.length % 2), 8),
  );
  const usual: TiffField[] = [
    [256, 4, [width]],
    [257, 4, [height]],
    [258, 3, Array<number>(samplesPerPixel).fill(bits)],
    [259, 3, [compression]],
    [262, 3, [photometric]],
    [tile ? 324 : 273, 4, starts],
    [277, 3, [samplesPerPixel]],
    ...(tile
      ? ([
          [322, 3, [tile[0]]],
          [323, 3, [tile[1]]],
        ] as const)
      : ([[278, 4, [height]]] as const)),
    [tile ? 325 : 279, 4, strips.map(({ length }) => length)],
    [284, 3, [isPlanar ? 2 : 1]],
    [339, 3, Array<number>(samplesPerPixel).fill(format)],
  ];
  const fields = new Map([...usual, ...(image.fields ?? [])].map((field) => [field[0], field]));
  const data = Buffer.concat(strips.flatMap((strip) => [strip, Buffer.alloc(strip.length % 2)]));
  return assembleFields([...fields.values()], data, isBigEndian);
}

/** @returns the samples of each tile. Those at the edges reach over them. */
function cutTiles(
  samples: readonly number[],
  { width, height }: Pick<SampleTiff, 'width' | 'height'>,
  inPixel: number,
  [across, down]: readonly [number, number],
): number[][] {
  const columns = Math.ceil(width / across);
  const count = columns * Math.ceil(height / down);
  return Array.from({ length: count }, (_, tile) => {
    const [left, top] = [(tile % columns) * across, Math.floor(tile / columns) * down];
    return Array.from({ length: across * down * inPixel }, (_, index) => {
      const pixel = Math.floor(index / inPixel);
      const [x, y] = [left + (pixel % across), top + Math.floor(pixel / across)];
      return (x < width && y < height && samples[(y * width + x) * inPixel + (index % inPixel)]) || 0;
    });
  });
}

function splitPlanes(samples: readonly number[], count: number): number[][] {
  return Array.from({ length: count }, (_, plane) => samples.filter((_, index) => index % count === plane));
}

function writeSamples(samples: readonly number[], type: SampleType, isLittleEndian: boolean): Buffer {
  const [bits, , write] = SAMPLE_TYPES[type];
  const size = bits / 8;
  const bytes = Buffer.alloc(samples.length * size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (const [index, sample] of samples.entries()) write(view, index * size, sample, isLittleEndian);
  return bytes;
}

/** IEEE 754 of 16 bits, for numbers from 0 to below 65,520 that are no less than 2⁻¹⁴, or 0. */
function toHalf(value: number): number {
  if (value === 0) return 0;
  const exponent = Math.floor(Math.log2(value));
  return ((exponent + 15) << 10) + Math.round((value / 2 ** exponent - 1) * 1024);
}

/** Writes a header, the data, one page with these fields, and their values. */
function assembleFields(fields: readonly TiffField[], data: Buffer, isBigEndian: boolean): Buffer {
  const number = (size: 1 | 2 | 4, value: number) => {
    const bytes = Buffer.alloc(size);
    if (isBigEndian) bytes.writeUIntBE(value, 0, size);
    else bytes.writeUIntLE(value, 0, size);
    return bytes;
  };
  const sizes = { 3: 2, 4: 4, 5: 4, 7: 1 } as const;
  const page = 8 + data.length;
  let end = page + 2 + fields.length * 12 + 4;
  const behind: Buffer[] = [];
  const entries = fields
    .toSorted(([a], [b]) => a - b)
    .map(([tag, type, values]) => {
      const bytes = Buffer.concat(values.map((value) => number(sizes[type], value)));
      const count = type === 5 ? values.length / 2 : values.length;
      const entry = [number(2, tag), number(2, type), number(4, count)];
      if (bytes.length <= 4) return Buffer.concat([...entry, bytes], 12);
      behind.push(bytes, Buffer.alloc(bytes.length % 2));
      const offset = end;
      end += bytes.length + (bytes.length % 2);
      return Buffer.concat([...entry, number(4, offset)]);
    });
  const header = Buffer.concat([Buffer.from(isBigEndian ? 'MM' : 'II'), number(2, 42), number(4, page)]);
  return Buffer.concat([header, data, number(2, fields.length), ...entries, number(4, 0), ...behind]);
}
