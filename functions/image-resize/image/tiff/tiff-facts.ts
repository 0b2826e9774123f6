import type { TiffFile, TiffPage } from './tiff-file.ts';

/** The tags that say how the samples of a page are stored (TIFF 6.0; InkSet to ReferenceBlackWhite: sections 16, 20, 21). */
export const TIFF_TAGS = {
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  orientation: 274,
  samples: 277,
  rowsPerStrip: 278,
  planar: 284,
  predictor: 317,
  tileWidth: 322,
  tileHeight: 323,
  inkSet: 332,
  extraSamples: 338,
  sampleFormat: 339,
  coefficients: 529,
  subsampling: 530,
  blackAndWhite: 532,
  profile: 34_675,
} as const;

/** What a page says of its samples. Each has the value that the specification gives to a tag that is missing. */
export interface TiffFacts {
  readonly width: number;
  readonly height: number;
  readonly bits: readonly number[];
  readonly compression: number;
  /** Missing if the page does not say it. */
  readonly photometric?: number;
  readonly orientation: number;
  readonly samples: number;
  readonly rowsPerStrip: number;
  /** 1 if the samples of a pixel stand together, 2 if each sample has a plane of its own. */
  readonly planar: number;
  readonly predictor: number;
  readonly tileWidth?: number;
  readonly tileHeight?: number;
  readonly inkSet: number;
  /** For each sample more than the photometric needs: 0 unspecified, 1 associated alpha, 2 unassociated alpha. */
  readonly extraSamples: readonly number[];
  readonly sampleFormat: readonly number[];
  /** Weights of red, green and blue in Y. */
  readonly coefficients: readonly number[];
  /** Pixels for one Cb and Cr, horizontally and vertically. */
  readonly subsampling: readonly number[];
  /** Black and white of Y, Cb and Cr; empty if the page does not say it. */
  readonly blackAndWhite: readonly number[];
  readonly profile?: Buffer;
}

export function readTiffFacts(file: TiffFile, page: TiffPage): TiffFacts {
  const list = (name: keyof typeof TIFF_TAGS) => file.numbers(page, TIFF_TAGS[name]);
  const first = (name: keyof typeof TIFF_TAGS) => list(name)[0];
  const or = (name: keyof typeof TIFF_TAGS, fallback: readonly number[]) => {
    const found = list(name);
    return found.length > 0 ? found : fallback;
  };
  const [photometric, tileWidth, tileHeight] = [
    first('photometric'),
    first('tileWidth'),
    first('tileHeight'),
  ];
  const profile = file.data(page, TIFF_TAGS.profile);
  return {
    width: first('width') ?? 0,
    height: first('height') ?? 0,
    bits: or('bits', [1]),
    compression: first('compression') ?? 1,
    ...(photometric !== undefined && { photometric }),
    orientation: first('orientation') ?? 1,
    samples: first('samples') ?? 1,
    rowsPerStrip: first('rowsPerStrip') ?? 0xffffffff,
    planar: first('planar') ?? 1,
    predictor: first('predictor') ?? 1,
    ...(tileWidth !== undefined && { tileWidth }),
    ...(tileHeight !== undefined && { tileHeight }),
    inkSet: first('inkSet') ?? 1,
    extraSamples: list('extraSamples'),
    sampleFormat: or('sampleFormat', [1]),
    coefficients: or('coefficients', [0.299, 0.587, 0.114]),
    subsampling: or('subsampling', [2, 2]),
    blackAndWhite: list('blackAndWhite'),
    ...(profile && { profile }),
  };
}
