import type { RenditionRow } from '../../functions/image-resize/image/rows/rendition-row.ts';
import { type Manifest, parseManifest } from '../../functions/image-resize/manifest.ts';
import { manifestKey } from '../../functions/image-resize/outputs.ts';
import { RENDITIONS } from '../../functions/image-resize/renditions.ts';
import { resizeImage } from '../../functions/image-resize/resize-image.ts';
import { inMemoryPipeline } from './in-memory-pipeline.ts';
import { mockS3 } from './in-memory-s3.ts';

export interface MadeImage {
  readonly manifest: Manifest;
  /** The renditions and the manifest, by their keys: `output/…`. */
  readonly files: ReadonlyMap<string, Buffer>;
}

/** Runs the function's use case on one image, in this process. */
export async function makeImage(
  body: Buffer,
  { key = 'input/2026/cat.jpg', rows = RENDITIONS }: { key?: string; rows?: readonly RenditionRow[] } = {},
): Promise<MadeImage> {
  const s3 = mockS3();
  try {
    s3.objects.set(`originals/${key}`, body);
    const pipeline = { ...inMemoryPipeline(rows), removesWithOriginal: false };
    await resizeImage({ key, force: false, followsFailure: false }, pipeline);
    const files = new Map(
      [...s3.objects].flatMap(([path, file]) =>
        path.startsWith('resized/') ? [[path.slice('resized/'.length), file]] : [],
      ),
    );
    const manifest = parseManifest(String(files.get(manifestKey(key))));
    if (!manifest) throw new Error('Expected a manifest but none was written.');
    return { manifest, files };
  } finally {
    s3.client.restore();
  }
}
