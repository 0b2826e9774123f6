/** What an image may cost at the most. Checked from headers, before any pixel is decoded. */
export interface Limits {
  readonly maxBytes: number;
  readonly maxPixels: number;
  /** For AVIF and for interlaced or progressive files, which are decoded whole into memory. */
  readonly maxUnstreamedPixels: number;
  /** Of an animation that a rendition keeps; all its frames together count against maxPixels. */
  readonly maxFrames: number;
  readonly maxPages: number;
  readonly maxIccBytes: number;
  readonly maxPngTextChunks: number;
  readonly maxPngCompressedTextBytes: number;
  /** The longest side of anything that is made. */
  readonly maxOutputSide: number;
  /** For one decode or one encode. Soft: libvips looks at it now and then, so the limits above must do the work. */
  readonly maxRenderSeconds: number;
}

const MEBIBYTE = 1024 * 1024;

export const DEFAULT_LIMITS: Limits = {
  // The bytes are held in memory once; no camera's JPEG of 50 megapixels comes near.
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
  // Twice what any screen shows; AVIF and WebP end at 16,384.
  maxOutputSide: 8_192,
  // Three attempts of an invocation, each with its renders, must fit into the upload's 270 seconds.
  maxRenderSeconds: 30,
};
