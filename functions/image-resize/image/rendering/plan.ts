import type { Gamut } from '../colour/gamut.ts';
import { ImageTooLargeError } from '../errors.ts';
import type { Limits } from '../limits.ts';
import type { SourceFacts } from '../reading/inspect.ts';
import { type OutputFormat, outputFormat } from '../rows/output-format.ts';
import type { RenditionEncoding, RenditionRow } from '../rows/rendition-row.ts';
import { type Corner, cropAround, type FocalPoint } from './focal-point.ts';

/** In pixels. */
interface Size {
  readonly width: number;
  readonly height: number;
}

/** One file to encode, delivered under the name of each row that asks for the same pixels in the same format. */
export interface PlannedRendition extends Size {
  readonly names: readonly string[];
  readonly row: RenditionRow;
  /** Where the crop of a row with `position: 'focal'` begins. */
  readonly corner?: Corner;
  readonly encoding: RenditionEncoding & { readonly format: OutputFormat };
}

/** The whole image at one size, and the renditions that are made from it. */
export interface PlannedSize extends Size {
  /** Index in the cascade of the size that this one is scaled from. Missing in the first, which is decoded. */
  readonly scaledFrom?: number;
  readonly renditions: readonly PlannedRendition[];
}

/** Sizes from the largest to the smallest, for the first frame only or for all frames, in one of the gamuts. */
export interface Cascade {
  readonly gamut: Gamut;
  /** 1, or the source's count of frames. */
  readonly frames: number;
  readonly sizes: readonly PlannedSize[];
}

export interface RenderPlan {
  readonly facts: SourceFacts;
  readonly cascades: readonly Cascade[];
}

/**
 * Plans which sizes to decode and scale, and which renditions to encode from each. No pixel is read.
 * @param focalPoint what the rows with `position: 'focal'` keep; without it they keep what draws attention.
 * @throws ImageTooLargeError if a row asks for an animation that exceeds maxFrames or maxPixels.
 */
export function planRenditions(
  facts: SourceFacts,
  rows: readonly RenditionRow[],
  limits: Limits,
  focalPoint?: FocalPoint,
): RenderPlan {
  const [moving = [], still = []] = [true, false].map((moves) =>
    rows.filter((row) => isMoving(row, facts) === moves),
  );
  if (moving.length > 0) checkFrames(facts, limits);
  const inGamut = (gamut: Gamut) => still.filter((row) => gamutOf(row, facts) === gamut);
  const plan = (some: readonly RenditionRow[]) =>
    planSizes(
      facts,
      some.map((row) => planRow(facts, row, limits, focalPoint)),
    );
  const cascades: Cascade[] = [
    { gamut: 'srgb', frames: 1, sizes: plan(inGamut('srgb')) },
    { gamut: 'p3', frames: 1, sizes: plan(inGamut('p3')) },
    { gamut: 'srgb', frames: facts.frames, sizes: plan(moving) },
  ];
  return { facts, cascades: cascades.filter(({ sizes }) => sizes.length > 0) };
}

/** A source in sRGB gains nothing from a profile. */
function gamutOf(row: RenditionRow, facts: SourceFacts): Gamut {
  const { format } = encodingOf(row, facts);
  const hasProfile = outputFormat(resolveFormat(format, facts)).hasProfile;
  return row.gamut === 'p3' && facts.isWideGamut && hasProfile ? 'p3' : 'srgb';
}

function isMoving(row: RenditionRow, facts: SourceFacts): boolean {
  return row.animated === true && facts.frames > 1;
}

function checkFrames({ width, height, frames }: SourceFacts, limits: Limits): void {
  if (frames > limits.maxFrames)
    throw new ImageTooLargeError(
      `Expected at most ${limits.maxFrames} frames in an animation but found ${frames}.`,
    );
  const pixels = width * height * frames;
  if (pixels > limits.maxPixels)
    throw new ImageTooLargeError(
      `Expected at most ${limits.maxPixels} pixels in all frames of an animation but found ${pixels} (${frames} of ${width} × ${height}).`,
    );
}

interface Candidate extends PlannedRendition {
  readonly scaled: Size;
}

function planSizes(facts: SourceFacts, candidates: readonly Candidate[]): PlannedSize[] {
  const once = [...Map.groupBy(candidates, samePixels).values()].map(mergeRows);
  const bySize = Map.groupBy(once, ({ scaled }) => `${scaled.width}×${scaled.height}`);
  const sizes = [...bySize.values()].flatMap((renditions) => {
    const [first] = renditions;
    return first ? [{ ...first.scaled, renditions: renditions.map(({ scaled: _, ...rest }) => rest) }] : [];
  });
  return arrangeCascade(facts, sizes);
}

function planRow(
  facts: SourceFacts,
  tableRow: RenditionRow,
  limits: Limits,
  focalPoint: FocalPoint | undefined,
): Candidate {
  const isFocal = tableRow.position === 'focal';
  const row: RenditionRow = isFocal && !focalPoint ? { ...tableRow, position: 'attention' } : tableRow;
  const { format, quality, effort } = encodingOf(row, facts);
  const resolved = {
    format: resolveFormat(format, facts),
    ...(quality !== undefined && { quality }),
    ...(effort !== undefined && { effort }),
  };
  const fitted = fitRow(facts, row, limits);
  const corner = isFocal && focalPoint && cropAround(focalPoint, fitted.scaled, fitted);
  return { names: [row.name], row, encoding: resolved, ...fitted, ...(corner && { corner }) };
}

function encodingOf(row: RenditionRow, facts: SourceFacts): RenditionEncoding {
  return row.graphic && !facts.isPhotograph ? row.graphic : row;
}

/** Few browsers show TIFF or HEIC; a PNG keeps all that a browser could show of them, but makes a photograph too long. */
function resolveFormat(format: RenditionRow['format'], facts: SourceFacts): OutputFormat {
  if (format !== 'source') return format;
  if (facts.format === 'heic') return facts.hasAlpha ? 'png' : 'jpeg';
  return facts.format === 'tiff' ? 'png' : facts.format;
}

/** @returns the rendition's size, and in `scaled` the size of the whole image from which it is cropped or padded. */
function fitRow(source: Size, row: RenditionRow, limits: Limits): Size & { readonly scaled: Size } {
  const limit = limits.maxOutputSide;
  const box = { width: Math.min(row.width ?? limit, limit), height: Math.min(row.height ?? limit, limit) };
  const shares = [box.width / source.width, box.height / source.height];
  const inside = scaleBy(source, Math.min(1, ...shares));
  const covering = scaleBy(source, Math.min(1, Math.max(...shares)));
  switch (row.fit ?? 'inside') {
    case 'inside':
      return { ...inside, scaled: inside };
    case 'outside': {
      const longest = Math.max(covering.width, covering.height);
      const outside =
        longest > limit ? scaleBy(source, limit / Math.max(source.width, source.height)) : covering;
      return { ...outside, scaled: outside };
    }
    case 'cover':
      return { ...smaller(box, covering), scaled: covering };
    case 'contain':
      return { ...box, scaled: inside };
    case 'fill':
      return { ...smaller(box, source), scaled: smaller(box, source) };
  }
}

function scaleBy({ width, height }: Size, scale: number): Size {
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

function smaller(a: Size, b: Size): Size {
  return { width: Math.min(a.width, b.width), height: Math.min(a.height, b.height) };
}

function samePixels({ row, encoding, width, height, scaled }: Candidate): string {
  const { fit, position, background, sharpen, watermark, keep } = row;
  const isWhole = width === scaled.width && height === scaled.height;
  const frame = isWhole ? [] : [fit, position];
  const { format, quality } = encoding;
  // Which of these is higher than a number shows only when the pixels are known.
  const chosen = quality === 'auto' || typeof quality === 'object' ? quality : undefined;
  const options = [background, sharpen, watermark, keep, chosen];
  return JSON.stringify([format, width, height, scaled, frame, options]);
}

/** Encodes once, at the highest quality of the rows, and delivers under the name of each row. */
function mergeRows(group: readonly Candidate[]): Candidate {
  const rank = ({ encoding: { quality } }: Candidate) =>
    typeof quality === 'number' ? quality : quality === 'lossless' ? 101 : 0;
  const best = group.reduce((found, next) => (rank(next) > rank(found) ? next : found));
  return { ...best, names: group.flatMap(({ names }) => names) };
}

/**
 * Orders the sizes so that each is scaled from the smallest size above it that contains it and has the source's shape.
 * If no size contains all others (a row with `fill` can be wider), adds one without renditions in front.
 */
function arrangeCascade(source: Size, sizes: readonly PlannedSize[]): PlannedSize[] {
  const cascade = sizes.toSorted((a, b) => b.width * b.height - a.width * a.height);
  const contains = (larger: Size, size: Size) =>
    larger.width >= size.width && larger.height >= size.height && keepsShape(larger, source);
  if (!sizes.every((size) => cascade[0] && contains(cascade[0], size)))
    cascade.unshift({ ...envelope(source, sizes), renditions: [] });
  return cascade.map((size, place) => {
    const scaledFrom = cascade.findLastIndex((larger, above) => above < place && contains(larger, size));
    return place === 0 ? size : { ...size, scaledFrom };
  });
}

/** The smallest size in the source's shape that contains all of these. */
function envelope(source: Size, sizes: readonly Size[]): Size {
  const shares = sizes.map(({ width, height }) => Math.max(width / source.width, height / source.height));
  const scale = Math.max(...shares);
  return { width: Math.ceil(source.width * scale), height: Math.ceil(source.height * scale) };
}

/** Whether a size has the source's aspect ratio, apart from rounding: it is neither cropped nor stretched. */
export function keepsShape({ width, height }: Size, source: Size): boolean {
  return Math.abs(width * source.height - height * source.width) <= Math.max(source.width, source.height);
}
