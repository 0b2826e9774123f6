/**
 * How much one image may cost. All limits but the last two are checked against the file's headers, before a pixel is
 * decoded. An image that exceeds a limit gives an ImageTooLargeError; maxOutputSide only makes the outputs smaller.
 */
export interface Limits {
  /** Bytes of the file. */
  readonly maxBytes: number;
  /** Pixels (width × height) of the image; of all frames together if a rendition keeps the animation. */
  readonly maxPixels: number;
  /** Pixels of an AVIF and of an interlaced or progressive file, which libvips decodes whole into memory. */
  readonly maxUnstreamedPixels: number;
  /** Count of frames, if a rendition keeps the animation. */
  readonly maxFrames: number;
  /** Count of pages in a TIFF. */
  readonly maxPages: number;
  /** Bytes of the colour profile. */
  readonly maxIccBytes: number;
  /** Count of tEXt, zTXt and iTXt chunks in a PNG. */
  readonly maxPngTextChunks: number;
  /** Bytes of the zTXt and iTXt chunks in a PNG, as compressed. */
  readonly maxPngCompressedTextBytes: number;
  /** Pixels of the longer side of each rendition. */
  readonly maxOutputSide: number;
  /** Seconds of one decode or one encode. libvips checks it only now and then, so the other limits must suffice. */
  readonly maxRenderSeconds: number;
}

const MEBIBYTE = 1024 * 1024;

export const DEFAULT_LIMITS: Limits = {
  // The file is held in memory once. A camera's JPEG of 50 megapixels is much smaller.
  maxBytes: 50 * MEBIBYTE,
  // The largest phone sensor in use delivers 50 megapixels.
  maxPixels: 50_000_000,
  // A progressive JPEG of 256 megapixels in one colour took 804 MB, an interlaced PNG 848 MB, an AVIF of 25 took 540 MB.
  maxUnstreamedPixels: 25_000_000,
  // A minute of a screen recording at 10 frames a second; 1,200 frames of one colour fit into a GIF of 28 KB.
  maxFrames: 600,
  // Reading the headers of a TIFF of 60,000 pages takes 0.7 s, although only the first page is used.
  maxPages: 1_000,
  // A CMYK press profile has about half a mebibyte, the largest in common use two.
  maxIccBytes: 4 * MEBIBYTE,
  // libpng inflates each text chunk up to 8 MB and keeps them all: 500 of them took 1.9 GB.
  maxPngTextChunks: 100,
  // Deflate expands at most 1,032 times: this keeps all inflated text below 132 MiB.
  maxPngCompressedTextBytes: 128 * 1024,
  // Twice the width of the largest screens. AVIF and WebP cannot be larger than about 16,384.
  maxOutputSide: 8_192,
  // Half of the function's Timeout of 60 seconds, because a decode is followed by encodes.
  maxRenderSeconds: 30,
};
