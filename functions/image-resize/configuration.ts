import { DEFAULT_LIMITS, type Limits } from './image/limits.ts';

export interface Configuration {
  readonly originalImagesBucket: string;
  readonly resizedImagesBucket: string;
  /** Whether renditions and manifest are deleted when their original is deleted. */
  readonly removesWithOriginal: boolean;
  /** Whether a layer brings the decoder of HEIC. */
  readonly acceptsHeic: boolean;
  readonly limits: Limits;
}

export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

/**
 * Reads the function's environment variables.
 * @throws ConfigurationError that lists every bad variable.
 */
export function readConfiguration(environment: Readonly<Record<string, string | undefined>>): Configuration {
  const mistakes: string[] = [];
  const bucket = (name: string): string => {
    const value = environment[name] ?? '';
    if (!value) mistakes.push(`${name}: expected the name of a bucket but the variable is not set`);
    return value;
  };
  const flag = (name: string): boolean => {
    const value = environment[name] ?? 'false';
    if (value !== 'true' && value !== 'false')
      mistakes.push(`${name}: expected true or false but received "${value}"`);
    return value === 'true';
  };
  const defaults = { ...DEFAULT_LIMITS, ...memoryLimit(environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE) };
  // An environment variable overrides each limit: MAX_PIXELS overrides maxPixels.
  const limit = (name: keyof Limits): number => {
    const variable = name.replaceAll(/[A-Z]/g, '_$&').toUpperCase();
    const text = environment[variable];
    if (text === undefined) return defaults[name];
    if (!/^[1-9]\d{0,14}$/.test(text))
      mistakes.push(`${variable}: expected a whole number above 0 but received "${text}"`);
    return Number(text);
  };
  const configuration = {
    originalImagesBucket: bucket('ORIGINAL_IMAGES_BUCKET'),
    resizedImagesBucket: bucket('RESIZED_IMAGES_BUCKET'),
    removesWithOriginal: flag('REMOVE_WITH_ORIGINAL'),
    acceptsHeic: flag('ACCEPT_HEIC'),
    limits: {
      maxBytes: limit('maxBytes'),
      maxPixels: limit('maxPixels'),
      maxUnstreamedPixels: limit('maxUnstreamedPixels'),
      maxSide: limit('maxSide'),
      maxRowBytes: limit('maxRowBytes'),
      maxFrames: limit('maxFrames'),
      maxStoredFrames: limit('maxStoredFrames'),
      maxPages: limit('maxPages'),
      maxPageTags: limit('maxPageTags'),
      maxTagBytes: limit('maxTagBytes'),
      maxJpegSegments: limit('maxJpegSegments'),
      maxJpegScans: limit('maxJpegScans'),
      maxIccBytes: limit('maxIccBytes'),
      maxPngChunks: limit('maxPngChunks'),
      maxPngTextChunks: limit('maxPngTextChunks'),
      maxPngCompressedTextBytes: limit('maxPngCompressedTextBytes'),
      maxOutputSide: limit('maxOutputSide'),
      maxImageSeconds: limit('maxImageSeconds'),
      maxImageMebibytes: limit('maxImageMebibytes'),
    },
  };
  if (mistakes.length > 0)
    throw new ConfigurationError(`The function's environment is wrong:\n${mistakes.join('\n')}`);
  return configuration;
}

/**
 * MiB of the function's memory that the image process does not get. The function itself takes 120, a source of 50 MiB
 * twice more while it is sent to the image process, and the process grows by some MiB between two measurements.
 */
const FUNCTION_MEBIBYTES = 350;

/** @param memorySize the function's MemorySize in MB, which Lambda sets. */
function memoryLimit(memorySize: string | undefined): Partial<Limits> {
  return memorySize === undefined ? {} : { maxImageMebibytes: Number(memorySize) - FUNCTION_MEBIBYTES };
}
