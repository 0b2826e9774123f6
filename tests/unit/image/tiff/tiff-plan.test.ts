import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import sharp from 'sharp';
import { colourAt } from '../../../support/images.ts';
import { inspection } from '../reading/inspection.ts';
import { renderOne } from '../rendering/rendering.ts';
import { assembleTiff, greyPage, sampleTiff, TIFF_DATA_START, type TiffTag } from './handmade-tiff.ts';
import { chartTiff, TIFF_CHART } from './tiff-kinds.ts';

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
const COLOURS = 'a TIFF in grey, RGB, CMYK, YCbCr, L*a*b* or a palette';

/** Files that are whole, but of a kind that is not read: what the message says was expected, and what found. */
const REFUSED: readonly (readonly [file: Buffer, expected: string, found: string])[] = [
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
];

describe('A TIFF whose samples are not read', () => {
  for (const [file, expected, found] of REFUSED)
    it(`A TIFF that is not ${expected} but ${found} is refused by name`, async () => {
      const message = `Expected ${expected} but found ${found}. Convert the image and upload it again.`;
      expect(await inspection(file)).to.equal(`UnsupportedImageError: ${message}`);
    });

  it('A TIFF whose floating-point samples are mostly outside 0 to 1 is refused with their range', async () => {
    const file = chartTiff({ type: 'float', toSamples: (rgb) => rgb.map((sample) => sample * 400 - 9) });
    expect(await inspection(file)).to.equal(
      'UnsupportedImageError: Expected floating-point samples from 0 to 1 in a TIFF but found most of them outside, from -9 to 391. Convert the image and upload it again.',
    );
  });

  it('Every refusal of a TIFF stands in docs/formats.md in the words of its message', () => {
    const docs = readFileSync(join(import.meta.dirname, '../../../../docs/formats.md'), 'utf8');
    for (const [, expected] of REFUSED) expect(docs.replaceAll('\\*', '*')).to.include(expected);
  });

  it('A TIFF with a few brighter samples than 1, as photographs have them, is clipped', async () => {
    const file = chartTiff({ type: 'float', toSamples: (rgb) => rgb.map((sample) => sample * 1.3) });
    const made = await renderOne(file, { width: TIFF_CHART.width });
    expect(await colourAt(made, 0.05, 0.5)).to.deep.equal([255, 255, 255]);
    expect(await colourAt(made, 0.42, 0.5)).to.deep.equal([166, 166, 166]);
  });

  it('A TIFF whose samples are converted may have as many pixels as a file that is decoded whole', async () => {
    const file = chartTiff({ type: 'uint16', toSamples: (rgb) => [...rgb, 1], extra: [0] });
    const { width, height } = TIFF_CHART;
    expect(await inspection(file, { maxUnstreamedPixels: width * height })).to.equal('accepted');
    expect(await inspection(file, { maxUnstreamedPixels: width * height - 1 })).to.equal(
      'ImageTooLargeError: Expected at most 383 pixels in a TIFF whose samples are converted but found 384 (48 × 8).',
    );
    expect(await inspection(file, { maxRowBytes: width * 8 - 1 })).to.equal(
      'ImageTooLargeError: Expected at most 383 bytes in a row of pixels but found 384 (48 × 8).',
    );
  });

  it('A TIFF whose samples take more than 8 bytes per pixel may have fewer pixels in proportion', async () => {
    const file = chartTiff({ type: 'float' });
    expect(await inspection(file, { maxUnstreamedPixels: 384 * 1.5 })).to.equal('accepted');
    expect(await inspection(file, { maxUnstreamedPixels: 384 * 1.5 - 1 })).to.equal(
      'ImageTooLargeError: Expected at most 383 pixels in a TIFF whose samples are converted and take 12 bytes per pixel but found 384 (48 × 8).',
    );
  });

  it('A TIFF whose samples are converted is rendered upright', async () => {
    const [white, black] = [1, 0];
    const file = sampleTiff({
      width: 2,
      height: 1,
      photometric: GREY,
      samplesPerPixel: 1,
      samples: [white, black],
      type: 'float',
      // The first row is the right side, the first column the top.
      fields: [field(274, 6)],
    });
    const made = await renderOne(file);
    expect(await sharp(made).metadata()).to.deep.include({ width: 1, height: 2 });
    expect([await colourAt(made, 0, 0), await colourAt(made, 0, 0.5)]).to.deep.equal([
      [255, 255, 255],
      [0, 0, 0],
    ]);
  });
});

describe('The picture of a TIFF', () => {
  const SHADES = { first: 10, second: 200 };
  const kindOfPage = (kind: number, ...more: readonly TiffTag[]) => [[254, 4, 1, kind] as const, ...more];
  const page = (shade: 'first' | 'second', ...more: readonly TiffTag[]): TiffTag[] => [
    ...more.filter(([tag]) => tag < 256),
    ...greyPage({ strip: TIFF_DATA_START + (shade === 'first' ? 0 : 1) }),
    ...more.filter(([tag]) => tag > 256),
  ];
  const data = Buffer.from([SHADES.first, SHADES.second]);
  const shadeOf = async (file: Buffer) => (await colourAt(await renderOne(file), 0, 0))[0];

  it('A page that is marked as a preview or as a mask is not taken for the picture', async () => {
    for (const kind of [1, 4, 5]) {
      const file = assembleTiff([page('first', ...kindOfPage(kind)), page('second')], { data });
      expect(await shadeOf(file), `${kind}`).to.equal(SHADES.second);
    }
  });

  it('The first page is the picture if it is one page of several, or if all pages are marked', async () => {
    for (const [first, second] of [
      [0, 0],
      [2, 2],
      [1, 1],
      [1, 4],
    ] as const) {
      const pages = [page('first', ...kindOfPage(first)), page('second', ...kindOfPage(second))];
      expect(await shadeOf(assembleTiff(pages, { data })), `${first}, ${second}`).to.equal(SHADES.first);
    }
  });

  it('A picture below a preview is found, as cameras write it', async () => {
    // The second page is not in the chain: the first one refers to it.
    const chained = assembleTiff([page('first', ...kindOfPage(1), [330, 4, 1, 0]), page('second')], { data });
    const firstPage = chained.readUInt32LE(4);
    const entries = chained.readUInt16LE(firstPage);
    const next = firstPage + 2 + entries * 12;
    for (let entry = firstPage + 2; entry < next; entry += 12)
      if (chained.readUInt16LE(entry) === 330) chained.writeUInt32LE(chained.readUInt32LE(next), entry + 8);
    chained.writeUInt32LE(0, next);
    expect(await sharp(chained).metadata()).to.deep.include({ pages: 1, subifds: 1 });
    expect(await shadeOf(chained)).to.equal(SHADES.second);
    expect(await inspection(chained, { maxPageTags: 9 })).to.match(/^ImageTooLargeError: .* tags on a page/);
  });
});
