import { expect } from 'chai';
import sharp from 'sharp';
import { copyCheckout } from '../support/checkout.ts';
import { inParallel } from '../support/in-parallel.ts';
import { type PipelineUnderTest, startPipeline } from '../support/pipeline.ts';
import { describeLocally } from '../support/target.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** The full proof takes 3,000: `IMAGES=3000 npx mocha tests/pipeline/recipe.test.ts`. */
const COUNT = Number(process.env.IMAGES ?? 45);
const UPLOADS_AT_ONCE = 16;
const FOLDERS = ['input/album/', 'input/avatars/', 'input/avatars/staff/'] as const;
const keys = Array.from({ length: COUNT }, (_, index) => `${FOLDERS[index % 3]}image-${index}.png`);
const inAlbum = keys.filter((key) => key.startsWith('input/album/')).length;

const TABLE = 'functions/image-resize/renditions.ts';
const RECIPES = `
  'input/': RENDITIONS,
  'input/avatars/': [{ name: 'thumbnail', width: 16, height: 16, fit: 'cover', format: 'webp' }],
  'input/avatars/staff/': [{ name: 'badge', height: 8, format: 'png' }],
`;
const addRecipes = (text: string) => text.replace("'input/': RENDITIONS,", RECIPES);

describeLocally('A bulk run after one of three recipes has changed', 'it changes the function', () => {
  let pipeline: PipelineUnderTest;

  before(async function () {
    this.timeout(0);
    const data = temporaryFolder('image-pipeline-data');
    const first = await startPipeline({ data, checkout: copyCheckout({ [TABLE]: addRecipes }) });
    await inParallel(keys.entries(), UPLOADS_AT_ONCE, async ([index, key]) => {
      const background = { r: index % 256, g: (index * 7) % 256, b: (index * 31) % 256 };
      const image = sharp({ create: { width: 24, height: 16, channels: 3, background } });
      await first.uploadAndWait(key, await image.png().toBuffer());
    });
    await first.stop();
    const checkout = copyCheckout({
      [TABLE]: (text) => addRecipes(text.replace("name: 'thumbnail'", "name: 'preview'")),
    });
    pipeline = await startPipeline({ data, checkout });
  });
  after(() => pipeline.stop());

  it(`A bulk run over ${COUNT} images with one changed recipe of three resizes the images of that recipe again, in batches, and its results agree with the bucket`, async function () {
    this.timeout(0);
    const execution = await pipeline.process({});
    expect(await pipeline.batchResults(execution)).to.have.length(Math.ceil(COUNT / 20));
    const { resized = 0, unchanged, ...others } = pipeline.runCounts(execution);
    expect(others).to.deep.equal({ rejected: {}, unprocessed: 0 });
    expect(resized + unchanged).to.equal(COUNT);
    // Events are delivered at least once. Those in flight when the first runtime stopped are delivered again by the
    // second one, before the bulk run, which then finds their images unchanged.
    expect(resized).to.be.within(inAlbum - UPLOADS_AT_ONCE, inAlbum);
    const outputs = await pipeline.outputs();
    const made = (folder: string, name: string) =>
      outputs.filter((key) => key.startsWith(`output/${folder}/image-`) && key.endsWith(`/${name}`)).length;
    expect(made('album', 'preview.jpg')).to.equal(inAlbum);
    expect(made('avatars', 'thumbnail.webp')).to.be.above(0);
    expect(made('avatars/staff', 'badge.png')).to.be.above(0);
    expect(outputs.filter((key) => key.endsWith('/thumbnail.jpg'))).to.deep.equal([]);
  });

  it('A bulk run that is repeated renders nothing', async function () {
    this.timeout(0);
    const execution = await pipeline.process({});
    expect(pipeline.runCounts(execution)).to.deep.equal({
      resized: 0,
      unchanged: COUNT,
      rejected: {},
      unprocessed: 0,
    });
  });
});
