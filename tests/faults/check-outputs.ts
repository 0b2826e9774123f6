import { createHash } from 'node:crypto';
import { paginateListObjectsV2 } from '@aws-sdk/client-s3';
import sharp from 'sharp';
import { DEFAULT_LIMITS } from '../../functions/image-resize/image/limits.ts';
import { makeRenditions } from '../../functions/image-resize/image/make-renditions.ts';
import { RENDITIONS } from '../../functions/image-resize/renditions.ts';
import { inParallel } from '../support/in-parallel.ts';
import type { TargetPipeline } from '../support/pipeline.ts';
import type { SmallImage } from './small-images.ts';

export const PROBLEMS = [
  'lost',
  'stale',
  'wrongly refused',
  'missing',
  'undecodable',
  'damaged',
  'left over',
] as const;

export interface Problem {
  readonly kind: (typeof PROBLEMS)[number];
  /** The key of the original, or that of an output that belongs to none. */
  readonly key: string;
  readonly detail: string;
}

/** The newest upload of a key. */
export interface Upload {
  readonly image: SmallImage;
  readonly etag: string;
}

/**
 * Compares the bucket of resized images with the newest upload of each key: manifests, renditions (their bytes, too, which
 * this process makes itself) and what no manifest names.
 */
export async function checkOutputs(
  pipeline: TargetPipeline,
  uploads: ReadonlyMap<string, Upload>,
): Promise<Problem[]> {
  const outputs = await listOutputs(pipeline);
  const expected = await makeRenditionsOf(new Set([...uploads.values()].map(({ image }) => image)));
  const decoded = new Map<string, Promise<string>>();
  const named = new Set<string>();
  const problems: Problem[] = [];

  await inParallel(uploads, 8, async ([key, { image, etag }]) => {
    const add = (kind: Problem['kind'], detail: string) => void problems.push({ kind, key, detail });
    const manifest = await pipeline.manifest(key);
    named.add(`${key.replace('input/', 'output/')}/manifest.json`);
    for (const rendition of manifest?.renditions ?? []) named.add(rendition.key);
    if (!manifest) return add('lost', 'there is no manifest');
    if (manifest.source.etag !== etag) return add('stale', `the manifest is that of ${manifest.source.etag}`);
    const { error, renditions } = manifest;
    if (error?.name !== image.fault)
      return add('wrongly refused', `${image.name} ended with ${error?.name}: ${error?.message}`);
    const etags = expected.get(image) ?? new Map<string, string>();
    if (renditions.length !== etags.size)
      add('missing', `the manifest names ${renditions.length} renditions`);
    for (const rendition of renditions) {
      const found = outputs.get(rendition.key);
      if (found !== rendition.etag) add('missing', `${rendition.key} is ${found}, not ${rendition.etag}`);
      if (etags.get(rendition.name) !== rendition.etag)
        add('damaged', `${rendition.key} is not the ${rendition.name} of ${image.name}`);
      // Keys with the same ETag have the same bytes.
      const size = decoded.get(rendition.etag) ?? decodedSize(await pipeline.resized(rendition.key));
      decoded.set(rendition.etag, size);
      if ((await size) !== `${rendition.width} × ${rendition.height}`)
        add('undecodable', `${rendition.key} is ${await size}`);
    }
  });
  for (const key of outputs.keys())
    if (!named.has(key)) problems.push({ kind: 'left over', key, detail: 'no manifest names it' });
  return problems;
}

/** @returns the ETag of each object by its key. */
async function listOutputs({ s3: client, addresses }: TargetPipeline): Promise<Map<string, string>> {
  const input = { Bucket: addresses.resizedImagesBucket, Prefix: 'output/' };
  const outputs = new Map<string, string>();
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, input))
    for (const { Key = '', ETag = '' } of Contents) outputs.set(Key, ETag.replaceAll('"', ''));
  return outputs;
}

/** @returns the ETag of each rendition of each image by the rendition's name. */
async function makeRenditionsOf(images: ReadonlySet<SmallImage>) {
  const etags = new Map<SmallImage, Map<string, string>>();
  for (const image of images) {
    const found = new Map<string, string>();
    etags.set(image, found);
    if (image.fault) continue;
    const settings = { rows: RENDITIONS, limits: DEFAULT_LIMITS };
    await makeRenditions(image.body, settings, async ({ name, body }) => {
      found.set(name, createHash('md5').update(body).digest('hex'));
    });
  }
  return etags;
}

async function decodedSize(body: Buffer | undefined): Promise<string> {
  try {
    const { info } = await sharp(body, { failOn: 'warning' }).raw().toBuffer({ resolveWithObject: true });
    return `${info.width} × ${info.height}`;
  } catch (error) {
    return String(error);
  }
}
