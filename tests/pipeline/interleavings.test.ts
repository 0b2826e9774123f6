import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import sharp from 'sharp';
import { type PipelineUnderTest, startPipeline, until } from '../support/pipeline.ts';
import { randomFrom } from '../support/random.ts';
import { describeLocally } from '../support/target.ts';

/** How many; the full proof takes 200: `INTERLEAVINGS=200 npx mocha tests/pipeline/interleavings.test.ts`. */
const COUNT = Number(process.env.INTERLEAVINGS ?? 12);
const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 1_000_000));

/** Small and unlike each other, so that a rendition of the wrong one shows. */
const IMAGES = await Promise.all(
  Array.from({ length: 5 }, (_, index) =>
    sharp({
      create: { width: 40 + 8 * index, height: 32, channels: 3, background: `hsl(${index * 70}, 80%, 50%)` },
    })
      .png()
      .toBuffer(),
  ),
);

/** One story about one object key: what is uploaded, removed, repeated and killed, in an order and at a pace of its own. */
class Story {
  readonly key: string;
  readonly told: string[] = [];
  #etag: string | undefined;
  readonly #etags: string[] = [];
  readonly #pipeline: PipelineUnderTest;
  /** The same seed gives the same story. */
  readonly #random: (below: number) => number;

  constructor(pipeline: PipelineUnderTest, number: number) {
    this.#pipeline = pipeline;
    const random = randomFrom(SEED + number);
    this.#random = (below) => Math.floor(random() * below);
    this.key = `input/story-${number}/picture.png`;
  }

  async run(): Promise<void> {
    const acts = [
      this.#upload,
      this.#upload,
      this.#upload,
      this.#remove,
      this.#remove,
      this.#repeatEvent,
      this.#runBulk,
      this.#kill,
    ];
    // From all at once to a leisurely pace: each lets other races happen.
    const longestPauseMs = [1, 8, 30, 120][this.#random(4)] ?? 0;
    await this.#upload();
    for (let step = 4 + this.#random(10); step > 0; step -= 1) {
      await sleep(this.#random(longestPauseMs));
      await acts[this.#random(acts.length)]?.call(this);
    }
  }

  async #upload(): Promise<void> {
    const image = IMAGES[this.#random(IMAGES.length)] ?? Buffer.alloc(0);
    this.told.push(`upload ${IMAGES.indexOf(image)}`);
    this.#etag = await this.#pipeline.upload(this.key, image);
    this.#etags.push(this.#etag);
  }

  async #remove(): Promise<void> {
    this.told.push('remove');
    await this.#pipeline.remove(this.key);
    this.#etag = undefined;
  }

  /** An event of an upload or a removal that was told already: duplicated, and late. */
  async #repeatEvent(): Promise<void> {
    const type = this.#random(3) === 0 ? 'Object Deleted' : 'Object Created';
    const etag = this.#etags[this.#random(this.#etags.length)];
    this.told.push(`repeat ${type} ${etag}`);
    const bucket = { name: this.#pipeline.addresses.originalImagesBucket };
    await this.#pipeline.redrive({
      'detail-type': type,
      detail: { bucket, object: { key: this.key, etag } },
    });
  }

  async #runBulk(): Promise<void> {
    const force = this.#random(2) === 0;
    this.told.push(`bulk run, force ${force}`);
    await this.#pipeline.post({ prefix: this.key.slice(0, this.key.lastIndexOf('/') + 1), force });
  }

  async #kill(): Promise<void> {
    const processes = this.#pipeline.functionProcesses();
    const victim = processes[this.#random(processes.length)];
    this.told.push(`kill ${victim}`);
    if (victim !== undefined) this.#pipeline.kill(victim);
  }

  /** What is wrong with the outputs as they are now; undefined when they are exactly those of the newest source. */
  async fault(): Promise<string | undefined> {
    const outputs = await this.#pipeline.outputs(this.key.replace('input/', 'output/'));
    const manifest = await this.#pipeline.manifest(this.key);
    if (this.#etag === undefined)
      return outputs.length > 0 ? `outputs without an original: ${outputs}` : undefined;
    if (manifest?.source.etag !== this.#etag)
      return `manifest of ${manifest?.source.etag}, expected ${this.#etag}`;
    for (const { key, etag } of manifest.renditions) {
      const found = await this.#pipeline.resizedEtag(key);
      if (found !== etag) return `${key} is ${found}, its manifest says ${etag}`;
    }
    const expected = manifest.renditions.length + 1;
    return outputs.length === expected
      ? undefined
      : `${outputs.length} outputs, expected ${expected}: ${outputs}`;
  }
}

describeLocally(
  `${COUNT} random interleavings of uploads, removals, repeated events, bulk runs and killed processes`,
  'it kills processes',
  () => {
    let pipeline: PipelineUnderTest;
    const stories: Story[] = [];
    before(async () => {
      pipeline = await startPipeline();
    });
    after(() => pipeline.stop());

    it(`end with exactly the newest sources' renditions (SEED=${SEED})`, async function () {
      this.timeout(0);
      // One after the other, so that all of the function's processes work on the same key.
      for (let number = 0; number < COUNT; number += 1) {
        const story = new Story(pipeline, number);
        stories.push(story);
        await story.run();
        await settle(story);
      }
      // Once more at the end: nothing that came late may have spoilt what was right.
      for (const story of stories) await settle(story);
    });

    /** As an operator would: what no retry got through lies on the queue, and is sent again. */
    async function settle(story: Story): Promise<void> {
      let fault: string | undefined;
      await until(
        async () => {
          for (const event of await pipeline.takeUnprocessed()) await pipeline.redrive(event);
          fault = await story.fault();
          return fault === undefined ? true : undefined;
        },
        `${story.key} to be right after ${story.told.join(', ')}`,
        60_000,
      ).catch((error) => {
        throw new Error(`${error.message} ${fault}`);
      });
      expect(fault).to.equal(undefined);
    }
  },
);
