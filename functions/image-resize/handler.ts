import { S3Client } from '@aws-sdk/client-s3';
import { readConfiguration } from './configuration.ts';
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
export async function handler(event: unknown): Promise<ResizedImage | ResizedBatch> {
  const request = readRequest(event, configuration.originalImagesBucket);
  if (request.kind === 'batch') return resizeBatch(request.images);
  return request.kind === 'image'
    ? resizeImage(request.image, pipeline)
    : removeImage(request.image, pipeline);
}

/** One after the other: each image uses all of the CPU that there is, and memory for one. */
async function resizeBatch(images: readonly ImageRequest[]): Promise<ResizedBatch> {
  const results: ResizedImage[] = [];
  for (const image of images) results.push(await resizeImage(image, pipeline));
  const count = (status: ResizedImage['status']) =>
    results.filter((result) => result.status === status).length;
  const rejected = results.flatMap(({ source, error }) => (error ? [{ key: source.key, error }] : []));
  return { resized: count('RESIZED'), unchanged: count('UNCHANGED'), rejected };
}
