import sharp, { type Channels, type ResizeOptions, type Sharp } from 'sharp';
import { DEFAULT_LIMITS } from './limits.ts';
import { type Encoding, OUTPUT_FORMATS, type OutputFormat } from './output-format.ts';

/** One row of the renditions table: what is made of every image. */
export interface RenditionRow {
  /** Stable, because pages link to it: lower-case letters, digits and hyphens. */
  readonly name: string;
  /** The box, in pixels. One side alone leaves the other free. Nothing is ever enlarged. */
  readonly width?: number;
  readonly height?: number;
  /** How the image meets the box, as in CSS; `inside` (the default) and `outside` keep the whole image in its own shape. */
  readonly fit?: Fit;
  /** The part that `cover` keeps, the place where `contain` puts the image; the centre by default. */
  readonly position?: Position;
  /** `source` keeps the source's own format; a TIFF, which no page shows, becomes a PNG. */
  readonly format: OutputFormat | 'source';
  /** 1 to 100, on the format's own scale. */
  readonly quality?: number | 'lossless';
  /** How hard the encoder tries, on the format's own scale. */
  readonly effort?: number;
  /** `#rrggbb` or `#rrggbbaa`: what lies around a contained image, and behind a transparent one in JPEG. White by default. */
  readonly background?: string;
  /** Keeps the frames of an animated source; without it, its first frame is taken. */
  readonly animated?: boolean;
  /** The radius in pixels, as the sigma of a Gaussian. */
  readonly sharpen?: number;
  readonly watermark?: Watermark;
  /** What an image that is no photograph is encoded as instead: drawings, screenshots, text. */
  readonly graphic?: RenditionEncoding;
}

export type RenditionEncoding = Pick<RenditionRow, 'format' | 'quality' | 'effort'>;

export interface Watermark {
  /** An image file in Base64: so it is in the repository, in the bundle, and in the recipe. */
  readonly image: string;
  readonly gravity: (typeof GRAVITIES)[number];
  /** Its width as a share of the rendition's, above 0 to 1. */
  readonly scale: number;
  /** Above 0 to 1. */
  readonly opacity: number;
}

const FITS = ['cover', 'contain', 'fill', 'inside', 'outside'] as const;
export type Fit = (typeof FITS)[number];

const GRAVITIES = [
  'centre',
  'north',
  'northeast',
  'east',
  'southeast',
  'south',
  'southwest',
  'west',
  'northwest',
] as const;
const POSITIONS = [...GRAVITIES, 'attention', 'entropy'] as const;
export type Position = (typeof POSITIONS)[number];

export const DEFAULT_BACKGROUND = '#ffffff';

/** Decoded 8-bit sRGB pixels of one frame. */
export interface Pixels {
  readonly data: Buffer;
  readonly raw: { readonly width: number; readonly height: number; readonly channels: Channels };
}

/** One option of a row: how it is checked, and how it applies where it does not decide on the plan. */
interface Option {
  /** Follows "Expected" in the message about a bad value. */
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
  /** What it adds to the step that crops or pads the scaled image. */
  readonly frame?: (row: RenditionRow) => ResizeOptions;
  /** What it does to the pixels of that size. */
  readonly paint?: (image: Sharp, row: RenditionRow, pixels: Pixels['raw']) => Sharp | Promise<Sharp>;
  /** What it tells the encoder. */
  readonly encode?: (row: RenditionEncoding) => Encoding;
}

const side: Option = {
  expected: `a whole number from 1 to ${DEFAULT_LIMITS.maxOutputSide}`,
  accepts: (value) => isWhole(value, 1, DEFAULT_LIMITS.maxOutputSide),
};

/** In the order in which they apply. */
export const OPTIONS: Readonly<Record<keyof RenditionRow, Option>> = {
  name: {
    expected: 'lower-case letters, digits and single hyphens',
    accepts: (value) => typeof value === 'string' && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(value),
  },
  animated: { expected: 'true or false', accepts: (value) => typeof value === 'boolean' },
  width: side,
  height: side,
  fit: { expected: oneOf(FITS), accepts: isOneOf(FITS), frame: ({ fit }) => ({ fit }) },
  position: {
    expected: oneOf(POSITIONS),
    accepts: isOneOf(POSITIONS),
    frame: ({ position }) => ({ position }),
  },
  background: {
    expected: 'a colour as #rrggbb or #rrggbbaa',
    accepts: (value) => typeof value === 'string' && /^#([0-9a-f]{2}){3,4}$/i.test(value),
    frame: ({ background }) => ({ background }),
  },
  sharpen: {
    expected: 'a number above 0, at most 10',
    accepts: (value) => isNumberUpTo(value, 10),
    paint: (image, { sharpen }) => image.sharpen({ sigma: sharpen ?? 1 }),
  },
  watermark: {
    expected: `image (Base64), gravity (${oneOf(GRAVITIES)}), scale and opacity (above 0, at most 1)`,
    accepts: isWatermark,
    paint: (image, { watermark }, pixels) => (watermark ? stamp(image, watermark, pixels) : image),
  },
  graphic: {
    expected: 'format, with a quality and an effort that fit it',
    accepts: (value) => typeof value === 'object' && value !== null,
  },
  format: {
    expected: oneOf([...Object.keys(OUTPUT_FORMATS), 'source']),
    accepts: isOneOf([...Object.keys(OUTPUT_FORMATS), 'source']),
  },
  quality: {
    expected: 'a whole number from 1 to 100, or lossless',
    accepts: (value) => value === 'lossless' || isWhole(value, 1, 100),
    encode: ({ quality }) => {
      if (quality === 'lossless') return { lossless: true };
      return quality === undefined ? {} : { quality };
    },
  },
  effort: {
    expected: 'a whole number from 0 to 10',
    accepts: (value) => isWhole(value, 0, 10),
    encode: ({ effort }) => (effort === undefined ? {} : { effort }),
  },
};

function isWhole(value: unknown, least: number, most: number): boolean {
  return Number.isInteger(value) && Number(value) >= least && Number(value) <= most;
}

function isNumberUpTo(value: unknown, most: number): boolean {
  return typeof value === 'number' && value > 0 && value <= most;
}

function oneOf(values: readonly string[]): string {
  return `one of ${values.join(', ')}`;
}

function isOneOf(values: readonly string[]): (value: unknown) => boolean {
  return (value) => typeof value === 'string' && values.includes(value);
}

function isWatermark(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { image, gravity, scale, opacity }: { [Name in keyof Watermark]?: unknown } = value;
  return (
    typeof image === 'string' &&
    /^[A-Za-z0-9+/]+=*$/.test(image) &&
    isOneOf(GRAVITIES)(gravity) &&
    isNumberUpTo(scale, 1) &&
    isNumberUpTo(opacity, 1)
  );
}

async function stamp(image: Sharp, watermark: Watermark, pixels: Pixels['raw']): Promise<Sharp> {
  const width = Math.max(1, Math.round(pixels.width * watermark.scale));
  const { data, info } = await sharp(Buffer.from(watermark.image, 'base64'))
    .resize({ width, height: pixels.height, fit: 'inside' })
    .toColourspace('srgb')
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  for (let alpha = 3; alpha < data.length; alpha += 4)
    data[alpha] = Math.round((data[alpha] ?? 0) * watermark.opacity);
  const { gravity } = watermark;
  const stamped = image.composite([{ input: data, raw: info, gravity }]);
  return pixels.channels === 3 ? stamped.removeAlpha() : stamped;
}
