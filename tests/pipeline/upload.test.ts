import { expect } from 'chai';
import sharp from 'sharp';
import { RENDITIONS } from '../../functions/image-resize/renditions.ts';
import { colourAt, paintUpright } from '../support/images.ts';
import type { TargetPipeline } from '../support/pipeline.ts';
import { startTarget } from '../support/target.ts';

describe('An upload', () => {
  let pipeline: TargetPipeline;
  before(async () => {
    pipeline = await startTarget();
  });
  after(() => pipeline.stop());

  it('An upload of a 12-megapixel phone photograph with EXIF orientation 6 gives every default rendition, upright', async () => {
    const upright = await paintUpright(3000, 4000).png({ compressionLevel: 1 }).toBuffer();
    const phone = await sharp(upright).rotate(270).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const manifest = await pipeline.uploadAndWait('input/test.jpg', phone);
    expect(manifest).to.deep.include({ status: 'RESIZED' });
    expect(manifest.source).to.deep.include({ width: 3000, height: 4000 });
    expect(manifest.renditions.map(({ name }) => name)).to.deep.equal(RENDITIONS.map(({ name }) => name));
    for (const { key, width, height, bytes } of manifest.renditions) {
      const body = (await pipeline.resized(key)) ?? Buffer.alloc(0);
      expect(body.length, key).to.equal(bytes);
      expect(await sharp(body).metadata(), key).to.deep.include({ width, height });
      const [red = 0, green = 0, blue = 0] = await colourAt(body, 0.05, 0.05);
      expect(green, `${key} has its green mark at the top left`)
        .to.be.above(200)
        .and.above(red + blue);
    }
    const thumbnail = manifest.renditions[0];
    expect(thumbnail).to.deep.include({ key: 'output/test.jpg/thumbnail.jpg', width: 240, height: 320 });
  });

  for (const key of [
    "input/d'or été (1).jpg",
    'input/a+b.jpg',
    'input/100%.png',
    'input/日本.webp',
    'input/2026/"quoted" \\ back.gif',
    'input/%41%2F.jpg',
  ])
    it(`An upload of ${key} gives outputs under the same name`, async () => {
      const image = await paintUpright(700, 500).png().toBuffer();
      const manifest = await pipeline.uploadAndWait(key, image);
      expect(manifest).to.deep.include({ status: 'RESIZED' });
      expect(manifest.source).to.deep.include({ key });
      const outputs = await pipeline.outputs(`${key.replace('input/', 'output/')}/`);
      expect(outputs).to.have.members([
        ...manifest.renditions.map((rendition) => rendition.key),
        `${key.replace('input/', 'output/')}/manifest.json`,
      ]);
    });

  it('A text file named .jpg is recorded as rejected', async () => {
    const manifest = await pipeline.uploadAndWait('input/text.jpg', 'This is no image.');
    expect(manifest).to.deep.include({ status: 'REJECTED', renditions: [] });
    expect(manifest.error).to.have.property('name', 'UnsupportedImageError');
  });

  it('A truncated JPEG is recorded as rejected', async () => {
    const jpeg = await paintUpright(700, 500).jpeg().toBuffer();
    const manifest = await pipeline.uploadAndWait('input/truncated.jpg', jpeg.subarray(0, jpeg.length / 2));
    expect(manifest.error).to.have.property('name', 'CorruptImageError');
  });

  it('An upload that replaces an earlier upload of its key gives the renditions of the newer image', async () => {
    await pipeline.uploadAndWait('input/replaced.png', await paintUpright(64, 64).png().toBuffer());
    const manifest = await pipeline.uploadAndWait(
      'input/replaced.png',
      await paintUpright(32, 32).png().toBuffer(),
    );
    expect(manifest.source).to.deep.include({ width: 32, height: 32 });
  });

  it("An upload of the S3 console's folder marker, or of a key outside input/, is ignored", async () => {
    const image = await paintUpright(64, 64).png().toBuffer();
    await pipeline.upload('input/', '');
    await pipeline.upload('input/2027/', '');
    await pipeline.upload('elsewhere/cat.png', image);
    await pipeline.uploadAndWait('input/after-the-others.png', image);
    const outputs = await pipeline.outputs();
    expect(outputs.filter((key) => /^output\/(2027)?\/|cat\.png/.test(key))).to.deep.equal([]);
  });
});
