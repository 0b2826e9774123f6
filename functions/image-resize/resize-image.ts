import { isImageFault } from './image/errors.ts';
import { checkBytes, inspectImage } from './image/inspect.ts';
import type { Limits } from './image/limits.ts';
import { outputFormat } from './image/output-format.ts';
import { planRenditions } from './image/plan.ts';
import { type Rendition, renderImage } from './image/render.ts';
import {
  describeSource,
  formatSrcset,
  isUpToDate,
  type Manifest,
  type ManifestError,
  type ManifestRendition,
  type Recipe,
} from './manifest.ts';
import { readManifest, recordManifest, type StoredManifest } from './manifest-store.ts';
import type { ObjectStore, StoredObject } from './object-store.ts';
import { fitsOutputKeys, MAX_KEY_BYTES, manifestKey, outputFolder, removeOutputs } from './outputs.ts';
import type { ImageRequest } from './request.ts';

export interface ResizedImage {
  readonly status: 'RESIZED' | 'UNCHANGED' | 'REJECTED' | 'REMOVED';
  readonly source: { readonly bucket: string; readonly key: string; readonly etag?: string };
  readonly renditions: readonly ManifestRendition[];
  /** The manifest's key in the bucket of resized images; missing if none was written. */
  readonly manifest?: string;
  /** Present with REJECTED only. */
  readonly error?: ManifestError;
  /** Missing if the source was not read. */
  readonly work?: Work;
}

/** What it took to resize an image, or to find that it must be rejected. */
export interface Work {
  readonly sourceBytes: number;
  /** From the start of the download to the last rendition's upload: reading, rendering and writing overlap. */
  readonly renderMilliseconds: number;
}

export interface Pipeline {
  readonly originals: ObjectStore;
  readonly resized: ObjectStore;
  readonly recipe: Recipe;
  /** Whether the outputs of an original are deleted when the original is deleted. */
  readonly removesWithOriginal: boolean;
}

/** The source or its manifest changed during every attempt. The state machines match this name and retry. */
export class SourceChangingError extends Error {
  override readonly name = 'SourceChangingError';
}

/** How one round ended: with an answer, or overtaken by another writer, so that the next round must start again. */
type Round =
  | { readonly kind: 'done'; readonly image: ResizedImage }
  | { readonly kind: 'overtaken'; readonly by: Overtaker };

/** Completes the sentence "the round was overtaken by …" in the message of SourceChangingError. */
type Overtaker =
  | 'an upload or a removal of the original during the render'
  | 'another execution, which recorded another result'
  | 'a removal of the original after the render'
  | 'an upload while the outputs of the removed original were being deleted';

/** Several uploads of one key may overlap one render. More than this many in a row come from a client in a loop. */
const MAX_ROUNDS = 5;

/**
 * Brings the outputs of one image up to date: writes the renditions first and the manifest last, and starts again if
 * the source or the manifest has changed in the meantime. So the outputs end up being those of the newest upload, in
 * whatever order the events arrive.
 *
 * A fault of the image or of the request is a result, not an exception: status REJECTED with the error name
 * UnsupportedImageError, CorruptImageError or ImageTooLargeError (recorded in the manifest), SourceNotFoundError or
 * KeyTooLongError (not recorded).
 * @throws SourceChangingError if each of 5 rounds was overtaken by another writer.
 * @throws StorageThrottledError or StorageUnavailableError if S3 fails. The state machines retry all three by name.
 * @throws S3's own error, such as AccessDenied, under its own name. The state machines do not retry it.
 */
export async function resizeImage(request: ImageRequest, pipeline: Pipeline): Promise<ResizedImage> {
  const { key } = request;
  if (key.endsWith('/')) return ignoreFolderMarker(request, pipeline);
  if (!fitsOutputKeys(key, pipeline.recipe.rows)) return reject(key, keyTooLong(key), pipeline);
  let overtaker: Overtaker | undefined;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    // An overtaken round may have overwritten the winner's renditions: distrust the stored manifest.
    const followsFailure = request.followsFailure || round > 0;
    const result = await runRound({ ...request, followsFailure }, pipeline);
    if (result.kind === 'done') return result.image;
    overtaker = result.by;
  }
  throw new SourceChangingError(
    `Expected ${key} to stay unchanged during one of ${MAX_ROUNDS} renders but all were overtaken, the last one by ${overtaker}.`,
  );
}

async function runRound(request: ImageRequest, pipeline: Pipeline): Promise<Round> {
  const { originals, resized, recipe } = pipeline;
  const stored = await readManifest(request.key, resized);
  const trusted = request.force || request.followsFailure ? undefined : stored?.manifest;
  if (trusted && request.etag && isUpToDate(trusted, request.etag, recipe))
    return done(answer('UNCHANGED', trusted));

  const source = await originals.open(request.key);
  if (!source) return endWithoutSource(request, pipeline);
  if (trusted && isUpToDate(trusted, source.etag, recipe)) {
    source.discard();
    return done(answer('UNCHANGED', trusted));
  }

  const startedMs = performance.now();
  const manifest = await makeManifest(request, source, pipeline);
  const renderMilliseconds = Math.round(performance.now() - startedMs);
  return publish(manifest, { sourceBytes: source.bytes, renderMilliseconds }, stored, pipeline);
}

/** The renditions are written: records them, unless another writer has changed the source or the manifest. */
async function publish(
  manifest: Manifest,
  work: Work,
  stored: StoredManifest | undefined,
  { originals, resized, removesWithOriginal }: Pipeline,
): Promise<Round> {
  const { key, etag } = manifest.source;
  if ((await originals.findEtag(key)) !== etag)
    return overtaken('an upload or a removal of the original during the render');
  if ((await recordManifest(manifest, stored, resized)) === 'overtaken')
    return overtaken('another execution, which recorded another result');
  // If the original was deleted after the check above, the next round deletes the outputs too.
  if (removesWithOriginal && !(await originals.findEtag(key)))
    return overtaken('a removal of the original after the render');
  return done({ ...answer('RESIZED', manifest), work });
}

async function endWithoutSource({ key, followsFailure }: ImageRequest, pipeline: Pipeline): Promise<Round> {
  // Only a failed attempt or an earlier round can have left outputs: a request for a missing key deletes nothing.
  if (pipeline.removesWithOriginal && followsFailure) {
    const outcome = await removeOutputs(key, pipeline);
    if (outcome === 'uploadedAgain')
      return overtaken('an upload while the outputs of the removed original were being deleted');
  }
  return done(reject(key, sourceNotFound(key, pipeline), pipeline));
}

function done(image: ResizedImage): Round {
  return { kind: 'done', image };
}

function overtaken(by: Overtaker): Round {
  return { kind: 'overtaken', by };
}

/** Writes the renditions of a source; the manifest of an image that cannot be resized contains the reason instead. */
async function makeManifest(
  { key, execution }: ImageRequest,
  source: StoredObject,
  pipeline: Pipeline,
): Promise<Manifest> {
  const { originals, recipe } = pipeline;
  const identity = { bucket: originals.bucket, key, etag: source.etag };
  const by = execution === undefined ? {} : { execution };
  try {
    const { facts, renditions, placeholder } = await render(key, source, pipeline);
    return {
      status: 'RESIZED',
      source: { ...identity, ...describeSource(facts) },
      recipe: recipe.resizedHash,
      ...by,
      renditions,
      srcset: formatSrcset(renditions, facts),
      placeholder,
    };
  } catch (fault) {
    if (!isImageFault(fault)) throw fault;
    return {
      status: 'REJECTED',
      source: identity,
      recipe: recipe.rejectedHash,
      ...by,
      renditions: [],
      srcset: {},
      error: { name: fault.name, message: fault.message },
    };
  }
}

async function render(key: string, source: StoredObject, { resized, recipe: { rows, limits } }: Pipeline) {
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

/** "Create folder" in the S3 console writes an empty object whose key ends in a slash. It is no image, and no error. */
function ignoreFolderMarker({ key, etag }: ImageRequest, { originals }: Pipeline): ResizedImage {
  return {
    status: 'UNCHANGED',
    source: { bucket: originals.bucket, key, ...(etag && { etag }) },
    renditions: [],
  };
}

/** Rejects without a manifest: there is no source to describe, or no key under which S3 would accept a manifest. */
function reject(key: string, error: ManifestError, { originals }: Pipeline): ResizedImage {
  return { status: 'REJECTED', source: { bucket: originals.bucket, key }, renditions: [], error };
}

function sourceNotFound(key: string, { originals }: Pipeline): ManifestError {
  const message = `Expected an object "${key}" in the bucket "${originals.bucket}" but there is none.`;
  return { name: 'SourceNotFoundError', message };
}

function keyTooLong(key: string): ManifestError {
  const message = `Expected an object key short enough for its outputs' keys to fit into S3's ${MAX_KEY_BYTES} bytes but received one of ${Buffer.byteLength(key)} bytes.`;
  return { name: 'KeyTooLongError', message };
}
