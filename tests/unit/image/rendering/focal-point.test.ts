import { expect } from 'chai';
import fc from 'fast-check';
import sharp from 'sharp';
import { DEFAULT_LIMITS } from '../../../../functions/image-resize/image/limits.ts';
import { makeRenditions } from '../../../../functions/image-resize/image/make-renditions.ts';
import {
  cropAround,
  type FocalPoint,
} from '../../../../functions/image-resize/image/rendering/focal-point.ts';
import type { RenditionRow } from '../../../../functions/image-resize/image/rows/rendition-row.ts';
import { colourAt, paintUpright } from '../../../support/images.ts';

const SQUARE = { width: 40, height: 40, fit: 'cover', position: 'focal', format: 'png' } as const;

/** Makes one rendition of the row. */
async function make(
  source: Buffer,
  focalPoint?: FocalPoint,
  row: Partial<RenditionRow> = {},
): Promise<Buffer> {
  let made: Buffer = Buffer.alloc(0);
  const settings = { rows: [{ name: 'square', ...SQUARE, ...row }], limits: DEFAULT_LIMITS };
  await makeRenditions(source, { ...settings, ...(focalPoint && { focalPoint }) }, async ({ body }) => {
    made = body;
  });
  return made;
}

/** Eight bands from left to right, the first one black and the last one white. */
const bands = () =>
  sharp(Buffer.from([0, 36, 73, 109, 146, 182, 219, 255]), { raw: { width: 8, height: 1, channels: 1 } })
    .resize({ width: 320, height: 40, kernel: 'nearest', fit: 'fill' })
    .toColourspace('srgb')
    .png()
    .toBuffer();

describe('The crop around a focal point', () => {
  it('The point is always inside the crop, and no other crop has its centre nearer to it', () => {
    const side = fc.integer({ min: 1, max: 200 });
    const share = fc.oneof(
      fc.constantFrom(0, 0.5, 1),
      fc.nat({ max: 1000 }).map((thousandths) => thousandths / 1000),
    );
    fc.assert(
      fc.property(side, side, share, share, share, share, (width, height, partX, partY, x, y) => {
        const crop = { width: Math.ceil(partX * width) || 1, height: Math.ceil(partY * height) || 1 };
        const { left, top } = cropAround({ x, y }, { width, height }, crop);
        for (const [start, part, whole, place] of [
          [left, crop.width, width, x * width],
          [top, crop.height, height, y * height],
        ] as const) {
          expect(Number.isInteger(start)).to.equal(true);
          expect(start).to.be.within(0, whole - part);
          expect(place).to.be.within(start, start + part);
          const distance = (from: number) => Math.abs(from + part / 2 - place);
          for (let other = 0; other <= whole - part; other += 1)
            expect(distance(start)).to.be.at.most(distance(other) + 1e-9);
        }
      }),
    );
  });
});

describe('A row with the position focal', () => {
  for (const [x, grey] of [
    [0, 0],
    [0.31, 73],
    [0.8, 219],
    [1, 255],
  ] as const)
    it(`A row with the position focal keeps the point at ${x} of the width`, async () => {
      const square = await make(await bands(), { x, y: 0.5 });
      expect(await sharp(square).metadata()).to.include({ width: 40, height: 40 });
      const columns = await Promise.all([0.05, 0.5, 0.95].map((at) => colourAt(square, at, 0.5)));
      expect(columns).to.deep.include([grey, grey, grey]);
    });

  it('A row with the position focal reads the point in the upright image, whatever its EXIF orientation', async () => {
    const upright = await paintUpright(80, 320).png().toBuffer();
    const bottom = { x: 0.5, y: 1 };
    expect(await colourAt(await make(upright, bottom), 0.5, 0.5)).to.deep.equal([0, 0, 255]);
    // Stored on its side, so that a reader turns it by 90 degrees.
    const stored = await sharp(upright).rotate(270).withMetadata({ orientation: 6 }).png().toBuffer();
    expect(await sharp(stored).metadata()).to.include({ width: 320, height: 80, orientation: 6 });
    expect(await colourAt(await make(stored, bottom), 0.5, 0.5)).to.deep.equal([0, 0, 255]);
    expect(await colourAt(await make(stored, { x: 0.5, y: 0 }), 0.9, 0.5)).to.deep.equal([255, 0, 0]);
  });

  it('A row with the position focal gives the bytes of attention for an image without a focal point', async () => {
    const source = await paintUpright(320, 200).png().toBuffer();
    expect(await make(source)).to.deep.equal(await make(source, undefined, { position: 'attention' }));
  });

  it('A row with the position focal gives an image that is smaller than its box whole', async () => {
    const source = await paintUpright(30, 20).png().toBuffer();
    const made = await sharp(await make(source, { x: 1, y: 1 })).metadata();
    expect(made).to.include({ width: 30, height: 20 });
  });
});
