import { expect } from 'chai';
import { copyCheckout } from '../support/checkout.ts';
import { paintUpright } from '../support/images.ts';
import { inParallel } from '../support/in-parallel.ts';
import { type PipelineUnderTest, startPipeline, until } from '../support/pipeline.ts';
import { describeLocally } from '../support/target.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** IMAGES=3000 npx mocha tests/faults/bulk-run.test.ts */
const IMAGES = Number(process.env.IMAGES ?? 300);

const keyOf = (index: number) => `input/image-${index}.png`;
const isText = (index: number) => index % 40 === 7;
const isCut = (index: number) => index % 40 === 23;
/** The function gets AccessDenied for these. */
const isDenied = (index: number) => index % 100 === 50;
const indexes = Array.from({ length: IMAGES }, (_, index) => index);
const good = indexes.filter((index) => !isText(index) && !isCut(index) && !isDenied(index));
/** Their manifests are deleted before the runs. */
const lost = good.filter((index) => index % 3 === 0);
const denied = indexes.filter(isDenied);
const rejected = {
  UnsupportedImageError: indexes.filter(isText).length,
  CorruptImageError: indexes.filter(isCut).length,
};

describeLocally(
  `A bulk run over ${IMAGES} images, of which 5 % are refused and 1 % cannot be processed`,
  'it changes the function',
  () => {
    const data = temporaryFolder('bulk-run');
    let checkout: string;
    let pipeline: PipelineUnderTest;

    const start = (toleratedFailurePercentage: string) =>
      startPipeline({
        data,
        checkout,
        words: ['--parameter-overrides', `ToleratedFailurePercentage=${toleratedFailurePercentage}`],
      });
    const manifests = async () => (await pipeline.outputs()).filter((key) => key.endsWith('/manifest.json'));
    const queued = async (count: number) => {
      const keys: string[] = [];
      const look = async () => {
        for (const { detail } of (await pipeline.takeUnprocessed()) as {
          detail: { object: { key: string } };
        }[])
          keys.push(detail.object.key);
        return keys.length >= count;
      };
      await until(look, () => `${count} messages; ${keys.length} came`);
      // One more message than expected would show here.
      await look();
      return keys.sort();
    };
    const deniedKeys = denied.map(keyOf).sort();

    before(async function () {
      this.timeout(120_000 + IMAGES * 200);
      checkout = copyCheckout({
        'functions/image-resize/handler.ts': (text) =>
          text.replace(
            '=> images.make(source, settings, deliver),',
            `=> {
            if (source.includes('denied')) throw Object.assign(new Error('no'), { name: 'AccessDenied' });
            return images.make(source, settings, deliver);
          },`,
          ),
      });
      pipeline = await start('2.0');
      const image = await paintUpright(64, 48).png().toBuffer();
      const body = (index: number) =>
        isDenied(index)
          ? 'denied'
          : isText(index)
            ? 'a text'
            : isCut(index)
              ? image.subarray(0, image.length / 2)
              : image;
      await inParallel(indexes, 8, async (index) => {
        await pipeline.upload(keyOf(index), body(index));
      });
      const expected = IMAGES - denied.length;
      await until(async () => (await manifests()).length === expected, 'the manifests', IMAGES * 1000, 1000);
      expect(await queued(denied.length)).to.deep.equal(deniedKeys);
      await inParallel(lost, 8, async (index) => {
        await pipeline.loseManifest(keyOf(index));
      });
    });
    after(() => pipeline?.stop());

    it('A dry run counts what a run would make, writes nothing and sends nothing to the queue', async () => {
      const before = await pipeline.outputs();
      const execution = await pipeline.process({ dryRun: true });
      expect(execution.status).to.equal('SUCCEEDED');
      expect(pipeline.runCounts(execution)).to.deep.equal({
        wouldResize: lost.length + denied.length,
        unchanged: good.length - lost.length,
        rejected,
        unprocessed: 0,
      });
      expect(await pipeline.outputs()).to.deep.equal(before);
      expect(await pipeline.takeUnprocessed()).to.deep.equal([]);
    });

    it('A run that tolerates 2 % succeeds with counts that agree with the bucket and the queue', async () => {
      const execution = await pipeline.process({});
      expect(execution.status).to.equal('SUCCEEDED');
      expect(pipeline.runCounts(execution)).to.deep.equal({
        resized: lost.length,
        unchanged: good.length - lost.length,
        rejected,
        unprocessed: denied.length,
      });
      const found = new Map<string, number>();
      await inParallel(await manifests(), 8, async (key) => {
        const { status, error } = JSON.parse(String(await pipeline.resized(key)));
        const name = error?.name ?? status;
        found.set(name, (found.get(name) ?? 0) + 1);
      });
      expect(Object.fromEntries(found)).to.deep.equal({ RESIZED: good.length, ...rejected });
      expect(await queued(denied.length)).to.deep.equal(deniedKeys);
    });

    it('A run that tolerates none fails with the same counts', async () => {
      await pipeline.stop();
      pipeline = await start('0.0');
      const execution = await pipeline.process({});
      expect(execution).to.include({ status: 'FAILED', error: 'TooManyImagesUnprocessed' });
      expect(JSON.parse(execution.cause ?? '{}')).to.deep.equal({
        resized: 0,
        unchanged: good.length,
        rejected,
        unprocessed: denied.length,
      });
    });
  },
);
