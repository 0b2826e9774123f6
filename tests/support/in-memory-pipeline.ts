import { S3Client } from '@aws-sdk/client-s3';
import { DEFAULT_LIMITS, type Limits } from '../../functions/image-resize/image/limits.ts';
import { makeRenditions } from '../../functions/image-resize/image/make-renditions.ts';
import type { RenditionRow } from '../../functions/image-resize/image/rows/rendition-row.ts';
import { createObjectStore } from '../../functions/image-resize/object-store.ts';
import { outputFolder } from '../../functions/image-resize/outputs.ts';
import type { Pipeline } from '../../functions/image-resize/pipeline.ts';
import { createRecipes } from '../../functions/image-resize/recipes.ts';

/** The use case's surroundings over the mocked S3 of in-memory-s3.ts. Renditions are made in this process. */
export function inMemoryPipeline(rows: readonly RenditionRow[], limits: Limits = DEFAULT_LIMITS): Pipeline {
  const client = new S3Client({});
  const resized = createObjectStore(client, 'resized');
  return {
    originals: createObjectStore(client, 'originals'),
    resized,
    recipeOf: createRecipes({ 'input/': rows }, limits),
    limits,
    makeRenditions,
    listOutputs: (key) => resized.listFolder(outputFolder(key)),
    removesWithOriginal: true,
  };
}
