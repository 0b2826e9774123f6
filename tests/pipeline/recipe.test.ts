import { expect } from 'chai';
import sharp from 'sharp';
import { copyCheckout } from '../support/checkout.ts';
import { inParallel } from '../support/in-parallel.ts';
import { type Manifest, type PipelineUnderTest, startPipeline } from '../support/pipeline.ts';
import { describeLocally } from '../support/target.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** The full proof takes 3,000: `IMAGES=3000 npx mocha tests/pipeline/recipe.test.ts`. */
const COUNT = Number(process.env.IMAGES ?? 45);
const UPLOADS_AT_ONCE = 16;
const FOLDERS = ['input/album/', 'input/avatars/', 'input/avatars/staff/'] as const;
const keys = Array.from({ length: COUNT }, (_, index) => `${FOLDERS[index % 3]}image-${index}.png`);
const inFolder = (place: number) => keys.filter((_, index) => index % FOLDERS.length === place);
const [album, avatars] = [inFolder(0), inFolder(1)];

const TABLE = 'functions/image-resize/renditions.ts';
const RECIPES = `
  'input/': RENDITIONS,
  'input/avatars/': [{ name: 'thumbnail', width: 16, height: 16, fit: 'cover', format: 'webp' }],
  'input/avatars/staff/': [{ name: 'badge', height: 8, format: 'png' }],
`;
const addRecipes = (text: string) => text.replace("'input/': RENDITIONS,", RECIPES);

describeLocally('A bulk run after one of three recipes has changed', 'it changes the function', () => {
  let pipeline: PipelineUnderTest;
  let madeBefore: Map<string, Manifest>;

  before(async function () {
    this.timeout(0);
    const data = temporaryFolder('image-pipeline-data');
    const first = await startPipeline({ data, checkout: copyCheckout({ [TABLE]: addRecipes }) });
    await inParallel(keys.entries(), UPLOADS_AT_ONCE, async ([index, key]) => {
      const background = { r: index % 256, g: (index * 7) % 256, b: (index * 31) % 256 };
      const image = sharp({ create: { width: 24, height: 16, channels: 3, background } });
      await first.uploadAndWait(key, await image.png().toBuffer());
    });
    madeBefore = await manifests(first);
    await first.stop();
    const checkout = copyCheckout({
      [TABLE]: (text) => addRecipes(text).replace('width: 16, height: 16', 'width: 12, height: 12'),
    });
    pipeline = await startPipeline({ data, checkout });
  });
  after(() => pipeline.stop());

  async function manifests(of: PipelineUnderTest): Promise<Map<string, Manifest>> {
    const found = new Map<string, Manifest>();
    await inParallel(keys.values(), UPLOADS_AT_ONCE, async (key) => {
      const manifest = await of.manifest(key);
      if (manifest) found.set(key, manifest);
    });
    return found;
  }

  const describeRenditions = (manifest: Manifest | undefined) =>
    manifest?.renditions.map(({ name, format, width, height }) => `${name}: ${format}, ${width} × ${height}`);

  it('Three folders get three recipes, two of which make a thumbnail in their own ways', () => {
    expect(describeRenditions(madeBefore.get('input/album/image-0.png'))).to.include(
      'thumbnail: jpeg, 24 × 16',
    );
    expect(describeRenditions(madeBefore.get('input/avatars/image-1.png'))).to.deep.equal([
      'thumbnail: webp, 16 × 16',
    ]);
    expect(describeRenditions(madeBefore.get('input/avatars/staff/image-2.png'))).to.deep.equal([
      'badge: png, 12 × 8',
    ]);
  });

  it(`A bulk run over ${COUNT} images with one changed recipe of three resizes the images of that recipe again and no other, in batches`, async function () {
    this.timeout(0);
    const execution = await pipeline.process({});
    expect(await pipeline.batchResults(execution)).to.have.length(Math.ceil(COUNT / 20));
    const { resized = 0, unchanged, ...others } = pipeline.runCounts(execution);
    expect(others).to.deep.equal({ rejected: {}, unprocessed: 0 });
    expect(resized + unchanged).to.equal(COUNT);
    // Events are delivered at least once. Those in flight when the first runtime stopped are delivered again by the
    // second one, before the bulk run, which then finds their images unchanged.
    expect(resized).to.be.within(avatars.length - UPLOADS_AT_ONCE, avatars.length);

    const madeAfter = await manifests(pipeline);
    const madeAgain = keys.filter((key) => madeAfter.get(key)?.execution !== madeBefore.get(key)?.execution);
    expect(madeAgain).to.deep.equal(avatars);
    for (const key of avatars)
      expect(describeRenditions(madeAfter.get(key)), key).to.deep.equal(['thumbnail: webp, 12 × 12']);
    const outputs = await pipeline.outputs('output/album/');
    expect(outputs.filter((key) => key.endsWith('/thumbnail.jpg'))).to.have.length(album.length);
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
