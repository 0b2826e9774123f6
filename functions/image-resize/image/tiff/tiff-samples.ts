import { labConverter } from '../colour/lab.ts';
import { UnsupportedImageError } from '../errors.ts';
import type { PlainSamples } from './plain-tiff.ts';
import type { TiffFacts } from './tiff-facts.ts';
import type { SamplePlan } from './tiff-plan.ts';

export type StoredSamples = Uint8Array | Uint16Array | Uint32Array | Float32Array;

/** What stands for white, for full ink or for opaque. */
const MOST: Readonly<Record<SamplePlan['type'], number>> = {
  uint8: 0xff,
  uint16: 0xffff,
  uint32: 0xffffffff,
  float: 1,
};

type Content = Pick<PlainSamples, 'colours' | 'data'>;

/**
 * Gives the samples of a TIFF the meaning that libvips expects.
 * @param stored as the file contains them, those of a pixel side by side.
 * @throws UnsupportedImageError if floating-point samples have another range than 0 to 1.
 */
export function toPlainSamples(stored: StoredSamples, facts: TiffFacts, plan: SamplePlan): PlainSamples {
  const { width, height, orientation, profile } = facts;
  if (plan.type === 'float') checkRange(stored, plan);
  const content = convert(stored, facts, plan);
  const hasAlpha = plan.alpha !== undefined;
  // What is sRGB by now needs no profile.
  const isLab = plan.colours === 'CIE Lab' || plan.colours === 'ICC Lab';
  return { width, height, orientation, hasAlpha, ...content, ...(profile && !isLab && { profile }) };
}

function convert(stored: StoredSamples, facts: TiffFacts, plan: SamplePlan): Content {
  switch (plan.colours) {
    case 'YCbCr':
      return { colours: 'RGB', data: convertYcc(stored, facts, plan) };
    case 'CIE Lab':
    case 'ICC Lab':
      return { colours: 'RGB', data: convertLab(stored, facts, plan) };
    case 'CMYK':
      return { colours: 'CMYK', data: scale(stored, plan, new Uint8Array(countSamples(facts, plan))) };
    default: {
      const count = countSamples(facts, plan);
      // A profile may be linear, which takes more than 8 bits.
      const isDeep = plan.type !== 'uint8' && facts.profile !== undefined;
      const to = isDeep ? new Uint16Array(count) : new Uint8Array(count);
      return { colours: plan.colours === 'RGB' ? 'RGB' : 'grey', data: scale(stored, plan, to) };
    }
  }
}

function countSamples({ width, height }: TiffFacts, { colourSamples, alpha }: SamplePlan): number {
  return width * height * (colourSamples + (alpha ? 1 : 0));
}

/** Drops the other samples, divides associated colours by their alpha, and scales. */
function scale<T extends Uint8Array | Uint16Array>(from: StoredSamples, plan: SamplePlan, to: T): T {
  const { samples, colourSamples, alpha, colours, type } = plan;
  const share = 1 / MOST[type];
  const most = to.BYTES_PER_ELEMENT === 1 ? 0xff : 0xffff;
  const isNegative = colours === 'grey from white';
  const written = colourSamples + (alpha ? 1 : 0);
  for (let at = 0, pixel = 0; at < to.length; at += written, pixel += samples) {
    const opacity = alpha ? clamp((from[pixel + alpha.sample] ?? 0) * share) : 1;
    const factor = alpha?.isAssociated && opacity > 0 ? share / opacity : share;
    for (let sample = 0; sample < colourSamples; sample += 1) {
      const value = clamp((from[pixel + sample] ?? 0) * factor);
      to[at + sample] = (isNegative ? 1 - value : value) * most + 0.5;
    }
    if (alpha) to[at + colourSamples] = opacity * most + 0.5;
  }
  return to;
}

/** 0 if the value is no number. */
function clamp(value: number): number {
  return value > 0 ? Math.min(1, value) : 0;
}

/** Values a little outside come from sharpening and from the lights of photographs. */
const RANGE = { least: -0.05, most: 1.05 };

function checkRange(stored: StoredSamples, { samples, colourSamples }: SamplePlan): void {
  let outside = 0;
  let colours = 0;
  let [least, most] = [Infinity, -Infinity];
  for (let pixel = 0; pixel < stored.length; pixel += samples)
    for (let sample = pixel; sample < pixel + colourSamples; sample += 1) {
      const value = stored[sample] ?? 0;
      colours += 1;
      if (value < RANGE.least || value > RANGE.most) outside += 1;
      if (value < least) least = value;
      if (value > most) most = value;
    }
  if (outside > colours / 2)
    throw new UnsupportedImageError(
      `Expected floating-point samples from 0 to 1 in a TIFF but found most of them outside, from ${least} to ${most}. Convert the image and upload it again.`,
    );
}

/** Y from 0 to 255, Cb and Cr from −127 to 127 (TIFF 6.0, section 20). */
const FULL_RANGE = [0, 255, 128, 255, 128, 255];

function convertYcc(from: StoredSamples, facts: TiffFacts, plan: SamplePlan): Uint8Array {
  const { width, height } = facts;
  const { x: across, y: down } = plan.subsampling ?? { x: 1, y: 1 };
  const [red = 0.299, green = 0.587, blue = 0.114] = facts.coefficients;
  const range = facts.blackAndWhite.length === FULL_RANGE.length ? facts.blackAndWhite : FULL_RANGE;
  const [blackY = 0, whiteY = 0, blackCb = 0, whiteCb = 0, blackCr = 0, whiteCr = 0] = range;
  const scaleOf = (most: number, black: number, white: number) => most / (white - black || 1);
  const scaleY = scaleOf(255, blackY, whiteY);
  const scaleCb = scaleOf(127, blackCb, whiteCb) * (2 - 2 * blue);
  const scaleCr = scaleOf(127, blackCr, whiteCr) * (2 - 2 * red);
  const isPacked = plan.subsampling !== undefined;
  const blockSamples = isPacked ? across * down + 2 : plan.samples;
  const blockColumns = Math.ceil(width / across);
  const { alpha } = plan;
  const written = alpha ? 4 : 3;
  const to = new Uint8ClampedArray(width * height * written);
  for (let row = 0, at = 0; row < height; row += 1)
    for (let column = 0; column < width; column += 1, at += written) {
      const block = (Math.floor(row / down) * blockColumns + Math.floor(column / across)) * blockSamples;
      const inBlock = isPacked ? (row % down) * across + (column % across) : 0;
      const cb = block + (isPacked ? across * down : 1);
      const luma = ((from[block + inBlock] ?? 0) - blackY) * scaleY;
      const r = luma + ((from[cb + 1] ?? 0) - blackCr) * scaleCr;
      const b = luma + ((from[cb] ?? 0) - blackCb) * scaleCb;
      to[at] = r;
      to[at + 1] = (luma - red * r - blue * b) / green;
      to[at + 2] = b;
      if (alpha) to[at + 3] = from[block + alpha.sample] ?? 0;
    }
  return new Uint8Array(to.buffer);
}

function convertLab(from: StoredSamples, facts: TiffFacts, plan: SamplePlan): Uint8Array {
  const { colours, type, samples, alpha } = plan;
  const isSigned = colours === 'CIE Lab';
  const [most, unit] = type === 'uint8' ? [0xff, 1] : [isSigned ? 0xffff : 0xff00, 256];
  const half = 128 * unit;
  // CIE Lab has two's complements, ICC Lab an offset.
  const chroma = (value: number) =>
    (isSigned ? (value < half ? value : value - 2 * half) : value - half) / unit;
  const written = alpha ? 4 : 3;
  const to = new Uint8Array(facts.width * facts.height * written);
  // TIFF 6.0, section 23, and ICC.1:2022, 6.3.4.
  const write = labConverter(isSigned ? 'D65' : 'D50');
  for (let at = 0, pixel = 0; at < to.length; at += written, pixel += samples) {
    write(
      ((from[pixel] ?? 0) / most) * 100,
      chroma(from[pixel + 1] ?? 0),
      chroma(from[pixel + 2] ?? 0),
      to,
      at,
    );
    if (alpha) to[at + 3] = ((from[pixel + alpha.sample] ?? 0) / MOST[type]) * 255 + 0.5;
  }
  return to;
}
