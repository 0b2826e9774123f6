import { deflateSync } from 'node:zlib';
import { expect } from 'chai';
import sharp from 'sharp';
import { DEFAULT_LIMITS } from '../../../../functions/image-resize/image/limits.ts';
import { makeRenditions } from '../../../../functions/image-resize/image/make-renditions.ts';
import { inspectImage } from '../../../../functions/image-resize/image/reading/inspect.ts';
import type { RenditionRow } from '../../../../functions/image-resize/image/rows/rendition-row.ts';
import { colourAt } from '../../../support/images.ts';
import { codes } from '../avif/handmade-avif.ts';
import { displayProfile, insertSegments, pngChunk, profileSegments, swatchPng } from '../handmade.ts';
import { render, renderOne } from '../rendering/rendering.ts';
import { DISPLAY_P3 } from './colour.ts';
import {
  CHART_SIDES,
  chartAv1,
  chartAvif,
  chartDifference,
  chartImage,
  chartPng,
  readChart,
} from './colour-chart.ts';

/** Out of 255, as the mean of all samples. */
const MOST_DIFFERENCE = 2;

const WHOLE = { width: CHART_SIDES.width, gamut: 'p3' } as const;

const profile = displayProfile(DISPLAY_P3.colorants, DISPLAY_P3.decode);
const p3Codes = pngChunk('cICP', Buffer.from([12, 13, 0, 1]));

/** The chart, whose samples mean colours of Display P3. */
const SOURCES: readonly [string, () => Buffer | Promise<Buffer>][] = [
  [
    'a JPEG with a profile',
    async () => {
      const jpeg = await chartImage(8).jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer();
      return insertSegments(jpeg, Buffer.concat(profileSegments(profile)));
    },
  ],
  ['a PNG of 8 bits with codes', () => chartPng(8, [p3Codes])],
  ['a PNG of 16 bits with codes', () => chartPng(16, [p3Codes])],
  [
    'a PNG of 16 bits with a profile',
    () => {
      const data = Buffer.concat([Buffer.from('p3\0\0'), deflateSync(profile)]);
      return chartPng(16, [pngChunk('iCCP', data)]);
    },
  ],
  ['an AVIF with codes', async () => chartAvif(await chartAv1(8), [codes(12, 13)])],
];

/** One colour in Display P3. */
const swatch = (rgb: readonly number[]) => swatchPng(rgb, profile);

const metadata = (image: Buffer) => sharp(image).metadata();

/** The samples as they are stored, whatever the profile says. */
const stored = (image: Buffer) => sharp(image, { ignoreIcc: true }).png().toBuffer();

describe('A row with the gamut of Display P3', () => {
  for (const [name, make] of SOURCES)
    it(`A rendition of ${name} keeps the colours of Display P3 and has its profile`, async () => {
      const source = await make();
      const made = await renderOne(source, WHOLE);
      const samples = await readChart(await stored(made));
      expect(chartDifference(samples, await readChart(chartPng(8, [])))).to.be.below(MOST_DIFFERENCE);
      const narrow = await renderOne(source, { width: WHOLE.width });
      expect(chartDifference(await readChart(made), await readChart(narrow))).to.be.below(MOST_DIFFERENCE);
    });

  for (const format of ['jpeg', 'webp', 'avif', 'png'] as const)
    it(`A rendition of format ${format} looks the same with the profile and in sRGB`, async () => {
      const source = swatch([200, 100, 50]);
      const quality = format === 'png' ? {} : { quality: 95 };
      const made = await renderOne(source, { format, gamut: 'p3', ...quality });
      expect(await metadata(made)).to.deep.include({ hasProfile: true, depth: 'uchar' });
      const [wide, narrow] = [
        await colourAt(made, 0.5, 0.5),
        await colourAt(await renderOne(source), 0.5, 0.5),
      ];
      for (const [channel, value] of wide.entries()) expect(value).to.be.closeTo(narrow[channel] ?? 0, 4);
    });

  it('A colour that sRGB does not have is kept', async () => {
    const green = await renderOne(swatch([0, 255, 0]), { gamut: 'p3' });
    expect(await colourAt(await stored(green), 0.5, 0.5)).to.deep.equal([0, 255, 0]);
    const bright = chartPng(16, [pngChunk('cICP', Buffer.from([9, 13, 0, 1]))]);
    const [wide, narrow] = [await renderOne(bright, WHOLE), await renderOne(bright, { width: WHOLE.width })];
    expect(await readChart(await stored(wide))).not.to.equal(await readChart(narrow));
  });

  it('A source in sRGB, in grey or in CMYK gives the same bytes as without the option', async () => {
    for (const source of [
      await chartImage(8).png().toBuffer(),
      await chartImage(8).withIccProfile('srgb').jpeg().toBuffer(),
      await chartImage(8).greyscale().png().toBuffer(),
      await chartImage(8).withIccProfile('cmyk').jpeg().toBuffer(),
    ]) {
      const [wide, narrow] = [await renderOne(source, { gamut: 'p3' }), await renderOne(source)];
      expect(await metadata(wide)).to.have.property('hasProfile', false);
      expect(wide.equals(narrow)).to.equal(true);
    }
  });

  it('One table gives rows with and without the option, and a placeholder in sRGB', async () => {
    const source = swatch([200, 100, 50]);
    const wide: RenditionRow = { name: 'wide', width: 32, format: 'png', gamut: 'p3' };
    const narrow: RenditionRow = { name: 'narrow', width: 32, format: 'png' };
    const made = await render(source, [wide, narrow]);
    const profiles = [...made.values()].map(async ({ name, body }) => [
      name,
      (await metadata(body)).hasProfile,
    ]);
    expect(await Promise.all(profiles)).to.have.deep.members([
      ['wide', true],
      ['narrow', false],
    ]);
    const colours = [[wide], [narrow], [wide, narrow]].map(async (rows) => {
      const { placeholder } = await makeRenditions(source, { rows, limits: DEFAULT_LIMITS }, async () => {});
      return placeholder.dominantColor;
    });
    // (200, 100, 50) of Display P3 in sRGB, see source-kinds.test.ts.
    for (const colour of await Promise.all(colours)) expect(colour).to.match(/^#d75d[12]/);
  });

  it('Padding, the ground of transparency and a watermark keep the colours in which the table names them', async () => {
    const source = swatch([0, 255, 0]);
    const padded = await renderOne(source, {
      width: 32,
      height: 64,
      fit: 'contain',
      background: '#c04020',
      gamut: 'p3',
    });
    expect(await colourAt(padded, 0.5, 0.05)).to.satisfy(isNear([0xc0, 0x40, 0x20]));
    const mark = { create: { width: 8, height: 8, channels: 3, background: '#2040c0' } } as const;
    const image = (await sharp(mark).png().toBuffer()).toString('base64');
    const watermark = { image, gravity: 'centre', scale: 0.5, opacity: 1 } as const;
    const marked = await renderOne(source, { width: 32, watermark, gamut: 'p3' });
    expect(await colourAt(marked, 0.5, 0.5)).to.satisfy(isNear([0x20, 0x40, 0xc0]));
    const clear = chartPng(8, [p3Codes], 'rgb and alpha');
    const flat = await renderOne(clear, { ...WHOLE, format: 'jpeg', quality: 100, background: '#c04020' });
    // Black of half opacity.
    expect(await colourAt(flat, 0.02, 0.5)).to.satisfy(isNear([0x60, 0x20, 0x10]));
  });

  it('Transparency is kept', async () => {
    const made = await renderOne(chartPng(8, [p3Codes], 'rgb and alpha'), { ...WHOLE, format: 'webp' });
    const { channels } = await sharp(made).stats();
    expect(channels[3]).to.include({ min: 128, max: 128 });
  });

  it('A format without profiles, or that the source has, gets colours of sRGB', async () => {
    const p3 = { gamut: 'p3', format: 'source' } as const;
    const png = await renderOne(swatch([200, 100, 50]), p3);
    expect(await metadata(png)).to.include({ format: 'png', hasProfile: true });
    const gif = await chartImage(8).gif().toBuffer();
    expect(await metadata(await renderOne(gif, p3))).to.include({ format: 'gif', hasProfile: false });
  });

  it('The inspection knows by the primaries which sources have more colours than sRGB', async () => {
    const isWide = async (source: Buffer) => (await inspectImage(source, DEFAULT_LIMITS)).isWideGamut;
    const coded = (primaries: number) => chartPng(8, [pngChunk('cICP', Buffer.from([primaries, 13, 0, 1]))]);
    expect(await Promise.all([coded(1), coded(9), coded(12), swatch([1, 2, 3])].map(isWide))).to.deep.equal([
      false,
      true,
      true,
      true,
    ]);
  });
});

function isNear(expected: readonly number[]) {
  return (found: readonly number[]) =>
    found.every((value, index) => Math.abs(value - (expected[index] ?? 0)) <= 4);
}
