import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import sharp from 'sharp';
import { inParallel } from '../support/in-parallel.ts';
import { type PipelineUnderTest, startPipeline, until } from '../support/pipeline.ts';
import { randomFrom } from '../support/random.ts';
import { describeLocally } from '../support/target.ts';

/** RACES=200 SEED=7 npx mocha tests/faults/overwrites.test.ts runs each race that often, with those pauses. */
const RACES = Number(process.env.RACES ?? 12);
const SEED = Number(process.env.SEED ?? Math.ceil(Math.random() * 1e6));

/** Longer than one render of these images, with four of them at once. */
const SETTLE_MS = 2000;

const photo = (red: number) =>
  sharp({ create: { width: 900, height: 600, channels: 3, background: { r: red, g: 80, b: 40 } } });

describeLocally('Uploads that overtake each other under one key', 'it looks into the buckets', () => {
  let pipeline: PipelineUnderTest;
  const random = randomFrom(SEED);
  before(async () => {
    pipeline = await startPipeline();
  });
  after(() => pipeline.stop());

  const outputsOf = async (key: string) =>
    (await pipeline.outputs(`${key.replace('input/', 'output/')}/`)).sort();

  /** The keys that the manifest names, its own among them; undefined until it is that of the upload with this ETag. */
  async function namedBy(key: string, etag: string): Promise<string[] | undefined> {
    const manifest = await pipeline.manifest(key);
    if (manifest?.source.etag !== etag) return undefined;
    const folder = key.replace('input/', 'output/');
    return [...manifest.renditions.map((rendition) => rendition.key), `${folder}/manifest.json`].sort();
  }

  /** Uploads the versions one after the other, with random pauses, and waits for the manifest of the last one. */
  async function race(key: string, versions: readonly Buffer[], pauseMs: number): Promise<string[]> {
    let etag = '';
    for (const [index, version] of versions.entries()) {
      if (index > 0) await sleep(random() * pauseMs);
      etag = await pipeline.upload(key, version);
    }
    return until(() => namedBy(key, etag), `the manifest of ${key}`);
  }

  async function runRaces(name: string, pauseMs: number, versions: readonly Buffer[]) {
    const expected = new Map<string, string[]>();
    const keys = Array.from({ length: RACES }, (_, index) => `input/${name}-${index}.jpg`);
    await inParallel(keys, 4, async (key) => {
      expected.set(key, await race(key, versions, pauseMs));
    });
    // Executions that were overtaken may still write and delete.
    await sleep(SETTLE_MS);
    for (const key of keys) expect(await outputsOf(key), `SEED=${SEED}`).to.deep.equal(expected.get(key));
  }

  it(`${RACES} JPEGs that a text file replaces within 60 ms leave only their manifest`, async function () {
    this.timeout(RACES * 10_000);
    await runRaces('text', 60, [await photo(200).jpeg().toBuffer(), Buffer.from('no image')]);
  });

  it(`${RACES} times a JPEG, a JPEG and a PNG 50 ms apart leave only the renditions of the PNG`, async function () {
    this.timeout(RACES * 10_000);
    await runRaces('png', 100, [
      await photo(200).jpeg().toBuffer(),
      await photo(100).jpeg().toBuffer(),
      await photo(50).png().toBuffer(),
    ]);
  });
});
