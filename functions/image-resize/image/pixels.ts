import type { Channels, Sharp } from 'sharp';

/** Decoded pixels of one frame: sRGB, 8 bits for each channel. */
export interface Pixels {
  readonly data: Buffer;
  /** Width and height in pixels; 3 channels for RGB, 4 for RGBA. */
  readonly raw: { readonly width: number; readonly height: number; readonly channels: Channels };
}

/** Samples as a file stores them, before their colours are converted: 8 or 16 bits for each channel. */
export interface Samples {
  readonly data: Uint8Array | Uint16Array;
  readonly raw: Pixels['raw'];
}

export async function toPixels(image: Sharp, depth: 'uchar' | 'ushort' = 'uchar'): Promise<Pixels> {
  const { data, info } = await image.raw({ depth }).toBuffer({ resolveWithObject: true });
  return { data, raw: { width: info.width, height: info.height, channels: info.channels } };
}

/** Frees the pixels now. V8 collects them so late that two or three earlier images would still be in memory. */
export function release(pixels: readonly Samples[]): void {
  for (const memory of new Set(pixels.map(({ data }) => data.buffer)))
    if (memory instanceof ArrayBuffer) memory.transfer(0);
}
