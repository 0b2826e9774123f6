import type { Channels } from 'sharp';

/** Decoded pixels of one frame: sRGB, 8 bits for each channel. */
export interface Pixels {
  readonly data: Buffer;
  /** Width and height in pixels; 3 channels for RGB, 4 for RGBA. */
  readonly raw: { readonly width: number; readonly height: number; readonly channels: Channels };
}
