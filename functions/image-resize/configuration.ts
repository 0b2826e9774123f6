import { DEFAULT_LIMITS, type Limits } from './image/limits.ts';

export interface Configuration {
  readonly originalImagesBucket: string;
  readonly resizedImagesBucket: string;
  /** Whether renditions and manifest are deleted when their original is deleted. */
  readonly removesWithOriginal: boolean;
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
  // An environment variable overrides each limit: MAX_PIXELS overrides maxPixels.
  const limit = (name: keyof Limits): number => {
    const variable = name.replaceAll(/[A-Z]/g, '_$&').toUpperCase();
    const text = environment[variable];
    if (text === undefined) return DEFAULT_LIMITS[name];
    if (!/^[1-9]\d{0,14}$/.test(text))
      mistakes.push(`${variable}: expected a whole number above 0 but received "${text}"`);
    return Number(text);
  };
  const configuration = {
    originalImagesBucket: bucket('ORIGINAL_IMAGES_BUCKET'),
    resizedImagesBucket: bucket('RESIZED_IMAGES_BUCKET'),
    removesWithOriginal: flag('REMOVE_WITH_ORIGINAL'),
    limits: {
      maxBytes: limit('maxBytes'),
      maxPixels: limit('maxPixels'),
      maxUnstreamedPixels: limit('maxUnstreamedPixels'),
      maxFrames: limit('maxFrames'),
      maxPages: limit('maxPages'),
      maxIccBytes: limit('maxIccBytes'),
      maxPngTextChunks: limit('maxPngTextChunks'),
      maxPngCompressedTextBytes: limit('maxPngCompressedTextBytes'),
      maxOutputSide: limit('maxOutputSide'),
      maxRenderSeconds: limit('maxRenderSeconds'),
    },
  };
  if (mistakes.length > 0)
    throw new ConfigurationError(`The function's environment is wrong:\n${mistakes.join('\n')}`);
  return configuration;
}
