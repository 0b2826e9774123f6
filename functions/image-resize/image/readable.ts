import { readAvifAlpha, withoutTurns } from './avif-alpha.ts';
import { withKnownBrand } from './avif-brand.ts';
import type { SourceFormat } from './format.ts';
import { clearGifScreen } from './gif-screen.ts';
import { endJpeg } from './jpeg-end.ts';

const CHANGES: Partial<Record<SourceFormat, (bytes: Buffer) => Buffer>> = {
  gif: clearGifScreen,
  jpeg: endJpeg,
  avif: (bytes) => withKnownBrand(readAvifAlpha(bytes).turns ? withoutTurns(bytes) : bytes),
};

/** @returns what libvips is to read: the file itself, or a changed copy if libvips would misread or refuse it. */
export function toReadable(bytes: Buffer, format: SourceFormat): Buffer {
  return CHANGES[format]?.(bytes) ?? bytes;
}
