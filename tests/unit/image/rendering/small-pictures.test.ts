import { expect } from 'chai';
import sharp from 'sharp';
import type { RenditionRow } from '../../../../functions/image-resize/image/rows/rendition-row.ts';
import { meanDifference } from '../heic/heic-pictures.ts';
import { render } from './rendering.ts';

/** Squares of 4 pixels, which the blocks of 4:2:0 do not cut. */
const squares = (side: number) =>
  Buffer.from(
    Array.from({ length: side * side }, (_, pixel) => {
      const isOdd = ((pixel % side) >> 2) % 2 !== (Math.floor(pixel / side) >> 2) % 2;
      return isOdd ? [34, 102, 255] : [238, 255, 34];
    }).flat(),
  );
const drawing = (side: number) =>
  sharp(squares(side), { raw: { width: side, height: side, channels: 3 } })
    .png()
    .toBuffer();

async function make(source: Buffer, row: Partial<RenditionRow> = { quality: 'auto' }) {
  const made = await render(source, [{ name: 'only', width: 320, format: 'webp', ...row }]);
  const rendition = made.get('only');
  if (!rendition) throw new Error('Expected a rendition but none was made.');
  return rendition;
}

const isLossless = ({ body }: { readonly body: Buffer }) => body.toString('latin1', 12, 16) === 'VP8L';

describe('A picture of few pixels', () => {
  for (const side of [24, 48, 128])
    it(`A WebP of a drawing of ${side} × ${side} pixels keeps each pixel, and tells no quality`, async () => {
      const made = await make(await drawing(side));
      expect(isLossless(made)).to.equal(true);
      expect(made).not.to.have.property('quality');
      expect(await sharp(made.body).raw().toBuffer()).to.deep.equal(squares(side));
    });

  for (const [format, least] of [
    ['jpeg', 95],
    ['avif', 90],
  ] as const)
    it(`An icon in the format ${format} differs from its source by less than 3 of 255`, async () => {
      const made = await make(await drawing(32), { format, quality: 'auto' });
      expect(made).to.include({ quality: least });
      expect(meanDifference(await sharp(made.body).raw().toBuffer(), squares(32))).to.be.below(3);
    });

  it('A row without a quality keeps the pixels too, and one that names a number gets that quality', async () => {
    expect(isLossless(await make(await drawing(32), {}))).to.equal(true);
    for (const format of ['jpeg', 'webp', 'avif'] as const) {
      const made = await make(await drawing(32), { format, quality: 50 });
      expect(made).to.include({ quality: 50 });
      expect(isLossless(made)).to.equal(false);
    }
  });

  it('A larger drawing, one in black and white that is no icon, and a photograph have the quality 80', async () => {
    const photograph = await sharp('local/sample/dandelion.jpg').resize(100).png().toBuffer();
    const grey = await sharp(await drawing(64))
      .greyscale()
      .png()
      .toBuffer();
    for (const source of [await drawing(132), grey, photograph]) {
      expect(await make(source)).to.include({ quality: 80 });
      expect(isLossless(await make(source))).to.equal(false);
    }
  });
});
