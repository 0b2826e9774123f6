import type { Limits } from './image/limits.ts';
import { findMistakes, type TableMistake } from './image/rows/check-renditions.ts';
import type { RenditionRow } from './image/rows/rendition-row.ts';
import { createRecipe, type Recipe } from './manifest.ts';

type Table = readonly RenditionRow[];

/** A renditions table for each folder of originals. The longest folder that a key begins with decides. */
export interface Recipes {
  readonly 'input/': Table;
  readonly [folder: `input/${string}/`]: Table;
}

export interface RecipeMistake extends TableMistake {
  /** Missing if there is no recipe for input/. */
  readonly folder?: string;
}

/** The recipes contain mistakes. It is thrown while the function loads, so that wrong recipes serve no request. */
export class RecipesError extends Error {
  override readonly name = 'RecipesError';
  readonly mistakes: readonly RecipeMistake[];

  constructor(mistakes: readonly RecipeMistake[]) {
    super(`The recipes are wrong:\n${mistakes.map(({ message }) => message).join('\n')}`);
    this.mistakes = mistakes;
  }
}

/**
 * Checks the recipes.
 * @returns the same object.
 * @throws RecipesError that lists every mistake with its folder and its row.
 */
export function checkRecipes<Checked extends Recipes>(recipes: Checked): Checked {
  const mistakes: RecipeMistake[] = Object.entries(recipes).flatMap(([folder, rows]) =>
    [...folderMistakes(folder), ...findMistakes(rows)].map((mistake) => ({
      ...mistake,
      folder,
      message: `${folder}: ${mistake.message}`,
    })),
  );
  if (!Object.hasOwn(recipes, 'input/'))
    mistakes.push({
      message: 'Expected a recipe for input/, which is made where no other fits, but found none.',
    });
  if (mistakes.length > 0) throw new RecipesError(mistakes);
  return recipes;
}

/** Without its slash, input/cats would also decide for input/cats-and-dogs/. */
function folderMistakes(folder: string): TableMistake[] {
  if (/^input\/(.*\/)?$/s.test(folder)) return [];
  return [
    { message: `Expected a folder that begins with input/ and ends in a slash but received "${folder}".` },
  ];
}

/** @returns what gives the recipe of an original's key. */
export function createRecipes(
  tables: Recipes,
  limits: Limits,
  settings: { readonly acceptsHeic?: boolean } = {},
): (key: string) => Recipe {
  const byDefault = createRecipe(tables['input/'], limits, settings);
  const byFolder = Object.entries(tables)
    .map(([folder, rows]) => ({ folder, recipe: createRecipe(rows, limits, settings) }))
    .toSorted((one, other) => other.folder.length - one.folder.length);
  return (key) => byFolder.find(({ folder }) => key.startsWith(folder))?.recipe ?? byDefault;
}
