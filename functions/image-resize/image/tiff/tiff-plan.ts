import { UnsupportedImageError } from '../errors.ts';
import type { TiffFacts } from './tiff-facts.ts';

/** What the samples of a pixel mean. */
export type TiffColours = 'grey' | 'grey from white' | 'RGB' | 'CMYK' | 'YCbCr' | 'CIE Lab' | 'ICC Lab';

/** How the samples of a TIFF are to be read where libvips would misread them. */
export interface SamplePlan {
  readonly colours: TiffColours;
  /** Of each sample. */
  readonly type: 'uint8' | 'uint16' | 'uint32' | 'float';
  /** Count of all samples. Those of the colours come first. */
  readonly samples: number;
  readonly colourSamples: number;
  /** Which sample is alpha, and whether the colours are multiplied by it. */
  readonly alpha?: { readonly sample: number; readonly isAssociated: boolean };
  /** Cb and Cr of this many pixels are stored once. Missing if they are stored for each pixel. */
  readonly subsampling?: { readonly x: number; readonly y: number };
}

/** TIFF 6.0, sections 3 to 6, 16, 21 and 23; ICCLab: Adobe Photoshop TIFF Technical Notes, 2002. */
const PHOTOMETRICS: Readonly<Record<number, TiffColours>> = {
  0: 'grey from white',
  1: 'grey',
  2: 'RGB',
  5: 'CMYK',
  6: 'YCbCr',
  8: 'CIE Lab',
  9: 'ICC Lab',
};
const PALETTE = 3;
const OTHER_PHOTOMETRICS: Readonly<Record<number, string>> = {
  4: 'a transparency mask',
  10: 'ITU L*a*b* colours',
  32803: "a camera's raw data",
  32844: 'LogL samples',
  32845: 'LogLuv samples',
  34892: "a camera's raw data",
  51177: 'a depth map',
};

const COLOUR_SAMPLES: Readonly<Record<TiffColours, number>> = {
  grey: 1,
  'grey from white': 1,
  RGB: 3,
  CMYK: 4,
  YCbCr: 3,
  'CIE Lab': 3,
  'ICC Lab': 3,
};

/** As messages call them. */
const LABELS: Readonly<Record<TiffColours, string>> = {
  grey: 'grey',
  'grey from white': 'grey',
  RGB: 'RGB',
  CMYK: 'CMYK',
  YCbCr: 'YCbCr',
  'CIE Lab': 'L*a*b*',
  'ICC Lab': 'L*a*b*',
};

/** Bits of one sample of grey, of which several stand in a byte. */
const SMALL_GREYS = [1, 2, 4];
const INTEGERS = [
  [8, 'uint8'],
  [16, 'uint16'],
  [32, 'uint32'],
] as const;

const JPEG = 7;
/** Those that libtiff decodes as sharp builds it. */
const COMPRESSIONS = [1, 2, 3, 4, 5, JPEG, 8, 32_766, 32_771, 32_773, 32_809, 32_909, 32_946, 50_001];
const OTHER_COMPRESSIONS: Readonly<Record<number, string>> = {
  6: 'old-style JPEG',
  34661: 'JBIG',
  34676: 'SGI Log',
  34677: 'SGI Log',
  34712: 'JPEG 2000',
  34887: 'LERC',
  34892: 'lossy DNG',
  34925: 'LZMA',
  34933: 'PNG',
  34934: 'JPEG XR',
  50000: 'ZSTD',
  50002: 'JPEG XL',
  52546: 'JPEG XL',
};

/** sharp reads no more. */
const MOST_SAMPLES = 5;
const UNSIGNED = 1;
const FLOATING = 3;
const UNDEFINED = 4;
const OTHER_FORMATS: Readonly<Record<number, string>> = {
  2: 'signed integers',
  5: 'complex integers',
  6: 'complex numbers',
};
const ASSOCIATED = 1;
const UNASSOCIATED = 2;
const SEPARATE = 2;
const CMYK_INKS = 1;

/**
 * Decides how the samples of a TIFF are read.
 * @returns undefined if libvips reads them right, or if the page says too little: libvips' own error is more precise.
 * @throws UnsupportedImageError, which names what was found.
 */
export function planTiff(facts: TiffFacts): SamplePlan | undefined {
  const { photometric, compression, samples, bits } = facts;
  if (photometric === undefined || samples === 0) return undefined;
  if (!COMPRESSIONS.includes(compression))
    refuse(
      'a TIFF without compression or compressed by LZW, Deflate, PackBits, JPEG, WebP or fax codes',
      `${OTHER_COMPRESSIONS[compression] ?? `the compression ${compression}`}`,
    );
  if (samples > MOST_SAMPLES) refuse(`a TIFF of at most ${MOST_SAMPLES} samples per pixel`, `${samples}`);
  if (new Set(bits).size > 1) refuse('a TIFF whose samples have the same bits', bits.join(', '));
  if (photometric === PALETTE) return checkPalette(facts);
  const colours = PHOTOMETRICS[photometric];
  if (!colours)
    return refuse(
      'a TIFF in grey, RGB, CMYK, YCbCr, L*a*b* or a palette',
      OTHER_PHOTOMETRICS[photometric] ?? `the photometric interpretation ${photometric}`,
    );
  const plan = planSamples(facts, colours);
  const isRead = plan !== undefined && isReadByLibvips(facts, plan);
  if (plan && compression === JPEG && facts.tileWidth !== undefined) checkJpegTiles(plan, isRead);
  return isRead ? undefined : plan;
}

/** libvips decodes them itself, and knows neither transparency nor samples that are to be left as they are. */
function checkJpegTiles({ colours, samples, colourSamples }: SamplePlan, isRead: boolean): void {
  if (!isRead || samples !== colourSamples)
    refuse(
      'grey, RGB, CMYK or YCbCr alone, side by side, in JPEG tiles in a TIFF',
      `${samples} samples per pixel in ${LABELS[colours]}`,
    );
}

/** libvips reads a palette with alpha, too. */
function checkPalette({ samples, bits: [bits = 1], extraSamples: [extra] }: TiffFacts): undefined {
  if (samples > 2 || (samples === 2 && extra !== ASSOCIATED && extra !== UNASSOCIATED))
    refuse('one sample per pixel, and alpha, in a TIFF with a palette', `${samples} samples`);
  if (bits > 16) refuse('at most 16 bits in a TIFF with a palette', `${bits}`);
}

/** @returns undefined for grey of less than a byte, which libvips reads. */
function planSamples(facts: TiffFacts, colours: TiffColours): SamplePlan | undefined {
  const {
    samples,
    bits: [bits = 1],
  } = facts;
  const colourSamples = COLOUR_SAMPLES[colours];
  if (samples < colourSamples)
    refuse(`${colourSamples} samples per pixel in a TIFF in ${LABELS[colours]}`, `${samples}`);
  if (colours === 'CMYK' && facts.inkSet !== CMYK_INKS) refuse('the inks of CMYK in a TIFF', 'others');
  const format = findFormat(facts, colours);
  if (format === UNSIGNED && samples === 1 && SMALL_GREYS.includes(bits)) return undefined;
  const type = format === FLOATING ? typeOfFloats(facts, colours) : typeOfIntegers(facts, colours);
  const alpha = findAlpha(facts, colourSamples);
  const subsampling = colours === 'YCbCr' ? findSubsampling(facts) : undefined;
  return {
    colours,
    type,
    samples,
    colourSamples,
    ...(alpha && { alpha }),
    ...(subsampling && { subsampling }),
  };
}

/** Of L*a*b*, whose tag may call a* and b* signed, libtiff hands out the bits as they are. */
function findFormat({ sampleFormat }: TiffFacts, colours: TiffColours): number {
  const formats = new Set(sampleFormat.map((format) => (format === UNDEFINED ? UNSIGNED : format)));
  const [format = UNSIGNED] = formats;
  if (isLab(colours) && !formats.has(FLOATING)) return UNSIGNED;
  if (formats.size > 1 || (format !== UNSIGNED && format !== FLOATING))
    refuse(
      'unsigned or floating-point samples in a TIFF',
      formats.size > 1 ? 'several formats' : (OTHER_FORMATS[format] ?? `the sample format ${format}`),
    );
  return format;
}

function isLab(colours: TiffColours): boolean {
  return colours === 'CIE Lab' || colours === 'ICC Lab';
}

function typeOfFloats({ bits: [bits = 1], planar, samples }: TiffFacts, colours: TiffColours): 'float' {
  if (isLab(colours) || colours === 'YCbCr')
    refuse(`integers in a TIFF in ${LABELS[colours]}`, 'floating-point samples');
  if (bits !== 16 && bits !== 32) refuse('16 or 32 bits per floating-point sample in a TIFF', `${bits}`);
  if (bits === 16 && planar === SEPARATE && samples > 1)
    refuse('16-bit floating-point samples side by side in a TIFF', 'a plane for each');
  return 'float';
}

function typeOfIntegers({ bits: [bits = 1] }: TiffFacts, colours: TiffColours): SamplePlan['type'] {
  const types = INTEGERS.slice(0, isLab(colours) ? 2 : colours === 'YCbCr' ? 1 : 3);
  const found = types.find(([size]) => size === bits);
  if (found) return found[1];
  const isGrey = COLOUR_SAMPLES[colours] === 1;
  const sizes = [...(isGrey ? SMALL_GREYS : []), ...types.map(([size]) => size)];
  return refuse(`${listOr(sizes)} bits per sample in a TIFF in ${LABELS[colours]}`, `${bits}`);
}

function listOr(values: readonly number[]): string {
  return values.join(', ').replace(/, (\d+)$/, ' or $1');
}

/** libjpeg scales subsampled colours up, but of the other codecs none does. */
function findSubsampling(facts: TiffFacts): SamplePlan['subsampling'] {
  const {
    compression,
    samples,
    planar,
    predictor,
    height,
    rowsPerStrip,
    tileWidth = 0,
    tileHeight = 0,
  } = facts;
  const [x = 2, y = 2] = facts.subsampling;
  if (compression === JPEG) {
    if (samples > 3) refuse('3 samples per pixel in a TIFF in YCbCr compressed by JPEG', `${samples}`);
    return undefined;
  }
  if (x === 1 && y === 1) return undefined;
  const isWhole = rowsPerStrip >= height || rowsPerStrip % y === 0;
  if (
    ![x, y].every((pixels) => [1, 2, 4].includes(pixels)) ||
    !isWhole ||
    tileWidth % x > 0 ||
    tileHeight % y > 0
  )
    refuse('strips and tiles of whole blocks in a TIFF in YCbCr', `blocks of ${x} × ${y} pixels`);
  if (samples > 3 || planar === SEPARATE || predictor > 1)
    refuse(
      'subsampled YCbCr of 3 samples in one plane and without a predictor in a TIFF',
      `${samples} samples, planar configuration ${planar}, predictor ${predictor}`,
    );
  return { x, y };
}

/** An extra sample of unspecified meaning is a selection or a spot colour. Pillow, too, takes an undeclared fourth of RGB for alpha. */
function findAlpha(facts: TiffFacts, colourSamples: number): SamplePlan['alpha'] {
  const { samples, extraSamples } = facts;
  const extra = extraSamples.findIndex((kind) => kind === ASSOCIATED || kind === UNASSOCIATED);
  const sample = colourSamples + extra;
  if (extra >= 0 && sample < samples) return { sample, isAssociated: extraSamples[extra] === ASSOCIATED };
  const isUndeclared = extraSamples.length === 0 && samples === colourSamples + 1 && colourSamples < 4;
  return isUndeclared ? { sample: colourSamples, isAssociated: false } : undefined;
}

/** Whether the tiles of each sample are apart from those of the others. */
export function hasTiledPlanes({ planar, samples, tileHeight }: TiffFacts): boolean {
  return planar === SEPARATE && samples > 1 && tileHeight !== undefined;
}

/** What was tried with libvips 8.18. */
function isReadByLibvips(facts: TiffFacts, plan: SamplePlan): boolean {
  const { planar, compression } = facts;
  const { colours, type, samples, colourSamples, alpha } = plan;
  if (hasTiledPlanes(facts)) return false;
  if (type !== 'uint8' && type !== 'uint16') return false;
  const hasOnlyAlpha = samples === colourSamples || (samples === colourSamples + 1 && alpha !== undefined);
  if (!hasOnlyAlpha) return false;
  switch (colours) {
    case 'RGB':
      return true;
    case 'grey':
      return samples === 1 || planar !== SEPARATE;
    case 'grey from white':
      return samples === 1;
    case 'CMYK':
      return samples === 4 || type === 'uint8';
    case 'YCbCr':
      return samples === 3 && compression === JPEG;
    case 'CIE Lab':
      return samples === 3 && type === 'uint16' && planar !== SEPARATE;
    default:
      return false;
  }
}

function refuse(expected: string, found: string): never {
  throw new UnsupportedImageError(
    `Expected ${expected} but found ${found}. Convert the image and upload it again.`,
  );
}
