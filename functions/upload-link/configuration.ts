export interface Configuration {
  readonly originalImagesBucket: string;
  /** The URL under which the CDN serves `output/`, without a slash at its end; undefined if the stack has no CDN. */
  readonly imagesUrl: string | undefined;
  /** The web origin whose pages may read the answers; undefined if none may. */
  readonly corsOrigin: string | undefined;
  /** Whether the stack makes renditions of HEIC. */
  readonly acceptsHeic: boolean;
}

export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

/**
 * Reads the function's environment variables.
 * @throws ConfigurationError if the bucket's name is missing.
 */
export function readConfiguration(environment: Readonly<Record<string, string | undefined>>): Configuration {
  const originalImagesBucket = environment.ORIGINAL_IMAGES_BUCKET;
  if (!originalImagesBucket)
    throw new ConfigurationError(
      'ORIGINAL_IMAGES_BUCKET: expected the name of a bucket but the variable is not set',
    );
  return {
    originalImagesBucket,
    imagesUrl: environment.IMAGES_URL || undefined,
    corsOrigin: environment.CORS_ORIGIN || undefined,
    acceptsHeic: environment.ACCEPT_HEIC === 'true',
  };
}
