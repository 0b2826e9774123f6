import { expect } from 'chai';
import { DEFAULT_LIMITS } from '../../../../functions/image-resize/image/limits.ts';
import { inspectImage } from '../../../../functions/image-resize/image/reading/inspect.ts';
import { withValidOrientation } from '../../../../functions/image-resize/image/reading/jpeg-orientation.ts';
import { colourAt } from '../../../support/images.ts';
import { renderOne } from '../rendering/rendering.ts';
import { withOrientation } from './jpeg-orientations.ts';

const [BYTE, SHORT, LONG] = [1, 3, 4];
const sides = async (source: Buffer) => {
  const { width, height } = await inspectImage(source, DEFAULT_LIMITS);
  return [width, height];
};

describe('The EXIF orientation of a JPEG', () => {
  for (const isBigEndian of [false, true])
    it(`An orientation of one number of 16 bits turns the image, and no other does (big-endian: ${isBigEndian})`, async () => {
      expect(await sides(withOrientation(SHORT, 1, isBigEndian))).to.deep.equal([48, 64]);
      // Chromium 156 and Firefox show these upright.
      for (const [type, count] of [
        [LONG, 1],
        [BYTE, 1],
        [SHORT, 2],
      ] as const)
        expect(await sides(withOrientation(type, count, isBigEndian)), `${type}, ${count}`).to.deep.equal([
          64, 48,
        ]);
    });

  it('A JPEG whose orientation is ignored is rendered, even if its last row is grey', async () => {
    const made = await renderOne(withOrientation(LONG, 1));
    expect((await colourAt(made, 0.5, 0.99))[0]).to.be.closeTo(100, 2);
  });

  it('A JPEG with a valid orientation keeps its bytes, and one that ends anywhere is never read behind its end', () => {
    const source = withOrientation(SHORT, 1);
    expect(withValidOrientation(source)).to.equal(source);
    const other = withOrientation(LONG, 1);
    for (let end = 0; end < other.length; end += 1)
      expect(() => withValidOrientation(Buffer.from(other.subarray(0, end)))).not.to.throw();
  });
});
