import type { RenditionRow } from '../functions/image-resize/image/rows/rendition-row.ts';

/** Between the best fixed qualities of the three widths: docs/research/renditions.md. */
const FIXED = 55;

/** The quality with which a program encodes a row that does not choose it image by image. */
export function fixedQuality({ format, quality }: RenditionRow): number | undefined {
  if (typeof quality === 'number') return quality;
  return format === 'avif' && quality !== 'lossless' ? FIXED : undefined;
}
