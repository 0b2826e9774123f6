import { outputFormat } from './output-format.ts';
import { OPTIONS, type RenditionEncoding, type RenditionRow } from './rendition-row.ts';

/** The renditions table contains mistakes. It is thrown while the function loads, so a bad table serves no request. */
export class RenditionsError extends Error {
  override readonly name = 'RenditionsError';
}

/**
 * Checks a renditions table.
 * @returns the same array.
 * @throws RenditionsError that lists every mistake with its row.
 */
export function checkRenditions(rows: readonly RenditionRow[]): readonly RenditionRow[] {
  const mistakes = rows.flatMap((row, index) =>
    [...mistakesOf(row), ...duplicates(row, rows.slice(0, index))].map(
      (mistake) => `row ${index + 1} (${row.name}): ${mistake}`,
    ),
  );
  if (rows.length === 0) mistakes.push('Expected at least one row but received none.');
  if (mistakes.length > 0)
    throw new RenditionsError(`The renditions table is wrong:\n${mistakes.join('\n')}`);
  return rows;
}

function mistakesOf(row: RenditionRow): string[] {
  const bad = badValues(row, ['name', 'format']);
  // Combinations can only be checked if each value is valid.
  return bad.length > 0 ? bad : misfits(row);
}

/** Checks each option separately. */
function badValues(row: object, required: readonly string[]): string[] {
  const options: Readonly<Record<string, (typeof OPTIONS)[keyof RenditionRow]>> = OPTIONS;
  const given = new Map<string, unknown>([
    ...required.map((name) => [name, undefined] as const),
    ...Object.entries(row),
  ]);
  return [...given].flatMap(([name, value]) => {
    const option = options[name];
    if (!option) return [expected(`one of ${Object.keys(OPTIONS).join(', ')}`, 'an option', name)];
    if (value === undefined && !required.includes(name)) return [];
    if (!option.accepts(value)) return [expected(option.expected, name, value)];
    return name === 'graphic' && value
      ? badValues(value, ['format']).map((mistake) => `graphic: ${mistake}`)
      : [];
  });
}

/** Checks options that require or exclude each other. */
function misfits(row: RenditionRow): string[] {
  const { width, height, fit = 'inside', position, animated, gamut, graphic } = row;
  const isStrategy = position === 'attention' || position === 'entropy';
  const mistakes = encodingMisfits(row);
  if (width === undefined && height === undefined)
    mistakes.push(expected('a width, a height or both', 'the box', undefined));
  else if (fit !== 'inside' && (width === undefined || height === undefined))
    mistakes.push(expected('a width and a height', `fit ${fit}`, { width, height }));
  if (position && fit !== 'cover' && !(fit === 'contain' && !isStrategy))
    mistakes.push(expected(isStrategy ? 'cover' : 'cover or contain', `fit with position ${position}`, fit));
  if (isStrategy && animated)
    mistakes.push(expected('a fixed position', 'position of an animated row', position));
  if (animated && gamut) mistakes.push(expected('no gamut', 'an animated row', gamut));
  if (gamut)
    for (const { format } of graphic ? [row, graphic] : [row])
      if (format !== 'source' && !outputFormat(format).hasProfile)
        mistakes.push(expected('a format with profiles', `gamut ${gamut}`, format));
  if (animated)
    for (const { format } of graphic ? [row, graphic] : [row])
      if (!canMove(format))
        mistakes.push(expected('webp, gif or source', 'format of an animated row', format));
  if (graphic) mistakes.push(...encodingMisfits(graphic).map((mistake) => `graphic: ${mistake}`));
  return mistakes;
}

function canMove(format: RenditionRow['format']): boolean {
  return format === 'source' || outputFormat(format).isAnimated;
}

/** Checks quality and effort against the format. */
function encodingMisfits({ format, quality, effort }: RenditionEncoding): string[] {
  const { qualities, efforts } =
    format === 'source' ? { qualities: 'lossy', efforts: undefined } : outputFormat(format);
  const mistakes: string[] = [];
  if (quality !== undefined && qualities === 'none')
    mistakes.push(expected('no quality', `format ${format}`, quality));
  if (quality === 'lossless' && qualities === 'lossy')
    mistakes.push(expected('a quality from 1 to 100', `format ${format}`, quality));
  if (effort !== undefined && !efforts) mistakes.push(expected('no effort', `format ${format}`, effort));
  if (effort !== undefined && efforts && (effort < efforts[0] || effort > efforts[1]))
    mistakes.push(expected(`an effort from ${efforts.join(' to ')}`, `format ${format}`, effort));
  return mistakes;
}

function duplicates({ name }: RenditionRow, above: readonly RenditionRow[]): string[] {
  return above.some((other) => other.name === name) ? [expected('a name of its own', 'name', name)] : [];
}

function expected(what: string, option: string, found: unknown): string {
  return `Expected ${what} for ${option} but received ${JSON.stringify(found)} of type ${typeof found}.`;
}
