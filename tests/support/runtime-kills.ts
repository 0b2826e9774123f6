import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  paginateListObjectsV2,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { paintUpright } from './images.ts';
import { type PipelineUnderTest, until } from './pipeline.ts';
import { randomFrom } from './random.ts';
import { killStart, startRuntime } from './runtime-process.ts';

export interface KillPlan {
  readonly data: string;
  readonly kills: number;
  /**
   * Fixes how long each life of the runtime lasts, which lives have a bulk run, which starts are killed and when, and
   * what each uploader sends, in which order and after which pauses. It does not fix how much of that is sent before
   * a kill, nor the order in which the calls of several uploaders arrive: both depend on the machine's speed.
   */
  readonly seed: number;
  readonly report?: (line: string) => void;
}

export interface KillReport {
  /** How many uploads, removals, multipart uploads and bulk runs the runtime acknowledged. */
  readonly acknowledged: Readonly<Record<'uploads' | 'removals' | 'multipart' | 'bulkRuns', number>>;
  /** Keys whose original is not the one acknowledged last, or whose outputs were made from another original. */
  readonly unprocessed: readonly string[];
  /** Objects that are listed but whose bytes do not match their ETag. */
  readonly halfWritten: readonly string[];
  /** Bulk runs that the runtime forgot, or that did not succeed. */
  readonly unfinished: readonly string[];
  /** Files in the folder for incoming bytes that belong to no multipart upload. */
  readonly leavings: readonly string[];
  /** IDs of function processes that are alive after the kill of their runtime. */
  readonly orphans: readonly number[];
  readonly startsMs: readonly number[];
}

const UPLOADERS = 4;
const KEYS_OF_EACH = 6;
const LONGEST_LIFE_MS = 1500;
/** The latest kill of a start: a start takes about this long. */
const LONGEST_START_MS = 800;
const LONGEST_PAUSE_MS = 60;
const REMOVED = 'removed';
/** S3's minimum for every part but the last. */
const PART_BYTES = 5 * 1024 * 1024;

/** The states that a key may have, as ETags or REMOVED: the last acknowledged one and those sent since. */
type Possible = readonly string[];

/** One life of the runtime: from its start to its kill. */
interface Life {
  /** Before this life the runtime is started once and killed after this time. Undefined: it is not. */
  readonly startKilledAfterMs: number | undefined;
  /** From the time when the runtime is ready. */
  readonly lifeMs: number;
  readonly isBulk: boolean;
}

function planLives({ kills, seed }: KillPlan): Life[] {
  const random = randomFrom(seed);
  return Array.from({ length: kills }, () => ({
    startKilledAfterMs: random() < 0.25 ? random() * LONGEST_START_MS : undefined,
    lifeMs: random() * LONGEST_LIFE_MS,
    isBulk: random() < 0.5,
  }));
}

/** Kills the runtime's process group again and again during uploads, removals and bulk runs, then checks the data. */
export async function killWhileWorking(plan: KillPlan): Promise<KillReport> {
  const sent = new Map<string, Possible>();
  const bulkRuns: string[] = [];
  const startsMs: number[] = [];
  const children: number[] = [];
  const acknowledged = { uploads: 0, removals: 0, multipart: 0, bulkRuns: 0 };

  /** Records a key's new state as possible before it is sent, and as the only one when it is acknowledged. */
  const note = async (key: string, state: string, send: () => Promise<unknown>): Promise<void> => {
    sent.set(key, [...(sent.get(key) ?? [REMOVED]), state]);
    await send();
    sent.set(key, [state]);
  };
  const uploadUntilKilled = async (
    uploader: number,
    random: () => number,
    pipeline: PipelineUnderTest,
  ): Promise<void> => {
    for (;;) {
      const key = `input/${uploader}/${Math.floor(random() * KEYS_OF_EACH)}.png`;
      if (random() < 0.15) {
        await note(key, REMOVED, () => pipeline.remove(key));
        acknowledged.removals += 1;
      } else {
        const picture = await paintUpright(40 + Math.floor(random() * 400), 40 + Math.floor(random() * 400))
          .png()
          .toBuffer();
        await note(key, md5(picture).toString('hex'), () => pipeline.upload(key, picture));
        acknowledged.uploads += 1;
      }
      await sleep(random() * LONGEST_PAUSE_MS);
    }
  };
  const uploadPartsUntilKilled = async (random: () => number, pipeline: PipelineUnderTest): Promise<void> => {
    for (let number = 0; ; number = (number + 1) % 3) {
      const body = Buffer.alloc(PART_BYTES + 1000, String(random()));
      const key = `archive/${number}.bin`;
      await note(key, multipartEtag(body), () => uploadInParts(pipeline, key, body));
      acknowledged.multipart += 1;
    }
  };
  const startBulkRun = async (pipeline: PipelineUnderTest): Promise<void> => {
    const { body } = await pipeline.post({ force: true });
    bulkRuns.push(String(body.executionArn).split(':').pop() ?? '');
    acknowledged.bulkRuns += 1;
  };

  for (const [index, { startKilledAfterMs, lifeMs, isBulk }] of planLives(plan).entries()) {
    if (startKilledAfterMs !== undefined) await killStart(plan.data, startKilledAfterMs);
    const runtime = await startRuntime(plan.data);
    startsMs.push(runtime.startMs);
    const randomOf = (uploader: number) => randomFrom(plan.seed + (index + 1) * (UPLOADERS + 1) + uploader);
    const work = Array.from({ length: UPLOADERS }, (_, uploader) =>
      uploadUntilKilled(uploader, randomOf(uploader), runtime.pipeline),
    );
    work.push(uploadPartsUntilKilled(randomOf(UPLOADERS), runtime.pipeline));
    if (isBulk) work.push(startBulkRun(runtime.pipeline));
    // Each of these ends when the kill breaks its connection; `allSettled` below awaits that.
    for (const one of work) one.catch(() => {});
    await sleep(lifeMs);
    children.push(...runtime.pipeline.functionProcesses());
    await runtime.killGroup();
    await Promise.allSettled(work);
    const start =
      startKilledAfterMs === undefined ? '' : `, a start after ${Math.round(startKilledAfterMs)} ms`;
    plan.report?.(
      `kill ${index + 1} after ${Math.round(lifeMs)} ms${isBulk ? ' of a bulk run' : ''}${start}: ${JSON.stringify(acknowledged)}`,
    );
  }
  if (children.length === 0)
    throw new Error(`Expected function processes before ${plan.kills} kills but there was none.`);

  const runtime = await startRuntime(plan.data);
  startsMs.push(runtime.startMs);
  // This check comes first, so that it sees the objects as the crash left them.
  const halfWritten = await findHalfWritten(runtime.pipeline);
  const unprocessed = await findUnprocessed(runtime.pipeline, sent);
  const unfinished = await findUnfinished(runtime.pipeline, bulkRuns);
  const leavings = await findLeavings(runtime.pipeline, plan.data);
  // This check comes last: a killed process keeps its ID until its parent, here init, has reaped it.
  const orphans = children.filter(isAlive);
  await runtime.killGroup();
  return { acknowledged, unprocessed, halfWritten, unfinished, leavings, orphans, startsMs };
}

async function uploadInParts({ s3, addresses }: PipelineUnderTest, Key: string, body: Buffer): Promise<void> {
  const Bucket = addresses.originalImagesBucket;
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  const bodies = [body.subarray(0, PART_BYTES), body.subarray(PART_BYTES)];
  const Parts = await Promise.all(
    bodies.map(async (Body, index) => {
      const PartNumber = index + 1;
      const { ETag } = await s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }));
      return { PartNumber, ETag };
    }),
  );
  await s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }));
}

async function findUnprocessed(
  pipeline: PipelineUnderTest,
  sent: ReadonlyMap<string, Possible>,
): Promise<string[]> {
  const lost: string[] = [];
  for (const [key, possible] of sent) {
    const state = await stateOf(pipeline, key);
    if (!possible.includes(state)) lost.push(`${key} is ${state}, not ${possible.join(' or ')}`);
    if (!key.startsWith('input/')) continue;
    const isProcessed = async () => ((await pipeline.manifest(key))?.source.etag ?? REMOVED) === state;
    await until(isProcessed, key, 60_000).catch(() => lost.push(`${key} has the outputs of another state`));
  }
  return lost;
}

/** The ETag of an original, or REMOVED if there is none. */
async function stateOf({ s3, addresses }: PipelineUnderTest, Key: string): Promise<string> {
  const { Contents = [] } = await s3.send(
    new ListObjectsV2Command({ Bucket: addresses.originalImagesBucket, Prefix: Key, MaxKeys: 1 }),
  );
  return Contents.find((object) => object.Key === Key)?.ETag?.replaceAll('"', '') ?? REMOVED;
}

async function findUnfinished(pipeline: PipelineUnderTest, bulkRuns: readonly string[]): Promise<string[]> {
  const unfinished: string[] = [];
  for (const name of bulkRuns) {
    const { status, error } = await pipeline
      .getAtEnd(name, 300_000)
      .catch(() => ({ status: 'RUNNING', error: '' }));
    // A run that was interrupted goes on in the next life of the runtime, and then has the prefix.
    if (status !== 'SUCCEEDED' && error !== 'BulkRunInProgress') unfinished.push(`${name} ${status}`);
  }
  return unfinished;
}

async function findLeavings({ s3, addresses }: PipelineUnderTest, data: string): Promise<string[]> {
  const Bucket = addresses.originalImagesBucket;
  const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
  for (const { Key, UploadId } of Uploads)
    await s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
  return readdirSync(join(data, 's3', '.incoming'));
}

async function findHalfWritten({ s3, addresses }: PipelineUnderTest): Promise<string[]> {
  const broken: string[] = [];
  for (const Bucket of [addresses.originalImagesBucket, addresses.resizedImagesBucket]) {
    for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket }))
      for (const { Key } of Contents) if (!(await isWhole(s3, Bucket, Key))) broken.push(`${Bucket}/${Key}`);
  }
  return broken;
}

/** Whether an object's bytes match its ETag. True if the running pipeline has removed the object since it was listed. */
async function isWhole(s3: S3Client, Bucket: string, Key: string | undefined): Promise<boolean> {
  try {
    const { Body, ETag } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
    return ETag === `"${ETag?.includes('-') ? multipartEtag(bytes) : md5(bytes).toString('hex')}"`;
  } catch (error) {
    if (error instanceof Error && error.name === 'NoSuchKey') return true;
    throw error;
  }
}

function md5(bytes: Buffer): Buffer {
  return createHash('md5').update(bytes).digest();
}

/** The ETag that S3 gives an object uploaded in two parts. */
function multipartEtag(body: Buffer): string {
  const parts = [body.subarray(0, PART_BYTES), body.subarray(PART_BYTES)];
  return `${md5(Buffer.concat(parts.map(md5))).toString('hex')}-2`;
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch {
    return false;
  }
}
