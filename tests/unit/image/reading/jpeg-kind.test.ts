import { expect } from 'chai';
import { checkJpegKind } from '../../../../functions/image-resize/image/reading/jpeg-kind.ts';
import { flatJpeg } from '../handmade.ts';
import { inspection } from './inspection.ts';
import { REFUSED_JPEGS } from './jpeg-refusals.ts';

describe('A JPEG of a kind that is not decoded', () => {
  for (const [file, expected, found] of REFUSED_JPEGS)
    it(`A JPEG is refused by name if ${expected} was expected and ${found} is found`, async () => {
      expect(await inspection(file)).to.equal(
        `UnsupportedImageError: Expected ${expected} but found ${found}. Convert the image and upload it again.`,
      );
    });

  it('A JPEG that ends anywhere is never read behind its end', () => {
    const jpeg = flatJpeg({ width: 64, height: 64, samples: [100, 128, 128] });
    for (let end = 0; end <= jpeg.length; end += 1)
      expect(() => checkJpegKind(Buffer.from(jpeg.subarray(0, end)))).not.to.throw();
  });
});
