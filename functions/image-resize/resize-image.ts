import { ignoredFocalPoint, versionOf } from './focal-metadata.ts';
import { makeManifest, rejection, WrittenRenditions } from './make-manifest.ts';
import {
  isUpToDate,
  type Manifest,
  type ManifestError,
  type ManifestRendition,
  type SourceVersion,
} from './manifest.ts';
import { readManifest, recordManifest, type StoredManifest } from './manifest-store.ts';
import { fitsOutputKeys, MAX_KEY_BYTES, manifestKey, removeOutputs, strayOutputs } from './outputs.ts';
import type { Pipeline } from './pipeline.ts';
import type { ImageRequest, StepFunctionsError } from './request.ts';

export interface ResizedImage {
  /** WOULD_RESIZE is the answer of a dry run. */
  readonly status: 'RESIZED' | 'UNCHANGED' | 'REJECTED' | 'REMOVED' | 'WOULD_RESIZE';
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
  /** The start of the source's metadata `focal-point`, if the recipe follows it but it is no point. */
  readonly ignoredFocalPoint?: string;
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
  | 'an upload or a removal of the original after the render'
  | 'an upload while the outputs of the removed original were being deleted';

/** Several uploads of one key may overlap one render. More than this many in a row come from a client in a loop. */
export const MAX_ROUNDS = 5;

/**
 * Brings the outputs of one image up to date: writes the renditions first and the manifest last, and starts again if
 * the source or the manifest has changed in the meantime. So the outputs end up being those of the newest upload, in
 * whatever order the events arrive.
 *
 * A fault of the image or of the request is a result, not an exception: status REJECTED with the error name
 * UnsupportedImageError, CorruptImageError, ImageTooLargeError, RenderFailedError or ArchivedObjectError (recorded in the
 * manifest), SourceNotFoundError, KeyTooLongError or InvalidKeyError (not recorded).
 * @throws SourceChangingError if each of 5 rounds was overtaken by another writer.
 * @throws StorageThrottledError or StorageUnavailableError if S3 fails. The state machines retry all three by name.
 * @throws S3's own error, such as AccessDenied, under its own name. The state machines do not retry it.
 */
export async function resizeImage(request: ImageRequest, pipeline: Pipeline): Promise<ResizedImage> {
  const { key } = request;
  if (key.endsWith('/')) return ignoreFolderMarker(request, pipeline);
  // S3's keys are UTF-8, which has no half of a surrogate pair.
  if (!key.isWellFormed()) return reject(key, invalidKey(key), pipeline);
  if (!fitsOutputKeys(key, pipeline.recipeOf(key).rows)) return reject(key, keyTooLong(key), pipeline);
  const written = new WrittenRenditions();
  let overtaker: Overtaker | undefined;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    // An overtaken round may have overwritten the winner's renditions, and a batch has listed them before that.
    const again = round > 0 ? { force: true, followsFailure: true } : {};
    const result = await runRound({ ...request, ...again }, written, pipeline);
    if (result.kind === 'done') return result.image;
    overtaker = result.by;
  }
  throw new SourceChangingError(
    `Expected ${key} to stay unchanged during one of ${MAX_ROUNDS} renders but all were overtaken, the last one by ${overtaker}.`,
  );
}

/**
 * Records that an image is rejected because every attempt has ended the function itself, so that no run tries the same
 * upload with the same recipe again. `force` does.
 * @returns UNCHANGED if there is a newer upload, which has an event of its own.
 * @throws what resizeImage throws.
 */
export async function recordFailure(
  { key, etag, execution }: ImageRequest,
  failure: StepFunctionsError,
  pipeline: Pipeline,
): Promise<ResizedImage> {
  const { originals, resized, recipeOf } = pipeline;
  const stored = await readManifest(key, resized);
  const newest = await originals.findEtag(key);
  if (newest === undefined) return reject(key, sourceNotFound(key, pipeline), pipeline);
  const source = { bucket: originals.bucket, key, etag: newest };
  if (etag !== undefined && etag !== newest) return { status: 'UNCHANGED', source, renditions: [] };
  const message = `The function ended at each attempt to resize the image: ${failure.name}: ${failure.cause}`;
  const error = { name: 'FunctionEndedError', message };
  const manifest = rejection(source, error, execution, recipeOf(key));
  const round = await publish(manifest, undefined, stored, new WrittenRenditions(), pipeline);
  return round.kind === 'done' ? round.image : { status: 'UNCHANGED', source, renditions: [] };
}

async function runRound(
  request: ImageRequest,
  written: WrittenRenditions,
  pipeline: Pipeline,
): Promise<Round> {
  const { originals, resized } = pipeline;
  const stored = await readManifest(request.key, resized);
  const trusted = request.force ? undefined : stored?.manifest;
  const announced = trusted && (await findVersion(request, pipeline));
  if (trusted && announced && (await isUnchanged(trusted, announced, request, pipeline)))
    return done(answer('UNCHANGED', trusted));
  if (request.isDryRun) return done(wouldResize(request, pipeline));

  const source = await originals.open(request.key);
  if (!source) return endWithoutSource(request, written, pipeline);
  const recipe = pipeline.recipeOf(request.key);
  if (trusted && (await isUnchanged(trusted, versionOf(source, recipe), request, pipeline))) {
    source.discard();
    return done(answer('UNCHANGED', trusted));
  }

  const startedMs = performance.now();
  const manifest = await makeManifest(request, source, written, pipeline);
  const renderMilliseconds = Math.round(performance.now() - startedMs);
  const ignored = ignoredFocalPoint(source, recipe);
  const work = {
    sourceBytes: source.bytes,
    renderMilliseconds,
    ...(ignored !== undefined && { ignoredFocalPoint: ignored }),
  };
  return publish(manifest, work, stored, written, pipeline);
}

/**
 * The version that an event or a listing names, if it suffices: neither has the metadata.
 * @returns undefined if the source has to be opened to find its version, or is missing.
 */
async function findVersion(
  { key, etag }: ImageRequest,
  { originals, recipeOf }: Pipeline,
): Promise<SourceVersion | undefined> {
  const recipe = recipeOf(key);
  if (!recipe.followsFocalPoint) return etag === undefined ? undefined : { etag };
  const source = await originals.describe(key);
  return source && versionOf(source, recipe);
}

/**
 * Whether a new run would change nothing: the manifest is that of this source and recipe, and the renditions are those
 * that it names. Another execution may have overwritten them, and ended before it recorded its own manifest. Deletes the
 * outputs that such an execution has left behind.
 */
async function isUnchanged(
  manifest: Manifest,
  version: SourceVersion,
  { key, isDryRun }: ImageRequest,
  { resized, recipeOf, listOutputs }: Pipeline,
): Promise<boolean> {
  if (!isUpToDate(manifest, version, recipeOf(key))) return false;
  const outputs = await listOutputs(key);
  const etags = new Map(outputs.map((output) => [output.key, output.etag]));
  if (manifest.renditions.some((rendition) => etags.get(rendition.key) !== rendition.etag)) return false;
  if (!isDryRun) await resized.delete(strayOutputs(outputs, manifest));
  return true;
}

/** The renditions are written: records them, unless another writer has changed the source or the manifest. */
async function publish(
  manifest: Manifest,
  work: Work | undefined,
  stored: StoredManifest | undefined,
  written: WrittenRenditions,
  { originals, resized, removesWithOriginal }: Pipeline,
): Promise<Round> {
  const { key, etag } = manifest.source;
  const published = { ...answer('RESIZED', manifest), ...(work && { work }) };
  if ((await originals.findEtag(key)) !== etag)
    return overtaken('an upload or a removal of the original during the render');
  if ((await recordManifest(manifest, stored, resized)) === 'overtaken')
    return overtaken('another execution, which recorded another result');
  // What the stored manifest named, and what earlier rounds wrote. The ETags protect what others have written since.
  const leftovers = [...(stored?.manifest?.renditions ?? []), ...written.all].filter(
    (old) => !manifest.renditions.some((rendition) => rendition.key === old.key),
  );
  await resized.delete(leftovers);
  if (leftovers.length === 0 && !removesWithOriginal) return done(published);
  // An upload of the same bytes may have written again what was just deleted, and a removal deletes what was recorded.
  const last = await originals.findEtag(key);
  const isGone = last === undefined && removesWithOriginal;
  if (isGone || (leftovers.length > 0 && last !== etag))
    return overtaken('an upload or a removal of the original after the render');
  return done(published);
}

async function endWithoutSource(
  { key, followsFailure }: ImageRequest,
  written: WrittenRenditions,
  pipeline: Pipeline,
): Promise<Round> {
  // Only a failed attempt or an earlier round can have left outputs: a request for a missing key deletes nothing.
  if (pipeline.removesWithOriginal && followsFailure) {
    const outcome = await removeOutputs(key, pipeline);
    if (outcome === 'uploadedAgain')
      return overtaken('an upload while the outputs of the removed original were being deleted');
  } else await pipeline.resized.delete(written.all);
  return done(reject(key, sourceNotFound(key, pipeline), pipeline));
}

function done(image: ResizedImage): Round {
  return { kind: 'done', image };
}

function overtaken(by: Overtaker): Round {
  return { kind: 'overtaken', by };
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

function wouldResize({ key, etag }: ImageRequest, { originals }: Pipeline): ResizedImage {
  return {
    status: 'WOULD_RESIZE',
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

function invalidKey(key: string): ManifestError {
  const message = `Expected an object key of valid Unicode but received ${JSON.stringify(key)}.`;
  return { name: 'InvalidKeyError', message };
}

function keyTooLong(key: string): ManifestError {
  const message = `Expected an object key short enough for its outputs' keys to fit into S3's ${MAX_KEY_BYTES} bytes but received one of ${Buffer.byteLength(key)} bytes.`;
  return { name: 'KeyTooLongError', message };
}
