/**
 * The faults of an image. The use case catches them and returns a result with status REJECTED, so the state machines
 * never retry them. The names are string literals, because a manifest contains them and the minifier renames classes.
 */

/** The file is in no accepted format. */
export class UnsupportedImageError extends Error {
  override readonly name = 'UnsupportedImageError';
}

/** The file's data is missing or broken. */
export class CorruptImageError extends Error {
  override readonly name = 'CorruptImageError';
}

/** The image exceeds one of the Limits. */
export class ImageTooLargeError extends Error {
  override readonly name = 'ImageTooLargeError';
}

/** libvips, or this code, fails on the image with an error that says nothing else of it. */
export class RenderFailedError extends Error {
  override readonly name = 'RenderFailedError';
}

export type ImageFault = UnsupportedImageError | CorruptImageError | ImageTooLargeError | RenderFailedError;

export function isImageFault(error: unknown): error is ImageFault {
  return (
    error instanceof UnsupportedImageError ||
    error instanceof CorruptImageError ||
    error instanceof ImageTooLargeError ||
    error instanceof RenderFailedError
  );
}

/** Turns an error that libvips reports while it reads the source into a fault of the image. */
export function toCorruptImageError(cause: unknown): CorruptImageError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CorruptImageError(`The image is damaged: ${reason.replaceAll(/\s*\n\s*/g, '; ')}`, { cause });
}
