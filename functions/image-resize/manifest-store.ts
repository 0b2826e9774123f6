import { hasSameContent, type Manifest, parseManifest } from './manifest.ts';
import type { ObjectStore } from './object-store.ts';
import { manifestKey } from './outputs.ts';

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
 * Replaces the manifest that was read before the render, then deletes the renditions that the new one no longer names.
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
  const object = { key: manifestKey(key), body, contentType: 'application/json' };
  if (await resized.putIfUnchanged(object, previous?.etag)) {
    await deleteLeftovers(previous?.manifest, manifest, resized);
    return 'recorded';
  }
  const winner = (await readManifest(key, resized))?.manifest;
  // The other execution recorded the same result; it also deletes the leftovers.
  return winner && hasSameContent(winner, manifest) ? 'recorded' : 'overtaken';
}

/**
 * Deletes what an earlier recipe made, or an earlier upload if the current one is rejected. The ETags protect a
 * rendition that a newer upload has written under the same key since.
 */
async function deleteLeftovers(
  previous: Manifest | undefined,
  current: Manifest,
  resized: ObjectStore,
): Promise<void> {
  const kept = new Set(current.renditions.map(({ key }) => key));
  await resized.delete((previous?.renditions ?? []).filter(({ key }) => !kept.has(key)));
}
