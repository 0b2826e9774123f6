import type { Pixels, Samples } from '../pixels.ts';
import { luminanceOf, type Matrix, matrixBetween } from './colour-matrix.ts';
import {
  BT2020_PRIMARIES,
  type ColourSignal,
  isHdr,
  lightOf,
  type Primaries,
  type Transfer,
} from './colour-signal.ts';
import { REFERENCE_WHITE, toneMap } from './tone-map.ts';

/** Steps of linear light. The steepest part of the curve of sRGB, 12.92 × light, needs 0.05 of an output value for each. */
const LIGHT_STEPS = 65_535;
let srgbTable: Uint8Array | undefined;

/** Made when it is needed, because it takes milliseconds and most images are in sRGB. */
function makeSrgbTable(): Uint8Array {
  srgbTable ??= Uint8Array.from({ length: LIGHT_STEPS + 1 }, (_, step) =>
    Math.round(255 * encodeSrgb(step / LIGHT_STEPS)),
  );
  return srgbTable;
}

/**
 * Converts samples to 8 bits with the curve of sRGB. High dynamic range is mapped to standard dynamic range. Colours that
 * the primaries cannot show are clipped.
 * @param to the primaries of the result.
 */
export function convertColours({ data, raw }: Samples, signal: ColourSignal, to: Primaries): Pixels {
  const pixels = Buffer.from(new ArrayBuffer(data.length));
  if (raw.channels === 4) copyAlpha(data, pixels);
  if (signal.primaries === to && !isHdr(signal.transfer)) convertSamples(data, pixels, raw.channels, signal);
  else convertPixels(data, pixels, raw.channels, signal, to);
  return { data: pixels, raw };
}

function copyAlpha(from: Samples['data'], to: Uint8Array): void {
  const shift = from instanceof Uint16Array ? 8 : 0;
  for (let alpha = 3; alpha < from.length; alpha += 4) to[alpha] = (from[alpha] ?? 0) >> shift;
}

/** Only the curve differs: a table has the result for each sample. */
function convertSamples(from: Samples['data'], to: Uint8Array, channels: number, signal: ColourSignal): void {
  const srgb = makeSrgbTable();
  const table = Uint8Array.from(makeLightTable(from, signal), (light) => srgb[stepOf(light)] ?? 0);
  for (let pixel = 0; pixel < from.length; pixel += channels)
    for (let sample = pixel; sample < pixel + 3; sample += 1) to[sample] = table[from[sample] ?? 0] ?? 0;
}

function convertPixels(
  from: Samples['data'],
  to: Uint8Array,
  channels: number,
  signal: ColourSignal,
  primaries: Primaries,
): void {
  const light = makeLightTable(from, signal);
  const mix = makeMixer(matrixBetween(signal.primaries, primaries));
  const adjust = isHdr(signal.transfer) ? makeAdjustment(signal) : undefined;
  for (let pixel = 0; pixel < from.length; pixel += channels) {
    const red = light[from[pixel] ?? 0] ?? 0;
    const green = light[from[pixel + 1] ?? 0] ?? 0;
    const blue = light[from[pixel + 2] ?? 0] ?? 0;
    const factor = adjust ? adjust(red, green, blue) : 1;
    mix(red * factor, green * factor, blue * factor, to, pixel);
  }
}

/** @returns a function that writes a pixel in other primaries. */
function makeMixer([[a, b, c], [d, e, f], [g, h, i]]: Matrix) {
  const srgb = makeSrgbTable();
  return (red: number, green: number, blue: number, to: Uint8Array, pixel: number): void => {
    to[pixel] = srgb[stepOf(a * red + b * green + c * blue)] ?? 0;
    to[pixel + 1] = srgb[stepOf(d * red + e * green + f * blue)] ?? 0;
    to[pixel + 2] = srgb[stepOf(g * red + h * green + i * blue)] ?? 0;
  };
}

/** @returns for the linear light of a pixel what to multiply it by, so that a display of standard dynamic range shows it. */
function makeAdjustment({ primaries, transfer, peak }: ColourSignal) {
  const tone = toneMap(peak);
  const [[a, b, c], [d, e, f], [g, h, i]] = matrixBetween(primaries, BT2020_PRIMARIES);
  const [r, s, t] = luminanceOf(primaries);
  return (red: number, green: number, blue: number): number => {
    // HLG's light is that of the scene; a display of 1,000 cd/m² raises its luminance to this power (ITU-R BT.2100).
    const display =
      transfer === 'hlg' ? HLG_SCALE * Math.max(0, r * red + s * green + t * blue) ** (HLG_GAMMA - 1) : 1;
    const largest =
      display *
      Math.max(
        a * red + b * green + c * blue,
        d * red + e * green + f * blue,
        g * red + h * green + i * blue,
      );
    return display * tone(largest);
  };
}

const HLG_GAMMA = 1.2;
const HLG_SCALE = 1000 / REFERENCE_WHITE;

/** The light for each value that a sample may have. */
function makeLightTable(samples: Samples['data'], { transfer, isLimited }: ColourSignal): Float32Array {
  const last = samples instanceof Uint16Array ? 65_535 : 255;
  const decode = decoderOf(transfer);
  return Float32Array.from({ length: last + 1 }, (_, value) =>
    decode(isLimited ? widen((value * 256) / (last + 1)) : value / last),
  );
}

/** @param value from 0 to 255, where 16 is black and 235 is white (ITU-T H.273, 8.3). */
function widen(value: number): number {
  return Math.min(1, Math.max(0, (value - 16) / (235 - 16)));
}

function decoderOf(transfer: Transfer): (sample: number) => number {
  if (!isHdr(transfer)) return lightOf(transfer);
  return transfer === 'pq' ? decodePq : decodeHlg;
}

/** SMPTE ST 2084, where 1 is 10,000 cd/m². @returns light of which 1 is the reference white. */
function decodePq(sample: number): number {
  const root = sample ** (32 / 2523);
  const light = (Math.max(root - 3424 / 4096, 0) / (2413 / 128 - (2392 / 128) * root)) ** (16_384 / 2610);
  return (light * 10_000) / REFERENCE_WHITE;
}

/** @returns the light of the scene, from 0 to 1 (ITU-R BT.2100, table 5). */
function decodeHlg(sample: number): number {
  if (sample <= 0.5) return sample ** 2 / 3;
  return (Math.exp((sample - 0.55991073) / 0.17883277) + 0.28466892) / 12;
}

function stepOf(light: number): number {
  return Math.round(Math.min(1, Math.max(0, light)) * LIGHT_STEPS);
}

function encodeSrgb(light: number): number {
  return light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055;
}
