// A disk that fills up while the pipeline works.

import { setTimeout as sleep } from 'node:timers/promises';
import { HeadObjectCommand, S3ServiceException } from '@aws-sdk/client-s3';
import { expect } from 'chai';
import { useSmallDisk } from '../../runtime/tests/support/small-disk.ts';
import { paintUpright } from '../support/images.ts';
import { inParallel } from '../support/in-parallel.ts';
import { until } from '../support/pipeline.ts';
import { type Runtime, startRuntime } from '../support/runtime-process.ts';
import { describeLocally } from '../support/target.ts';

const UPLOADERS = 4;
/** Enough for a bulk run that is not over when the disk is full. */
const BEFORE = 24;
/** What is left when the uploads begin: enough for some of them, and too little for their renditions. */
const LEFT_BYTES = 4_000_000;
/** How long the disk stays full, at least. */
const FULL_MS = 15_000;

describeLocally('The pipeline on a disk that fills up', 'it fills the disk of the runtime', () => {
  const disk = useSmallDisk(96);
  let runtime: Runtime | undefined;
  afterEach(() => runtime?.killGroup());

  it('Nothing that was acknowledged during uploads and a bulk run is lost, the runtime lives, and goes on when there is space', async () => {
    runtime = await startRuntime(disk().folder);
    const { pipeline } = runtime;
    const picture = (size: number) => paintUpright(size, size).jpeg({ quality: 100 }).toBuffer();
    await inParallel(
      Array.from({ length: BEFORE }, (_, index) => index),
      UPLOADERS,
      async (index) => {
        await pipeline.uploadAndWait(`input/before/${index}.jpg`, await picture(2400 + index));
      },
    );

    disk().fill(LEFT_BYTES);
    // Before the run, which may take all that is left.
    const acknowledged = new Map<string, string>();
    const first = 'input/first.jpg';
    acknowledged.set(first, await pipeline.upload(first, await picture(600)));
    const run = await pipeline.post({ force: true });
    expect(run.status).to.equal(200);
    const refusals: unknown[] = [];
    const isOver = AbortSignal.timeout(FULL_MS);
    await Promise.all(
      Array.from({ length: UPLOADERS }, async (_, uploader) => {
        for (let index = 0; !isOver.aborted || refusals.length === 0; index += 1) {
          const key = `input/${uploader}/${index}.jpg`;
          const body = await picture(600 + index);
          await pipeline.upload(key, body).then(
            (etag) => acknowledged.set(key, etag),
            (error: unknown) => refusals.push(error),
          );
          await sleep(100);
        }
      }),
    );
    for (const error of refusals) {
      expect(error).to.be.instanceOf(S3ServiceException);
      expect(error).to.have.property('name', 'ServiceUnavailable');
    }
    disk().free();

    const Bucket = pipeline.addresses.originalImagesBucket;
    for (const [Key, etag] of acknowledged) {
      const { ETag } = await pipeline.s3.send(new HeadObjectCommand({ Bucket, Key }));
      expect(ETag, Key).to.equal(`"${etag}"`);
    }
    const redriven: string[] = [];
    for (const [key, etag] of acknowledged)
      await until(async () => {
        // As docs/operate.md tells to send again what lies on the queue.
        for (const event of await pipeline.takeUnprocessed()) {
          redriven.push(JSON.stringify(event));
          await pipeline.redrive(event);
        }
        return (await pipeline.manifest(key))?.source.etag === etag;
      }, `the renditions of ${key}, with ${redriven.length} messages on the queue so far`);

    const name = String(run.body.executionArn).split(':').at(-1) ?? '';
    // It may have had no space for a few images, and then says so.
    const { status, error = 'TooManyImagesUnprocessed' } = await pipeline.getAtEnd(name);
    expect(`${status} ${error}`).to.match(/^(SUCCEEDED|FAILED) TooManyImagesUnprocessed$/);
    const end = await pipeline.process({});
    expect(end.status, end.cause).to.equal('SUCCEEDED');
    expect(pipeline.runCounts(end)).to.include({ unprocessed: 0 });
  });
});
