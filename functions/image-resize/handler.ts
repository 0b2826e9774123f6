import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { type ClaimedPrefix, claimPrefix } from './claim-prefix.ts';
import { readConfiguration } from './configuration.ts';
import { type CountedRun, countImages } from './count-images.ts';
import { formatImageLog } from './image-log.ts';
import { ImageProcess } from './image-process.ts';
import { createObjectStore } from './object-store.ts';
import { outputFolder } from './outputs.ts';
import type { Pipeline } from './pipeline.ts';
import { createRecipes } from './recipes.ts';
import { removeImage } from './remove-image.ts';
import { RECIPES } from './renditions.ts';
import { type ClaimRequest, type ImageRequest, type ResizeRequest, readRequest } from './request.ts';
import { type ResizedBatch, resizeBatch } from './resize-batch.ts';
import { type ResizedImage, recordFailure, resizeImage } from './resize-image.ts';

/** The properties of Lambda's context object that this function uses. */
export interface Context {
  readonly awsRequestId: string;
  readonly functionName: string;
  getRemainingTimeInMillis(): number;
}

type Work = (image: ImageRequest, pipeline: Pipeline) => Promise<ResizedImage>;
type SingleRequest = Exclude<ResizeRequest, { readonly kind: 'batch' | 'count' | 'claim' }>;

const configuration = readConfiguration(process.env);
// sam build bundles image-worker.ts beside this file.
const workerFile = join(process.env.LAMBDA_TASK_ROOT ?? '', 'image-worker.js');
const images = new ImageProcess(workerFile);
const client = new S3Client({});
const originals = createObjectStore(client, configuration.originalImagesBucket);
const resized = createObjectStore(client, configuration.resizedImagesBucket);
const pipeline: Pipeline = {
  originals,
  resized,
  recipeOf: createRecipes(RECIPES, configuration.limits, configuration),
  limits: configuration.limits,
  makeRenditions: (source, settings, deliver) => images.make(source, settings, deliver),
  listOutputs: (key) => resized.listFolder(outputFolder(key)),
  removesWithOriginal: configuration.removesWithOriginal,
};

/**
 * Lambda's entry point.
 * @returns the result of one image, that of a batch, or the counts or the claim of a bulk run. A rejected image is a result.
 * @throws InvalidRequestError if the event has no known shape.
 * @throws what resizeImage throws.
 */
export async function handler(
  event: unknown,
  context: Context,
): Promise<ResizedImage | ResizedBatch | CountedRun | ClaimedPrefix> {
  const request = readRequest(event, configuration.originalImagesBucket);
  if (request.kind === 'count') return countImages(request, resized);
  if (request.kind === 'claim') return claim(request);
  if (request.kind === 'batch')
    return resizeBatch(request, pipeline, {
      remainingMs: () => context.getRemainingTimeInMillis(),
      resize: (image, batchPipeline) => logged(image, context, resizeImage, batchPipeline),
    });
  return logged(request.image, context, workFor(request), pipeline);
}

async function claim(request: ClaimRequest): Promise<ClaimedPrefix> {
  // Loaded for bulk runs alone: the client of Step Functions would add a tenth to the init of every function instance.
  const { createExecutions } = await import('./executions.ts');
  return claimPrefix(request, resized, createExecutions());
}

function workFor(request: SingleRequest): Work {
  switch (request.kind) {
    case 'image':
      return resizeImage;
    case 'removal':
      return removeImage;
    case 'failure':
      return (image, itsPipeline) => recordFailure(image, request.failure, itsPipeline);
  }
}

/** Processes one image and writes its log line. An error gets key and execution, because Lambda logs its properties. */
async function logged(
  request: ImageRequest,
  { functionName, awsRequestId: requestId }: Context,
  work: Work,
  workPipeline: Pipeline,
): Promise<ResizedImage> {
  const { key, execution } = request;
  try {
    const image = await work(request, workPipeline);
    // Under the JSON log format console.log would wrap the line, and CloudWatch finds metrics only at the top level.
    process.stdout.write(`${formatImageLog(image, { functionName, requestId, execution })}\n`);
    return image;
  } catch (error) {
    throw error instanceof Error ? Object.assign(error, { key, execution }) : error;
  }
}
