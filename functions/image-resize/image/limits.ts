import { ImageTooLargeError } from './errors.ts';

/**
 * How much one image may cost. All limits but the last three are checked against the file's headers, before a pixel is
 * decoded. An image that exceeds a limit gives an ImageTooLargeError; maxOutputSide only makes the outputs smaller.
 */
export interface Limits {
  /** Bytes of the file. */
  readonly maxBytes: number;
  /**
   * Pixels (width × height) of the image; of all frames together if a rendition keeps the animation; of each item of an
   * AVIF or HEIC (image, transparency, tile, thumbnail), and of all tiles of a grid. See maxAvifPixels.
   */
  readonly maxPixels: number;
  /** Pixels of an interlaced or progressive file, and of a TIFF whose samples are converted. They are decoded whole. */
  readonly maxUnstreamedPixels: number;
  /** Pixels of the longer side of the image. */
  readonly maxSide: number;
  /** Bytes of a row of decoded pixels, which is the stored width × channels × bytes of each channel. */
  readonly maxRowBytes: number;
  /** Count of frames, if a rendition keeps the animation. */
  readonly maxFrames: number;
  /** Count of frames in a WebP and in a track of an AVIF, also if only the first frame is used. */
  readonly maxStoredFrames: number;
  /** Count of pages in a TIFF. */
  readonly maxPages: number;
  /** Count of tags on one page of a TIFF. */
  readonly maxPageTags: number;
  /** Bytes of the tags' values on all pages of a TIFF together. */
  readonly maxTagBytes: number;
  /** Count of segments in a JPEG, before and between its scans. */
  readonly maxJpegSegments: number;
  /** Count of scans in a JPEG. */
  readonly maxJpegScans: number;
  /** Bytes of the colour profile. */
  readonly maxIccBytes: number;
  /** Count of chunks in a PNG that contain no pixels. */
  readonly maxPngChunks: number;
  /** Count of tEXt, zTXt and iTXt chunks in a PNG. */
  readonly maxPngTextChunks: number;
  /** Bytes of the compressed texts (zTXt, and iTXt with its flag set) in a PNG. */
  readonly maxPngCompressedTextBytes: number;
  /** Pixels of the longer side of each rendition. */
  readonly maxOutputSide: number;
  /** Seconds that the image process may work on one image. */
  readonly maxImageSeconds: number;
  /** MiB of memory (resident) that the image process may reach. */
  readonly maxImageMebibytes: number;
}

const MEBIBYTE = 1024 * 1024;

export const DEFAULT_LIMITS: Limits = {
  // The file is held in memory once. A camera's JPEG of 50 megapixels is much smaller.
  maxBytes: 50 * MEBIBYTE,
  // The largest phone sensor in use delivers 50 megapixels.
  maxPixels: 50_000_000,
  // A progressive JPEG of 256 megapixels in one colour took 804 MB, an interlaced PNG 848 MB.
  maxUnstreamedPixels: 25_000_000,
  // Also libpng's limit unless a program raises it. A TIFF of 1 × 50,000,000 pixels takes 6.5 s.
  maxSide: 1_000_000,
  // Memory follows the row: 65,535 pixels of RGBA at 16 bits (half of this) take 660 MB, 349,525 of RGB at 8 bits 413 MB,
  // and 5,000,000 × 10 of RGB 2.5 GB. A JPEG's rows have at most a quarter of this.
  maxRowBytes: MEBIBYTE,
  // A minute of a screen recording at 10 frames a second; 1,200 frames of one colour fit into a GIF of 28 KB.
  maxFrames: 600,
  // Ten minutes at 33 frames a second. libwebp's header takes 0.3 s for so many, 9.5 s for 100,000 of one pixel.
  // libheif's takes 1.1 GB for the 17,000,000 frames that an AVIF of 858 bytes can declare. GIF is fast at any count.
  maxStoredFrames: 20_000,
  // Reading the headers of a TIFF of 60,000 pages takes 0.7 s, although only the first page is used.
  maxPages: 1_000,
  // Cameras and scanners write some dozens. libtiff's time is quadratic in this count: 1,000 pages of 250 tags take 1 s, and
  // one page of 4,000 takes 2.2 s.
  maxPageTags: 256,
  // Five times maxBytes, since pages may share a profile. 1,000 pages that share a table of 8 MB take 11 s.
  maxTagBytes: 256 * MEBIBYTE,
  // A file of maxBytes has 800 if each is as long as the format allows. libjpeg copies them: ten million take 2 GB.
  maxJpegSegments: 10_000,
  // libjpeg and mozjpeg write 1 to 18. A script for jpegtran may ask for 100, and libtiff refuses more. 100 take 1 s at
  // 25 megapixels, 2,647 take 70 s.
  maxJpegScans: 100,
  // A CMYK press profile has about half a mebibyte, the largest in common use two.
  maxIccBytes: 4 * MEBIBYTE,
  // Encoders write fewer than 20. Each chunk of a kind that may occur once gives a warning if it occurs again, and all
  // warnings are kept: four million take 1.2 GB and 11 s.
  maxPngChunks: 10_000,
  // libpng inflates each text chunk up to 8 MB and keeps them all: 500 of them took 1.9 GB.
  maxPngTextChunks: 100,
  // Deflate expands at most 1,032 times: this keeps all inflated text below 132 MiB.
  maxPngCompressedTextBytes: 128 * 1024,
  // Twice the width of the largest screens. AVIF and WebP cannot be larger than about 16,384.
  maxOutputSide: 8_192,
  // A batch of 20 images that all take as long ends within the five minutes of an EXPRESS execution, see resize-batch.ts.
  maxImageSeconds: 15,
  // On Lambda, configuration.ts derives it from MemorySize.
  maxImageMebibytes: 1_100,
};

/** What the image process takes without an image. */
const PROCESS_MEBIBYTES = 100;
/** What libheif takes for each pixel with transparency and a colour of its own: 50 megapixels of 12 bits took 1.3 GB. */
const AVIF_PIXEL_BYTES = 20;
const DEEP_AVIF_PIXEL_BYTES = 27;

/**
 * The pixels of an AVIF that the memory of the image process admits, and at most maxPixels. libheif decodes an AVIF whole.
 * @param isDeep whether it has more than 8 bits per channel.
 */
export function maxAvifPixels(isDeep: boolean, { maxPixels, maxImageMebibytes }: Limits): number {
  const bytes = (maxImageMebibytes - PROCESS_MEBIBYTES) * MEBIBYTE;
  return Math.min(maxPixels, Math.floor(bytes / (isDeep ? DEEP_AVIF_PIXEL_BYTES : AVIF_PIXEL_BYTES)));
}

/** @throws ImageTooLargeError if a file of this many bytes exceeds maxBytes. */
export function checkBytes(bytes: number, limits: Limits): void {
  checkAtMost(limits.maxBytes, 'bytes', bytes);
}

/**
 * @param what completes "Expected at most 10 …".
 * @param size the sides of which `found` is the product, for example "100 × 200".
 * @throws ImageTooLargeError if `found` exceeds `limit`.
 */
export function checkAtMost(limit: number, what: string, found: number, size?: string): void {
  if (found > limit)
    throw new ImageTooLargeError(
      `Expected at most ${limit} ${what} but found ${found}${size ? ` (${size})` : ''}.`,
    );
}

/** @throws ImageTooLargeError if a colour profile of this many bytes exceeds maxIccBytes. */
export function checkProfileBytes(bytes: number, limits: Limits): void {
  if (bytes > limits.maxIccBytes)
    throw new ImageTooLargeError(
      `Expected a colour profile of at most ${limits.maxIccBytes} bytes but found ${bytes}.`,
    );
}
