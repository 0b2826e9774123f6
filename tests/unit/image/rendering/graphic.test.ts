import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import sharp from 'sharp';
import { DEFAULT_LIMITS as limits } from '../../../../functions/image-resize/image/limits.ts';
import { makeRenditions } from '../../../../functions/image-resize/image/make-renditions.ts';
import { isGraphic, measureBlocks } from '../../../../functions/image-resize/image/rendering/graphic.ts';
import type { Rendition } from '../../../../functions/image-resize/image/rendering/render.ts';
import { RENDITIONS } from '../../../../functions/image-resize/renditions.ts';
import { randomFrom } from '../../../support/random.ts';

type Grey = (x: number, y: number) => number;
function picture(width: number, height: number, grey: Grey) {
  const pixels = Buffer.alloc(width * height * 3);
  for (let place = 0; place < width * height; place += 1)
    pixels.fill(grey(place % width, Math.floor(place / width)), place * 3, place * 3 + 3);
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

/** Lines of strokes two pixels wide, like text, in the upper half of a white page. */
const page: Grey = (x, y) => (y < 400 && x > 40 && y % 32 < 14 && x % 6 < 2 ? 20 : 255);
/** The same strokes with the grain of a camera. */
function photographOf(grey: Grey): Grey {
  const random = randomFrom(3);
  return (x, y) => Math.max(0, Math.min(255, Math.round(grey(x, y) * 0.9 + random() * 16)));
}

async function make(source: Buffer) {
  const made: Rendition[] = [];
  const { facts } = await makeRenditions(source, { rows: RENDITIONS, limits }, async (rendition) => {
    made.push(rendition);
  });
  return { isPhotograph: facts.isPhotograph, small: made.find(({ name }) => name === 'small')?.format };
}

describe('A drawing, a screenshot or text', () => {
  for (const quality of [60, 85, 95])
    it(`A page of text that is a JPEG of quality ${quality} is no photograph, and its renditions are WebP`, async () => {
      const source = await picture(1280, 800, page).jpeg({ quality }).toBuffer();
      expect(await make(source)).to.deep.equal({ isPhotograph: false, small: 'webp' });
    });

  it('A page that was photographed is a photograph, because its paper has grain', async () => {
    const source = await picture(1280, 800, photographOf(page)).jpeg({ quality: 85 }).toBuffer();
    expect(await make(source)).to.deep.equal({ isPhotograph: true, small: 'avif' });
  });

  it('The sample photograph is a photograph', async () => {
    const source = readFileSync(new URL('../../../../local/sample/dandelion.jpg', import.meta.url));
    expect(await make(source)).to.deep.equal({ isPhotograph: true, small: 'avif' });
  });

  it('A JPEG of one colour stays a photograph, because it has no edges', async () => {
    const source = await picture(1280, 800, () => 200)
      .jpeg()
      .toBuffer();
    expect(await make(source)).to.deep.equal({ isPhotograph: true, small: 'avif' });
  });

  it('A PNG of few bytes is no photograph, whatever its pixels tell', async () => {
    const source = await picture(1280, 800, () => 200)
      .png()
      .toBuffer();
    expect(await make(source)).to.deep.equal({ isPhotograph: false, small: 'webp' });
  });

  it('The shares of a page are the same at each of its sizes', async () => {
    const [shares, ...larger] = await Promise.all(
      [1, 2, 3].map(async (scale) => {
        const grey: Grey = (x, y) => page(Math.floor(x / scale), Math.floor(y / scale));
        const image = picture(640 * scale, 400 * scale, grey).raw();
        const { data, info } = await image.toBuffer({ resolveWithObject: true });
        return measureBlocks({ data, raw: info });
      }),
    );
    for (const others of larger) expect(others).to.deep.equal(shares);
  });

  it('A picture that is smaller than one block has no blocks', () => {
    const pixels = { data: Buffer.alloc(7 * 7 * 3), raw: { width: 7, height: 7, channels: 3 } } as const;
    expect(measureBlocks(pixels)).to.deep.equal({ dead: 0, quiet: 0, twoTone: 0 });
  });

  for (const [what, shares, expected] of [
    ['flat areas and clear edges', { dead: 0.5, quiet: 0.55, twoTone: 0.2 }, true],
    ['soft areas', { dead: 0.3, quiet: 0.5, twoTone: 0.2 }, false],
    ['flat areas without edges', { dead: 0.5, quiet: 0.55, twoTone: 0.04 }, false],
    ['no flat area', { dead: 0.01, quiet: 0.01, twoTone: 0.2 }, false],
  ] as const)
    it(`A picture of ${what} is ${expected ? 'a graphic' : 'a photograph'}`, () => {
      expect(isGraphic(shares)).to.equal(expected);
    });
});
