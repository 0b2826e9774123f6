import sharp, { type Sharp } from 'sharp';
import { changeGamut, type Gamut } from '../colour/gamut.ts';
import { type Pixels, toPixels } from '../pixels.ts';
import type { Watermark } from './watermark.ts';

/**
 * @param pixels the size and channels of `image`. The result has an alpha channel only if they have one.
 * @param gamut of `image`.
 */
export async function stampWatermark(
  image: Sharp,
  watermark: Watermark,
  pixels: Pixels['raw'],
  gamut: Gamut,
): Promise<Sharp> {
  const width = Math.max(1, Math.round(pixels.width * watermark.scale));
  const mark = await toPixels(
    sharp(Buffer.from(watermark.image, 'base64'))
      .resize({ width, height: pixels.height, fit: 'inside' })
      .toColourspace('srgb')
      .ensureAlpha(),
  );
  const { data, raw } = changeGamut(mark, 'srgb', gamut);
  for (let alpha = 3; alpha < data.length; alpha += 4)
    data[alpha] = Math.round((data[alpha] ?? 0) * watermark.opacity);
  const { gravity } = watermark;
  const stamped = image.composite([{ input: data, raw, gravity }]);
  return pixels.channels === 3 ? stamped.removeAlpha() : stamped;
}
