import { setFlagsFromString } from 'node:v8';
import { S3Client } from '@aws-sdk/client-s3';
import { readConfiguration } from './configuration.ts';
import { formatImageLog } from './image-log.ts';
import type { ManifestError } from './manifest.ts';
import { createObjectStore } from './object-store.ts';
import { removeImage } from './remove-image.ts';
import { RENDITIONS } from './renditions.ts';
import { type ImageRequest, readRequest } from './request.ts';
import { type Pipeline, type ResizedImage, resizeImage } from './resize-image.ts';

export interface ResizedBatch {
  readonly resized: number;
  readonly unchanged: number;
  readonly rejected: readonly { readonly key: string; readonly error: ManifestError }[];
}

/** What the function uses of Lambda's context object. */
export interface Context {
  readonly awsRequestId: string;
  readonly functionName: string;
}

// V8 counts pixels as if it had to collect them, and so went through the SDK's objects once for every image: a twentieth
// of its CPU. With more room it does so now and then, and a warm process holds some 30 MB more.
setFlagsFromString('--heap-growing-percent=150');

const configuration = readConfiguration(process.env);
const client = new S3Client({});
const pipeline: Pipeline = {
  originals: createObjectStore(client, configuration.originalImagesBucket),
  resized: createObjectStore(client, configuration.resizedImagesBucket),
  rows: RENDITIONS,
  limits: configuration.limits,
  removesWithOriginal: configuration.removesWithOriginal,
};

/** Answers one image with its result, a batch with its counts; throws only what a retry may mend or nobody should hide. */
export async function handler(event: unknown, context: Context): Promise<ResizedImage | ResizedBatch> {
  const request = readRequest(event, configuration.originalImagesBucket);
  if (request.kind === 'batch') return resizeBatch(request.images, context);
  return logged(request.image, context, request.kind === 'removal' ? removeImage : resizeImage);
}

/** One after the other: each image uses all of the CPU that there is, and memory for one. */
async function resizeBatch(images: readonly ImageRequest[], context: Context): Promise<ResizedBatch> {
  const results: ResizedImage[] = [];
  for (const image of images) results.push(await logged(image, context, resizeImage));
  const count = (status: ResizedImage['status']) =>
    results.filter((result) => result.status === status).length;
  const rejected = results.flatMap(({ source, error }) => (error ? [{ key: source.key, error }] : []));
  return { resized: count('RESIZED'), unchanged: count('UNCHANGED'), rejected };
}

/** Does one image and writes its line; what is thrown gets the image's key, for Lambda logs an error's own properties. */
async function logged(
  request: ImageRequest,
  { functionName, awsRequestId: requestId }: Context,
  work: (request: ImageRequest, pipeline: Pipeline) => Promise<ResizedImage>,
): Promise<ResizedImage> {
  const { key, execution } = request;
  try {
    const image = await work(request, pipeline);
    // Not by console.log, which wraps a line under the JSON log format: CloudWatch finds metrics at the top level alone.
    process.stdout.write(`${formatImageLog(image, { functionName, requestId, execution })}\n`);
    return image;
  } catch (error) {
    throw error instanceof Error ? Object.assign(error, { key, execution }) : error;
  }
}
