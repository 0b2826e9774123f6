import sharp, { type Metadata } from 'sharp';
import { CorruptImageError, ImageTooLargeError } from './errors.ts';
import { detectFormat, type SourceFormat } from './format.ts';
import type { Limits } from './limits.ts';
import { checkPngText } from './png-chunks.ts';

/** What is known of a source without decoding a pixel. Width and height are those of the upright image. */
export interface SourceFacts {
  readonly format: SourceFormat;
  readonly width: number;
  readonly height: number;
  readonly hasAlpha: boolean;
  readonly bytes: number;
  /** 1, except for an animated GIF or WebP. */
  readonly frames: number;
  /** Milliseconds of each frame; empty for a still image. */
  readonly delay: readonly number[];
  /** How often an animation plays; 0 is for ever. */
  readonly loop: number;
  /** Told from the header alone: see isPhotograph. */
  readonly isPhotograph: boolean;
  /** 16-bit RGB with a colour profile, which sharp turns into Display P3, not sRGB, unless told. */
  readonly isDeepWithProfile: boolean;
}

/**
 * Reads an image's headers and holds them against the limits.
 * @throws UnsupportedImageError, CorruptImageError or ImageTooLargeError, each with the figure found and the figure allowed.
 */
export async function inspectImage(bytes: Buffer, limits: Limits): Promise<SourceFacts> {
  checkBytes(bytes.length, limits);
  const format = detectFormat(bytes);
  if (format === 'png') checkPngText(bytes, limits);
  const header = await readHeader(bytes);
  checkPixels(header, format, limits);
  const isMoving = (format === 'gif' || format === 'webp') && (header.pages ?? 1) > 1;
  const { width, height } = isMoving ? header : header.autoOrient;
  return {
    format,
    width,
    height,
    hasAlpha: header.hasAlpha,
    bytes: bytes.length,
    frames: isMoving ? (header.pages ?? 1) : 1,
    delay: isMoving ? (header.delay ?? []) : [],
    loop: header.loop ?? 0,
    isPhotograph: isPhotograph(header, format, bytes),
    isDeepWithProfile: header.hasProfile && header.space === 'rgb16',
  };
}

/**
 * A lossless file is as small as its picture is simple, so its own size tells what it shows: drawings, screenshots and
 * text shrink to a fraction of their pixels, grain and texture do not. What was lossy before counts as a photograph.
 */
function isPhotograph(header: Metadata, format: SourceFormat, bytes: Buffer): boolean {
  if (header.isPalette) return false;
  const isLossless = format === 'png' || (format === 'webp' && bytes.toString('latin1', 12, 16) === 'VP8L');
  const pixelBytes = header.width * header.height * header.channels * (header.depth === 'ushort' ? 2 : 1);
  return !isLossless || bytes.length > PHOTOGRAPH_SHARE * pixelBytes;
}

const PHOTOGRAPH_SHARE = 0.25;

export function checkBytes(bytes: number, limits: Limits): void {
  if (bytes > limits.maxBytes)
    throw new ImageTooLargeError(`Expected at most ${limits.maxBytes} bytes but found ${bytes}.`);
}

async function readHeader(bytes: Buffer): Promise<Metadata> {
  try {
    return await sharp(bytes, { limitInputPixels: false, failOn: 'error' }).metadata();
  } catch (cause) {
    throw corrupt(cause);
  }
}

/** An error of libvips while it reads the source, as the image's fault that it is. */
export function corrupt(cause: unknown): CorruptImageError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CorruptImageError(`The image is damaged: ${reason.replaceAll(/\s*\n\s*/g, '; ')}`, { cause });
}

/** libheif holds an AVIF of 10 or 12 bits a channel in half as much memory again as one of 8. */
const DEEP_AVIF_SHARE = 2 / 3;

function checkPixels(header: Metadata, format: SourceFormat, limits: Limits): void {
  const { width, height, pages = 1, icc } = header;
  const pixels = width * height;
  const [kind, maxPixels] = pixelLimit(header, format, limits);
  if (pixels > maxPixels)
    throw new ImageTooLargeError(
      `Expected at most ${maxPixels} pixels in ${kind} but found ${pixels} (${width} × ${height}).`,
    );
  if (format === 'tiff' && pages > limits.maxPages)
    throw new ImageTooLargeError(`Expected at most ${limits.maxPages} pages in a TIFF but found ${pages}.`);
  if (icc && icc.length > limits.maxIccBytes)
    throw new ImageTooLargeError(
      `Expected a colour profile of at most ${limits.maxIccBytes} bytes but found ${icc.length}.`,
    );
}

function pixelLimit(header: Metadata, format: SourceFormat, limits: Limits): readonly [string, number] {
  const { maxPixels, maxUnstreamedPixels } = limits;
  if (format === 'avif' && header.depth !== 'uchar')
    return ['an AVIF of more than 8 bits', Math.floor(maxUnstreamedPixels * DEEP_AVIF_SHARE)];
  return format === 'avif' || header.isProgressive
    ? ['a progressive, interlaced or AVIF image', maxUnstreamedPixels]
    : ['an image', maxPixels];
}
