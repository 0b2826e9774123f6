import { deflateSync } from 'node:zlib';
import { expect } from 'chai';
import sharp from 'sharp';
import { readAv1Colours } from '../../../../functions/image-resize/image/avif/av1-header.ts';
import { DEFAULT_LIMITS } from '../../../../functions/image-resize/image/limits.ts';
import { inspectImage } from '../../../../functions/image-resize/image/reading/inspect.ts';
import { greyProfile, pngChunk } from '../handmade.ts';
import { renderOne } from '../rendering/rendering.ts';
import { CHART_SIDES, chartDifference, chartImage, chartPng, readChart } from './colour-chart.ts';
import { COLOUR_KINDS, type ColourKind, GAIN_MAP_KINDS, HDR_KINDS } from './colour-kinds.ts';

/** Out of 255, as the mean of all samples: rounding, and the losses of AVIF. */
const MOST_DIFFERENCE = 2;

async function expectToLookAs(source: Buffer, seen: string): Promise<void> {
  const found = await readChart(await renderOne(source, { width: CHART_SIDES.width }));
  expect(chartDifference(found, seen), `${found} for ${seen}`).to.be.below(MOST_DIFFERENCE);
}

describe('The colours that a file states', () => {
  for (const [name, make, seen] of [...COLOUR_KINDS, ...GAIN_MAP_KINDS])
    it(`The image core renders ${name} in the colours that Chromium shows`, async () => {
      await expectToLookAs(await make(), seen);
    });

  for (const [name, make, seen] of HDR_KINDS)
    it(`The image core maps ${name} to standard dynamic range as Chromium does`, async () => {
      await expectToLookAs(await make(), seen);
    });

  it('The image core renders a grey TIFF of 16 bits with a profile like the PNG of which it is a copy', async () => {
    const [, make, seen] = kind('a grey PNG of 16 bits with a profile of linear light');
    const tiff = sharp(await make())
      .keepIccProfile()
      .toColourspace('grey16')
      .tiff({ compression: 'none' });
    const source = await tiff.toBuffer();
    expect(await sharp(source).metadata()).to.deep.include({ space: 'grey16', hasProfile: true });
    await expectToLookAs(source, seen);
  });

  it('A profile for grey in L*a*b* gives 16 bits the look that libvips gives 8', async () => {
    const profile = greyProfile(Buffer.from('curv\0\0\0\0\0\0\0\0'), 'Lab ');
    const chunk = pngChunk('iCCP', Buffer.concat([Buffer.from('icc\0\0'), deflateSync(profile)]));
    // Grey of half the lightness has 18 % of the light (ICC.1:2022, F.2), which is 119 in sRGB.
    const seen = '000000 1b1b1b 474747 777777 8b8b8b b9b9b9 ffffff 919191 303030 303030 b9b9b9 777777';
    for (const depth of [8, 16] as const) await expectToLookAs(chartPng(depth, [chunk], 'grey'), seen);
  });

  it('The image core keeps the transparency of an image whose colours it converts', async () => {
    const transparent = [...COLOUR_KINDS, ...HDR_KINDS].filter(([name]) => name.endsWith('transparent'));
    expect(transparent).to.have.length(2);
    for (const [name, make] of transparent) {
      const made = await renderOne(await make(), { width: CHART_SIDES.width });
      const { channels } = await sharp(made).stats();
      expect(channels[3], name).to.include({ min: 128, max: 128 });
    }
  });

  it('An image in sRGB is not converted, whatever format it has', async () => {
    for (const format of ['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff'] as const)
      for (const source of [chartImage(8), chartImage(8).greyscale(), chartImage(8).withIccProfile('srgb')]) {
        const facts = await inspectImage(await source.toFormat(format).toBuffer(), DEFAULT_LIMITS);
        expect(facts, format).not.to.have.property('signal');
      }
  });
});

function kind(wanted: string): ColourKind {
  const found = COLOUR_KINDS.find(([name]) => name === wanted);
  if (!found) throw new Error(`Expected ${wanted} among the kinds but found none.`);
  return found;
}

describe('The header of an AV1 bitstream', () => {
  const read = (hex: string) => {
    const bytes = Buffer.from(hex, 'hex');
    return readAv1Colours(bytes, { start: 0, end: bytes.length });
  };

  it('The colours are read from a still image that libavif wrote, in grey of limited range', () => {
    expect(read('12000a09181da7fbb0c0434188')).to.deep.equal({
      primaries: 1,
      transfer: 13,
      isFullRange: false,
    });
  });

  it('The colours are read from a video that FFmpeg wrote in RGB', () => {
    expect(read('0a0d20000002aff79b5f2404340080')).to.deep.equal({
      primaries: 1,
      transfer: 13,
      isFullRange: true,
    });
  });

  it('Bytes without such a header give no colours', () => {
    for (const hex of ['', '1200', '1200320a0000', '12000a', '12000a01'])
      expect(read(hex), hex).to.equal(undefined);
  });
});
