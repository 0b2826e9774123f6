/**
 * How the samples of an image encode light, where libvips does not find it out by itself: it applies ICC profiles to most
 * images, but neither the codes of ITU-T H.273 (`nclx` in AVIF, `cICP` in PNG) nor PNG's gAMA and cHRM.
 */
export interface ColourSignal {
  readonly primaries: Primaries;
  readonly transfer: Transfer;
  /** The brightest light of the image in cd/m². Counts for PQ and HLG. */
  readonly peak: number;
  /** The samples are grey, with black at 16 and white at 235 of 255. */
  readonly isLimited: boolean;
}

/** x and y of red, green, blue and white (CIE 1931). */
export type Primaries = readonly [
  redX: number,
  redY: number,
  greenX: number,
  greenY: number,
  blueX: number,
  blueY: number,
  whiteX: number,
  whiteY: number,
];

/** The light for a sample from 0 to 1: in high dynamic range, by a formula, or by evenly spaced values. */
export type Transfer = 'pq' | 'hlg' | Curve | readonly number[];

/** (a × sample + b) ^ gamma + e where the sample is at least d, and c × sample + f below (ICC.1:2022, 10.18, type 4). */
export interface Curve {
  readonly gamma: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly e: number;
  readonly f: number;
}

export function power(gamma: number): Curve {
  return { gamma, a: 1, b: 0, c: 0, d: 0, e: 0, f: 0 };
}

const D65 = [0.3127, 0.329] as const;
const ILLUMINANT_C = [0.31, 0.316] as const;
const DCI_WHITE = [0.314, 0.351] as const;

export const SRGB_PRIMARIES: Primaries = [0.64, 0.33, 0.3, 0.6, 0.15, 0.06, ...D65];
export const P3_PRIMARIES: Primaries = [0.68, 0.32, 0.265, 0.69, 0.15, 0.06, ...D65];
export const BT2020_PRIMARIES: Primaries = [0.708, 0.292, 0.17, 0.797, 0.131, 0.046, ...D65];

export const SRGB_CURVE: Curve = {
  gamma: 2.4,
  a: 1 / 1.055,
  b: 0.055 / 1.055,
  c: 1 / 12.92,
  d: 0.04045,
  e: 0,
  f: 0,
};

/** ITU-T H.273, table 2. */
const PRIMARIES: Readonly<Record<number, Primaries>> = {
  1: SRGB_PRIMARIES,
  4: [0.67, 0.33, 0.21, 0.71, 0.14, 0.08, ...ILLUMINANT_C],
  5: [0.64, 0.33, 0.29, 0.6, 0.15, 0.06, ...D65],
  6: [0.63, 0.34, 0.31, 0.595, 0.155, 0.07, ...D65],
  7: [0.63, 0.34, 0.31, 0.595, 0.155, 0.07, ...D65],
  8: [0.681, 0.319, 0.243, 0.692, 0.145, 0.049, ...ILLUMINANT_C],
  9: BT2020_PRIMARIES,
  11: [0.68, 0.32, 0.265, 0.69, 0.15, 0.06, ...DCI_WHITE],
  12: P3_PRIMARIES,
  22: [0.63, 0.34, 0.295, 0.605, 0.155, 0.077, ...D65],
};

/** ITU-T H.273, table 3. The cameras' curves (1, 6, 11, 14, 15) count as a display of ITU-R BT.1886 shows them. */
const TRANSFERS: Readonly<Record<number, Transfer>> = {
  1: power(2.4),
  4: power(2.2),
  5: power(2.8),
  6: power(2.4),
  7: { gamma: 1 / 0.45, a: 1 / 1.1115, b: 0.1115 / 1.1115, c: 1 / 4, d: 0.0912, e: 0, f: 0 },
  8: power(1),
  11: power(2.4),
  13: SRGB_CURVE,
  14: power(2.4),
  15: power(2.4),
  16: 'pq',
  17: { ...power(2.6), a: (52.37 / 48) ** (1 / 2.6) },
  18: 'hlg',
};

/** Codes of ITU-T H.273, and what the file says about the brightness of its content in cd/m². */
export interface ColourCodes {
  readonly primaries: number;
  readonly transfer: number;
  readonly peak?: number;
}

/** Chromium assumes this where an image in high dynamic range does not say how bright it is. */
const DEFAULT_PEAK = 1000;

/** @returns undefined if one of the two codes has no meaning here. */
export function signalOfCodes({ primaries, transfer, peak }: ColourCodes): ColourSignal | undefined {
  const [found, curve] = [PRIMARIES[primaries], TRANSFERS[transfer]];
  return found && curve && signalOf(found, curve, peak);
}

/** ITU-T H.273. */
const SRGB_PRIMARIES_CODE = 1;
const SRGB_TRANSFER = 13;
/** Browsers show an AVIF with any other curve, those of cameras among them, as if it were sRGB's. */
const SHOWN_TRANSFERS = [4, 5, 7, 8, 16, 17, 18];

/** How browsers show the codes of an AVIF, and of a HEIC if they show it: what they do not know counts as sRGB. */
export function shownSignal(codes: Partial<ColourCodes>): ColourSignal {
  const primaries = codes.primaries ?? SRGB_PRIMARIES_CODE;
  const transfer = SHOWN_TRANSFERS.find((shown) => shown === codes.transfer) ?? SRGB_TRANSFER;
  const peak = codes.peak ?? 0;
  return (
    signalOfCodes({ primaries, transfer, peak }) ??
    signalOfCodes({ primaries: SRGB_PRIMARIES_CODE, transfer, peak }) ??
    signalOf(SRGB_PRIMARIES, SRGB_CURVE)
  );
}

export function signalOf(primaries: Primaries, transfer: Transfer, peak?: number): ColourSignal {
  return { primaries, transfer, peak: peak || DEFAULT_PEAK, isLimited: false };
}

export function isSrgb({ primaries, transfer, isLimited }: ColourSignal): boolean {
  return !isLimited && primaries === SRGB_PRIMARIES && isSrgbCurve(transfer);
}

/** Whether it is one of the two of high dynamic range (ITU-R BT.2100). */
export function isHdr(transfer: Transfer): transfer is 'pq' | 'hlg' {
  return transfer === 'pq' || transfer === 'hlg';
}

/**
 * Whether a curve differs from that of sRGB less than 8 bits can show.
 * @param tolerance as a share of the light.
 */
export function isSrgbCurve(transfer: Transfer, tolerance = 0.02): boolean {
  if (isHdr(transfer)) return false;
  const [light, srgb] = [lightOf(transfer), lightOf(SRGB_CURVE)];
  return [0.02, 0.1, 0.25, 0.5, 0.75].every(
    (sample) => Math.abs(light(sample) / srgb(sample) - 1) < tolerance,
  );
}

/** The light (0 to 1) for a sample (0 to 1) of standard dynamic range. */
export function lightOf(transfer: Exclude<Transfer, string>): (sample: number) => number {
  if (isTable(transfer)) {
    const last = transfer.length - 1;
    return (sample) => {
      const below = Math.min(last, Math.floor(sample * last));
      const [low = 0, high = low] = transfer.slice(below, below + 2);
      return low + (high - low) * (sample * last - below);
    };
  }
  const { gamma, a, b, c, d, e, f } = transfer;
  return (sample) => (sample >= d ? Math.max(0, a * sample + b) ** gamma + e : c * sample + f);
}

function isTable(transfer: Exclude<Transfer, string>): transfer is readonly number[] {
  return Array.isArray(transfer);
}
