import { readAvifAlpha, withoutTurns } from '../avif/avif-alpha.ts';
import { withKnownBrand } from '../avif/avif-brand.ts';
import { withStatedMatrix } from '../avif/avif-codes.ts';
import type { Limits } from '../limits.ts';
import { convertTiff } from '../tiff/convert-tiff.ts';
import type { SourceFormat } from './format.ts';
import { clearGifScreen } from './gif-screen.ts';
import { endJpeg } from './jpeg-end.ts';
import { withValidOrientation } from './jpeg-orientation.ts';

const CHANGES: Partial<Record<SourceFormat, (bytes: Buffer, limits: Limits) => Buffer | Promise<Buffer>>> = {
  gif: clearGifScreen,
  jpeg: (bytes) => withValidOrientation(endJpeg(bytes)),
  avif: (bytes) => withKnownBrand(withStatedMatrix(readAvifAlpha(bytes).turns ? withoutTurns(bytes) : bytes)),
  tiff: convertTiff,
};

/**
 * @returns what libvips is to read: the file itself, or a changed copy if libvips would misread or refuse it.
 * @throws what convertTiff throws.
 */
export async function makeReadable(bytes: Buffer, format: SourceFormat, limits: Limits): Promise<Buffer> {
  return (await CHANGES[format]?.(bytes, limits)) ?? bytes;
}
