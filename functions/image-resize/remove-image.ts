import { deleteOutputs } from './outputs.ts';
import type { ImageRequest } from './request.ts';
import { type Pipeline, type ResizedImage, resizeImage } from './resize-image.ts';

/**
 * Removes what was made of an original that is gone. One that is there is never touched: the event may tell of an old
 * version that expired, or come late, after a new upload.
 */
export async function removeImage(request: ImageRequest, pipeline: Pipeline): Promise<ResizedImage> {
  const { key } = request;
  const source = { bucket: pipeline.originals.bucket, key };
  const isThere = async () => (await pipeline.originals.findEtag(key)) !== undefined;
  if (key.endsWith('/')) return { status: 'UNCHANGED', source, renditions: [] };
  if (await isThere()) {
    // A predecessor that died may have removed what a newer upload made.
    return request.force
      ? resizeImage({ key, force: true }, pipeline)
      : { status: 'UNCHANGED', source, renditions: [] };
  }
  await deleteOutputs(key, pipeline.resized);
  // An upload that came in between may have lost its renditions to this removal.
  if (await isThere()) return resizeImage({ key, force: true }, pipeline);
  return { status: 'REMOVED', source, renditions: [] };
}
