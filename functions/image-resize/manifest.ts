import { createHash } from 'node:crypto';
import type { SourceFacts } from './image/inspect.ts';
import type { Limits } from './image/limits.ts';
import type { Placeholder } from './image/placeholder.ts';
import type { RenditionRow } from './image/plan.ts';

/** Raise it when the same table would render other bytes: every image is then redone by its next run. */
const RENDER_VERSION = 1;

export interface ManifestRendition {
  readonly name: string;
  readonly key: string;
  readonly width: number;
  readonly height: number;
  readonly format: string;
  readonly bytes: number;
  readonly etag: string;
}

export interface ManifestError {
  readonly name: string;
  readonly message: string;
}

/** All that a web page needs of an image, and all that the next run needs to leave it alone. */
export interface Manifest {
  readonly status: 'RESIZED' | 'REJECTED';
  readonly source: {
    readonly bucket: string;
    readonly key: string;
    readonly etag: string;
  } & Partial<SourceFacts>;
  /** Hash of what was asked for: the renditions table, and for a rejection the limits too. */
  readonly recipe: string;
  readonly renditions: readonly ManifestRendition[];
  /** One candidate list per format of more than one rendition, each relative to the manifest's own URL. */
  readonly srcset: Readonly<Record<string, string>>;
  readonly placeholder?: Placeholder;
  readonly error?: ManifestError;
}

/** The recipe of images that are made, and that of images that are refused: another limit may let them in. */
export interface Recipe {
  readonly resized: string;
  readonly rejected: string;
}

export function hashRecipe(rows: readonly RenditionRow[], limits: Limits): Recipe {
  return { resized: hash([RENDER_VERSION, rows]), rejected: hash([RENDER_VERSION, rows, limits]) };
}

function hash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 32);
}

/** Whether a manifest tells what a new run would tell, so that nothing needs to be rendered or written. */
export function isUpToDate(manifest: Manifest, etag: string, recipe: Recipe): boolean {
  return (
    manifest.source.etag === etag &&
    manifest.recipe === (manifest.status === 'REJECTED' ? recipe.rejected : recipe.resized)
  );
}

export function formatSrcset(renditions: readonly ManifestRendition[]): Record<string, string> {
  const byFormat = Map.groupBy(renditions, ({ format }) => format);
  return Object.fromEntries(
    [...byFormat].map(([format, group]) => [format, group.map(formatCandidate).join(', ')]),
  );
}

function formatCandidate({ key, width }: ManifestRendition): string {
  return `${encodeURIComponent(key.slice(key.lastIndexOf('/') + 1))} ${width}w`;
}

/** Reads a manifest back. One that is not ours, or damaged, is as good as none: the image is made again. */
export function parseManifest(text: string): Manifest | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isManifest(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isManifest(value: unknown): value is Manifest {
  if (!isObject(value) || !isObject(value.source) || !Array.isArray(value.renditions)) return false;
  const { source, renditions, error } = value;
  return (
    (value.status === 'RESIZED' || (value.status === 'REJECTED' && isObject(error))) &&
    typeof source.etag === 'string' &&
    typeof value.recipe === 'string' &&
    renditions.every((rendition) => isObject(rendition) && typeof rendition.key === 'string')
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
