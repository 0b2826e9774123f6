import { removeOutputs } from './outputs.ts';
import type { ImageRequest } from './request.ts';
import { type Pipeline, type ResizedImage, resizeImage } from './resize-image.ts';

/**
 * Deletes the outputs of an original that was deleted. If the original exists, its outputs stay: the event may be about
 * an old version that expired, or may arrive after a new upload.
 * @throws what resizeImage throws.
 */
export async function removeImage(request: ImageRequest, pipeline: Pipeline): Promise<ResizedImage> {
  // The event's ETag is that of the deleted object.
  const { key, followsFailure, etag: _, ...rest } = request;
  const source = { bucket: pipeline.originals.bucket, key };
  const resizeAgain = () => resizeImage({ ...rest, key, followsFailure: true }, pipeline);
  if (key.endsWith('/')) return { status: 'UNCHANGED', source, renditions: [] };
  // The attempt that failed may have deleted outputs of a newer upload.
  if (await pipeline.originals.has(key))
    return followsFailure ? resizeAgain() : { status: 'UNCHANGED', source, renditions: [] };
  const outcome = await removeOutputs(key, pipeline);
  return outcome === 'uploadedAgain' ? resizeAgain() : { status: 'REMOVED', source, renditions: [] };
}
