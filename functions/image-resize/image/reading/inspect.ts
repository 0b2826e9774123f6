import sharp, { type Metadata } from 'sharp';
import { type AvifAlpha, readAvifAlpha } from '../avif/avif-alpha.ts';
import { withKnownBrand } from '../avif/avif-brand.ts';
import { checkAvifItems } from '../avif/avif-items.ts';
import type { ColourSignal } from '../colour/colour-signal.ts';
import { toCorruptImageError } from '../errors.ts';
import { checkAtMost, checkBytes, checkProfileBytes, type Limits, maxAvifPixels } from '../limits.ts';
import { checkTiffPages } from '../tiff/tiff-pages.ts';
import { findSignal, hasBareInks, hasSrgbProfile, isWideGamut } from './find-signal.ts';
import { detectFormat, type SourceFormat } from './format.ts';
import { checkLastRow } from './jpeg-end.ts';
import { checkJpegKind } from './jpeg-kind.ts';
import { checkJpegSegments } from './jpeg-segments.ts';
import { checkPngChunks } from './png-chunks.ts';
import { makeReadable } from './readable.ts';
import { checkWebpFrames } from './webp-frames.ts';

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
  /** A guess from the header and the file's length (see isPhotograph below), which make-renditions.ts corrects by the pixels. */
  readonly isPhotograph: boolean;
  /** 16-bit RGB with a colour profile. sharp converts it to Display P3 unless sRGB is requested explicitly. */
  readonly isDeepWithProfile: boolean;
  /** Whether the source has 16 bits per channel once it is decoded. */
  readonly isDeep: boolean;
  /** How the source encodes light, if libvips does not convert it to sRGB by itself. */
  readonly signal?: ColourSignal;
  /** Whether the source may have colours that sRGB does not have. */
  readonly isWideGamut: boolean;
  /** 8 bits with a profile of sRGB. To apply it takes up to half of the CPU of an image, and changes nothing. */
  readonly hasSrgbProfile: boolean;
  /** CMYK without a profile for it. libvips would take the inks of a press for granted, and browsers do not. */
  readonly hasBareInks: boolean;
  /** Present for an AVIF. */
  readonly avifAlpha?: AvifAlpha;
}

/**
 * Check what libvips' header does not report, or reports only after much time or memory. They stop where a file is damaged:
 * libvips' own error is more precise. A GIF needs none, because its header is read fast whatever it contains.
 */
const STRUCTURE_CHECKS: Partial<Record<SourceFormat, (bytes: Buffer, limits: Limits) => void>> = {
  jpeg: checkJpegSegments,
  png: checkPngChunks,
  webp: checkWebpFrames,
  avif: checkAvifItems,
  tiff: checkTiffPages,
};

/** An image whose headers are read. */
export interface OpenedImage {
  readonly facts: SourceFacts;
  /** What libvips is to read of it: the file itself, or a changed copy. */
  readonly readable: Buffer;
}

/**
 * Reads an image's headers and checks them against the limits. No pixel is decoded, except of a TIFF whose samples libvips
 * would misread and of a JPEG that ends early.
 * @throws UnsupportedImageError if the format is not accepted, or a kind of it.
 * @throws CorruptImageError if the header is broken.
 * @throws ImageTooLargeError with the figure found and the figure allowed.
 */
export async function openImage(bytes: Buffer, limits: Limits): Promise<OpenedImage> {
  checkBytes(bytes.length, limits);
  const format = detectFormat(bytes);
  STRUCTURE_CHECKS[format]?.(bytes, limits);
  if (format === 'jpeg') checkJpegKind(bytes);
  const readable = await makeReadable(bytes, format, limits);
  // The copy of a GIF has one frame more, and that of an AVIF is not turned.
  const isRead = format === 'tiff' || format === 'jpeg';
  const header = await readHeader(isRead ? readable : recognisable(bytes, format));
  checkPixels(header, format, limits);
  const isChanged = readable !== bytes;
  if (format === 'jpeg' && readable.length > bytes.length) await checkLastRow(readable);
  const isMoving = (format === 'gif' || format === 'webp') && (header.pages ?? 1) > 1;
  const { width, height } = isMoving ? header : header.autoOrient;
  const signal = findSignal(format, bytes, header);
  const facts = {
    format,
    width,
    height,
    hasAlpha: header.hasAlpha || (format === 'gif' && isChanged),
    bytes: bytes.length,
    frames: isMoving ? (header.pages ?? 1) : 1,
    delay: isMoving ? (header.delay ?? []).map((ms) => Math.min(ms, MAX_DELAY_MS)) : [],
    loop: header.loop ?? 0,
    isPhotograph: isPhotograph(header, format, bytes),
    isDeepWithProfile: header.hasProfile && header.space === 'rgb16',
    isDeep: header.depth === 'ushort',
    isWideGamut: isWideGamut(header, signal),
    hasSrgbProfile: hasSrgbProfile(header, signal),
    hasBareInks: hasBareInks(header),
    ...(signal && { signal }),
    ...(format === 'avif' && { avifAlpha: readAvifAlpha(bytes) }),
  };
  return { facts, readable };
}

/** @returns the facts of openImage, which throws the same. */
export async function inspectImage(bytes: Buffer, limits: Limits): Promise<SourceFacts> {
  return (await openImage(bytes, limits)).facts;
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

/** The longest that sharp's encoders accept. A WebP may show a frame for more than four hours. */
const MAX_DELAY_MS = 65_535;

/** Separated all 23 photographs from all 18 drawings, screenshots and texts of docs/renditions.md. */
const PHOTOGRAPH_SHARE = 0.25;

function recognisable(bytes: Buffer, format: SourceFormat): Buffer {
  return format === 'avif' ? withKnownBrand(bytes) : bytes;
}

async function readHeader(bytes: Buffer): Promise<Metadata> {
  try {
    return await sharp(bytes, { limitInputPixels: false, failOn: 'error' }).metadata();
  } catch (cause) {
    throw toCorruptImageError(cause);
  }
}

function checkPixels(header: Metadata, format: SourceFormat, limits: Limits): void {
  const { width, height, channels, depth, icc } = header;
  const sides = `${width} × ${height}`;
  const [kind, maxPixels] = pixelLimit(header, format, limits);
  checkAtMost(maxPixels, `pixels in ${kind}`, width * height, sides);
  checkAtMost(limits.maxSide, 'pixels on the longer side of an image', Math.max(width, height), sides);
  const rowBytes = width * channels * (CHANNEL_BYTES[depth] ?? 8);
  checkAtMost(limits.maxRowBytes, 'bytes in a row of pixels', rowBytes, sides);
  checkProfileBytes(icc?.length ?? 0, limits);
}

/** Those of sharp's depths that have less than 8 bytes. */
const CHANNEL_BYTES: Partial<Record<string, number>> = {
  uchar: 1,
  char: 1,
  ushort: 2,
  short: 2,
  uint: 4,
  int: 4,
  float: 4,
};

function pixelLimit(header: Metadata, format: SourceFormat, limits: Limits): readonly [string, number] {
  if (format === 'avif') {
    const isDeep = header.depth !== 'uchar';
    return [isDeep ? 'an AVIF of more than 8 bits' : 'an AVIF', maxAvifPixels(isDeep, limits)];
  }
  return header.isProgressive
    ? ['a progressive or interlaced image', limits.maxUnstreamedPixels]
    : ['an image', limits.maxPixels];
}
