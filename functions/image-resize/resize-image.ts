import { isImageFault } from './image/errors.ts';
import { checkBytes, inspectImage } from './image/inspect.ts';
import type { Limits } from './image/limits.ts';
import { outputFormat } from './image/output-format.ts';
import { planRenditions } from './image/plan.ts';
import { type Rendition, renderImage } from './image/render.ts';
import type { RenditionRow } from './image/rendition-row.ts';
import {
  describeSource,
  formatSrcset,
  hashRecipe,
  isUpToDate,
  type Manifest,
  type ManifestError,
  type ManifestRendition,
  parseManifest,
  tellsTheSame,
} from './manifest.ts';
import type { ObjectStore, StoredObject } from './object-store.ts';
import { fitsOutputKeys, MAX_KEY_BYTES, manifestKey, outputFolder, removeOutputs } from './outputs.ts';
import type { ImageRequest } from './request.ts';

export interface ResizedImage {
  readonly status: 'RESIZED' | 'UNCHANGED' | 'REJECTED' | 'REMOVED';
  readonly source: { readonly bucket: string; readonly key: string; readonly etag?: string };
  readonly renditions: readonly ManifestRendition[];
  readonly manifest?: string;
  readonly error?: ManifestError;
  /** Missing where no source had to be read. */
  readonly work?: Work;
}

/** What making an image took, or finding out that it cannot be made. */
export interface Work {
  readonly sourceBytes: number;
  /** From the source's first byte to the last rendition's end: decoding, rendering and writing overlap. */
  readonly renderMilliseconds: number;
}

export interface Pipeline {
  readonly originals: ObjectStore;
  readonly resized: ObjectStore;
  readonly rows: readonly RenditionRow[];
  readonly limits: Limits;
  readonly removesWithOriginal: boolean;
}

/** The source or its manifest kept changing: the state machine tries again a little later. */
export class SourceChangingError extends Error {
  override readonly name = 'SourceChangingError';
}

/** Uploads of one key that overlap one render; more than these in a row is somebody's loop. */
const MAX_ROUNDS = 5;

/**
 * Brings one image up to date: renditions first, the manifest last, and only if neither the source nor the manifest
 * has moved meanwhile. So the outputs end at the newest upload, whatever the order of events.
 */
export async function resizeImage(request: ImageRequest, pipeline: Pipeline): Promise<ResizedImage> {
  if (request.key.endsWith('/')) return folderMarker(request, pipeline);
  if (!fitsOutputKeys(request.key, pipeline.rows))
    return reject(request.key, keyTooLong(request.key), pipeline);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    // A round that came to nothing may have written over the renditions of the manifest that it lost to.
    const followsFailure = request.followsFailure || round > 0;
    const result = await tryOnce({ ...request, followsFailure }, pipeline);
    if (result) return result;
  }
  throw new SourceChangingError(`${request.key} was uploaded again during each of ${MAX_ROUNDS} renders.`);
}

/** The S3 console's "Create folder" writes an empty object whose key ends in a slash: it is no image, and no fault. */
function folderMarker({ key, etag }: ImageRequest, { originals }: Pipeline): ResizedImage {
  return {
    status: 'UNCHANGED',
    source: { bucket: originals.bucket, key, ...(etag && { etag }) },
    renditions: [],
  };
}

async function tryOnce(request: ImageRequest, pipeline: Pipeline): Promise<ResizedImage | undefined> {
  const { originals, limits, rows } = pipeline;
  const recipe = hashRecipe(rows, limits);
  const previous = await readManifest(request.key, pipeline);
  const trusted = request.force || request.followsFailure ? undefined : previous?.manifest;
  if (trusted && request.etag && isUpToDate(trusted, request.etag, recipe))
    return answer('UNCHANGED', trusted);

  const source = await originals.open(request.key);
  if (!source) return sourceNotFound(request, pipeline);
  if (trusted && isUpToDate(trusted, source.etag, recipe)) {
    source.discard();
    return answer('UNCHANGED', trusted);
  }

  const startedMs = performance.now();
  const manifest = await makeManifest(request, source, pipeline);
  const renderMilliseconds = Math.round(performance.now() - startedMs);
  if ((await originals.findEtag(request.key)) !== source.etag) return undefined;
  if (await writeManifest(manifest, previous?.etag, pipeline))
    await deleteLeftovers(previous?.manifest, manifest, pipeline);
  // As if the other one had come second; what is left over is its own to delete.
  else if (!(await wasMadeByAnother(manifest, pipeline))) return undefined;
  // A removal that looked between the last look and the manifest saw nothing to remove.
  if (pipeline.removesWithOriginal && !(await originals.findEtag(request.key))) return undefined;
  return { ...answer('RESIZED', manifest), work: { sourceBytes: source.bytes, renderMilliseconds } };
}

async function makeManifest(
  { key, execution }: ImageRequest,
  source: StoredObject,
  pipeline: Pipeline,
): Promise<Manifest> {
  const { originals, limits, rows } = pipeline;
  const recipe = hashRecipe(rows, limits);
  const identity = { bucket: originals.bucket, key, etag: source.etag };
  const by = execution === undefined ? {} : { execution };
  try {
    const { facts, renditions, placeholder } = await render(key, source, pipeline);
    return {
      status: 'RESIZED',
      source: { ...identity, ...describeSource(facts) },
      recipe: recipe.resized,
      ...by,
      renditions,
      srcset: formatSrcset(renditions, facts),
      placeholder,
    };
  } catch (fault) {
    if (!isImageFault(fault)) throw fault;
    const error = { name: fault.name, message: fault.message };
    return {
      status: 'REJECTED',
      source: identity,
      recipe: recipe.rejected,
      ...by,
      renditions: [],
      srcset: {},
      error,
    };
  }
}

async function render(key: string, source: StoredObject, { resized, limits, rows }: Pipeline) {
  const bytes = await readWithinLimits(source, limits);
  const facts = await inspectImage(bytes, limits);
  const renditions: ManifestRendition[] = [];
  const placeholder = await renderImage(
    bytes,
    planRenditions(facts, rows, limits),
    limits,
    async (rendition) => {
      renditions.push(await writeRendition(key, rendition, resized));
    },
  );
  const order = rows.map(({ name }) => name);
  renditions.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  return { facts, renditions, placeholder };
}

async function readWithinLimits(source: StoredObject, limits: Limits): Promise<Buffer> {
  try {
    checkBytes(source.bytes, limits);
  } catch (fault) {
    source.discard();
    throw fault;
  }
  return source.read();
}

async function writeRendition(
  key: string,
  { name, format, width, height, frames, body }: Rendition,
  resized: ObjectStore,
) {
  const renditionKey = `${outputFolder(key)}${name}.${outputFormat(format).extension}`;
  const etag = await resized.put({ key: renditionKey, body, contentType: `image/${format}` });
  const made = { name, key: renditionKey, width, height, format, bytes: body.length, etag };
  return frames > 1 ? { ...made, frames } : made;
}

async function readManifest(key: string, { resized }: Pipeline) {
  const object = await resized.open(manifestKey(key));
  return object && { etag: object.etag, manifest: parseManifest((await object.read()).toString('utf8')) };
}

/** Whether an execution that was faster has recorded the very same. */
async function wasMadeByAnother(manifest: Manifest, pipeline: Pipeline): Promise<boolean> {
  const faster = await readManifest(manifest.source.key, pipeline);
  return faster?.manifest !== undefined && tellsTheSame(faster.manifest, manifest);
}

function writeManifest(
  manifest: Manifest,
  expected: string | undefined,
  { resized }: Pipeline,
): Promise<boolean> {
  const key = manifestKey(manifest.source.key);
  return resized.putIfUnchanged(
    { key, body: JSON.stringify(manifest, null, 1), contentType: 'application/json' },
    expected,
  );
}

/**
 * What an earlier recipe, or an upload that is refused now, left behind: after the manifest, which no longer names it.
 * Unless a newer upload has made it anew by now: its format may have changed back.
 */
async function deleteLeftovers(
  previous: Manifest | undefined,
  current: Manifest,
  { resized }: Pipeline,
): Promise<void> {
  const kept = new Set(current.renditions.map(({ key }) => key));
  await resized.delete((previous?.renditions ?? []).filter(({ key }) => !kept.has(key)));
}

function answer(status: 'RESIZED' | 'UNCHANGED', { source, renditions, error }: Manifest): ResizedImage {
  const { bucket, key, etag } = source;
  return {
    status: error ? 'REJECTED' : status,
    source: { bucket, key, etag },
    renditions,
    manifest: manifestKey(key),
    ...(error && { error }),
  };
}

/** Only what failed before, or an earlier round, can have left outputs behind: a mere look for a key deletes nothing. */
async function sourceNotFound(request: ImageRequest, pipeline: Pipeline): Promise<ResizedImage | undefined> {
  const { originals, removesWithOriginal } = pipeline;
  const { key, followsFailure } = request;
  if (removesWithOriginal && followsFailure && !(await removeOutputs(key, pipeline))) return undefined;
  const message = `Expected an object "${key}" in the bucket "${originals.bucket}" but there is none.`;
  return reject(key, { name: 'SourceNotFoundError', message }, pipeline);
}

function keyTooLong(key: string): ManifestError {
  const message = `Expected an object key that leaves its outputs' keys within S3's ${MAX_KEY_BYTES} bytes but received one of ${Buffer.byteLength(key)}.`;
  return { name: 'KeyTooLongError', message };
}

/** Refused without a record: there is nothing that a manifest could speak of, or no place for one. */
function reject(key: string, error: ManifestError, { originals }: Pipeline): ResizedImage {
  return { status: 'REJECTED', source: { bucket: originals.bucket, key }, renditions: [], error };
}
