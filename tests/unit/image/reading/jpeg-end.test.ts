import { expect } from 'chai';
import sharp, { type JpegOptions } from 'sharp';
import { endJpeg } from '../../../../functions/image-resize/image/reading/jpeg-end.ts';
import { randomFrom } from '../../../support/random.ts';
import { renderOne } from '../rendering/rendering.ts';

const [WIDTH, HEIGHT] = [160, 120];

/** Noise over a gradient, so that the data of a row of blocks takes about as many bytes as that of any other. */
async function photograph(options: JpegOptions = {}, isCmyk = false): Promise<Buffer> {
  const random = randomFrom(1);
  const pixels = Buffer.from(
    Array.from({ length: WIDTH * HEIGHT * 3 }, (_, index) => (index / (WIDTH * HEIGHT)) * 60 + random() * 60),
  );
  const image = sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });
  return (isCmyk ? image.toColourspace('cmyk') : image).jpeg(options).toBuffer();
}

const PROGRESSIVE = { progressive: true };
const findScan = (jpeg: Buffer) => jpeg.indexOf(Buffer.from([0xff, 0xda]));
const cut = (jpeg: Buffer, share: number) => jpeg.subarray(0, jpeg.length * share);
const pixelsOf = async (source: Buffer) =>
  sharp(await renderOne(source, { width: WIDTH }))
    .raw()
    .toBuffer();
const refusal = (source: Buffer) =>
  renderOne(source).then(
    () => 'made',
    (error: unknown) => String(error),
  );
const DAMAGED =
  'CorruptImageError: The image is damaged: the JPEG ends before its last row of pixels. Upload the whole file.';

/**
 * The rule is taken from Chromium 156, which fires `load` for every file below. It shows the rows of blocks that have data and
 * nothing behind them (a sequential file), or all rows, less sharp (a progressive file whose first scan is complete).
 */
describe('A JPEG that ends early', () => {
  it('A JPEG that lacks only its end marker gives the pixels of the whole file', async () => {
    for (const jpeg of [await photograph(), await photograph(PROGRESSIVE), await photograph({}, true)])
      for (const missing of [1, 2])
        expect((await pixelsOf(jpeg.subarray(0, -missing))).equals(await pixelsOf(jpeg))).to.equal(true);
  });

  it('A progressive JPEG that ends behind its first scan is made, although less sharp', async () => {
    const jpeg = await photograph(PROGRESSIVE);
    for (const share of [0.95, 0.75, 0.5]) {
      const [made, whole] = [await pixelsOf(cut(jpeg, share)), await pixelsOf(jpeg)];
      const difference = whole.reduce((sum, value, index) => sum + Math.abs(value - (made[index] ?? 0)), 0);
      expect(difference / whole.length).to.be.within(0.01, 20);
    }
  });

  it('A JPEG whose last row of pixels has no data is refused as damaged', async () => {
    expect(await refusal(cut(await photograph(), 0.5))).to.equal(DAMAGED);
    expect(await refusal(cut(await photograph(), 0.85))).to.equal(DAMAGED);
    expect(await refusal(cut(await photograph({}, true), 0.5))).to.equal(DAMAGED);
    const progressive = await photograph(PROGRESSIVE);
    expect(await refusal(progressive.subarray(0, findScan(progressive) + 150))).to.equal(DAMAGED);
  });

  it('A JPEG that ends before its first scan is refused as damaged', async () => {
    const jpeg = await photograph();
    expect(await refusal(jpeg.subarray(0, findScan(jpeg)))).to.match(
      /^CorruptImageError: The image is damaged: /,
    );
  });

  it('A JPEG with its end marker keeps its bytes, whatever stands behind the marker', async () => {
    for (const jpeg of [await photograph(), await photograph(PROGRESSIVE)])
      for (const trailer of ['', '\0\0\0', 'a video of a phone', '\xff\xd8\xff'])
        expect(endJpeg(Buffer.concat([jpeg, Buffer.from(trailer, 'latin1')]))).to.have.property(
          'length',
          jpeg.length + trailer.length,
        );
  });
});
