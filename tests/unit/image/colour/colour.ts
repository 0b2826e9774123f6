/** Colour conversions by their published definitions, so that libvips' colour management is not its own reference. */

type Triple = readonly [number, number, number];
type Matrix = readonly [Triple, Triple, Triple];

export interface ColourSpace {
  /** XYZ (D65) of red, green and blue, as columns. */
  readonly toXyz: Matrix;
  /** The same, adapted to D50 as in an ICC profile, with one triple for each primary. */
  readonly colorants: Matrix;
  readonly decode: (signal: number) => number;
}

const decodeSrgb = (signal: number) =>
  signal <= 0.04045 ? signal / 12.92 : ((signal + 0.055) / 1.055) ** 2.4;

export const SRGB: Pick<ColourSpace, 'toXyz' | 'decode'> = {
  toXyz: [
    [0.4124564, 0.3575761, 0.1804375],
    [0.2126729, 0.7151522, 0.072175],
    [0.0193339, 0.119192, 0.9503041],
  ],
  decode: decodeSrgb,
};

export const DISPLAY_P3: ColourSpace = {
  toXyz: [
    [0.4865709, 0.2656677, 0.1982173],
    [0.2289746, 0.6917385, 0.0792869],
    [0, 0.0451134, 1.0439444],
  ],
  colorants: [
    [0.51512, 0.2412, -0.00105],
    [0.29198, 0.69225, 0.04189],
    [0.1571, 0.06657, 0.78407],
  ],
  decode: decodeSrgb,
};

export const ADOBE_RGB: ColourSpace = {
  toXyz: [
    [0.5767309, 0.185554, 0.1881852],
    [0.2973769, 0.6273491, 0.0752741],
    [0.0270343, 0.0706872, 0.9911085],
  ],
  colorants: [
    [0.60974, 0.31111, 0.01947],
    [0.20528, 0.62567, 0.06087],
    [0.14919, 0.06322, 0.74457],
  ],
  decode: (signal) => signal ** (563 / 256),
};

export const BT2020: Pick<ColourSpace, 'colorants' | 'decode'> = {
  colorants: [
    [0.67347, 0.27904, -0.00193],
    [0.16566, 0.67534, 0.02998],
    [0.12508, 0.04562, 0.79686],
  ],
  decode: decodeSrgb,
};

/** CIE L*a*b* under D65 of an 8-bit colour. */
export function toLab(
  rgb: readonly number[],
  { toXyz, decode }: Pick<ColourSpace, 'toXyz' | 'decode'>,
): Triple {
  const light = rgb.map((value) => decode(value / 255));
  const white = [0.95047, 1, 1.08883];
  const [x = 0, y = 0, z = 0] = toXyz.map((row, index) => {
    const sum = row.reduce((total, weight, channel) => total + weight * (light[channel] ?? 0), 0);
    const share = sum / (white[index] ?? 1);
    return share > 216 / 24389 ? Math.cbrt(share) : (share * 24389) / 27 / 116 + 16 / 116;
  });
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** CIEDE2000 (Sharma, Wu, Dalal, 2005). */
export function deltaE2000([l1, a1, b1]: Triple, [l2, a2, b2]: Triple): number {
  const degrees = Math.PI / 180;
  const meanChroma = (Math.hypot(a1, b1) + Math.hypot(a2, b2)) / 2;
  const g = 0.5 * (1 - Math.sqrt(meanChroma ** 7 / (meanChroma ** 7 + 25 ** 7)));
  const polar = (a: number, b: number) => {
    const stretched = a * (1 + g);
    return { chroma: Math.hypot(stretched, b), hue: (Math.atan2(b, stretched) / degrees + 360) % 360 };
  };
  const [one, two] = [polar(a1, b1), polar(a2, b2)];
  const isGrey = one.chroma * two.chroma === 0;
  const turn = two.hue - one.hue;
  const hueDifference = isGrey ? 0 : turn > 180 ? turn - 360 : turn < -180 ? turn + 360 : turn;
  const hueSum = one.hue + two.hue;
  const overFull = hueSum < 360 ? 360 : -360;
  const meanHue = isGrey ? hueSum : (Math.abs(turn) > 180 ? hueSum + overFull : hueSum) / 2;
  const chroma = (one.chroma + two.chroma) / 2;
  const cosine = (factor: number, offset: number) => Math.cos((factor * meanHue + offset) * degrees);
  const t = 1 - 0.17 * cosine(1, -30) + 0.24 * cosine(2, 0) + 0.32 * cosine(3, 6) - 0.2 * cosine(4, -63);
  const lightness = ((l1 + l2) / 2 - 50) ** 2;
  const dl = (l2 - l1) / (1 + (0.015 * lightness) / Math.sqrt(20 + lightness));
  const dc = (two.chroma - one.chroma) / (1 + 0.045 * chroma);
  const dh =
    (2 * Math.sqrt(one.chroma * two.chroma) * Math.sin((hueDifference / 2) * degrees)) /
    (1 + 0.015 * chroma * t);
  const rotation =
    -2 *
    Math.sqrt(chroma ** 7 / (chroma ** 7 + 25 ** 7)) *
    Math.sin(60 * degrees * Math.exp(-(((meanHue - 275) / 25) ** 2)));
  return Math.sqrt(dl ** 2 + dc ** 2 + dh ** 2 + rotation * dc * dh);
}
