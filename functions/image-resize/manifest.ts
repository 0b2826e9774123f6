import { createHash } from 'node:crypto';
import type { Limits } from './image/limits.ts';
import type { SourceFacts } from './image/reading/inspect.ts';
import type { FocalPoint } from './image/rendering/focal-point.ts';
import type { Placeholder } from './image/rendering/placeholder.ts';
import { keepsShape } from './image/rendering/plan.ts';
import type { RenditionRow } from './image/rows/rendition-row.ts';

/**
 * Raise it when the same table would give other bytes, or a manifest other fields: every image is then rendered again by
 * its next run.
 */
const RENDER_VERSION = 5;

export interface ManifestRendition {
  readonly name: string;
  readonly key: string;
  /** Relative to the manifest's URL, with the version of the content: see `versionedUrl`. */
  readonly url: string;
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  readonly format: string;
  readonly bytes: number;
  readonly etag: string;
  /** On the format's own scale, given by the table or chosen for this image. Missing if it is lossless or the default. */
  readonly quality?: number;
  /** Present only in animations. */
  readonly frames?: number;
}

/** The facts of a source that a page can use. */
export type ManifestSource = Pick<
  SourceFacts,
  'format' | 'width' | 'height' | 'hasAlpha' | 'isPhotograph' | 'frames' | 'bytes'
>;

export interface ManifestError {
  readonly name: string;
  readonly message: string;
}

/** What decides which renditions a recipe makes of an original. */
export interface SourceVersion {
  readonly etag: string;
  /** Of a recipe with rows that follow it. S3 does not count it into the ETag. */
  readonly focalPoint?: FocalPoint;
}

/** All that a web page needs to show an image, and all that the next run needs to see that the image is up to date. */
export interface Manifest {
  readonly status: 'RESIZED' | 'REJECTED';
  readonly source: {
    readonly bucket: string;
    readonly key: string;
  } & SourceVersion &
    Partial<ManifestSource>;
  /** The `resizedHash` or `rejectedHash` of the recipe that gave this result. */
  readonly recipe: string;
  /** The name of the Step Functions execution, as in the log lines. Not its ARN, which contains the account's id. */
  readonly execution?: string;
  readonly renditions: readonly ManifestRendition[];
  /** By format: `url width` candidates, relative to the manifest's URL. */
  readonly srcset: Readonly<Record<string, string>>;
  readonly placeholder?: Placeholder;
  readonly error?: ManifestError;
}

/** What is made of every image, and the hashes by which a manifest shows whether it was made the same way. */
export interface Recipe {
  readonly rows: readonly RenditionRow[];
  readonly limits: Limits;
  readonly acceptsHeic: boolean;
  /** Whether a row has `position: 'focal'`. */
  readonly followsFocalPoint: boolean;
  /** Hash of the table, for images that were resized. */
  readonly resizedHash: string;
  /** Hash of the table, the limits and whether HEIC is accepted, for images that were rejected: others may accept them. */
  readonly rejectedHash: string;
}

export function createRecipe(
  rows: readonly RenditionRow[],
  limits: Limits,
  { acceptsHeic = false } = {},
): Recipe {
  return {
    rows,
    limits,
    acceptsHeic,
    followsFocalPoint: rows.some(({ position }) => position === 'focal'),
    resizedHash: hash([RENDER_VERSION, rows]),
    rejectedHash: hash([RENDER_VERSION, rows, limits, ...(acceptsHeic ? ['heic'] : [])]),
  };
}

function hash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 32);
}

/** Whether a new run would give the result that the manifest records. */
export function isUpToDate(manifest: Manifest, version: SourceVersion, recipe: Recipe): boolean {
  const { status, source } = manifest;
  if (source.etag !== version.etag) return false;
  // No focal point mends an image that was rejected.
  if (status === 'REJECTED') return manifest.recipe === recipe.rejectedHash;
  return manifest.recipe === recipe.resizedHash && hasSamePoint(source, version);
}

function hasSamePoint({ focalPoint: one }: SourceVersion, { focalPoint: other }: SourceVersion): boolean {
  return one?.x === other?.x && one?.y === other?.y;
}

/** Whether two manifests differ at most in the execution that wrote them. */
export function hasSameContent(one: Manifest, other: Manifest): boolean {
  const withoutExecution = (manifest: Manifest) => JSON.stringify({ ...manifest, execution: undefined });
  return withoutExecution(one) === withoutExecution(other);
}

export function describeSource(facts: SourceFacts): ManifestSource {
  const { format, width, height, hasAlpha, isPhotograph, frames, bytes } = facts;
  return { format, width, height, hasAlpha, isPhotograph, frames, bytes };
}

/**
 * Lists the renditions that a page can offer as candidates, by format. A browser may choose any candidate of a list, so
 * cropped renditions are left out, and animations too if the format also has stills.
 */
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

/** One candidate for each width, the narrowest first. */
function findCandidates(group: readonly ManifestRendition[]): ManifestRendition[] {
  const still = group.filter(({ frames }) => frames === undefined);
  const alike = still.length > 0 ? still : group;
  return alike
    .filter(({ width }, place) => alike.findIndex((other) => other.width === width) === place)
    .toSorted((a, b) => a.width - b.width);
}

function formatCandidate({ url, width }: ManifestRendition): string {
  return `${url} ${width}w`;
}

/** Characters of the ETag. The CDN's function in template.yaml expects as many. */
const VERSION_CHARACTERS = 12;

/**
 * The file and its version, which is the start of the ETag: `large.avif?v=3f2a9c01d45e`. S3 ignores the version. A cache
 * may keep what it gets under such a URL, because new content gets another URL.
 */
export function versionedUrl(key: string, etag: string): string {
  return `${key.slice(key.lastIndexOf('/') + 1)}?v=${etag.slice(0, VERSION_CHARACTERS)}`;
}

/** @returns undefined for text that is no manifest, or a damaged one: the image is then rendered again. */
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
