import type { SourceFacts } from './inspect.ts';
import type { Limits } from './limits.ts';

/** One row of the renditions table: what is made of every image. */
export interface RenditionRow {
  /** Stable, because pages link to it: lower-case letters, digits and hyphens. */
  readonly name: string;
  /** The box, in pixels, that the rendition fits into; without a height only the width counts. Nothing is enlarged. */
  readonly width: number;
  readonly height?: number;
  readonly format: 'jpeg' | 'avif' | 'webp';
  /** 1 to 100, on the format's own scale. */
  readonly quality: number;
}

export interface PlannedRendition {
  readonly row: RenditionRow;
  readonly width: number;
  readonly height: number;
}

/** One size of the cascade: scaled from the size before it, encoded into each of its renditions. */
export interface PlannedSize {
  readonly width: number;
  readonly height: number;
  readonly renditions: readonly PlannedRendition[];
}

export interface RenderPlan {
  /** From the largest, which is decoded from the source, to the smallest. */
  readonly sizes: readonly PlannedSize[];
}

/** Decides what to make of a source, without touching a pixel. */
export function planRenditions(
  facts: SourceFacts,
  rows: readonly RenditionRow[],
  limits: Limits,
): RenderPlan {
  const renditions = rows.map((row) => ({ row, ...fitInside(facts, row, limits) }));
  const bySize = Map.groupBy(renditions, ({ width, height }) => `${width}×${height}`);
  const sizes = [...bySize.values()].flatMap((group) => {
    const [first] = group;
    return first ? [{ width: first.width, height: first.height, renditions: group }] : [];
  });
  return { sizes: sizes.sort((a, b) => b.width * b.height - a.width * a.height) };
}

function fitInside(facts: SourceFacts, row: RenditionRow, limits: Limits): { width: number; height: number } {
  const boxWidth = Math.min(row.width, limits.maxOutputSide);
  const boxHeight = Math.min(row.height ?? limits.maxOutputSide, limits.maxOutputSide);
  const scale = Math.min(1, boxWidth / facts.width, boxHeight / facts.height);
  return {
    width: Math.max(1, Math.round(facts.width * scale)),
    height: Math.max(1, Math.round(facts.height * scale)),
  };
}
