import { setTimeout as sleep } from 'node:timers/promises';
import { DeleteObjectCommand, ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { expect } from 'chai';
import sharp from 'sharp';
import { type PipelineUnderTest, startPipeline, until } from '../support/pipeline.ts';
import { randomFrom } from '../support/random.ts';
import { describeLocally } from '../support/target.ts';

/** The full proof takes 200: `INTERLEAVINGS=200 npx mocha tests/faults/interleavings.test.ts`. */
const COUNT = Number(process.env.INTERLEAVINGS ?? 12);
const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 1_000_000));

/** Of different widths and colours, so that a rendition of the wrong image has another ETag. */
const IMAGES = await Promise.all(
  Array.from({ length: 5 }, (_, index) =>
    sharp({
      create: { width: 40 + 8 * index, height: 32, channels: 3, background: `hsl(${index * 70}, 80%, 50%)` },
    })
      .png()
      .toBuffer(),
  ),
);

/** A random sequence of uploads, removals, deleted versions, repeated events, bulk runs and kills, all on one key. */
class Interleaving {
  readonly key: string;
  /** Every action so far, for the message of a failed test. */
  readonly steps: string[] = [];
  /** Of every version that exists, the newest last; undefined for a delete marker. */
  readonly #versions: (string | undefined)[] = [];
  readonly #etags: string[] = [];
  readonly #pipeline: PipelineUnderTest;
  /** Depends on the seed and the interleaving's number alone. */
  readonly #random: (below: number) => number;

  constructor(pipeline: PipelineUnderTest, number: number) {
    this.#pipeline = pipeline;
    const random = randomFrom(SEED + number);
    this.#random = (below) => Math.floor(random() * below);
    this.key = `input/interleaving-${number}/picture.png`;
  }

  async run(): Promise<void> {
    const actions = [
      this.#upload,
      this.#upload,
      this.#upload,
      this.#remove,
      this.#remove,
      this.#deleteNewestVersion,
      this.#deleteNewestVersion,
      this.#repeatEvent,
      this.#runBulk,
      this.#kill,
    ];
    // Short and long pauses provoke different races.
    const longestPauseMs = [1, 8, 30, 120][this.#random(4)] ?? 0;
    await this.#upload();
    for (let step = 4 + this.#random(10); step > 0; step -= 1) {
      await sleep(this.#random(longestPauseMs));
      await actions[this.#random(actions.length)]?.call(this);
    }
  }

  async #upload(): Promise<void> {
    const image = IMAGES[this.#random(IMAGES.length)] ?? Buffer.alloc(0);
    this.steps.push(`upload ${IMAGES.indexOf(image)}`);
    const etag = await this.#pipeline.upload(this.key, image);
    this.#versions.push(etag);
    this.#etags.push(etag);
  }

  async #remove(): Promise<void> {
    this.steps.push('remove');
    await this.#pipeline.remove(this.key);
    this.#versions.push(undefined);
  }

  /** Makes the version before it the newest: undoes an overwrite, or a removal if the newest is a delete marker. */
  async #deleteNewestVersion(): Promise<void> {
    const { s3, addresses } = this.#pipeline;
    const Bucket = addresses.originalImagesBucket;
    const listed = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: this.key }));
    const versions = [...(listed.Versions ?? []), ...(listed.DeleteMarkers ?? [])];
    const VersionId = versions.find(({ IsLatest }) => IsLatest)?.VersionId;
    if (VersionId === undefined) return;
    this.steps.push('delete the newest version');
    await s3.send(new DeleteObjectCommand({ Bucket, Key: this.key, VersionId }));
    this.#versions.pop();
  }

  /** Delivers an event for an earlier upload once more: EventBridge may deliver events late and more than once. */
  async #repeatEvent(): Promise<void> {
    const type = this.#random(3) === 0 ? 'Object Deleted' : 'Object Created';
    const etag = this.#etags[this.#random(this.#etags.length)];
    this.steps.push(`repeat ${type} ${etag}`);
    const bucket = { name: this.#pipeline.addresses.originalImagesBucket };
    await this.#pipeline.redrive({
      'detail-type': type,
      detail: { bucket, object: { key: this.key, etag } },
    });
  }

  async #runBulk(): Promise<void> {
    const force = this.#random(2) === 0;
    this.steps.push(`bulk run, force ${force}`);
    await this.#pipeline.post({ prefix: this.key.slice(0, this.key.lastIndexOf('/') + 1), force });
  }

  async #kill(): Promise<void> {
    const processes = this.#pipeline.functionProcesses();
    const victim = processes[this.#random(processes.length)];
    this.steps.push(`kill ${victim}`);
    if (victim !== undefined) this.#pipeline.kill(victim);
  }

  /** What is wrong with the outputs; undefined if they are exactly those of the newest original. */
  async fault(): Promise<string | undefined> {
    const outputs = await this.#pipeline.outputs(this.key.replace('input/', 'output/'));
    const manifest = await this.#pipeline.manifest(this.key);
    const etag = this.#versions.at(-1);
    if (etag === undefined) return outputs.length > 0 ? `outputs without an original: ${outputs}` : undefined;
    if (manifest?.source.etag !== etag) return `manifest of ${manifest?.source.etag}, expected ${etag}`;
    for (const rendition of manifest.renditions) {
      const found = await this.#pipeline.resizedEtag(rendition.key);
      if (found !== rendition.etag)
        return `${rendition.key} is ${found}, its manifest contains ${rendition.etag}`;
    }
    const expected = manifest.renditions.length + 1;
    return outputs.length === expected
      ? undefined
      : `${outputs.length} outputs, expected ${expected}: ${outputs}`;
  }
}

describeLocally(
  `${COUNT} random interleavings of uploads, removals, deleted versions, repeated events, bulk runs and killed processes`,
  'it kills processes',
  () => {
    let pipeline: PipelineUnderTest;
    const interleavings: Interleaving[] = [];
    before(async () => {
      pipeline = await startPipeline();
    });
    after(() => pipeline.stop());

    it(`Each interleaving ends with exactly the renditions of the newest original, and with none after a removal (SEED=${SEED})`, async function () {
      this.timeout(0);
      // One after the other, so that all processes of the function work on the same key.
      for (let number = 0; number < COUNT; number += 1) {
        const interleaving = new Interleaving(pipeline, number);
        interleavings.push(interleaving);
        await interleaving.run();
        await settle(interleaving);
      }
      // A late event of an earlier interleaving must not have changed its outputs since.
      for (const interleaving of interleavings) await settle(interleaving);
    });

    /** Redrives the events on UnprocessedUploadsQueue, as an operator would, until the outputs are right. */
    async function settle(interleaving: Interleaving): Promise<void> {
      let fault: string | undefined;
      await until(
        async () => {
          for (const event of await pipeline.takeUnprocessed()) await pipeline.redrive(event);
          fault = await interleaving.fault();
          return fault === undefined;
        },
        `${interleaving.key} to be right after ${interleaving.steps.join(', ')}`,
        60_000,
      ).catch((error) => {
        throw new Error(`${error.message} ${fault}`);
      });
      expect(fault).to.equal(undefined);
    }
  },
);
