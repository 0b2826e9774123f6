import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import sharp from 'sharp';
import { DEFAULT_LIMITS } from '../../../../functions/image-resize/image/limits.ts';
import { inspectImage } from '../../../../functions/image-resize/image/reading/inspect.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { chartDifference } from '../colour/colour-chart.ts';
import { renderOne } from '../rendering/rendering.ts';
import { srgbProfile, TIFF_CHART, TIFF_KINDS } from './tiff-kinds.ts';

const { width, height } = TIFF_CHART;
/** Out of 255, as the mean of all samples. */
const MOST_DIFFERENCE = 2;

/** @returns the colours in the middle of the squares, each as six hexadecimal digits. */
function readPatches(pixels: Buffer, channels: number): string {
  return Array.from({ length: width / height }, (_, index) => {
    const at = ((height / 2) * width + index * height + height / 2) * channels;
    return pixels.toString('hex', at, at + 3);
  }).join(' ');
}

async function render(source: Buffer) {
  const image = sharp(await renderOne(source, { width }));
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  const alphas = new Set(
    Array.from({ length: width * height }, (_, pixel) => data[pixel * info.channels + 3]),
  );
  return { seen: readPatches(data, info.channels), alphas: info.channels === 4 ? [...alphas] : [] };
}

describe('The samples of a TIFF', () => {
  for (const { name, make, seen, alpha } of TIFF_KINDS)
    it(`The image core renders a TIFF in ${name} as other readers show it`, async () => {
      const { hasAlpha } = await inspectImage(make(), DEFAULT_LIMITS);
      const rendered = await render(make());
      expect(chartDifference(rendered.seen, seen), `${rendered.seen} for ${seen}`).to.be.below(
        MOST_DIFFERENCE,
      );
      expect(rendered.alphas, 'opacity').to.deep.equal(alpha === undefined ? [] : [alpha]);
      expect(hasAlpha).to.equal(alpha !== undefined);
    });
});

describe('The TIFFs that the image core is tested with', () => {
  it('ImageMagick shows every TIFF that it can read in the colours that the tests of the image core expect', function () {
    this.timeout(60_000);
    const convert = process.env.IMAGEMAGICK ?? '/usr/bin/convert';
    if (!isImageMagick(convert)) {
      console.log(
        `    Skipped: ${convert} is not ImageMagick. Install it, or set IMAGEMAGICK to its program.`,
      );
      return this.skip();
    }
    const srgb = join(temporaryFolder('imagemagick'), 'srgb.icc');
    writeFileSync(srgb, srgbProfile);
    const differences = TIFF_KINDS.filter(({ reader }) => reader === 'ImageMagick').flatMap((kind) => {
      const options = ['-colorspace', 'sRGB', '-alpha', 'off', '-depth', '8'];
      const toSrgb = kind.hasProfile ? ['-profile', srgb] : [];
      const pixels = execFileSync(convert, ['tiff:-', ...toSrgb, ...options, 'rgb:-'], {
        input: kind.make(),
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      const found = readPatches(pixels, 3);
      const isSeen = chartDifference(found, kind.seen) <= MOST_DIFFERENCE;
      return isSeen ? [] : [`${kind.name}: ${found}, not ${kind.seen}`];
    });
    expect(differences).to.deep.equal([]);
  });
});

function isImageMagick(program: string): boolean {
  try {
    return execFileSync(program, ['-version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).startsWith('Version: ImageMagick');
  } catch {
    return false;
  }
}
