import type { RenditionRow } from './image/rendition-row.ts';
import type { ObjectStore } from './object-store.ts';

/** S3's own limit, in bytes of UTF-8. */
export const MAX_KEY_BYTES = 1024;
/** A dot and the longest extension. */
const EXTENSION_BYTES = 5;

/** `input/2026/cat.jpg` → `output/2026/cat.jpg/`. No two sources can collide: a rendition's name has no slash. */
export function outputFolder(key: string): string {
  return `output/${key.replace(/^input\//, '')}/`;
}

export function manifestKey(key: string): string {
  return `${outputFolder(key)}manifest.json`;
}

/** Whether S3 takes the keys of everything that would be made of a source. */
export function fitsOutputKeys(key: string, rows: readonly RenditionRow[]): boolean {
  const longestRendition = Math.max(...rows.map(({ name }) => name.length + EXTENSION_BYTES));
  const longestKey = Math.max(manifestKey(key).length, outputFolder(key).length + longestRendition);
  return longestKey - key.length + Buffer.byteLength(key) <= MAX_KEY_BYTES;
}

/**
 * Deletes the renditions and the manifest of a source that is gone, and nothing of a source whose key continues its key.
 * @returns false if the source is there again: an upload that came in between may have lost its renditions to this.
 */
export async function removeOutputs(
  key: string,
  { originals, resized }: { readonly originals: ObjectStore; readonly resized: ObjectStore },
): Promise<boolean> {
  const outputs = await resized.listFolder(outputFolder(key));
  await resized.delete(outputs.map((output) => ({ key: output })));
  return !(await originals.has(key));
}
