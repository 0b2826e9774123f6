import sharp, { type Sharp } from 'sharp';
import type { SourceFormat } from '../../functions/image-resize/image/reading/format.ts';
import {
  codes,
  gridOfOneTile,
  mirroring,
  rotation,
  takeAv1Image,
  withAlphaItem,
  withTracks,
  withTransparency,
} from '../unit/image/avif/handmade-avif.ts';
import { COLOUR_KINDS, GAIN_MAP_KINDS, HDR_KINDS } from '../unit/image/colour/colour-kinds.ts';
import { flatJpeg, manyPagesTiff, manyScansJpeg } from '../unit/image/handmade.ts';
import { crop, heicOf } from '../unit/image/heic/handmade-heic.ts';
import { largeHeic, tiledHeic, transparentHeic } from '../unit/image/heic/heic-pictures.ts';
import { DEEP } from '../unit/image/heic/hevc-samples.ts';
import { assembleGif } from '../unit/image/reading/handmade-gif.ts';
import { assembleTiff, flatTiff, greyPage, TIFF_LAYOUTS } from '../unit/image/tiff/handmade-tiff.ts';
import { TIFF_KINDS } from '../unit/image/tiff/tiff-kinds.ts';
import { paintNoise } from './small-images.ts';

/** A whole file that the image core accepts. */
export interface Source {
  readonly format: SourceFormat;
  readonly name: string;
  readonly bytes: Buffer;
}

type Encode = (image: Sharp) => Sharp;

/** The kinds of each format that sharp writes. */
const KINDS: Readonly<Record<Exclude<SourceFormat, 'heic'>, Readonly<Record<string, Encode>>>> = {
  jpeg: {
    baseline: (image) => image.jpeg(),
    progressive: (image) => image.jpeg({ progressive: true }),
    grey: (image) => image.greyscale().jpeg(),
    cmyk: (image) => image.toColourspace('cmyk').jpeg(),
    'upright by EXIF': (image) => image.withMetadata({ orientation: 6 }).jpeg({ chromaSubsampling: '4:4:4' }),
  },
  png: {
    plain: (image) => image.png(),
    palette: (image) => image.png({ palette: true }),
    interlaced: (image) => image.png({ progressive: true }),
    '16 bits with a profile': (image) => image.toColourspace('rgb16').withIccProfile('p3').png(),
    alpha: (image) => image.ensureAlpha(0.5).png(),
  },
  webp: {
    lossy: (image) => image.webp(),
    'lossy with alpha': (image) => image.ensureAlpha(0.5).webp(),
    lossless: (image) => image.webp({ lossless: true }),
  },
  gif: { still: (image) => image.gif() },
  avif: {
    '8 bits': (image) => image.avif({ effort: 0 }),
    '10 bits': (image) => image.avif({ effort: 0, bitdepth: 10 }),
    alpha: (image) => image.ensureAlpha(0.5).avif({ effort: 0 }),
  },
  tiff: {
    uncompressed: (image) => image.tiff({ compression: 'none' }),
    LZW: (image) => image.tiff({ compression: 'lzw', predictor: 'horizontal' }),
    deflate: (image) => image.tiff({ compression: 'deflate' }),
    PackBits: (image) => image.tiff({ compression: 'packbits' }),
    'fax group 4': (image) => image.toColourspace('b-w').tiff({ compression: 'ccittfax4', bitdepth: 1 }),
    JPEG: (image) => image.tiff({ compression: 'jpeg' }),
    'deflate, tiled': (image) =>
      image.tiff({ compression: 'deflate', tile: true, tileWidth: 16, tileHeight: 16 }),
    'JPEG, pyramid': (image) =>
      image.tiff({ compression: 'jpeg', pyramid: true, tile: true, tileWidth: 16, tileHeight: 16 }),
    '16 bits': (image) => image.toColourspace('rgb16').tiff({ compression: 'lzw' }),
    BigTIFF: (image) => image.tiff({ compression: 'deflate', bigtiff: true }),
  },
};

/** Of the many ways to store samples, one in so many, so that other formats are not outnumbered. */
const EVERY = 4;

/** @param format if given, the files of this format alone, with every way to store the samples of a TIFF. */
export async function makeSources(random: () => number, format?: string): Promise<Source[]> {
  const sources = [...(await makeAll(random)), ...makeSampleKinds(format === 'tiff' ? 1 : EVERY)];
  return format ? sources.filter((source) => source.format === format) : sources;
}

function makeSampleKinds(every: number): Source[] {
  return TIFF_KINDS.filter((_, index) => index % every === 0).map(({ name, make }) => ({
    format: 'tiff',
    name,
    bytes: make(),
  }));
}

/** Kinds of colours that a file states by itself, among those that the tests of the image core have. */
const COLOURS: Readonly<Record<string, SourceFormat>> = {
  'a PNG of 8 bits with gamma and chromaticities of an old display': 'png',
  'a PNG in PQ of at most 400 cd/m²': 'png',
  'a grey PNG of 16 bits with a table in its profile': 'png',
  'a PNG of 16 bits with a profile of PQ': 'png',
  'an AVIF with codes of Display P3': 'avif',
  'an AVIF with the codes of PQ in its bitstream alone': 'avif',
  'an AVIF in PQ of at most 400 cd/m²': 'avif',
  'a grey AVIF of limited range with a profile': 'avif',
  'an AVIF with a gain map': 'avif',
};

/** Makes one file of every kind of every format. */
async function makeAll(random: () => number): Promise<Source[]> {
  const sources: Source[] = [];
  for (const format of Object.keys(KINDS).filter(isFormat))
    for (const [name, encode] of Object.entries(KINDS[format]))
      sources.push({ format, name, bytes: await encode(paintNoise(random)).toBuffer() });
  const others = [makeColours(), makeAnimations(random), makeHandmade(random)];
  return [...sources, ...(await Promise.all(others)).flat()];
}

function isFormat(name: string): name is keyof typeof KINDS {
  return Object.hasOwn(KINDS, name);
}

async function makeColours(): Promise<Source[]> {
  const kinds = new Map(
    [...COLOUR_KINDS, ...GAIN_MAP_KINDS, ...HDR_KINDS].map(([name, make]) => [name, make] as const),
  );
  return Promise.all(
    Object.entries(COLOURS).map(async ([name, format]) => {
      const make = kinds.get(name);
      if (!make) throw new Error(`Expected ${name} among the kinds of colours but found none.`);
      return { format, name, bytes: await make() };
    }),
  );
}

async function makeAnimations(random: () => number): Promise<Source[]> {
  const side = 24;
  const frames = 4;
  const pixels = Buffer.from(Array.from({ length: side * side * frames * 3 }, () => random() * 256));
  const raw = { width: side, height: side * frames, channels: 3, pageHeight: side } as const;
  const film = () => sharp(pixels, { raw, pages: -1 });
  return [
    { format: 'gif', name: 'animated', bytes: await film().gif().toBuffer() },
    { format: 'webp', name: 'animated', bytes: await film().webp().toBuffer() },
    { format: 'webp', name: 'animated, lossless', bytes: await film().webp({ lossless: true }).toBuffer() },
  ];
}

async function makeHandmade(random: () => number): Promise<Source[]> {
  const side = 64;
  const square = () => paintNoise(random).resize(side, side, { fit: 'fill' }).avif({ effort: 0 }).toBuffer();
  const image = takeAv1Image(await square());
  const grid = { columns: 3, rows: 2, side, width: 190, height: 127 };
  return [
    {
      format: 'gif',
      name: 'of small frames that are cleared',
      bytes: assembleGif(
        [40, 30],
        [
          { area: [5, 5, 30, 20], colour: 0, disposal: 2 },
          { area: [28, 18, 5, 5], colour: 3, disposal: 2 },
        ],
      ),
    },
    { format: 'jpeg', name: 'of 20 scans', bytes: manyScansJpeg(20) },
    {
      format: 'jpeg',
      name: 'YCCK',
      bytes: flatJpeg({ width: 40, height: 24, samples: [9, 99, 200, 50], adobeTransform: 2 }),
    },
    {
      format: 'avif',
      name: 'with an alpha item',
      bytes: withAlphaItem(image, takeAv1Image(await square()), [side, side]),
    },
    { format: 'avif', name: 'grid', bytes: gridOfOneTile(image, grid) },
    { format: 'avif', name: 'with tracks', bytes: withTracks(image, 2, 3) },
    { format: 'avif', name: 'sequence', bytes: withTracks(image, 1, 3, 'avis') },
    {
      format: 'avif',
      name: 'premultiplied, transparency not turned',
      bytes: withTransparency(image, takeAv1Image(await square()), {
        width: side,
        height: side,
        turns: [rotation(1), mirroring(0)],
        isPremultiplied: true,
      }),
    },
    { format: 'heic', name: 'grid', bytes: tiledHeic() },
    {
      format: 'heic',
      name: 'grid, cropped and turned',
      bytes: tiledHeic([crop(100, 80, [-20, 10]), rotation(1)]),
    },
    { format: 'heic', name: 'with transparency', bytes: transparentHeic() },
    {
      format: 'heic',
      name: 'of 10 bits in PQ',
      bytes: heicOf(DEEP, [side, side], [codes(9, 16)], { depth: 10 }),
    },
    { format: 'heic', name: 'of 48 megapixels', bytes: largeHeic() },
    { format: 'tiff', name: 'of 30 pages', bytes: manyPagesTiff(30) },
    { format: 'tiff', name: 'RGB, deflate, one strip', bytes: flatTiff(50, 40) },
    ...TIFF_LAYOUTS.map((layout): Source => {
      const page = greyPage({ width: 8, height: 8, stripBytes: 64 });
      return {
        format: 'tiff',
        name: `${layout.isBig ? 'BigTIFF' : 'classic'}, ${layout.isBigEndian ? 'big' : 'little'} endian`,
        bytes: assembleTiff([page, page], { ...layout, data: Buffer.alloc(64, 100) }),
      };
    }),
  ];
}
