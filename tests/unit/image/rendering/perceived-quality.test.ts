import { expect } from 'chai';
import sharp from 'sharp';
import type { Pixels } from '../../../../functions/image-resize/image/pixels.ts';
import {
  chooseQuality,
  measureDetail,
} from '../../../../functions/image-resize/image/rendering/perceived-quality.ts';
import type { RenditionRow } from '../../../../functions/image-resize/image/rows/rendition-row.ts';
import { randomFrom } from '../../../support/random.ts';
import { render } from './rendering.ts';

const SIDE = 160;
/** A picture with the grey of each place, and an alpha if there is one. */
function grey(at: (x: number, y: number) => number, side = SIDE, alpha?: number): Pixels {
  const pixels = Array.from({ length: side * side }, (_, index) => {
    const value = at(index % side, Math.floor(index / side));
    return alpha === undefined ? [value, value, value] : [value, value, value, alpha];
  });
  const raw = { width: side, height: side, channels: alpha === undefined ? 3 : 4 } as const;
  return { data: Buffer.from(pixels.flat()), raw };
}

const columns = (difference: number) => (x: number) => 100 + (x % 2) * difference;
const slope = (x: number, y: number) => 40 + (x + y) / 2;
/** A soft slope with as much grain. */
function grain(strength: number): Pixels {
  const random = randomFrom(7);
  return grey((x, y) => Math.round(slope(x, y) + (random() - 0.5) * 2 * strength));
}

const png = ({ data, raw }: Pixels) => sharp(data, { raw }).png().toBuffer();
const ROW = { name: 'small', width: SIDE, format: 'avif' } as const;
async function make(source: Pixels, quality: NonNullable<RenditionRow['quality']>) {
  const made = (await render(await png(source), [{ ...ROW, quality }])).get('small');
  if (!made) throw new TypeError('Expected a rendition but found none.');
  return made;
}

describe('The quality that is chosen for an image', () => {
  it('The detail of a picture is the mean difference between neighbours, half of them to the right and half below', () => {
    expect(
      measureDetail(
        grey(() => 90),
        '#ffffff',
      ),
    ).to.equal(0);
    expect(measureDetail(grey(columns(10)), '#ffffff')).to.equal(5);
    expect(
      measureDetail(
        grey((_, y) => columns(20)(y)),
        '#ffffff',
      ),
    ).to.equal(10);
    expect(
      measureDetail(
        grey((x, y) => ((x + y) % 2) * 255),
        '#ffffff',
      ),
    ).to.equal(255);
    expect(
      measureDetail(
        grey(() => 90, 1),
        '#ffffff',
      ),
    ).to.equal(0);
  });

  it('The detail of a large picture is measured in some of its rows, and is the same', () => {
    expect(measureDetail(grey(columns(10), 600), '#ffffff')).to.equal(5);
  });

  it('Transparent pixels count as their background', () => {
    expect(measureDetail(grey(columns(10), SIDE, 0), '#336699')).to.equal(0);
    expect(measureDetail(grey(columns(10), SIDE, 255), '#336699')).to.equal(5);
  });

  for (const [detail, width, quality] of [
    [0, 320, 42],
    [0.5, 640, 42],
    [1, 640, 48],
    [3, 640, 56],
    [3, 1280, 56],
    [3, 2560, 55],
    [8, 1920, 64],
    [16, 640, 70],
    [32, 640, 76],
    [255, 640, 76],
  ] as const)
    it(`A picture of ${width} pixels with a detail of ${detail} needs quality ${quality} in AVIF`, () => {
      expect(chooseQuality(detail, width, 80)).to.equal(quality);
    });

  it('A target between two that were measured gets a quality between theirs', () => {
    const qualities = [50, 60, 65, 70, 75, 80, 85, 90].map((target) => chooseQuality(4, 640, target));
    expect(qualities).to.deep.equal([46, 49, 50, 52, 56, 59, 67, 75]);
  });

  it('A grainy picture gets a higher quality than a smooth one, and the rendition tells it', async () => {
    const [smooth, grainy] = [await make(grain(0), 'auto'), await make(grain(20), 'auto')];
    expect(smooth.quality).to.equal(chooseQuality(measureDetail(grain(0), '#ffffff'), SIDE, 80));
    expect(grainy.quality).to.equal(chooseQuality(measureDetail(grain(20), '#ffffff'), SIDE, 80));
    expect(grainy.quality).to.be.above((smooth.quality ?? 0) + 10);
  });

  it('The chosen quality gives the bytes of the same quality as a number, each time', async () => {
    const chosen = await make(grain(8), 'auto');
    for (const quality of ['auto', { target: 80 }, chosen.quality ?? 0] as const)
      expect((await make(grain(8), quality)).body.equals(chosen.body)).to.equal(true);
  });

  it('A higher target gives a higher quality and more bytes', async () => {
    const [less, more] = [await make(grain(8), { target: 60 }), await make(grain(8), { target: 90 })];
    expect(more.quality).to.be.above(less.quality ?? 100);
    expect(more.body.length).to.be.above(less.body.length);
  });

  it('A rendition tells a quality that the table gives, and none if it is lossless', async () => {
    expect(await make(grain(8), 37)).to.have.property('quality', 37);
    expect(await make(grain(8), 'lossless')).not.to.have.property('quality');
  });
});
