import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { resolve as absolute, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type AnyNode, type Expression, type Program, parse } from 'acorn';

/** What the recipes' own check says of one mistake: see RecipeMistake in functions/image-resize/recipes.ts. */
interface Mistake {
  /** The way from RECIPES to the mistake: a folder, the number of a row, an option. It may end early. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/**
 * Loads the file with the recipes as the function does, in a thread that forgets it.
 * @param file a path from the current folder.
 * @throws Error that lists every mistake as `file:line: message`.
 */
export async function checkRecipes(file: string): Promise<void> {
  const error = await load(file);
  if (error === undefined) return;
  const mistakes = readMistakes(error);
  if (mistakes.length === 0) throw new Error(`${placeOf(error, file)}: ${messageOf(error)}`);
  const program = parseTypeScript(readFileSync(file, 'utf8'));
  const lines = mistakes.map(({ path, message }) => `${file}:${findLine(program, path)}: ${message}`);
  throw new Error(lines.join('\n'));
}

/** @returns the error that the file throws. */
function load(file: string): Promise<unknown> {
  const thread = new Worker(absolute(file));
  return new Promise((resolve) => {
    thread.once('error', resolve);
    thread.once('exit', () => resolve(undefined));
  });
}

function readMistakes(error: unknown): Mistake[] {
  const listed = isObject(error) && Array.isArray(error.mistakes) ? error.mistakes : [];
  return listed.filter(isObject).map(({ folder, row, option, message }) => ({
    path: [folder, row, option].filter((step) => typeof step === 'string' || typeof step === 'number'),
    message: String(message),
  }));
}

/** Blanks take the place of the types, so that every line keeps its number. */
function parseTypeScript(text: string): Program {
  return parse(stripTypeScriptTypes(text), { ecmaVersion: 'latest', sourceType: 'module', locations: true });
}

/** @returns the line of the innermost step on the way that is written out in this file. */
function findLine(program: Program, path: Mistake['path']): number {
  const declared = findConstants(program);
  let found: AnyNode | undefined = declared.get('RECIPES');
  let line = found?.loc?.start.line ?? 1;
  for (const step of path) {
    found = stepInto(follow(found, declared), step);
    line = found?.loc?.start.line ?? line;
  }
  return line;
}

type Constants = ReadonlyMap<string, Expression>;

function findConstants(program: Program): Constants {
  const statements = program.body.map((statement) =>
    statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement,
  );
  const declarations = statements.flatMap((statement) =>
    statement?.type === 'VariableDeclaration' ? statement.declarations : [],
  );
  return new Map(
    declarations.flatMap(({ id, init }) => (id.type === 'Identifier' && init ? [[id.name, init]] : [])),
  );
}

/** Follows names to their constants, and calls such as checkRecipes({…}) to what they are given. */
function follow(node: AnyNode | undefined, declared: Constants): AnyNode | undefined {
  switch (node?.type) {
    case 'Property':
      return follow(node.value, declared);
    case 'Identifier':
      return follow(declared.get(node.name), declared);
    case 'CallExpression':
      return follow(node.arguments[0], declared);
    default:
      return node;
  }
}

/** @returns undefined if the step is not written out here, as after `...others`. */
function stepInto(node: AnyNode | undefined, step: string | number): AnyNode | undefined {
  if (node?.type === 'ObjectExpression')
    return node.properties.findLast(
      (property) => property.type === 'Property' && nameOf(property.key) === step,
    );
  if (node?.type !== 'ArrayExpression' || typeof step !== 'number') return undefined;
  const upTo = node.elements.slice(0, step + 1);
  return upTo.some((element) => element?.type === 'SpreadElement') ? undefined : (upTo[step] ?? undefined);
}

function nameOf(key: Expression): unknown {
  if (key.type === 'Identifier') return key.name;
  return key.type === 'Literal' ? key.value : undefined;
}

/** Where another error was thrown: the first frame that is in a file. */
function placeOf(error: unknown, file: string): string {
  const [, url = '', line] = /(file:\/\/\S+?):(\d+):\d+/.exec(String(isObject(error) && error.stack)) ?? [];
  return url ? `${relative('', fileURLToPath(url))}:${line}` : `${file}:1`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
