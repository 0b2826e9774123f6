import { chartTiff } from './tiff-kinds.ts';

const [GREY, RGB, PALETTE, CMYK, YCBCR] = [1, 2, 3, 5, 6];
const field = (tag: number, ...values: readonly number[]) => [tag, 3, values] as const;
/** What the test is about stands in the tags: the samples are never read. */
const withFields = (...fields: readonly ReturnType<typeof field>[]) => chartTiff({ fields });
const compressed = (compression: number) => withFields(field(259, compression));
const samples = (count: number, photometric = RGB) =>
  chartTiff({
    photometric,
    toSamples: () => Array<number>(count).fill(0.5),
    extra: Array<number>(Math.max(0, count - 3)).fill(0),
  });

const COMPRESSION =
  'a TIFF without compression or compressed by LZW, Deflate, PackBits, JPEG, WebP or fax codes';
/** The compression is JPEG. */
const JPEG_TILES = { tile: [16, 16], fields: [field(259, 7)] } as const;
const JPEG_TILED = 'grey, RGB, CMYK or YCbCr alone, side by side, in JPEG tiles in a TIFF';
const COLOURS = 'a TIFF in grey, RGB, CMYK, YCbCr, L*a*b* or a palette';

/** Files that are whole, but of a kind that is not read: what the message says was expected, and what found. */
export const REFUSED: readonly (readonly [file: Buffer, expected: string, found: string])[] = [
  [compressed(6), COMPRESSION, 'old-style JPEG'],
  [compressed(50_000), COMPRESSION, 'ZSTD'],
  [compressed(34_925), COMPRESSION, 'LZMA'],
  [compressed(34_887), COMPRESSION, 'LERC'],
  [compressed(34_712), COMPRESSION, 'JPEG 2000'],
  [compressed(50_002), COMPRESSION, 'JPEG XL'],
  [compressed(12_345), COMPRESSION, 'the compression 12345'],
  [samples(6), 'a TIFF of at most 5 samples per pixel', '6'],
  [samples(1), '3 samples per pixel in a TIFF in RGB', '1'],
  [samples(3, CMYK), '4 samples per pixel in a TIFF in CMYK', '3'],
  [
    chartTiff({ photometric: CMYK, toSamples: () => [0, 0, 0, 0], fields: [field(332, 2)] }),
    'the inks of CMYK in a TIFF',
    'others',
  ],
  ...[
    chartTiff({ ...JPEG_TILES, toSamples: (rgb) => [...rgb, 1], extra: [2] }),
    chartTiff({ ...JPEG_TILES, toSamples: (rgb) => [...rgb, 1], extra: [0] }),
  ].map((file) => [file, JPEG_TILED, '4 samples per pixel in RGB'] as const),
  [chartTiff({ ...JPEG_TILES, isPlanar: true }), JPEG_TILED, '3 samples per pixel in RGB'],
  [chartTiff({ ...JPEG_TILES, photometric: 8 }), JPEG_TILED, '3 samples per pixel in L*a*b*'],
  [withFields(field(258, 5, 6, 5)), 'a TIFF whose samples have the same bits', '5, 6, 5'],
  [withFields(field(258, 12, 12, 12)), '8, 16 or 32 bits per sample in a TIFF in RGB', '12'],
  [withFields(field(258, 4, 4, 4)), '8, 16 or 32 bits per sample in a TIFF in RGB', '4'],
  [
    chartTiff({ photometric: GREY, toSamples: () => [0], fields: [field(258, 12)] }),
    '1, 2, 4, 8, 16 or 32 bits per sample in a TIFF in grey',
    '12',
  ],
  [withFields(field(262, 8), field(258, 32, 32, 32)), '8 or 16 bits per sample in a TIFF in L*a*b*', '32'],
  [chartTiff({ photometric: YCBCR, type: 'uint16' }), '8 bits per sample in a TIFF in YCbCr', '16'],
  [chartTiff({ type: 'double' }), '16 or 32 bits per floating-point sample in a TIFF', '64'],
  [
    chartTiff({ type: 'half', isPlanar: true }),
    '16-bit floating-point samples side by side in a TIFF',
    'a plane for each',
  ],
  [chartTiff({ photometric: 8, type: 'float' }), 'integers in a TIFF in L*a*b*', 'floating-point samples'],
  [chartTiff({ type: 'int8' }), 'unsigned or floating-point samples in a TIFF', 'signed integers'],
  [withFields(field(339, 6, 6, 6)), 'unsigned or floating-point samples in a TIFF', 'complex numbers'],
  [withFields(field(339, 1, 3, 1)), 'unsigned or floating-point samples in a TIFF', 'several formats'],
  [withFields(field(262, 32_803)), COLOURS, "a camera's raw data"],
  [withFields(field(262, 32_845)), COLOURS, 'LogLuv samples'],
  [withFields(field(262, 10)), COLOURS, 'ITU L*a*b* colours'],
  [withFields(field(262, 4)), COLOURS, 'a transparency mask'],
  [withFields(field(262, 999)), COLOURS, 'the photometric interpretation 999'],
  [samples(3, PALETTE), 'one sample per pixel, and alpha, in a TIFF with a palette', '3 samples'],
  [
    chartTiff({ photometric: PALETTE, toSamples: () => [0, 0], extra: [0] }),
    'one sample per pixel, and alpha, in a TIFF with a palette',
    '2 samples',
  ],
  [
    chartTiff({ photometric: PALETTE, toSamples: () => [0], type: 'uint32' }),
    'at most 16 bits in a TIFF with a palette',
    '32',
  ],
  [
    chartTiff({ photometric: YCBCR, fields: [field(530, 3, 1)] }),
    'strips and tiles of whole blocks in a TIFF in YCbCr',
    'blocks of 3 × 1 pixels',
  ],
  [
    chartTiff({ photometric: YCBCR, isPlanar: true }),
    'subsampled YCbCr of 3 samples in one plane and without a predictor in a TIFF',
    '3 samples, planar configuration 2, predictor 1',
  ],
  [
    chartTiff({ photometric: YCBCR, toSamples: () => [0, 0, 0, 0], fields: [field(259, 7)] }),
    '3 samples per pixel in a TIFF in YCbCr compressed by JPEG',
    '4',
  ],
  [
    chartTiff({ type: 'float', toSamples: (rgb) => rgb.map((sample) => sample * 400 - 9) }),
    'floating-point samples from 0 to 1 in a TIFF',
    'most of them outside, from -9 to 391',
  ],
];
