import sharp, { type Sharp } from 'sharp';
import type { Pixels } from './pixels.ts';
import type { Watermark } from './watermark.ts';

/** @param pixels the size and channels of `image`. The result has an alpha channel only if they have one. */
export async function stampWatermark(
  image: Sharp,
  watermark: Watermark,
  pixels: Pixels['raw'],
): Promise<Sharp> {
  const width = Math.max(1, Math.round(pixels.width * watermark.scale));
  const { data, info } = await sharp(Buffer.from(watermark.image, 'base64'))
    .resize({ width, height: pixels.height, fit: 'inside' })
    .toColourspace('srgb')
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  for (let alpha = 3; alpha < data.length; alpha += 4)
    data[alpha] = Math.round((data[alpha] ?? 0) * watermark.opacity);
  const { gravity } = watermark;
  const stamped = image.composite([{ input: data, raw: info, gravity }]);
  return pixels.channels === 3 ? stamped.removeAlpha() : stamped;
}
