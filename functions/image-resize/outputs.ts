import type { RenditionRow } from './image/rows/rendition-row.ts';
import type { Manifest } from './manifest.ts';
import type { ListedObject, ObjectStore } from './object-store.ts';

/** The longest object key that S3 accepts, in bytes of UTF-8. */
export const MAX_KEY_BYTES = 1024;
/** A dot and the longest extension. */
const EXTENSION_BYTES = 5;

/**
 * `input/2026/cat.jpg` → `output/2026/cat.jpg/`. The outputs of two sources cannot collide, because the name of a
 * rendition contains no slash.
 */
export function outputFolder(key: string): string {
  return `output/${key.replace(/^input\//, '')}/`;
}

export function manifestKey(key: string): string {
  return `${outputFolder(key)}manifest.json`;
}

/** Whether S3 accepts the keys of the manifest and of every rendition of a source. */
export function fitsOutputKeys(key: string, rows: readonly RenditionRow[]): boolean {
  const longestRendition = Math.max(...rows.map(({ name }) => name.length + EXTENSION_BYTES));
  const longestKey = Math.max(manifestKey(key).length, outputFolder(key).length + longestRendition);
  return longestKey - key.length + Buffer.byteLength(key) <= MAX_KEY_BYTES;
}

/** An execution writes its manifest within minutes of its renditions: five attempts of a minute each, and their waits. */
const STRAY_AFTER_MS = 60 * 60 * 1000;

/** The outputs that no manifest names, and that no running execution is about to name. */
export function strayOutputs(
  outputs: readonly ListedObject[],
  { source, renditions }: Manifest,
  nowMs = Date.now(),
): ListedObject[] {
  const named = new Set([manifestKey(source.key), ...renditions.map(({ key }) => key)]);
  return outputs.filter(({ key, modifiedMs }) => !named.has(key) && modifiedMs < nowMs - STRAY_AFTER_MS);
}

/** What lies directly in an image's output folder, out of a listing of several folders. */
export function outputsOf(key: string, outputs: readonly ListedObject[]): ListedObject[] {
  const folder = outputFolder(key);
  return outputs.filter(
    (output) => output.key.startsWith(folder) && !output.key.includes('/', folder.length),
  );
}

/**
 * Deletes the renditions and the manifest of a source that was deleted. Outputs of other sources under the same
 * prefix (`input/cat.jpg/nested.jpg`) stay.
 * @returns `uploadedAgain` if the source exists again: its new outputs may have been deleted, so it must be redone.
 * @throws StorageThrottledError, StorageUnavailableError, or S3's own error (see ObjectStore).
 */
export async function removeOutputs(
  key: string,
  { originals, resized }: { readonly originals: ObjectStore; readonly resized: ObjectStore },
): Promise<'removed' | 'uploadedAgain'> {
  const outputs = await resized.listFolder(outputFolder(key));
  await resized.delete(outputs.map(({ key }) => ({ key })));
  return (await originals.has(key)) ? 'uploadedAgain' : 'removed';
}
