import type { FocalPoint } from './image/rendering/focal-point.ts';
import type { Recipe, SourceVersion } from './manifest.ts';
import type { StoredObject } from './object-store.ts';

/** The name of an original's user metadata, which S3 sends as the header `x-amz-meta-focal-point`: `0.3,0.7`. */
export const FOCAL_POINT_METADATA = 'focal-point';

type Described = Pick<StoredObject, 'etag' | 'metadata'>;

/** What of a source decides which renditions the recipe makes of it. A focal point that is no point is ignored. */
export function versionOf({ etag, metadata }: Described, { followsFocalPoint }: Recipe): SourceVersion {
  const text = followsFocalPoint ? metadata[FOCAL_POINT_METADATA] : undefined;
  const focalPoint = text === undefined ? undefined : parseFocalPoint(text);
  return { etag, ...(focalPoint && { focalPoint }) };
}

/** S3 accepts 2 KB of metadata. */
const MAX_SHOWN_CHARACTERS = 80;

/** @returns the start of a focal point that versionOf ignores; undefined if it ignores none. */
export function ignoredFocalPoint(source: Described, recipe: Recipe): string | undefined {
  const text = source.metadata[FOCAL_POINT_METADATA];
  if (text === undefined || !recipe.followsFocalPoint || versionOf(source, recipe).focalPoint)
    return undefined;
  return text.slice(0, MAX_SHOWN_CHARACTERS).toWellFormed();
}

/** @returns undefined if the text is no point of an image. */
export function parseFocalPoint(text: string): FocalPoint | undefined {
  const [, x, y] = /^\s*(\d+(?:\.\d+)?|\.\d+)\s*,\s*(\d+(?:\.\d+)?|\.\d+)\s*$/.exec(text) ?? [];
  const point = { x: Number(x), y: Number(y) };
  return isFocalPoint(point) ? point : undefined;
}

export function isFocalPoint(value: unknown): value is FocalPoint {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 2) return false;
  return 'x' in value && 'y' in value && isShare(value.x) && isShare(value.y);
}

/** Four digits find a pixel in an image of 10,000. More might need an exponent. */
export function formatFocalPoint({ x, y }: FocalPoint): string {
  return `${Number(x.toFixed(4))},${Number(y.toFixed(4))}`;
}

function isShare(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 1;
}
