import { RENDITIONS } from '../../functions/image-resize/renditions.ts';

/**
 * The line of `npm start` and `npm run upload` for an image of which every row of the default table was made.
 * @param key a regular expression, as what follows the number of renditions.
 */
export function madeLine(key: string, rest = ''): RegExp {
  return new RegExp(`^${key} {2}${RENDITIONS.length} renditions${rest}`, 'm');
}
