import type { RenditionEncoding } from '../rows/rendition-row.ts';
import type { Frames } from './decode.ts';
import { ICON_SIDE, needsFineColours } from './fine-colours.ts';

/** In pixels: of 128 × 128, for example. */
const SMALL_AREA = 16_384;
/** They change the pixels of icons by 2 of 255 in the mean. A JPEG of 80 and an AVIF of 50 change them by 7. */
const ICON_QUALITIES: Partial<Record<RenditionEncoding['format'], number>> = { jpeg: 95, avif: 90 };

/**
 * Lossy formats spoil a picture of few pixels, where each of them is seen, and save next to nothing: the WebP of a drawing
 * is often shorter without loss. A quality that the row names as a number stays as it is.
 * @param background see measureFineColours.
 * @param isPhotograph see SourceFacts.
 */
export function encodingOfSmall<T extends RenditionEncoding>(
  encoding: T,
  frames: Frames,
  background: string,
  isPhotograph: boolean,
): T {
  const [first] = frames;
  if (!first || typeof encoding.quality === 'number' || encoding.quality === 'lossless') return encoding;
  const { width, height } = first.raw;
  const isIcon = Math.max(width, height) <= ICON_SIDE;
  const { format } = encoding;
  const isSmall = frames.length === 1 && width * height <= SMALL_AREA;
  if (!isIcon && !(isSmall && needsFineColours(first, background, isPhotograph))) return encoding;
  if (format === 'webp' && !isPhotograph) return { ...encoding, quality: 'lossless' };
  const quality = ICON_QUALITIES[format];
  return isIcon && quality !== undefined ? { ...encoding, quality } : encoding;
}
