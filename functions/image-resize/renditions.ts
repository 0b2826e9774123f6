import { checkRenditions } from './image/check-renditions.ts';

/** A drawing, a screenshot or text, which AVIF's coarse colours smear, and often in more bytes. */
const graphic = { format: 'webp', quality: 80, effort: 4 } as const;

/**
 * What is made of every image: edit a line, deploy, and run `{}` to bring all images up to date.
 * Names are stable, because pages link to them. The ladder is AVIF for photographs, WebP for all else; the qualities
 * give each width the same perceived quality. `thumbnail` and `fallback` are JPEG whatever the image is: docs/renditions.md.
 */
export const RENDITIONS = checkRenditions([
  { name: 'thumbnail', width: 320, height: 320, format: 'jpeg', quality: 80 },
  { name: 'small', width: 640, format: 'avif', quality: 58, graphic },
  { name: 'medium', width: 1280, format: 'avif', quality: 54, graphic },
  { name: 'large', width: 1920, format: 'avif', quality: 52, graphic },
  { name: 'fallback', width: 1280, format: 'jpeg', quality: 80 },
]);
