import { removeOutputs } from './outputs.ts';
import type { Pipeline } from './pipeline.ts';
import type { ImageRequest } from './request.ts';
import { type ResizedImage, resizeImage } from './resize-image.ts';

/**
 * Deletes the outputs of an original that was deleted. If the original exists, its outputs are brought up to date: the
 * event may be about an old version that expired, or arrive after a new upload, or tell that an older version has become
 * the newest again, which S3 announces by no other event.
 * @throws what resizeImage throws.
 */
export async function removeImage(request: ImageRequest, pipeline: Pipeline): Promise<ResizedImage> {
  const { key } = request;
  const source = { bucket: pipeline.originals.bucket, key };
  if (key.endsWith('/')) return { status: 'UNCHANGED', source, renditions: [] };
  if (await pipeline.originals.has(key)) return resizeImage(request, pipeline);
  const outcome = await removeOutputs(key, pipeline);
  return outcome === 'uploadedAgain'
    ? resizeImage({ ...request, followsFailure: true }, pipeline)
    : { status: 'REMOVED', source, renditions: [] };
}
