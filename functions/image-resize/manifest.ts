import { createHash } from 'node:crypto';
import type { SourceFacts } from './image/inspect.ts';
import type { Limits } from './image/limits.ts';
import type { Placeholder } from './image/placeholder.ts';
import { keepsShape } from './image/plan.ts';
import type { RenditionRow } from './image/rendition-row.ts';

/** Raise it when the same table would render other bytes: every image is then redone by its next run. */
const RENDER_VERSION = 2;

export interface ManifestRendition {
  readonly name: string;
  readonly key: string;
  readonly width: number;
  readonly height: number;
  readonly format: string;
  readonly bytes: number;
  readonly etag: string;
  /** Present where it moves. */
  readonly frames?: number;
}

/** What a page can use of the facts of a source. */
export type ManifestSource = Pick<
  SourceFacts,
  'format' | 'width' | 'height' | 'hasAlpha' | 'isPhotograph' | 'frames' | 'bytes'
>;

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
  } & Partial<ManifestSource>;
  /** Hash of what was asked for: the renditions table, and for a rejection the limits too. */
  readonly recipe: string;
  /** The name of the execution that made it, for whoever looks for its log lines; an ARN would show the account. */
  readonly execution?: string;
  readonly renditions: readonly ManifestRendition[];
  /** One list of candidates per format, each relative to the manifest's own URL: the whole image, once per width. */
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

/** Whether two executions made the very same of an image. */
export function tellsTheSame(one: Manifest, other: Manifest): boolean {
  const withoutExecution = (manifest: Manifest) => JSON.stringify({ ...manifest, execution: undefined });
  return withoutExecution(one) === withoutExecution(other);
}

export function describeSource(facts: SourceFacts): ManifestSource {
  const { format, width, height, hasAlpha, isPhotograph, frames, bytes } = facts;
  return { format, width, height, hasAlpha, isPhotograph, frames, bytes };
}

/** A browser takes any candidate of a list for any other: so none that is cropped, and none that stands among moving ones. */
export function formatSrcset(
  renditions: readonly ManifestRendition[],
  source: Pick<SourceFacts, 'width' | 'height'>,
): Record<string, string> {
  const whole = renditions.filter((rendition) => keepsShape(rendition, source));
  const byFormat = Map.groupBy(whole, ({ format }) => format);
  return Object.fromEntries(
    [...byFormat].map(([format, group]) => [format, findCandidates(group).map(formatCandidate).join(', ')]),
  );
}

function findCandidates(group: readonly ManifestRendition[]): ManifestRendition[] {
  const still = group.filter(({ frames }) => frames === undefined);
  const alike = still.length > 0 ? still : group;
  return alike
    .filter(({ width }, place) => alike.findIndex((other) => other.width === width) === place)
    .toSorted((a, b) => a.width - b.width);
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
    renditions.every(
      (rendition) =>
        isObject(rendition) && typeof rendition.key === 'string' && typeof rendition.etag === 'string',
    )
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
