import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { countImages } from '../../functions/image-resize/count-images.ts';
import type { ObjectStore } from '../../functions/image-resize/object-store.ts';
import { inMemoryPipeline } from '../support/in-memory-pipeline.ts';

const REQUEST = {
  kind: 'count',
  manifestKey: 'runs/monday/1/manifest.json',
  toleratedFailurePercentage: 5,
  isDryRun: false,
} as const;

const refused = (name: string) => ({ key: 'input/a', error: { name, message: 'It is.' } });
const batch = (counted: object, alone: readonly object[] = []) => ({
  Status: 'SUCCEEDED',
  Output: JSON.stringify({ counted: { resized: 0, unchanged: 0, rejected: [], ...counted }, alone }),
});

/** The result files of a Distributed Map, by status, in pieces of a few bytes. */
function resultsOf(files: Readonly<Record<string, readonly (readonly object[])[]>>): ObjectStore {
  const texts = new Map<string, string>();
  const ResultFiles: Record<string, object[]> = { FAILED: [], PENDING: [], SUCCEEDED: [] };
  for (const [status, lists] of Object.entries(files))
    for (const [index, entries] of lists.entries()) {
      const Key = `runs/monday/1/${status}_${index}.json`;
      ResultFiles[status]?.push({ Key, Size: 1 });
      texts.set(Key, JSON.stringify(entries));
    }
  texts.set(REQUEST.manifestKey, JSON.stringify({ DestinationBucket: 'resized', ResultFiles }));
  return {
    ...inMemoryPipeline([]).resized,
    async *stream(key: string) {
      const bytes = Buffer.from(texts.get(key) ?? '');
      for (let from = 0; from < bytes.length; from += 7) yield bytes.subarray(from, from + 7);
    },
  };
}

/** The heap without its garbage, of which there is as much as the process has memory for. */
function liveMebibytes(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

describe('The counts of a bulk run', () => {
  it('The counts of a bulk run add up every batch of every result file, and count rejections by the name of the error', async () => {
    const results = resultsOf({
      SUCCEEDED: [
        [batch({ resized: 3, rejected: [refused('CorruptImageError')] }), batch({ unchanged: 20 })],
        [batch({ resized: 1, rejected: [refused('CorruptImageError'), refused('ImageTooLargeError')] })],
      ],
    });
    expect(await countImages(REQUEST, results)).to.deep.equal({
      images: {
        resized: 4,
        unchanged: 20,
        rejected: { CorruptImageError: 2, ImageTooLargeError: 1 },
        unprocessed: 0,
      },
      isTolerated: true,
    });
  });

  it('The counts of a bulk run add the images that were processed one by one to those of their batch', async () => {
    const alone = [
      { resized: 1, unchanged: 0, rejected: [] },
      { unprocessed: { key: 'input/b', error: { Error: 'Runtime.ExitError' } } },
    ];
    const { images } = await countImages(REQUEST, resultsOf({ SUCCEEDED: [[batch({ resized: 2 }, alone)]] }));
    expect(images).to.deep.include({ resized: 3, unprocessed: 1 });
  });

  it('The counts of a bulk run report every image of a batch that failed or never began as unprocessed', async () => {
    const Input = JSON.stringify({ Items: [{ Key: 'input/a' }, { Key: 'input/b' }], BatchInput: {} });
    const { images } = await countImages(
      REQUEST,
      resultsOf({ FAILED: [[{ Input }]], PENDING: [[{ Input }]] }),
    );
    expect(images.unprocessed).to.equal(4);
  });

  for (const [unprocessed, isTolerated] of [
    [5, true],
    [6, false],
  ] as const)
    it(`A bulk run with ${unprocessed} unprocessed images of 100 is ${isTolerated ? '' : 'not '}tolerated at 5 percent`, async () => {
      const alone = Array.from({ length: unprocessed }, () => ({ unprocessed: { key: 'input/a' } }));
      const results = resultsOf({ SUCCEEDED: [[batch({ resized: 100 - unprocessed }, alone)]] });
      expect((await countImages(REQUEST, results)).isTolerated).to.equal(isTolerated);
    });

  it('A bulk run over no images is tolerated', async () => {
    expect((await countImages(REQUEST, resultsOf({}))).isTolerated).to.equal(true);
  });

  it('The counts of a dry run report the images that it would resize', async () => {
    const results = resultsOf({ SUCCEEDED: [[batch({ resized: 2 })]] });
    const { images } = await countImages({ ...REQUEST, isDryRun: true }, results);
    expect(images).to.deep.include({ wouldResize: 2 }).and.not.have.property('resized');
  });

  it('Counting 50,000 batches needs no more memory than counting 1,000 batches', async function () {
    this.timeout(60_000);
    const entry = Buffer.from(JSON.stringify(batch({ resized: 20 }, [{ resized: 1 }])));
    const heapMebibytes = async (count: number) => {
      let highest = 0;
      // A look takes the time of a garbage collection, which is long beside other tests.
      const looksEvery = Math.ceil(count / 5);
      const base = resultsOf({ SUCCEEDED: [[]] });
      const results: ObjectStore = {
        ...base,
        async *stream(key) {
          if (key === REQUEST.manifestKey) return yield* base.stream(key);
          for (let index = 0; index < count; index += 1) {
            yield Buffer.concat([Buffer.from(index === 0 ? '[' : ','), entry]);
            if (index % looksEvery === 0) highest = Math.max(highest, liveMebibytes());
          }
          yield Buffer.from(']');
        },
      };
      expect((await countImages(REQUEST, results)).images.resized).to.equal(count * 21);
      return highest;
    };
    const few = await heapMebibytes(1000);
    expect(await heapMebibytes(50_000)).to.be.below(few + 3);
  });
});
