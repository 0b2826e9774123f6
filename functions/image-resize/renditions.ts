import { checkRenditions } from './image/check-renditions.ts';

/** For drawings, screenshots and text: AVIF's 4:2:0 colours blur them, and often take more bytes. */
const graphic = { format: 'webp', quality: 80, effort: 4 } as const;

/**
 * The renditions that are made of every image: edit a line, deploy, and run `{}` to bring all images up to date.
 * Keep the names, because pages link to them. `small`, `medium` and `large` are AVIF for photographs and WebP for
 * everything else; their qualities give each width the same perceived quality. `thumbnail` and `fallback` are JPEG for
 * every image. See docs/renditions.md.
 */
export const RENDITIONS = checkRenditions([
  { name: 'thumbnail', width: 320, height: 320, format: 'jpeg', quality: 80 },
  { name: 'small', width: 640, format: 'avif', quality: 58, graphic },
  { name: 'medium', width: 1280, format: 'avif', quality: 54, graphic },
  { name: 'large', width: 1920, format: 'avif', quality: 52, graphic },
  { name: 'fallback', width: 1280, format: 'jpeg', quality: 80 },
]);
