import type { Sharp } from 'sharp';
import { rgbaToThumbHash } from 'thumbhash';

/** What a page shows before the image has come. */
export interface Placeholder {
  /** Base64 of a ThumbHash (about 25 bytes). */
  readonly thumbHash: string;
  /** `#rrggbb`. */
  readonly dominantColor: string;
}

/** ThumbHash takes at most 100 pixels a side. */
export const THUMB_HASH_SIDE = 100;

export async function makePlaceholder(image: Sharp): Promise<Placeholder> {
  const { data, info } = await image
    .resize({ width: THUMB_HASH_SIDE, height: THUMB_HASH_SIDE, fit: 'inside', withoutEnlargement: true })
    .toColourspace('srgb')
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return {
    thumbHash: Buffer.from(rgbaToThumbHash(info.width, info.height, data)).toString('base64'),
    dominantColor: findDominantColor(data),
  };
}

/** The mean colour of the fullest cell when RGB is cut into 16 × 16 × 16; transparent pixels do not count. */
function findDominantColor(rgba: Buffer): string {
  const cells = new Map<number, { count: number; red: number; green: number; blue: number }>();
  let fullest = { count: 0, red: 0, green: 0, blue: 0 };
  for (let offset = 0; offset + 3 < rgba.length; offset += 4) {
    const [red = 0, green = 0, blue = 0, alpha = 0] = rgba.subarray(offset, offset + 4);
    if (alpha < 128) continue;
    const id = ((red >> 4) << 8) | ((green >> 4) << 4) | (blue >> 4);
    const cell = cells.get(id) ?? { count: 0, red: 0, green: 0, blue: 0 };
    cells.set(id, cell);
    cell.count += 1;
    cell.red += red;
    cell.green += green;
    cell.blue += blue;
    if (cell.count > fullest.count) fullest = cell;
  }
  const mean = (sum: number) => Math.round(sum / Math.max(1, fullest.count));
  return `#${[mean(fullest.red), mean(fullest.green), mean(fullest.blue)].map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}
