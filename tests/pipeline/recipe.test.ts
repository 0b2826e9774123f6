import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import sharp from 'sharp';
import { copyCheckout, type PipelineUnderTest, startPipeline } from '../support/pipeline.ts';
import { describeLocally } from '../support/target.ts';

/** The full proof takes 3,000: `IMAGES=3000 npx mocha tests/pipeline/recipe.test.ts`. */
const COUNT = Number(process.env.IMAGES ?? 45);
const UPLOADS_AT_ONCE = 16;
const keys = Array.from({ length: COUNT }, (_, index) => `input/album-${index % 7}/image-${index}.png`);

describeLocally('A bulk run after the renditions table has changed', 'it changes the function', () => {
  const data = mkdtempSync(join(tmpdir(), 'image-pipeline-data-'));
  let checkout: string;
  let pipeline: PipelineUnderTest;

  before(async function () {
    this.timeout(0);
    const first = await startPipeline({ data });
    await inParallel(keys, async (key, index) => {
      const background = { r: index % 256, g: (index * 7) % 256, b: (index * 31) % 256 };
      const image = sharp({ create: { width: 24, height: 16, channels: 3, background } });
      await first.uploadAndWait(key, await image.png().toBuffer());
    });
    await first.stop();
    checkout = copyCheckout('functions/image-resize/renditions.ts', (text) =>
      text.replace("'thumbnail'", "'preview'"),
    );
    pipeline = await startPipeline({ data, checkout });
  });
  after(async () => {
    await pipeline.stop();
    for (const folder of [checkout, data]) rmSync(folder, { recursive: true });
  });

  it(`makes each of ${COUNT} images once more, in batches; status, result files and bucket agree`, async function () {
    this.timeout(0);
    const execution = await pipeline.process({});
    const { images, batches } = JSON.parse(execution.output ?? '{}').counts;
    expect(images).to.deep.include({ Total: COUNT, Succeeded: COUNT, Failed: 0 });
    expect(batches.Total).to.equal(Math.ceil(COUNT / 20));
    const { resized, unchanged, rejected } = await pipeline.runCounts(execution);
    expect({ made: resized + unchanged, rejected }).to.deep.equal({ made: COUNT, rejected: 0 });
    // Events come at least once: what was in flight when the first run stopped comes again, before the bulk run.
    expect(unchanged).to.be.at.most(UPLOADS_AT_ONCE);
    const outputs = await pipeline.outputs();
    expect(outputs.filter((key) => key.endsWith('/preview.jpg'))).to.have.length(COUNT);
    expect(outputs.filter((key) => key.endsWith('/thumbnail.jpg'))).to.deep.equal([]);
  });

  it('renders nothing when it is run again', async function () {
    this.timeout(0);
    const execution = await pipeline.process({});
    expect(await pipeline.runCounts(execution)).to.deep.equal({ resized: 0, unchanged: COUNT, rejected: 0 });
  });
});

async function inParallel<T>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  const entries = items.entries();
  const worker = async () => {
    for (const [index, item] of entries) await work(item, index);
  };
  await Promise.all(Array.from({ length: UPLOADS_AT_ONCE }, worker));
}
