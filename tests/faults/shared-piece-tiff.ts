import { assembleTiff, TIFF_DATA_START, type TiffTag } from '../unit/image/tiff/handmade-tiff.ts';

export interface SharedPieceTiff {
  readonly width: number;
  readonly height: number;
  /** Bits of each sample; 32 are a float. */
  readonly bits: 1 | 8 | 32;
  /** Grey, or RGBA whose samples are stored in four planes. */
  readonly samples: 1 | 4;
  /** Of the TIFF specification, such as 8 for deflate. */
  readonly compression: number;
  readonly layout: { readonly tileSide: number } | { readonly rowsPerStrip: number };
  /**
   * A compressed strip or tile. libtiff reads at most 4,096 bytes and ten times the uncompressed size of one that is
   * longer than 1 MiB.
   */
  readonly piece: Buffer;
}

const SHORT = 3;
const LONG = 4;
const FLOAT = 3;
const UNASSOCIATED_ALPHA = 2;

/** A TIFF whose strips or tiles are all stored in the same bytes. */
export function sharedPieceTiff({
  width,
  height,
  bits,
  samples,
  compression,
  layout,
  piece,
}: SharedPieceTiff): Buffer {
  const isTiled = 'tileSide' in layout;
  const ofOnePlane = isTiled
    ? Math.ceil(width / layout.tileSide) * Math.ceil(height / layout.tileSide)
    : Math.ceil(height / layout.rowsPerStrip);
  const pieces = ofOnePlane * samples;
  const isFloat = bits === 32;
  const tables: Buffer[] = [piece, Buffer.alloc(piece.length % 2)];
  /** A value that does not fit into its tag is stored behind the piece. */
  const repeat = (tag: number, type: typeof SHORT | typeof LONG, count: number, value: number): TiffTag => {
    if (count === 1) return [tag, type, 1, value];
    const one = Buffer.alloc(type === SHORT ? 2 : 4);
    one.writeUIntLE(value, 0, one.length);
    const offset = TIFF_DATA_START + tables.reduce((sum, { length }) => sum + length, 0);
    tables.push(Buffer.alloc(count * one.length, one));
    return [tag, type, count, offset];
  };
  const where = isTiled
    ? [
        [322, LONG, 1, layout.tileSide] as const,
        [323, LONG, 1, layout.tileSide] as const,
        repeat(324, LONG, pieces, TIFF_DATA_START),
        repeat(325, LONG, pieces, piece.length),
      ]
    : [
        repeat(273, LONG, pieces, TIFF_DATA_START),
        [278, LONG, 1, layout.rowsPerStrip] as const,
        repeat(279, LONG, pieces, piece.length),
      ];
  const tags: TiffTag[] = [
    [256, LONG, 1, width],
    [257, LONG, 1, height],
    repeat(258, SHORT, samples, bits),
    [259, SHORT, 1, compression],
    [262, SHORT, 1, samples === 1 ? 1 : 2],
    [277, SHORT, 1, samples],
    [284, SHORT, 1, samples === 1 ? 1 : 2],
    ...where,
    ...(samples === 1 ? [] : [[338, SHORT, 1, UNASSOCIATED_ALPHA] as const]),
    ...(isFloat ? [repeat(339, SHORT, samples, FLOAT)] : []),
  ];
  return assembleTiff([tags.toSorted(([a], [b]) => a - b)], { data: Buffer.concat(tables) });
}
