import sharp from 'sharp';
import { UnsupportedImageError } from '../errors.ts';
import type { HeifCodes, HeifPixels, Plane } from './heif-file.ts';

/** In pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

type Samples = Uint8Array | Uint16Array;
type Triple = readonly [number, number, number];
/** The shares of three planes in red, green and blue. */
type Mix = readonly [red: Triple, green: Triple, blue: Triple];

const RGB: Mix = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];
const GBR: Mix = [
  [0, 0, 1],
  [1, 0, 0],
  [0, 1, 0],
];
/** Y, Cg and Co. */
const YCGCO: Mix = [
  [1, -1, 1],
  [1, 1, 0],
  [1, -1, -1],
];
const BT601 = mixOfShares(0.299, 0.114);
const BT2020 = mixOfShares(0.2627, 0.0593);
/** By the codes of ITU-T H.273, table 4. */
const MIXES: Readonly<Record<number, Mix>> = {
  0: GBR,
  1: mixOfShares(0.2126, 0.0722),
  // Not said. libheif assumes this one, which Apple's cameras use.
  2: BT601,
  4: mixOfShares(0.3, 0.11),
  5: BT601,
  6: BT601,
  7: mixOfShares(0.212, 0.087),
  8: YCGCO,
  9: BT2020,
  10: BT2020,
};
const NOTHING_SAID: HeifCodes = { primaries: 2, transfer: 2, matrix: 2, isFullRange: true };

/** How Y, Cb and Cr make colours, from the shares of red and of blue in Y. */
function mixOfShares(red: number, blue: number): Mix {
  const green = 1 - red - blue;
  return [
    [1, 0, 2 - 2 * red],
    [1, (-blue * (2 - 2 * blue)) / green, (-red * (2 - 2 * red)) / green],
    [1, 2 - 2 * blue, 0],
  ];
}

/**
 * Writes red, green and blue of each pixel, and then its transparency if there is any. Scales each plane by itself, and then
 * mixes the planes to colours. Mixing is linear, so the order does not matter, but the whole image in colours would take two
 * to four times the memory of its planes.
 * @param data gets 16 bits for each sample if the image has more than 8.
 * @throws UnsupportedImageError if it is not known how the planes are mixed.
 */
export async function fillRgb(pixels: HeifPixels, { width, height }: Size, data: Samples): Promise<void> {
  const { colours, alpha, codes = NOTHING_SAID, isPremultiplied } = pixels;
  const [luma] = colours;
  if (!luma) throw new TypeError('Expected at least one plane but found none.');
  const mix = findMix(pixels, codes);
  const white = data.BYTES_PER_ELEMENT === 2 ? 65_535 : 255;
  const ranges = colours.map((plane, index) => {
    const isChroma = index > 0 && mix !== RGB && mix !== GBR;
    return rangeOf(plane, isChroma, pixels.isRgb || codes.isFullRange);
  });
  const sums = mix.map((shares) => sumOf(shares, ranges, white));
  const channels = alpha ? 4 : 3;
  const fill = (planes: readonly Samples[], opacity: Samples | undefined, target: Samples): void => {
    for (const [channel, sum] of sums.entries())
      mixChannel(planes, sum, { data: target, channel, channels, white });
    if (alpha && opacity) addAlpha(target, opacity, alpha.depth, white, isPremultiplied);
  };
  // An image in its own size looks as libheif shows it: smoother colours are no closer to the original. Row by row, because
  // images of this size have transparency, and need the most memory of all.
  if (width === luma.width && height === luma.height) {
    for (let y = 0; y < height; y += 1) {
      const target = data.subarray(y * width * channels, (y + 1) * width * channels);
      fill(
        colours.map((plane) => wholeRow(plane, luma, y)),
        alpha && wholeRow(alpha, luma, y),
        target,
      );
    }
    return;
  }
  const scaled: Samples[] = [];
  for (const plane of colours) scaled.push(await scale(plane, luma, { width, height }));
  fill(scaled, alpha && (await scale(alpha, alpha, { width, height })), data);
}

/** A row of the image in its own size: each sample of colours at half the width stands for two pixels. */
function wholeRow({ samples, width, height, stride }: Plane, first: Size, y: number): Samples {
  const start = Math.floor(y / Math.round(first.height / height)) * stride;
  const row = samples.subarray(start, start + width);
  const pixelsEach = Math.round(first.width / width);
  if (pixelsEach === 1) return row;
  const whole = new Uint16Array(first.width);
  for (let x = 0; x < whole.length; x += 1) whole[x] = row[Math.floor(x / pixelsEach)] ?? 0;
  return whole;
}

function findMix({ colours, isRgb }: HeifPixels, { matrix }: HeifCodes): Mix {
  // Grey is Y alone.
  if (colours.length === 1) return BT601;
  const mix = isRgb ? RGB : MIXES[matrix];
  if (mix) return mix;
  throw new UnsupportedImageError(
    `Expected a HEIC with one of the matrix coefficients ${Object.keys(MIXES).join(', ')} but found ${matrix}.`,
  );
}

/** The sample that stands for 0, and the difference that stands for 1. */
interface Range {
  readonly zero: number;
  readonly one: number;
}

function rangeOf({ depth }: Plane, isChroma: boolean, isFullRange: boolean): Range {
  const unit = 2 ** (depth - 8);
  const whole = 2 ** depth - 1;
  if (isChroma) return { zero: 128 * unit, one: isFullRange ? whole : 224 * unit };
  return isFullRange ? { zero: 0, one: whole } : { zero: 16 * unit, one: 219 * unit };
}

/** Red, green or blue as a sum of samples: a factor for each plane, and a constant. */
interface Sum {
  readonly factors: Triple;
  readonly constant: number;
}

function sumOf(shares: Triple, ranges: readonly Range[], white: number): Sum {
  const [first = 0, second = 0, third = 0] = ranges.map(
    ({ one }, index) => (white * (shares[index] ?? 0)) / one,
  );
  const factors = [first, second, third] as const;
  return {
    factors,
    constant: -ranges.reduce((total, { zero }, index) => total + zero * (factors[index] ?? 0), 0),
  };
}

interface Target {
  readonly data: Samples;
  readonly channel: number;
  readonly channels: number;
  readonly white: number;
}

function mixChannel(planes: readonly Samples[], sum: Sum, { data, channel, channels, white }: Target): void {
  const [one = new Uint8Array(), two = one, three = one] = planes;
  const {
    factors: [first, second, third],
    constant,
  } = sum;
  for (let from = 0, to = channel; from < one.length; from += 1, to += channels) {
    const value =
      first * (one[from] ?? 0) + second * (two[from] ?? 0) + third * (three[from] ?? 0) + constant;
    data[to] = Math.round(Math.min(white, Math.max(0, value)));
  }
}

/** @param depth bits of each sample of the transparency. */
function addAlpha(
  data: Samples,
  alpha: Samples,
  depth: number,
  white: number,
  isPremultiplied: boolean,
): void {
  const opaque = 2 ** depth - 1;
  for (const [pixel, value] of alpha.entries()) {
    const start = pixel * 4;
    data[start + 3] = Math.round((value * white) / opaque);
    if (isPremultiplied && value > 0)
      for (let channel = start; channel < start + 3; channel += 1)
        data[channel] = Math.min(white, Math.round(((data[channel] ?? 0) * opaque) / value));
  }
}

/** libvips scales the samples as they are, because it takes them for grey. */
async function scale(plane: Plane, first: Plane, to: Size): Promise<Samples> {
  // libvips moves what it enlarges by half a pixel, and colours at half the size reach over an odd side.
  const isEnlarged = to.width > plane.width || to.height > plane.height;
  const fits = isShare(plane.width, first.width) && isShare(plane.height, first.height);
  const isMoved = isEnlarged || !fits;
  const { samples, width, height, stride, depth } = isMoved ? repeatSamples(plane, first) : plane;
  const image = sharp(samples, { raw: { width: stride, height, channels: 1 }, limitInputPixels: false })
    .extract({ left: 0, top: 0, width, height })
    .resize({ ...to, fit: 'fill', kernel: 'lanczos3' });
  if (depth <= 8) return image.toColourspace('b-w').raw().toBuffer();
  const deep = await image.toColourspace('grey16').raw({ depth: 'ushort' }).toBuffer();
  return new Uint16Array(deep.buffer, deep.byteOffset, deep.length / 2);
}

/** Whether each sample on a side stands for the same number of pixels. */
function isShare(samples: number, pixels: number): boolean {
  return pixels % samples === 0;
}

/** Colours at half the size, in the size of the image. */
function repeatSamples(plane: Plane, { width, height }: Plane): Plane {
  const count = width * height;
  const samples = plane.depth > 8 ? new Uint16Array(count) : new Uint8Array(count);
  const size = { width, height };
  for (let y = 0; y < height; y += 1) samples.set(wholeRow(plane, size, y), y * width);
  return { samples, width, height, stride: width, depth: plane.depth };
}
