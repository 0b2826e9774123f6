import type { ResizeOptions, Sharp } from 'sharp';
import type { Gamut } from '../colour/gamut.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import type { Pixels } from '../pixels.ts';
import { type Encoding, OUTPUT_FORMATS, type OutputFormat } from './output-format.ts';
import { GRAVITIES, type Watermark } from './watermark.ts';

/** One row of the renditions table: a rendition that is made of every image. */
export interface RenditionRow {
  /** Part of the rendition's key, to which pages link: lower-case letters, digits and hyphens. */
  readonly name: string;
  /** The box, in image pixels (not CSS px). If a side is missing, it has no limit. An image is never enlarged. */
  readonly width?: number;
  readonly height?: number;
  /** How the image fits the box, as in CSS. `inside` (the default) and `outside` keep the whole image and its shape. */
  readonly fit?: Fit;
  /**
   * The part that `cover` keeps, or where `contain` places the image. The centre by default. `focal` keeps what the
   * original's focal point names, and is `attention` for an original without one.
   */
  readonly position?: Position;
  /** `source` keeps the source's format, but a TIFF becomes a PNG, because browsers do not show TIFF. */
  readonly format: OutputFormat | 'source';
  /**
   * 1 to 100, on the format's own scale. `auto` is 80 in JPEG and WebP, more where the picture has few pixels. In AVIF, `auto`
   * and a target choose the quality image by image.
   */
  readonly quality?: number | 'lossless' | 'auto' | QualityTarget;
  /** How hard the encoder tries, on the format's own scale. */
  readonly effort?: number;
  /** `#rrggbb` or `#rrggbbaa`: the padding of `contain`, and what replaces transparency in JPEG. White by default. */
  readonly background?: string;
  /** Keeps the colours of a source that sRGB does not have, with a profile of Display P3. */
  readonly gamut?: 'p3';
  /** Keeps the frames of an animated source. By default only the first frame is used. */
  readonly animated?: boolean;
  /** The sigma of the Gaussian, in pixels. */
  readonly sharpen?: number;
  readonly watermark?: Watermark;
  /** What of the original's metadata the rendition contains. By default it contains none. */
  readonly keep?: readonly Kept[];
  /** Replaces format, quality and effort for drawings, screenshots and text. */
  readonly graphic?: RenditionEncoding;
}

/** What the rendition looks like: a WebP of this quality. `auto` is a target of 80. */
export interface QualityTarget {
  readonly target: number;
}

export type RenditionEncoding = Pick<RenditionRow, 'format' | 'quality' | 'effort'>;

const FITS = ['cover', 'contain', 'fill', 'inside', 'outside'] as const;
export type Fit = (typeof FITS)[number];

const POSITIONS = [...GRAVITIES, 'attention', 'entropy', 'focal'] as const;
export type Position = (typeof POSITIONS)[number];

const KEPT = ['copyright'] as const;
export type Kept = (typeof KEPT)[number];

export const DEFAULT_BACKGROUND = '#ffffff';

/** One option of a row: how it is checked, and how it is applied unless plan.ts applies it. */
interface Option {
  /** Stands after "Expected" in the message about a bad value. */
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
  /** Options for the resize that crops or pads the scaled image. */
  readonly frame?: (row: RenditionRow) => ResizeOptions;
  /** An operation on the cropped or padded image. */
  readonly paint?: (
    image: Sharp,
    row: RenditionRow,
    pixels: Pixels['raw'],
    gamut: Gamut,
  ) => Sharp | Promise<Sharp>;
  /** Options for the encoder. */
  readonly encode?: (row: RenditionEncoding) => Encoding;
}

/** Beyond these, what AVIF needs to look like WebP was not measured. */
const TARGETS = [50, 90] as const;

const side: Option = {
  expected: `a whole number from 1 to ${DEFAULT_LIMITS.maxOutputSide}`,
  accepts: (value) => isWhole(value, 1, DEFAULT_LIMITS.maxOutputSide),
};

/** In the order in which they are applied. */
export const OPTIONS: Readonly<Record<keyof RenditionRow, Option>> = {
  name: {
    expected: 'lower-case letters, digits and single hyphens',
    accepts: (value) => typeof value === 'string' && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(value),
  },
  gamut: { expected: 'p3', accepts: (value) => value === 'p3' },
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
    paint: async (image, { watermark }, pixels, gamut) => {
      // Only the worker paints: the function itself never loads sharp.
      const { stampWatermark } = await import('./stamp-watermark.ts');
      return watermark ? stampWatermark(image, watermark, pixels, gamut) : image;
    },
  },
  keep: {
    expected: "['copyright']",
    accepts: (value) => Array.isArray(value) && value.length === 1 && isOneOf(KEPT)(value[0]),
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
    expected: `a whole number from 1 to 100, lossless, auto, or { target: ${TARGETS.join(' to ')} }`,
    accepts: (value) =>
      value === 'lossless' || value === 'auto' || isWhole(value, 1, 100) || isQualityTarget(value),
    // render.ts knows what a target means for its pixels.
    encode: ({ quality }) => (quality === 'lossless' ? { lossless: true } : {}),
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

function isQualityTarget(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { target, ...others }: { [Name in keyof QualityTarget]?: unknown } = value;
  return isWhole(target, ...TARGETS) && Object.keys(others).length === 0;
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
