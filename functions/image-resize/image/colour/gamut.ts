import type { Pixels } from '../pixels.ts';
import { P3_PRIMARIES, SRGB_CURVE, SRGB_PRIMARIES, signalOf } from './colour-signal.ts';
import { convertColours } from './convert-colours.ts';

/** The colours that a rendition can have: those of sRGB, or those of Display P3, which needs a profile. */
export type Gamut = 'srgb' | 'p3';

/** Both have the curve of sRGB. */
const SIGNALS = {
  srgb: signalOf(SRGB_PRIMARIES, SRGB_CURVE),
  p3: signalOf(P3_PRIMARIES, SRGB_CURVE),
} as const;

export function primariesOf(gamut: Gamut) {
  return SIGNALS[gamut].primaries;
}

export function changeGamut(pixels: Pixels, from: Gamut, to: Gamut): Pixels {
  return from === to ? pixels : convertColours(pixels, SIGNALS[from], primariesOf(to));
}

/** @param colour #rrggbb or #rrggbbaa, in sRGB. */
export function colourIn(gamut: Gamut, colour: string): string {
  const [red = 0, green = 0, blue = 0, ...alpha] = Buffer.from(colour.slice(1), 'hex');
  const pixel = { data: Buffer.from([red, green, blue]), raw: { width: 1, height: 1, channels: 3 } } as const;
  const { data } = changeGamut(pixel, 'srgb', gamut);
  return `#${Buffer.from([...data, ...alpha]).toString('hex')}`;
}
