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
  const strip = deflateSync(Buffer.alloc(width * height * 3));
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
