import { setFlagsFromString } from 'node:v8';
import { S3Client } from '@aws-sdk/client-s3';
import { readConfiguration } from './configuration.ts';
import { formatImageLog } from './image-log.ts';
import { createRecipe, type ManifestError } from './manifest.ts';
import { createObjectStore } from './object-store.ts';
import { removeImage } from './remove-image.ts';
import { RENDITIONS } from './renditions.ts';
import { type ImageRequest, readRequest } from './request.ts';
import { type Pipeline, type ResizedImage, resizeImage } from './resize-image.ts';

/** The counts of the images of a batch that were resized or left unchanged, and the rejected ones with the reason. */
export interface ResizedBatch {
  readonly resized: number;
  readonly unchanged: number;
  readonly rejected: readonly { readonly key: string; readonly error: ManifestError }[];
}

/** The properties of Lambda's context object that this function uses. */
export interface Context {
  readonly awsRequestId: string;
  readonly functionName: string;
}

// The pixels' external buffers trigger a full garbage collection for every image (5 % of the CPU). This flag makes them
// rare, and a warm process then holds about 30 MB more.
setFlagsFromString('--heap-growing-percent=150');

const configuration = readConfiguration(process.env);
const client = new S3Client({});
const pipeline: Pipeline = {
  originals: createObjectStore(client, configuration.originalImagesBucket),
  resized: createObjectStore(client, configuration.resizedImagesBucket),
  recipe: createRecipe(RENDITIONS, configuration.limits),
  removesWithOriginal: configuration.removesWithOriginal,
};

/**
 * Lambda's entry point.
 * @returns the result of one image, or the counts of a batch. A rejected image is a result.
 * @throws InvalidRequestError if the event has no known shape.
 * @throws what resizeImage throws.
 */
export async function handler(event: unknown, context: Context): Promise<ResizedImage | ResizedBatch> {
  const request = readRequest(event, configuration.originalImagesBucket);
  if (request.kind === 'batch') return resizeBatch(request.images, context);
  return logged(request.image, context, request.kind === 'removal' ? removeImage : resizeImage);
}

/** Resizes one image after the other: each uses the whole CPU, and there is memory for only one. */
async function resizeBatch(images: readonly ImageRequest[], context: Context): Promise<ResizedBatch> {
  const results: ResizedImage[] = [];
  for (const image of images) results.push(await logged(image, context, resizeImage));
  const count = (status: ResizedImage['status']) =>
    results.filter((result) => result.status === status).length;
  const rejected = results.flatMap(({ source, error }) => (error ? [{ key: source.key, error }] : []));
  return { resized: count('RESIZED'), unchanged: count('UNCHANGED'), rejected };
}

/** Processes one image and writes its log line. An error gets key and execution, because Lambda logs its properties. */
async function logged(
  request: ImageRequest,
  { functionName, awsRequestId: requestId }: Context,
  work: (request: ImageRequest, pipeline: Pipeline) => Promise<ResizedImage>,
): Promise<ResizedImage> {
  const { key, execution } = request;
  try {
    const image = await work(request, pipeline);
    // Under the JSON log format console.log would wrap the line, and CloudWatch finds metrics only at the top level.
    process.stdout.write(`${formatImageLog(image, { functionName, requestId, execution })}\n`);
    return image;
  } catch (error) {
    throw error instanceof Error ? Object.assign(error, { key, execution }) : error;
  }
}
