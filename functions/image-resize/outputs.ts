import type { ObjectStore } from './object-store.ts';

/** `input/2026/cat.jpg` → `output/2026/cat.jpg/`. No two sources can collide: a rendition's name has no slash. */
export function outputFolder(key: string): string {
  return `output/${key.replace(/^input\//, '')}/`;
}

export function manifestKey(key: string): string {
  return `${outputFolder(key)}manifest.json`;
}

/** Deletes the renditions and the manifest of a source, and nothing of a source whose key continues this one's. */
export async function deleteOutputs(key: string, resized: ObjectStore): Promise<void> {
  await resized.delete(await resized.listFolder(outputFolder(key)));
}
