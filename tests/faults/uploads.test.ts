import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { copyCheckout } from '../support/checkout.ts';
import { inParallel } from '../support/in-parallel.ts';
import { until } from '../support/pipeline.ts';
import { type Runtime, startRuntime } from '../support/runtime-process.ts';
import { describeLocally } from '../support/target.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { checkOutputs, PROBLEMS, type Problem, type Upload } from './check-outputs.ts';
import { Executions } from './executions.ts';
import { FAULT_NAMES, type FaultyProxy, startProxy } from './proxy.ts';
import { makeSmallImages, type SmallImage } from './small-images.ts';
import { planUploads, type UploadScript } from './upload-script.ts';

/** UPLOADS=10000 SEED=7 npx mocha tests/faults/uploads.test.ts */
const UPLOADS = Number(process.env.UPLOADS ?? 250);
const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 1_000_000));
/** The share of the requests to S3 that get a fault. */
const FAULT_RATE = Number(process.env.FAULT_RATE ?? 0.1);

const KEYS_AT_ONCE = 8;
/** With more, executions would wait for a process so long that the steps of one key no longer overlap. */
const MOST_WAITING = 48;
/** After an hour the function deletes outputs that no manifest names, see outputs.ts. */
const MORE_THAN_AN_HOUR_MS = 61 * 60 * 1000;

/** The names under which an execution may end: refusals of an image, and faults that another try may mend. */
const TYPED_ERRORS = [
  'UnsupportedImageError',
  'CorruptImageError',
  'ImageTooLargeError',
  'RenderFailedError',
  'SourceNotFoundError',
  'StorageThrottledError',
  'StorageUnavailableError',
  'SourceChangingError',
  'ImageProcessError',
];

describeLocally(
  `${UPLOADS} uploads with a fault in ${100 * FAULT_RATE} % of the function's requests to S3`,
  'it changes the function',
  () => {
    let proxy: FaultyProxy;
    let runtime: Runtime;
    let executions: Executions;
    let images: readonly SmallImage[];
    /** The executions of ResizeUploadStateMachine that were started. */
    let started = 0;
    /** The newest upload of each key that was not removed. */
    const newest = new Map<string, Upload>();
    const scripts = new Map<string, UploadScript>();

    before(async () => {
      proxy = await startProxy({ seed: SEED, faultRate: FAULT_RATE });
      const checkout = copyCheckout({
        'functions/image-resize/handler.ts': (text) =>
          text.replace('new S3Client({})', `new S3Client({ endpoint: '${proxy.url}' })`),
      });
      const data = temporaryFolder('faulty-uploads');
      executions = new Executions(join(data, 'functions/ImageResizeFunction/function.log'));
      runtime = await startRuntime(data, { checkout, listen: (text) => executions.hear(text) });
      proxy.forwardTo(runtime.pipeline.addresses.s3);
      images = await makeSmallImages(SEED);
    });
    after(async () => {
      await runtime.killGroup();
      executions.close();
      await proxy.close();
    });

    it(`A bulk run heals all outputs, and leaves none that no manifest names (SEED=${SEED})`, async function () {
      this.timeout(120_000 + UPLOADS * 200);
      const { pipeline } = runtime;
      await inParallel(
        planUploads({ seed: SEED, uploads: UPLOADS, images: images.length }),
        KEYS_AT_ONCE,
        play,
      );
      await allEnded();
      expect(countFaults() / proxy.requests).to.be.closeTo(FAULT_RATE, 0.03);
      proxy.stopFaults();
      await redriveRemovals();
      proxy.advanceClock(MORE_THAN_AN_HOUR_MS);
      const healing = await pipeline.process({});
      const problems = await checkOutputs(pipeline, newest);
      const repeated = await pipeline.process({});

      const untyped = executions.failed
        .filter(({ error }) => !TYPED_ERRORS.includes(error))
        .map(({ error, message }) => `${error}: ${message}`);
      report(problems, untyped, JSON.stringify(pipeline.runCounts(healing)));
      expect(problems.slice(0, 10).map(explain), `SEED=${SEED}`).to.deep.equal([]);
      expect([...new Set(untyped)], `SEED=${SEED}`).to.deep.equal([]);
      expect(executions.strangeLines).to.deep.equal([]);
      expect(pipeline.runCounts(healing)).to.have.property('unprocessed', 0);
      expect(pipeline.runCounts(repeated)).to.have.property('resized', 0);
    });

    /** Carries out the steps of one key. */
    async function play(script: UploadScript): Promise<void> {
      const { pipeline } = runtime;
      const { key, steps } = script;
      scripts.set(key, script);
      await until(async () => countRunning() < MOST_WAITING, 'fewer executions');
      const events: unknown[] = [];
      for (const step of steps) {
        await sleep(step.pauseMs);
        started += 1;
        if (step.kind === 'repeat') await pipeline.redrive(events[step.event]);
        else events.push(step.kind === 'upload' ? await upload(key, images[step.image]) : await remove(key));
      }
    }

    /** @returns the event that S3 sends. */
    async function upload(key: string, image: SmallImage | undefined): Promise<unknown> {
      if (!image) throw new RangeError('Expected an image of the list.');
      const etag = await runtime.pipeline.upload(key, image.body);
      newest.set(key, { image, etag });
      return eventOf('Object Created', { key, etag });
    }

    async function remove(key: string): Promise<unknown> {
      await runtime.pipeline.remove(key);
      newest.delete(key);
      return eventOf('Object Deleted', { key });
    }

    function eventOf(type: string, object: object): unknown {
      const bucket = { name: runtime.pipeline.addresses.originalImagesBucket };
      return { 'detail-type': type, detail: { bucket, object } };
    }

    function countRunning(): number {
      return started - executions.countEnded();
    }

    async function allEnded(): Promise<void> {
      await until(
        async () => countRunning() === 0,
        () => `the end of ${countRunning()} executions`,
        200_000,
      );
    }

    /** Redrives the events of removed originals from the queue. A bulk run, which must heal all others, sees none of these. */
    async function redriveRemovals(): Promise<void> {
      const { pipeline } = runtime;
      for (;;) {
        const events = await pipeline.takeUnprocessed();
        if (events.length === 0) break;
        for (const event of events) {
          if (newest.has(keyOf(event))) continue;
          started += 1;
          await pipeline.redrive(event);
        }
      }
      await allEnded();
    }

    function explain({ kind, key, detail }: Problem): string {
      const script =
        scripts.get(key) ?? scripts.get(key.replace('output/', 'input/').replace(/\/[^/]*$/, ''));
      return `${kind}: ${key}: ${detail} (${JSON.stringify(script)})`;
    }

    function countFaults(): number {
      return [...proxy.injected.values()].reduce((sum, count) => sum + count, 0);
    }

    function report(problems: readonly Problem[], untyped: readonly string[], healed: string): void {
      const faults = FAULT_NAMES.map((name) => `${name} ${proxy.injected.get(name) ?? 0}`);
      const failed = [...Map.groupBy(executions.failed, ({ error }) => error)];
      const counts = PROBLEMS.map(
        (wanted) => `${wanted} ${problems.filter(({ kind }) => kind === wanted).length}`,
      );
      console.log(`SEED=${SEED}: ${UPLOADS} uploads to ${scripts.size} keys, ${started} events, ${proxy.requests} requests
${countFaults()} faults: ${faults.join(', ')}
executions that failed: ${failed.map(([error, all]) => `${error} ${all.length}`).join(', ')}
the bulk run: ${healed}
${counts.join(', ')}, untyped ${untyped.length}`);
    }
  },
);

function keyOf(event: Record<string, unknown>): string {
  const { detail }: { detail?: { object?: { key?: string } } } = event;
  return detail?.object?.key ?? '';
}
