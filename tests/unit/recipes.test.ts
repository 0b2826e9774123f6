import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { DEFAULT_LIMITS } from '../../functions/image-resize/image/limits.ts';
import { createRecipe, parseManifest } from '../../functions/image-resize/manifest.ts';
import { manifestKey } from '../../functions/image-resize/outputs.ts';
import { checkRecipes, createRecipes, type Recipes } from '../../functions/image-resize/recipes.ts';
import { RECIPES, RENDITIONS } from '../../functions/image-resize/renditions.ts';
import { resizeImage } from '../../functions/image-resize/resize-image.ts';
import { paintUpright } from '../support/images.ts';
import { inMemoryPipeline } from '../support/in-memory-pipeline.ts';
import { mockS3 } from '../support/in-memory-s3.ts';

const WIDE = { name: 'thumbnail', width: 32, format: 'jpeg' } as const;
const SQUARE = { name: 'thumbnail', width: 16, height: 16, fit: 'cover', format: 'webp' } as const;
const TINY = { name: 'tiny', width: 8, format: 'png' } as const;

describe('The recipe of an image', () => {
  it('An image has the hashes of its own table, so that a recipe of another folder makes it no second time', () => {
    const other = { ...RECIPES, 'input/avatars/': [SQUARE] };
    for (const acceptsHeic of [false, true])
      expect(createRecipes(other, DEFAULT_LIMITS, { acceptsHeic })('input/2026/cat.jpg')).to.deep.equal(
        createRecipe(RENDITIONS, DEFAULT_LIMITS, { acceptsHeic }),
      );
  });

  const recipeOf = createRecipes(
    { 'input/': [WIDE], 'input/avatars/staff/': [TINY], 'input/avatars/': [SQUARE] },
    DEFAULT_LIMITS,
  );
  for (const [key, row] of [
    ['input/cat.jpg', WIDE],
    ['input/avatars', WIDE],
    ['input/avatars-old/cat.jpg', WIDE],
    ['input/2026/avatars/cat.jpg', WIDE],
    ['input/avatars/cat.jpg', SQUARE],
    ['input/avatars/staffs/cat.jpg', SQUARE],
    ['input/avatars/staff/2026/cat.jpg', TINY],
  ] as const)
    it(`The longest folder that ${key} begins with decides that ${row.name} is made of it as ${row.format}`, () => {
      expect(recipeOf(key).rows).to.deep.equal([row]);
    });

  it('Two folders with equal tables have one hash, so that an image is not made again where a folder gets the table that it had', () => {
    const same = createRecipes({ 'input/': [WIDE], 'input/avatars/': [{ ...WIDE }] }, DEFAULT_LIMITS);
    expect(same('input/avatars/cat.jpg').resizedHash).to.equal(same('input/cat.jpg').resizedHash);
  });
});

describe('A run after a change of the recipes', () => {
  const KEYS = ['input/cat.jpg', 'input/avatars/cat.jpg', 'input/avatars/staff/cat.jpg'];
  const BEFORE: Recipes = { 'input/': [WIDE], 'input/avatars/': [SQUARE], 'input/avatars/staff/': [TINY] };
  let s3: ReturnType<typeof mockS3>;
  let image: Buffer;

  async function run(recipes: Recipes, isDryRun = false): Promise<string[]> {
    const pipeline = { ...inMemoryPipeline([WIDE]), recipeOf: createRecipes(recipes, DEFAULT_LIMITS) };
    const statuses: string[] = [];
    for (const key of KEYS) {
      const etag = createHash('md5').update(image).digest('hex');
      const request = { key, etag, force: false, followsFailure: false, isDryRun };
      statuses.push((await resizeImage(request, pipeline)).status);
    }
    return statuses;
  }

  const outputs = () => [...s3.objects.keys()].filter((path) => /^resized.*(?<!\.json)$/.test(path)).sort();

  beforeEach(async () => {
    s3 = mockS3();
    image = await paintUpright(60, 40).jpeg().toBuffer();
    for (const key of KEYS) s3.objects.set(`originals/${key}`, image);
    expect(await run(BEFORE)).to.deep.equal(['RESIZED', 'RESIZED', 'RESIZED']);
  });
  afterEach(() => s3.client.restore());

  it('Each folder gets its own renditions, and two recipes may make a rendition of one name differently', () => {
    expect(outputs()).to.deep.equal([
      'resized/output/avatars/cat.jpg/thumbnail.webp',
      'resized/output/avatars/staff/cat.jpg/tiny.png',
      'resized/output/cat.jpg/thumbnail.jpg',
    ]);
    const [thumbnail] =
      parseManifest(String(s3.objects.get(`resized/${manifestKey(KEYS[1] ?? '')}`)))?.renditions ?? [];
    expect(thumbnail).to.include({ width: 16, height: 16, format: 'webp' });
  });

  it('A recipe that changes has its images alone made again', async () => {
    const changed = { ...BEFORE, 'input/avatars/': [{ ...SQUARE, width: 12 }] };
    expect(await run(changed, true)).to.deep.equal(['UNCHANGED', 'WOULD_RESIZE', 'UNCHANGED']);
    expect(await run(changed)).to.deep.equal(['UNCHANGED', 'RESIZED', 'UNCHANGED']);
    expect(await run(changed)).to.deep.equal(['UNCHANGED', 'UNCHANGED', 'UNCHANGED']);
  });

  it('A folder that loses its recipe gets the renditions of the folder above, and its old ones are deleted', async () => {
    const { 'input/avatars/': _, ...without } = BEFORE;
    expect(await run(without)).to.deep.equal(['UNCHANGED', 'RESIZED', 'UNCHANGED']);
    expect(outputs()).to.deep.equal([
      'resized/output/avatars/cat.jpg/thumbnail.jpg',
      'resized/output/avatars/staff/cat.jpg/tiny.png',
      'resized/output/cat.jpg/thumbnail.jpg',
    ]);
  });
});

describe('The check of the recipes', () => {
  /** The mistakes that are reported for recipes which TypeScript would not compile. */
  function mistakes(recipes: object): string {
    try {
      checkRecipes(recipes as Recipes);
      return '';
    } catch (error) {
      expect(error).to.have.property('name', 'RecipesError');
      return error instanceof Error ? error.message : '';
    }
  }

  it('The check of the recipes accepts folders below input/', () => {
    expect(mistakes({ 'input/': [WIDE], 'input/a b/': [SQUARE], 'input//': [TINY] })).to.equal('');
  });

  for (const [recipes, message] of [
    [{ 'input/': [WIDE], 'input/avatars': [SQUARE] }, /input\/avatars: Expected a folder .* ends in a slash/],
    [{ 'input/': [WIDE], 'avatars/': [SQUARE] }, /avatars\/: Expected a folder that begins with input\//],
    [{ 'input/': [WIDE], inputs: [SQUARE] }, /inputs: Expected a folder/],
    [{ 'input/avatars/': [SQUARE] }, /Expected a recipe for input\/, which is made where no other fits/],
    [{ 'input/': [] }, /input\/: Expected a list of at least one row for a table/],
    [{ 'input/': [WIDE], 'input/avatars/': SQUARE }, /input\/avatars\/: Expected a list of at least one row/],
    [
      { 'input/': [WIDE, null] },
      /input\/: row 2 \(undefined\): Expected options for a row but received null/,
    ],
    [{ 'input/': ['thumbnail'] }, /input\/: row 1 \(undefined\): Expected options for a row/],
  ] as const)
    it(`The check of the recipes refuses ${JSON.stringify(recipes)}`, () => {
      expect(mistakes(recipes)).to.match(message);
    });

  it('The check of the recipes reports all mistakes of all tables together, each with its folder and its row', () => {
    const recipes = {
      'input/': [WIDE, { ...WIDE, width: 0 }],
      'input/avatars/': [{ ...SQUARE, fit: 'crop' }],
    };
    expect(mistakes(recipes).split('\n').slice(1)).to.satisfy(
      ([first = '', second = '', third = '', ...others]: string[]) =>
        /^input\/: row 2 \(thumbnail\): .*for width/.test(first) &&
        /^input\/: row 2 \(thumbnail\): .*a name of its own/.test(second) &&
        /^input\/avatars\/: row 1 \(thumbnail\): .*for fit/.test(third) &&
        others.length === 0,
    );
  });
});
