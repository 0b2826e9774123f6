import type { Sharp } from 'sharp';

/** What an encoder is told, whatever its format; each takes what it knows. */
export interface Encoding {
  readonly quality?: number;
  readonly lossless?: boolean;
  readonly effort?: number;
  /** Milliseconds that each frame is shown. */
  readonly delay?: number[];
  /** How often an animation is played; 0 is for ever. */
  readonly loop?: number;
}

interface Format {
  readonly extension: string;
  /** What is laid on the background where not. */
  readonly hasAlpha: boolean;
  readonly isAnimated: boolean;
  readonly qualities: 'none' | 'lossy' | 'lossy or lossless';
  /** The least and the greatest effort; absent where the encoder has no such choice. */
  readonly efforts?: readonly [number, number];
  readonly encode: (image: Sharp, encoding: Encoding) => Sharp;
}

/** Everything that tells one output format from another: to add one, add its entry. */
export const OUTPUT_FORMATS = {
  jpeg: {
    extension: 'jpg',
    hasAlpha: false,
    isAnimated: false,
    qualities: 'lossy',
    encode: (image, { quality }) => image.jpeg({ quality }),
  },
  webp: {
    extension: 'webp',
    hasAlpha: true,
    isAnimated: true,
    qualities: 'lossy or lossless',
    efforts: [0, 6],
    encode: (image, encoding) => image.webp(encoding),
  },
  avif: {
    extension: 'avif',
    hasAlpha: true,
    isAnimated: false,
    qualities: 'lossy or lossless',
    efforts: [0, 9],
    // Effort 1 costs two to four times the CPU of 0, sharp's default of 4 thirty times, for a tenth of the bytes.
    encode: (image, { quality, lossless, effort = 0 }) =>
      image.avif({ quality, lossless, effort, chromaSubsampling: lossless ? '4:4:4' : '4:2:0' }),
  },
  png: {
    extension: 'png',
    hasAlpha: true,
    isAnimated: false,
    qualities: 'none',
    encode: (image) => image.png(),
  },
  gif: {
    extension: 'gif',
    hasAlpha: true,
    isAnimated: true,
    qualities: 'none',
    efforts: [1, 10],
    encode: (image, { effort, delay, loop }) => image.gif({ effort, delay, loop }),
  },
} as const satisfies Record<string, Format>;

export type OutputFormat = keyof typeof OUTPUT_FORMATS;

export function outputFormat(name: OutputFormat): Format {
  return OUTPUT_FORMATS[name];
}
