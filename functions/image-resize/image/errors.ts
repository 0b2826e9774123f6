/**
 * The faults of an image: results, not exceptions of the pipeline. The use case answers them as REJECTED.
 * The names are string literals because the state machines match on them and the minifier renames classes.
 */
export class UnsupportedImageError extends Error {
  override readonly name = 'UnsupportedImageError';
}

export class CorruptImageError extends Error {
  override readonly name = 'CorruptImageError';
}

export class ImageTooLargeError extends Error {
  override readonly name = 'ImageTooLargeError';
}

export type ImageFault = UnsupportedImageError | CorruptImageError | ImageTooLargeError;

export function isImageFault(error: unknown): error is ImageFault {
  return (
    error instanceof UnsupportedImageError ||
    error instanceof CorruptImageError ||
    error instanceof ImageTooLargeError
  );
}
