import { thumbHashToDataURL } from 'thumbhash';
import type { Manifest, Rendition } from '../calls/manifest.ts';

/** A preview on a screen with two pixels for each of CSS needs no more. */
const ENOUGH_WIDTH = 240;

/** The smallest file that is large enough for a preview, or the largest. */
export function choosePreview(renditions: readonly Rendition[]): Rendition | undefined {
  const byWidth = renditions.toSorted((a, b) => a.width - b.width || a.bytes - b.bytes);
  return byWidth.find(({ width, height }) => Math.max(width, height) >= ENOUGH_WIDTH) ?? byWidth.at(-1);
}

const placeholders = new WeakMap<Manifest, string>();

/**
 * What is shown until the preview is loaded: a blurred image as a `data:` URL, decoded once for each manifest. A
 * transparent image has none, because it would show through.
 */
export function placeholderOf(manifest: Manifest): string | undefined {
  const { placeholder, source } = manifest;
  if (!placeholder || source.hasAlpha) return undefined;
  const known = placeholders.get(manifest);
  if (known) return known;
  try {
    const bytes = Uint8Array.from(atob(placeholder.thumbHash), (character) => character.charCodeAt(0));
    const url = thumbHashToDataURL(bytes);
    placeholders.set(manifest, url);
    return url;
  } catch {
    // Not one that the pipeline wrote: the image is shown without it.
    return undefined;
  }
}
