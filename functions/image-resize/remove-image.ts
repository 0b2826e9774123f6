import { removeOutputs } from './outputs.ts';
import type { ImageRequest } from './request.ts';
import { type Pipeline, type ResizedImage, resizeImage } from './resize-image.ts';

/**
 * Removes what was made of an original that is gone. One that is there is never touched: the event may tell of an old
 * version that expired, or come late, after a new upload.
 */
export async function removeImage(request: ImageRequest, pipeline: Pipeline): Promise<ResizedImage> {
  const { key, followsFailure, etag: _, ...rest } = request;
  const source = { bucket: pipeline.originals.bucket, key };
  const redo = () => resizeImage({ ...rest, key, followsFailure: true }, pipeline);
  if (key.endsWith('/')) return { status: 'UNCHANGED', source, renditions: [] };
  // A predecessor that died may have removed what a newer upload made.
  if (await pipeline.originals.has(key))
    return followsFailure ? redo() : { status: 'UNCHANGED', source, renditions: [] };
  return (await removeOutputs(key, pipeline)) ? { status: 'REMOVED', source, renditions: [] } : redo();
}
