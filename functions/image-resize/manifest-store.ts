import { hasSameContent, type Manifest, parseManifest } from './manifest.ts';
import type { ObjectStore } from './object-store.ts';
import { manifestKey } from './outputs.ts';

/** Seconds: a page finds a new manifest at once, and a CDN still takes the load of many pages. */
const CACHE_CONTROL = 'public, max-age=2';

/** The object at a manifest's key, with the ETag that the next conditional write expects. */
export interface StoredManifest {
  readonly etag: string;
  /** Undefined if the object is no manifest that this code can read. */
  readonly manifest: Manifest | undefined;
}

/**
 * @param sourceKey the key of the original, under `input/`.
 * @returns undefined if there is no object at the manifest's key.
 */
export async function readManifest(
  sourceKey: string,
  resized: ObjectStore,
): Promise<StoredManifest | undefined> {
  const object = await resized.open(manifestKey(sourceKey));
  if (!object) return undefined;
  return { etag: object.etag, manifest: parseManifest((await object.read()).toString('utf8')) };
}

/**
 * Replaces the manifest that was read before the render.
 * @param previous what `readManifest` returned before the render: the write fails if another execution wrote since.
 * @returns `overtaken` if another execution has recorded something else; `recorded` also if it recorded the same.
 */
export async function recordManifest(
  manifest: Manifest,
  previous: StoredManifest | undefined,
  resized: ObjectStore,
): Promise<'recorded' | 'overtaken'> {
  const { key } = manifest.source;
  const body = JSON.stringify(manifest, null, 1);
  const object = {
    key: manifestKey(key),
    body,
    contentType: 'application/json',
    cacheControl: CACHE_CONTROL,
  };
  if (await resized.putIfUnchanged(object, previous?.etag)) return 'recorded';
  const winner = (await readManifest(key, resized))?.manifest;
  return winner && hasSameContent(winner, manifest) ? 'recorded' : 'overtaken';
}
