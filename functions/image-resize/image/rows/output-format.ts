import type { Sharp } from 'sharp';

/** The options of all encoders. Each format uses those that it has. */
export interface Encoding {
  readonly quality?: number;
  readonly lossless?: boolean;
  readonly effort?: number;
  /** Keeps the colour of each pixel where a lossy format would store one for 2 × 2. JPEG and AVIF can. */
  readonly hasFineColours?: boolean;
  /** Milliseconds for which each frame is shown. */
  readonly delay?: number[];
  /** How often an animation plays; 0 is forever. */
  readonly loop?: number;
}

interface Format {
  readonly extension: string;
  /** If false, transparency is flattened onto the background. */
  readonly hasAlpha: boolean;
  readonly isAnimated: boolean;
  /** Whether it can have colours that sRGB does not have. */
  readonly hasProfile: boolean;
  /** Whether it can say whose image it is. */
  readonly hasCredits: boolean;
  readonly qualities: 'none' | 'lossy' | 'lossy or lossless';
  /** Whether it is known which quality looks like a given WebP. */
  readonly hasTargets: boolean;
  /** The lowest and the highest effort; missing if the encoder has no such option. */
  readonly efforts?: readonly [number, number];
  readonly encode: (image: Sharp, encoding: Encoding) => Sharp;
}

/** Everything that differs between output formats. To add a format, add an entry. */
export const OUTPUT_FORMATS = {
  jpeg: {
    extension: 'jpg',
    hasAlpha: false,
    isAnimated: false,
    hasProfile: true,
    hasCredits: true,
    qualities: 'lossy',
    hasTargets: false,
    encode: (image, { quality, hasFineColours }) =>
      image.jpeg({ quality, chromaSubsampling: hasFineColours ? '4:4:4' : '4:2:0' }),
  },
  webp: {
    extension: 'webp',
    hasAlpha: true,
    isAnimated: true,
    hasProfile: true,
    hasCredits: true,
    qualities: 'lossy or lossless',
    hasTargets: false,
    efforts: [0, 6],
    encode: (image, encoding) => image.webp(encoding),
  },
  avif: {
    extension: 'avif',
    hasAlpha: true,
    isAnimated: false,
    hasProfile: true,
    hasCredits: true,
    qualities: 'lossy or lossless',
    hasTargets: true,
    efforts: [0, 9],
    // Effort 1 takes two to four times the CPU of 0, sharp's default of 4 thirty times, and saves a tenth of the bytes.
    encode: (image, { quality, lossless, effort = 0, hasFineColours }) =>
      image.avif({
        quality,
        lossless,
        effort,
        chromaSubsampling: lossless || hasFineColours ? '4:4:4' : '4:2:0',
      }),
  },
  png: {
    extension: 'png',
    hasAlpha: true,
    isAnimated: false,
    hasProfile: true,
    hasCredits: true,
    qualities: 'none',
    hasTargets: false,
    encode: (image) => image.png(),
  },
  gif: {
    extension: 'gif',
    hasAlpha: true,
    isAnimated: true,
    hasProfile: false,
    hasCredits: false,
    qualities: 'none',
    hasTargets: false,
    efforts: [1, 10],
    encode: (image, { effort, delay, loop }) => image.gif({ effort, delay, loop }),
  },
} as const satisfies Record<string, Format>;

export type OutputFormat = keyof typeof OUTPUT_FORMATS;

export function outputFormat(name: OutputFormat): Format {
  return OUTPUT_FORMATS[name];
}
