import { spanColours } from '../colour/colour-matrix.ts';
import {
  type ColourSignal,
  type Curve,
  type Primaries,
  power,
  SRGB_CURVE,
  SRGB_PRIMARIES,
  signalOf,
  signalOfCodes,
} from '../colour/colour-signal.ts';
import { chunksIn, chunkType } from './png-chunks.ts';

const PIXELS = chunkType('IDAT');
const CODES = chunkType('cICP');
const SRGB = chunkType('sRGB');
const GAMMA = chunkType('gAMA');
const CHROMATICITIES = chunkType('cHRM');
const CONTENT_LIGHT = chunkType('cLLI');
const MASTERING_DISPLAY = chunkType('mDCV');

/** Units of the numbers in gAMA and cHRM: 1 / 100,000. */
const UNITS = 100_000;
/** Units of a brightness: 0.0001 cd/m². */
const BRIGHTNESS_UNITS = 10_000;

/** libpng takes a gamma for that of sRGB that differs from it by less. */
const GAMMA_TOLERANCE = 0.05;
const SRGB_GAMMA = 0.45455;
/** Encoders round. */
const CHROMATICITY_TOLERANCE = 0.002;

/** What a PNG says about its colours, apart from a profile. */
export interface PngSignals {
  /** Counts before a profile. */
  readonly coded?: ColourSignal;
  /** Counts if there is no profile. */
  readonly measured?: ColourSignal;
}

/** Reads the chunks before the pixels (PNG specification, third edition, 11.3.2). */
export function readPngSignals(bytes: Buffer): PngSignals {
  const chunks = new Map<number, Buffer>();
  for (const { type, data } of chunksIn(bytes)) {
    if (type === PIXELS) break;
    if (!chunks.has(type)) chunks.set(type, data);
  }
  const coded = readCodes(chunks);
  const measured = chunks.has(SRGB) ? undefined : readMeasures(chunks);
  return { ...(coded && { coded }), ...(measured && { measured }) };
}

/** @returns undefined for samples that are no RGB of full range: browsers ignore the chunk then. */
function readCodes(chunks: ReadonlyMap<number, Buffer>): ColourSignal | undefined {
  const [primaries = 0, transfer = 0, matrix, isFullRange] = chunks.get(CODES) ?? [];
  if (matrix !== 0 || isFullRange !== 1) return undefined;
  return signalOfCodes({ primaries, transfer, peak: readPeak(chunks) });
}

function readPeak(chunks: ReadonlyMap<number, Buffer>): number {
  const content = readNumbers(chunks.get(CONTENT_LIGHT), 0, BRIGHTNESS_UNITS)[0];
  return content || (readNumbers(chunks.get(MASTERING_DISPLAY), 16, BRIGHTNESS_UNITS)[0] ?? 0);
}

/** cHRM without gAMA counts for nothing, as in browsers. */
function readMeasures(chunks: ReadonlyMap<number, Buffer>): ColourSignal | undefined {
  const [gamma = 0] = readNumbers(chunks.get(GAMMA), 0, UNITS);
  if (gamma <= 0) return undefined;
  const primaries = readPrimaries(chunks.get(CHROMATICITIES));
  if (!primaries) return undefined;
  const isSrgbGamma = Math.abs(gamma / SRGB_GAMMA - 1) < GAMMA_TOLERANCE;
  const curve: Curve = primaries === SRGB_PRIMARIES && isSrgbGamma ? SRGB_CURVE : power(1 / gamma);
  return signalOf(primaries, curve);
}

/** cHRM begins with white. @returns undefined if it spans no colours: browsers then ignore gAMA too. */
function readPrimaries(data: Buffer | undefined): Primaries | undefined {
  if (!data) return SRGB_PRIMARIES;
  const [whiteX = 0, whiteY = 0, ...rgb] = readNumbers(data, 0, UNITS);
  const [redX = 0, redY = 0, greenX = 0, greenY = 0, blueX = 0, blueY = 0] = rgb;
  const found: Primaries = [redX, redY, greenX, greenY, blueX, blueY, whiteX, whiteY];
  const isNearSrgb = found.every(
    (value, index) => Math.abs(value - (SRGB_PRIMARIES[index] ?? 0)) < CHROMATICITY_TOLERANCE,
  );
  if (isNearSrgb) return SRGB_PRIMARIES;
  return spanColours(found) ? found : undefined;
}

function readNumbers(data: Buffer | undefined, from: number, units: number): number[] {
  if (!data) return [];
  const count = Math.max(0, Math.floor((data.length - from) / 4));
  return Array.from({ length: count }, (_, index) => data.readUInt32BE(from + index * 4) / units);
}
