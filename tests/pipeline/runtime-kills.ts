import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { paintUpright } from '../unit/image/images.ts';
import { type PipelineUnderTest, until } from './pipeline.ts';
import { startRuntime } from './runtime-process.ts';

export interface KillPlan {
  readonly data: string;
  readonly kills: number;
  /** Decides the pictures, the moments of the kills and which of them hit a bulk run. */
  readonly seed: number;
  readonly report?: (line: string) => void;
}

export interface KillReport {
  /** How many uploads S3 had answered with 200. */
  readonly acknowledged: number;
  /** Keys whose original is not what was acknowledged last, or has no manifest of its own. */
  readonly unprocessed: readonly string[];
  /** Objects that are listed but cannot be read whole. */
  readonly halfWritten: readonly string[];
  /** Processes that outlived their runtime. */
  readonly orphans: readonly number[];
  readonly startsMs: readonly number[];
}

const UPLOADERS = 4;
const KEYS_OF_EACH = 6;
const LONGEST_LIFE_MS = 1500;
const LONGEST_PAUSE_MS = 60;

/** Of one key: what was acknowledged last, and what was sent since and may or may not have arrived. */
interface Sent {
  acknowledged?: string;
  unanswered?: string;
}

/** Uploads without end, kills the runtime's process group again and again, and tells what became of the uploads. */
export async function killWhileWorking(plan: KillPlan): Promise<KillReport> {
  const random = randomFrom(plan.seed);
  const sent = new Map<string, Sent>();
  const startsMs: number[] = [];
  const children: number[] = [];
  let acknowledged = 0;

  const uploadUntilKilled = async (uploader: number, pipeline: PipelineUnderTest): Promise<void> => {
    for (;;) {
      const key = `input/${uploader}/${Math.floor(random() * KEYS_OF_EACH)}.png`;
      const picture = await paintUpright(40 + Math.floor(random() * 400), 40 + Math.floor(random() * 400))
        .png()
        .toBuffer();
      const of = sent.get(key) ?? {};
      sent.set(key, of);
      of.unanswered = createHash('md5').update(picture).digest('hex');
      of.acknowledged = await pipeline.upload(key, picture);
      acknowledged += 1;
      await sleep(random() * LONGEST_PAUSE_MS);
    }
  };

  for (let kill = 1; kill <= plan.kills; kill += 1) {
    const runtime = await startRuntime(plan.data);
    startsMs.push(runtime.startMs);
    const lifeMs = random() * LONGEST_LIFE_MS;
    const isBulk = random() < 0.5;
    // Each ends by the kill: its call finds nobody any more.
    const work = Array.from({ length: UPLOADERS }, (_, uploader) =>
      uploadUntilKilled(uploader, runtime.pipeline),
    );
    if (isBulk) work.push(runtime.pipeline.post({ force: true }).then(() => {}));
    for (const one of work) one.catch(() => {});
    await sleep(lifeMs);
    children.push(...runtime.pipeline.functionProcesses());
    await runtime.killGroup();
    await Promise.allSettled(work);
    plan.report?.(
      `kill ${kill} after ${Math.round(lifeMs)} ms${isBulk ? ' of a bulk run' : ''}: ${acknowledged} uploads acknowledged`,
    );
  }

  const runtime = await startRuntime(plan.data);
  startsMs.push(runtime.startMs);
  const unprocessed = await findUnprocessed(runtime.pipeline, sent);
  const halfWritten = await findHalfWritten(runtime.pipeline);
  // Only now: a killed process exists until its parent, here init, has taken note.
  const orphans = children.filter(isAlive);
  await runtime.killGroup();
  return { acknowledged, unprocessed, halfWritten, orphans, startsMs };
}

async function findUnprocessed(
  pipeline: PipelineUnderTest,
  sent: ReadonlyMap<string, Sent>,
): Promise<string[]> {
  const lost: string[] = [];
  for (const [key, { acknowledged, unanswered }] of sent) {
    if (acknowledged === undefined) continue;
    const isProcessed = async () => {
      const manifest = await pipeline.manifest(key);
      const etag = manifest?.source.etag;
      return etag !== undefined && (etag === unanswered || etag === acknowledged) ? true : undefined;
    };
    await until(isProcessed, key, 60_000).catch(() => lost.push(key));
  }
  return lost;
}

async function findHalfWritten({ s3, addresses }: PipelineUnderTest): Promise<string[]> {
  const broken: string[] = [];
  for (const Bucket of [addresses.originalImagesBucket, addresses.resizedImagesBucket]) {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
    for (const { Key } of Contents) {
      const { Body, ETag } = await s3.send(new GetObjectCommand({ Bucket, Key }));
      const bytes = (await Body?.transformToByteArray()) ?? '';
      if (`"${createHash('md5').update(bytes).digest('hex')}"` !== ETag) broken.push(`${Bucket}/${Key}`);
    }
  }
  return broken;
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch {
    return false;
  }
}

/** The mulberry32 generator: numbers from 0 to 1 that a seed repeats. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
