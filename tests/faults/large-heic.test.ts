import { join } from 'node:path';
import { expect } from 'chai';
import sharp from 'sharp';
import { DEFAULT_LIMITS } from '../../functions/image-resize/image/limits.ts';
import type { Rendition } from '../../functions/image-resize/image/rendering/render.ts';
import { ImageProcess } from '../../functions/image-resize/image-process.ts';
import { bundleImageWorker } from '../support/image-worker.ts';
import { largeTransparentHeic } from '../unit/image/heic/heic-pictures.ts';

describe('A large HEIC', () => {
  const folder = bundleImageWorker();

  it('The image process makes a HEIC of 47 megapixels with 10 bits and transparency within its memory', async () => {
    const images = new ImageProcess(join(folder, 'image-worker.js'));
    const renditions: Rendition[] = [];
    await images.make(
      largeTransparentHeic(),
      {
        rows: [{ name: 'small', width: 120, format: 'webp', quality: 100 }],
        limits: { ...DEFAULT_LIMITS, maxImageSeconds: 100 },
        acceptsHeic: true,
      },
      async (rendition) => void renditions.push(rendition),
    );
    const { data, info } = await sharp(renditions[0]?.body).raw().toBuffer({ resolveWithObject: true });
    expect(info).to.include({ width: 120, height: 96, channels: 4 });
    // A tile has eight pixels.
    const alphaAt = (x: number) => data[(120 + x) * 4 + 3];
    expect(alphaAt(2)).to.equal(255);
    expect(alphaAt(6)).to.be.closeTo(100, 3);
  });
});
