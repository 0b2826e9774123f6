import type { ListedObject } from './object-store.ts';
import { outputFolder, outputsOf } from './outputs.ts';
import type { Pipeline } from './pipeline.ts';
import type { BatchCounts, ImageRequest, ResizeRequest } from './request.ts';
import type { ResizedImage } from './resize-image.ts';

export type BatchRequest = Extract<ResizeRequest, { readonly kind: 'batch' }>;

/** The counts so far, and the items that there was no time to begin. */
export interface ResizedBatch extends BatchCounts {
  readonly notBegun: readonly unknown[];
  /** Whether the execution has no time for another invocation: what was not begun goes to the queue. */
  readonly isOutOfTime: boolean;
}

export interface BatchTools {
  /** Milliseconds until Lambda ends this invocation. */
  remainingMs(): number;
  resize(image: ImageRequest, pipeline: Pipeline): Promise<ResizedImage>;
}

/** Reading the source before the image's own time begins, and writing the manifest after it. */
const MARGIN_MS = 10_000;
/**
 * An EXPRESS execution ends after 300 s, and no state catches that. One more invocation takes 65 s at most, and sending
 * the rest of a batch to the queue some seconds.
 */
const LAST_BEGIN_MS = 190_000;

/**
 * Resizes one image after the other, because each uses the whole CPU and there is memory for only one. Begins an image
 * only if the invocation has time for the slowest that the limits accept, and hands back the others.
 * @throws what `resize` throws for the first image. An error of a later one hands it back with the others.
 */
export async function resizeBatch(
  { images, items, executionStartedMs, counted }: BatchRequest,
  pipeline: Pipeline,
  { remainingMs, resize }: BatchTools,
): Promise<ResizedBatch> {
  const neededMs = pipeline.limits.maxImageSeconds * 1000 + MARGIN_MS;
  const isOutOfTime = executionStartedMs !== undefined && Date.now() - executionStartedMs > LAST_BEGIN_MS;
  if (items && isOutOfTime) return { ...counted, notBegun: items, isOutOfTime };
  const batchPipeline = { ...pipeline, listOutputs: await listTogether(images, pipeline) };
  const results: ResizedImage[] = [];
  for (const image of images) {
    // The first one always begins: handing back everything would go on for ever.
    if (items && results.length > 0 && remainingMs() < neededMs) break;
    try {
      results.push(await resize(image, batchPipeline));
    } catch (error) {
      // The next invocation begins with this image and throws its error: what is counted so far would be lost here.
      if (items && results.length > 0) break;
      throw error;
    }
  }
  const count = (status: ResizedImage['status']) =>
    results.filter((result) => result.status === status).length;
  const rejected = results.flatMap(({ source, error }) => (error ? [{ key: source.key, error }] : []));
  return {
    resized: counted.resized + count('RESIZED') + count('WOULD_RESIZE'),
    unchanged: counted.unchanged + count('UNCHANGED'),
    rejected: [...counted.rejected, ...rejected],
    notBegun: items?.slice(results.length) ?? [],
    isOutOfTime: false,
  };
}

/** One listing for the outputs of all images: their keys follow one another, as the batch's own do. */
async function listTogether(
  images: readonly ImageRequest[],
  { resized, listOutputs }: Pipeline,
): Promise<Pipeline['listOutputs']> {
  const folders = images
    .map(({ key }) => Buffer.from(outputFolder(key)))
    .sort(Buffer.compare)
    .map(String);
  const [first] = folders;
  const last = folders.at(-1);
  if (first === undefined || last === undefined || folders.length === 1) return listOutputs;
  const outputs: readonly ListedObject[] | undefined = await resized.listBetween(first, last);
  return outputs ? async (key) => outputsOf(key, outputs) : listOutputs;
}
