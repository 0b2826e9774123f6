import { expect } from 'chai';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { DEFAULT_LIMITS } from '../../functions/image-resize/image/limits.ts';
import { inspectImage } from '../../functions/image-resize/image/reading/inspect.ts';
import { readQuarters, TURNED_PICTURES, turnedAvif } from '../unit/image/avif/turned-avif.ts';
import { CHART_SIDES, chartDifference, readChart } from '../unit/image/colour/colour-chart.ts';
import { COLOUR_KINDS, GAIN_MAP_KINDS, HDR_KINDS } from '../unit/image/colour/colour-kinds.ts';
import { renderOne } from '../unit/image/rendering/rendering.ts';
import { useChromium } from './chromium.ts';

/** By the first byte of the file. */
const TYPES: Readonly<Record<number, string>> = {
  137: 'image/png',
  255: 'image/jpeg',
  82: 'image/webp',
  0: 'image/avif',
};

describe('The pictures that the image core is tested against', () => {
  const openPage = useChromium();

  async function show(
    page: Page,
    source: Buffer,
    colorSpace: PredefinedColorSpace = 'srgb',
  ): Promise<Buffer> {
    const url = `data:${TYPES[source[0] ?? 0]};base64,${source.toString('base64')}`;
    const { pixels, ...raw } = await page.evaluate(readPixels, { url, colorSpace });
    return sharp(Buffer.from(pixels), { raw: { ...raw, channels: 4 } })
      .png()
      .toBuffer();
  }

  /** Chromium's way from high to standard dynamic range may change; the colours of everything else are standards. */
  const groups = [
    { kinds: [...COLOUR_KINDS, ...GAIN_MAP_KINDS], most: 2 },
    { kinds: HDR_KINDS, most: 20 },
  ];
  it('Chromium shows every kind of file in the colours that the tests of the image core expect', async () => {
    const page = await openPage();
    const differences: string[] = [];
    for (const { kinds, most } of groups)
      for (const [name, make, seen] of kinds) {
        const found = await readChart(await show(page, await make()));
        if (chartDifference(found, seen) > most) differences.push(`${name}: ${found}, not ${seen}`);
      }
    expect(differences).to.deep.equal([]);
  });

  it('Chromium shows a rendition in Display P3 as it shows the source', async () => {
    const page = await openPage();
    for (const [name, make] of [...COLOUR_KINDS, ...HDR_KINDS]) {
      const source = await make();
      const { isWideGamut } = await inspectImage(source, DEFAULT_LIMITS);
      const made = await renderOne(source, { width: CHART_SIDES.width, gamut: 'p3' });
      expect((await sharp(made).metadata()).hasProfile, name).to.equal(isWideGamut);
      const [seen, shown] = [await show(page, source, 'display-p3'), await show(page, made, 'display-p3')];
      if (isWideGamut)
        expect(chartDifference(await readChart(shown), await readChart(seen)), name).to.be.below(2);
    }
  });

  it('Chromium turns an AVIF with its transparency as the tests of the image core expect', async () => {
    const page = await openPage();
    for (const { name, turns, seen } of TURNED_PICTURES)
      for (const alphaTurns of [[], turns])
        expect(await readQuarters(await show(page, await turnedAvif(turns, alphaTurns))), name).to.equal(
          seen,
        );
  });
});

/** Runs in the page. */
async function readPixels({ url, colorSpace }: { url: string; colorSpace: PredefinedColorSpace }) {
  const image = new Image();
  image.src = url;
  await image.decode();
  const { naturalWidth: width, naturalHeight: height } = image;
  const context = new OffscreenCanvas(width, height).getContext('2d', { colorSpace });
  context?.drawImage(image, 0, 0);
  const data = context?.getImageData(0, 0, width, height).data ?? [];
  return { width, height, pixels: [...data] };
}
