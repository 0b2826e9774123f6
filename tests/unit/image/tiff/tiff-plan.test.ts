import { expect } from 'chai';
import sharp from 'sharp';
import { DEFAULT_LIMITS } from '../../../../functions/image-resize/image/limits.ts';
import { colourAt } from '../../../support/images.ts';
import { inspection } from '../reading/inspection.ts';
import { renderOne } from '../rendering/rendering.ts';
import { assembleTiff, greyPage, sampleTiff, TIFF_DATA_START, type TiffTag } from './handmade-tiff.ts';
import { chartTiff, TIFF_CHART } from './tiff-kinds.ts';
import { REFUSED } from './tiff-refusals.ts';

const GREY = 1;
const field = (tag: number, ...values: readonly number[]) => [tag, 3, values] as const;

describe('A TIFF whose samples are not read', () => {
  for (const [file, expected, found] of REFUSED)
    it(`A TIFF that is not ${expected} but ${found} is refused by name`, async () => {
      const message = `Expected ${expected} but found ${found}. Convert the image and upload it again.`;
      expect(await inspection(file)).to.equal(`UnsupportedImageError: ${message}`);
    });

  it('A TIFF with a few brighter samples than 1, as photographs have them, is clipped', async () => {
    const file = chartTiff({ type: 'float', toSamples: (rgb) => rgb.map((sample) => sample * 1.3) });
    const made = await renderOne(file, { width: TIFF_CHART.width });
    expect(await colourAt(made, 0.05, 0.5)).to.deep.equal([255, 255, 255]);
    expect(await colourAt(made, 0.42, 0.5)).to.deep.equal([166, 166, 166]);
  });

  it('A TIFF whose tiled planes reach far below the picture is refused by the pixels that they reach over', async () => {
    const tall = [322, 3, [16]] as const;
    const file = chartTiff({
      isPlanar: true,
      tile: [16, 16],
      fields: [tall, [323, 4, [1_048_576]]],
    });
    expect(await inspection(file)).to.equal(
      `ImageTooLargeError: Expected at most ${DEFAULT_LIMITS.maxUnstreamedPixels} pixels in a TIFF whose samples are converted but found ${TIFF_CHART.width * 1_048_576} (${TIFF_CHART.width} × 1048576).`,
    );
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
