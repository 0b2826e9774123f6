import { outputFormat } from './output-format.ts';
import { OPTIONS, type RenditionEncoding, type RenditionRow } from './rendition-row.ts';

/** A mistake in a renditions table, with where it is: the number of its row from 0, and its option. */
export interface TableMistake {
  /** Missing if the table as a whole is wrong. */
  readonly row?: number;
  /** Missing if a combination of options is wrong. */
  readonly option?: string;
  readonly message: string;
}

type RowMistake = Pick<TableMistake, 'option' | 'message'>;

/** @returns every mistake in a renditions table, also those that TypeScript would not compile. */
export function findMistakes(rows: readonly RenditionRow[]): TableMistake[] {
  if (!Array.isArray(rows) || rows.length === 0)
    return [{ message: expected('a list of at least one row', 'a table', rows) }];
  return rows.flatMap((row, index) =>
    [...mistakesOf(row), ...duplicates(row, rows.slice(0, index))].map((mistake) => ({
      ...mistake,
      row: index,
      message: `row ${index + 1} (${row?.name}): ${mistake.message}`,
    })),
  );
}

function mistakesOf(row: RenditionRow): RowMistake[] {
  if (typeof row !== 'object' || row === null) return [{ message: expected('options', 'a row', row) }];
  const bad = badValues(row, ['name', 'format']);
  // Combinations can only be checked if each value is valid.
  return bad.length > 0 ? bad : misfits(row).map((message) => ({ message }));
}

/** Checks each option separately. */
function badValues(row: object, required: readonly string[]): RowMistake[] {
  const options: Readonly<Record<string, (typeof OPTIONS)[keyof RenditionRow]>> = OPTIONS;
  const given = new Map<string, unknown>([
    ...required.map((name) => [name, undefined] as const),
    ...Object.entries(row),
  ]);
  return [...given].flatMap(([name, value]): RowMistake[] => {
    const option = Object.hasOwn(options, name) ? options[name] : undefined;
    if (!option)
      return [
        { option: name, message: expected(`one of ${Object.keys(OPTIONS).join(', ')}`, 'an option', name) },
      ];
    if (value === undefined && !required.includes(name)) return [];
    if (!option.accepts(value)) return [{ option: name, message: expected(option.expected, name, value) }];
    return name === 'graphic' && typeof value === 'object' && value !== null
      ? badValues(value, ['format']).map(({ message }) => ({ option: name, message: `graphic: ${message}` }))
      : [];
  });
}

/** Checks options that require or exclude each other. */
function misfits(row: RenditionRow): string[] {
  const { width, height, fit = 'inside', position, animated, gamut, graphic, keep } = row;
  const isStrategy = position === 'attention' || position === 'entropy' || position === 'focal';
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
  if (keep)
    for (const { format } of graphic ? [row, graphic] : [row])
      if (format !== 'source' && !outputFormat(format).hasCredits)
        mistakes.push(expected('a format with metadata', `keep ${keep}`, format));
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
  const { qualities, hasTargets, efforts } =
    format === 'source' ? { qualities: 'lossy', hasTargets: false } : outputFormat(format);
  const mistakes: string[] = [];
  if (quality !== undefined && qualities === 'none')
    mistakes.push(expected('no quality', `format ${format}`, quality));
  else if (quality === 'lossless' ? qualities === 'lossy' : typeof quality === 'object' && !hasTargets)
    mistakes.push(expected('a quality from 1 to 100 or auto', `format ${format}`, quality));
  if (effort !== undefined && !efforts) mistakes.push(expected('no effort', `format ${format}`, effort));
  if (effort !== undefined && efforts && (effort < efforts[0] || effort > efforts[1]))
    mistakes.push(expected(`an effort from ${efforts.join(' to ')}`, `format ${format}`, effort));
  return mistakes;
}

function duplicates(row: RenditionRow, above: readonly RenditionRow[]): RowMistake[] {
  return above.some((other) => other?.name !== undefined && other.name === row?.name)
    ? [{ option: 'name', message: expected('a name of its own', 'name', row.name) }]
    : [];
}

function expected(what: string, option: string, found: unknown): string {
  return `Expected ${what} for ${option} but received ${JSON.stringify(found)} of type ${typeof found}.`;
}
