import { expect } from 'chai';
import sharp, { type Sharp } from 'sharp';
import { thumbHashToApproximateAspectRatio, thumbHashToRGBA } from 'thumbhash';
import { makePlaceholder } from '../../../../functions/image-resize/image/rendering/placeholder.ts';
import { paintUpright } from '../../../support/images.ts';

async function placeholderOf(image: Sharp) {
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  const placeholder = makePlaceholder({ data, raw: info });
  const hash = Buffer.from(placeholder.thumbHash, 'base64');
  const { w, h, rgba } = thumbHashToRGBA(hash);
  const at = (x: number, y: number) => {
    const offset = (Math.floor(y * h) * w + Math.floor(x * w)) * 4;
    return [...rgba.subarray(offset, offset + 4)] as [number, number, number, number];
  };
  return { ...placeholder, aspectRatio: thumbHashToApproximateAspectRatio(hash), at };
}

describe('The placeholder', () => {
  for (const [width, height] of [
    [320, 213],
    [1000, 1500],
    [9, 6],
  ] as const)
    it(`The placeholder shows an image of ${width} × ${height} pixels blurred, with its colours in their places and in its shape`, async () => {
      const { at, aspectRatio } = await placeholderOf(paintUpright(width, height));
      expect(aspectRatio).to.be.closeTo(width / height, 0.2);
      const [red, , blue] = at(0.8, 0.2);
      expect(red).to.be.above(blue + 60);
      const [redBelow, , blueBelow] = at(0.5, 0.85);
      expect(blueBelow).to.be.above(redBelow + 60);
    });

  it('The placeholder contains the colour that fills most of the image, not the mean of all colours', async () => {
    const red = { create: { width: 100, height: 24, channels: 3 as const, background: '#ff0000' } };
    const blue = sharp({ create: { width: 100, height: 60, channels: 3, background: '#0000ff' } });
    const { dominantColor } = await placeholderOf(blue.composite([{ input: red, left: 0, top: 0 }]));
    expect(dominantColor).to.equal('#0000ff');
  });

  it('The placeholder ignores transparent pixels', async () => {
    const clear = sharp({ create: { width: 100, height: 100, channels: 4, background: '#ff000000' } });
    const dot = { create: { width: 30, height: 30, channels: 4 as const, background: '#2040ff' } };
    const { at, dominantColor } = await placeholderOf(clear.composite([{ input: dot, left: 35, top: 35 }]));
    expect(dominantColor).to.equal('#2040ff');
    expect(at(0.05, 0.05)[3]).to.be.below(60);
    expect(at(0.5, 0.5)[3]).to.be.above(120);
  });
});
