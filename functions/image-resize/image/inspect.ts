import sharp, { type Metadata } from 'sharp';
import { ImageTooLargeError, toCorruptImageError } from './errors.ts';
import { detectFormat, type SourceFormat } from './format.ts';
import type { Limits } from './limits.ts';
import { checkPngText } from './png-chunks.ts';

/** The facts about a source that its headers contain. */
export interface SourceFacts {
  readonly format: SourceFormat;
  /** In pixels, of the upright image. */
  readonly width: number;
  readonly height: number;
  readonly hasAlpha: boolean;
  /** The length of the file. */
  readonly bytes: number;
  /** 1, except for an animated GIF or WebP. */
  readonly frames: number;
  /** Milliseconds of each frame; empty for a still image. */
  readonly delay: readonly number[];
  /** How often an animation plays; 0 is forever. */
  readonly loop: number;
  /** A guess from the header and the file's length: see isPhotograph below. */
  readonly isPhotograph: boolean;
  /** 16-bit RGB with a colour profile. sharp converts it to Display P3 unless sRGB is requested explicitly. */
  readonly isDeepWithProfile: boolean;
}

/**
 * Reads an image's headers and checks them against the limits. No pixel is decoded.
 * @throws UnsupportedImageError if the format is not accepted.
 * @throws CorruptImageError if the header is broken.
 * @throws ImageTooLargeError with the figure found and the figure allowed.
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
 * Guesses whether an image is a photograph. Lossless compression shrinks drawings, screenshots and text to a fraction
 * of their pixels' bytes, but not the grain and texture of a photograph. Every lossy file counts as a photograph.
 */
function isPhotograph(header: Metadata, format: SourceFormat, bytes: Buffer): boolean {
  if (header.isPalette) return false;
  const isLossless = format === 'png' || (format === 'webp' && bytes.toString('latin1', 12, 16) === 'VP8L');
  const pixelBytes = header.width * header.height * header.channels * (header.depth === 'ushort' ? 2 : 1);
  return !isLossless || bytes.length > PHOTOGRAPH_SHARE * pixelBytes;
}

/** Separated all 23 photographs from all 18 drawings, screenshots and texts of docs/renditions.md. */
const PHOTOGRAPH_SHARE = 0.25;

/** @throws ImageTooLargeError if a file of this many bytes exceeds maxBytes. */
export function checkBytes(bytes: number, limits: Limits): void {
  if (bytes > limits.maxBytes)
    throw new ImageTooLargeError(`Expected at most ${limits.maxBytes} bytes but found ${bytes}.`);
}

async function readHeader(bytes: Buffer): Promise<Metadata> {
  try {
    return await sharp(bytes, { limitInputPixels: false, failOn: 'error' }).metadata();
  } catch (cause) {
    throw toCorruptImageError(cause);
  }
}

/** libheif needs 1.5 times the memory for an AVIF of 10 or 12 bits per channel. */
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
