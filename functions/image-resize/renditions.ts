import type { RenditionRow } from './image/rows/rendition-row.ts';
import { checkRecipes } from './recipes.ts';

/** For drawings, screenshots and text: AVIF's 4:2:0 colours blur them, and often take more bytes. */
const graphic = { format: 'webp', quality: 'auto', effort: 4 } as const;

/**
 * The renditions that are made of every image, unless RECIPES says otherwise: edit a line, deploy, and run `{}` to bring
 * all images up to date. Keep the names, because pages link to them. `small`, `medium` and `large` are AVIF for photographs
 * and WebP for everything else; `auto` chooses the quality with which each image looks like a WebP of quality 80.
 * `thumbnail` and `fallback` are JPEG for every image; there and in WebP, `auto` is 80, and more for icons. See
 * docs/renditions.md.
 */
export const RENDITIONS: readonly RenditionRow[] = [
  { name: 'thumbnail', width: 320, height: 320, format: 'jpeg', quality: 'auto' },
  { name: 'small', width: 640, format: 'avif', quality: 'auto', graphic },
  { name: 'medium', width: 1280, format: 'avif', quality: 'auto', graphic },
  { name: 'large', width: 1920, format: 'avif', quality: 'auto', graphic },
  { name: 'fallback', width: 1280, format: 'jpeg', quality: 'auto' },
];

/**
 * Which table is made of the images in which folder: the longest folder that a key begins with decides. A folder such as
 * `'input/avatars/': [{ name: 'square', width: 256, height: 256, fit: 'cover', format: 'webp' }]` gets other renditions.
 */
export const RECIPES = checkRecipes({
  'input/': RENDITIONS,
});
