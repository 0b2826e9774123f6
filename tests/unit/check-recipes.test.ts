import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { checkRecipes } from '../../local/check-recipes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const FILE = 'functions/image-resize/renditions.ts';

describe("The check of the recipes' file", () => {
  const file = join(relative('', temporaryFolder('recipes')), 'renditions.ts');

  /** Replaces texts of a copy of the file. @returns what the check says of it, or nothing. */
  async function check(changes: Readonly<Record<string, string>>): Promise<string> {
    const recipes = pathToFileURL(resolve('functions/image-resize/recipes.ts')).href;
    let text = readFileSync(FILE, 'utf8').replace('./recipes.ts', recipes);
    for (const [from, to] of Object.entries(changes)) {
      expect(text).to.contain(from);
      text = text.replace(from, () => to);
    }
    writeFileSync(file, text);
    try {
      await checkRecipes(file);
      return '';
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** The line of the changed file that begins so. */
  const lineOf = (start: string) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .findIndex((line) => line.trim().startsWith(start)) + 1;

  it('The recipes as they are have no mistake', async () => {
    await checkRecipes(FILE);
    expect(await check({})).to.equal('');
  });

  const FOLDERS = "  'input/': RENDITIONS,\n";
  const withFolder = (folder: string, table: string) => ({
    [FOLDERS]: `${FOLDERS}  '${folder}': ${table},\n`,
  });
  const many = `[
    { name: 'one', width: 8, format: 'png' },
    {
      name: 'two',
      width: 8,
      format: 'jpeg',
      quality: 'lossless',
    },
    {
      name: 'three',
      width: 8,
      height: 8,
      fit: 'crop',
      format: 'png',
    },
  ]`;
  const mistakes: readonly [string, Record<string, string>, string, RegExp][] = [
    [
      'a bad value',
      { 'width: 640': 'width: 0' },
      "{ name: 'small'",
      /row \d+ \(small\): Expected a whole number from 1 to 8192 for width but received 0 of type number\.$/,
    ],
    [
      'a misspelt option',
      { "name: 'thumbnail', width": "name: 'thumbnail', widht" },
      "{ name: 'thumbnail'",
      /row \d+ \(thumbnail\): Expected one of name, .* for an option but received "widht"/,
    ],
    [
      'a missing option',
      { "1280, format: 'avif', quality: 'auto'": '1280' },
      "{ name: 'medium'",
      /row \d+ \(medium\): Expected one of jpeg, .* for format but received undefined/,
    ],
    [
      'options that exclude each other',
      { "1920, format: 'avif'": "1920, format: 'avif', animated: true" },
      "{ name: 'large'",
      /row \d+ \(large\): Expected webp, gif or source for format of an animated row/,
    ],
    [
      'a name that another row has',
      { "name: 'fallback'": "name: 'small'" },
      "{ name: 'small', width: 1280",
      /row \d+ \(small\): Expected a name of its own/,
    ],
    [
      'an encoding of graphics that many rows share',
      { "format: 'webp', quality: 'auto'": "format: 'bmp', quality: 'auto'" },
      "{ name: 'small'",
      /row \d+ \(small\): graphic: Expected one of jpeg, .* for format but received "bmp"/,
    ],
    [
      'a folder without its slash',
      withFolder('input/avatars', 'RENDITIONS'),
      "'input/avatars'",
      /input\/avatars: Expected a folder that begins with input\/ and ends in a slash/,
    ],
    [
      'an empty table',
      withFolder('input/avatars/', '[]'),
      "'input/avatars/'",
      /Expected a list of at least one row/,
    ],
    [
      'no recipe for input/',
      { "'input/': ": "'input/avatars/': " },
      'export const RECIPES',
      /Expected a recipe for input\/, which is made where no other fits/,
    ],
    [
      'a bad value in a row of several lines',
      withFolder('input/avatars/', many.replace("'lossless'", '80')),
      "fit: 'crop'",
      /input\/avatars\/: row 3 \(three\): Expected one of cover, contain, .* for fit but received "crop"/,
    ],
    [
      'a row that comes from elsewhere',
      withFolder('input/avatars/', "[...RENDITIONS, { name: 'small', width: 8, format: 'png' }]"),
      "'input/avatars/'",
      /input\/avatars\/: row \d+ \(small\): Expected a name of its own/,
    ],
    [
      'a row behind some that come from elsewhere',
      withFolder(
        'input/avatars/',
        "[\n...RENDITIONS.slice(0, 2),\n{ name: 'odd', width: 0, format: 'png' },\n{ name: 'even', width: 8, format: 'png' }]",
      ),
      "'input/avatars/'",
      /input\/avatars\/: row 3 \(odd\): Expected a whole number from 1 to 8192 for width/,
    ],
    [
      'the second of two values of one option',
      withFolder('input/avatars/', "[{ name: 'a', format: 'png',\nwidth: 8,\nwidth: 0 }]"),
      'width: 0 }]',
      /row 1 \(a\): Expected a whole number from 1 to 8192 for width but received 0/,
    ],
    [
      'a name that is not declared',
      withFolder('input/avatars/', 'AVATARS'),
      "'input/avatars/'",
      /ReferenceError: AVATARS is not defined$/,
    ],
  ];
  for (const [what, changes, start, message] of mistakes)
    it(`The check of the recipes' file tells ${what} with file and line`, async () => {
      const told = await check(changes);
      const lines = told.split('\n').filter((line) => line.startsWith(`${file}:${lineOf(start)}: `));
      expect(lines.some((line) => message.test(line))).to.equal(true, told);
    });

  it("The check of the recipes' file tells each of several mistakes with its own line", async () => {
    const told = await check({ ...withFolder('input/avatars/', many), 'width: 640': 'width: 0' });
    const lines = told.split('\n');
    expect(lines).to.have.length(3);
    expect(lines[0]).to.match(new RegExp(`^${file}:${lineOf("{ name: 'small'")}: input/: row \\d+ `));
    expect(lines[1]).to.match(new RegExp(`^${file}:${lineOf("name: 'two'") - 1}: input/avatars/: row 2 `));
    expect(lines[2]).to.match(new RegExp(`^${file}:${lineOf("fit: 'crop'")}: input/avatars/: row 3 `));
  });
});
