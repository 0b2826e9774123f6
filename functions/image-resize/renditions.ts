import { checkRenditions } from './image/check-renditions.ts';

/**
 * What is made of every image: edit a line, deploy, and run `{}` to bring all images up to date.
 * Names are stable, because pages link to them. AVIF for nearly every client, `fallback` for the few without it;
 * the qualities give the ladder the same perceived quality at each width.
 */
export const RENDITIONS = checkRenditions([
  { name: 'thumbnail', width: 320, height: 320, format: 'jpeg', quality: 80 },
  { name: 'small', width: 640, format: 'avif', quality: 62 },
  { name: 'medium', width: 1280, format: 'avif', quality: 58 },
  { name: 'large', width: 1920, format: 'avif', quality: 55 },
  { name: 'fallback', width: 1280, format: 'jpeg', quality: 80 },
]);
