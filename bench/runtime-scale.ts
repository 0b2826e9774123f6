/**
 * node bench/runtime-scale.ts [IMAGES=5000]
 *
 * Measures the local runtime with as many images as a photographer has. Uploads IMAGES JPEGs of about 300 kB, 16 at
 * once, waits until each has its manifest, then posts `{"force": true}` and `{}`. Prints the number of processes, the
 * memory, and the throughput as a share of a bare loop: sharp in one process on the same cores, which makes the same
 * renditions from files into files. Exits with 1 if a figure misses its limit.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { RENDITIONS } from '../functions/image-resize/renditions.ts';
import { inParallel } from '../tests/support/in-parallel.ts';
import { type PipelineUnderTest, until } from '../tests/support/pipeline.ts';
import { startRuntime } from '../tests/support/runtime-process.ts';
import { renderWithBareSharp } from './image-subjects.ts';

const images = Number(process.argv[2] ?? 5000);
/** The number of different pictures. More would not change the result and take longer to make. */
const PICTURES = 20;
const UPLOADS_AT_ONCE = 16;
/** Samples per printed line: in a long run one line a minute. */
const PRINT_EVERY = images > 500 ? 12 : 1;
/** As a share of the bare loop's throughput. */
const LEAST_SHARE = 0.85;
/** One process more than cores, and one for each of the two state machines that call the function. */
const MOST_PROCESSES = availableParallelism() + 3;
/** Memory in the last minute of work as a share of that in the first: more means that it grows with the images. */
const MOST_GROWTH = 1.3;
const SAMPLE_EVERY_MS = 5000;
/** Few enough that the load of the machine hardly changes while the bare loop runs. */
const BARE_IMAGES = Math.min(images, 200);

const folder = mkdtempSync(join(tmpdir(), 'runtime-scale-'));
const runtime = await startRuntime(join(folder, 'data'), { listen: (text) => process.stderr.write(text) });
const samples = sampleProcesses(runtime.processId);
try {
  const pictures = await paintPictures();
  const bytes = pictures.reduce((sum, picture) => sum + picture.length, 0) / pictures.length;
  console.log(`${images} images of ${Math.round(bytes / 1000)} kB, ${availableParallelism()} cores`);
  const keys = Array.from({ length: images }, (_, index) => `input/${index % 10}/image-${index}.jpg`);
  const bareBefore = await imagesASecond(BARE_IMAGES, () => runBareLoop(pictures));
  const uploads = await imagesASecond(images, () => uploadAll(keys, pictures, runtime.pipeline));
  const bulk = await imagesASecond(images, () => runBulk({ force: true }, runtime.pipeline));
  const bareAfter = await imagesASecond(BARE_IMAGES, () => runBareLoop(pictures));
  const bare = (bareBefore + bareAfter) / 2;
  const seconds = images / (await imagesASecond(images, () => runBulk({}, runtime.pipeline)));
  const { processes, atStartMb, atEndMb, highestMb, largestFunctionMb } = samples.stop();
  const growth = atEndMb / atStartMb;
  console.log(`bare loop   ${bareBefore.toFixed(2)} and ${bareAfter.toFixed(2)} images a second`);
  report('uploads', `${uploads.toFixed(2)} images a second`, uploads / bare, LEAST_SHARE);
  report('bulk run', `${bulk.toFixed(2)} images a second`, bulk / bare, LEAST_SHARE);
  console.log(`second {}   ${seconds.toFixed(1)} s, limit 30 s`);
  console.log(`processes   at most ${processes} of the function, limit ${MOST_PROCESSES}`);
  console.log(
    `memory      runtime ${atStartMb} MB in its first minute of work, ${atEndMb} MB in its last, ratio ${growth.toFixed(2)}, limit ${MOST_GROWTH}; ${highestMb} MB at most; the largest function process ${largestFunctionMb} MB`,
  );
  const isFlat = growth <= MOST_GROWTH;
  if (seconds > 30 || processes === 0 || processes > MOST_PROCESSES || !isFlat) process.exitCode = 1;
} finally {
  samples.stop();
  await runtime.killGroup();
  rmSync(folder, { recursive: true });
}

async function imagesASecond(count: number, work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return (count * 1000) / (performance.now() - started);
}

async function paintPictures(): Promise<Buffer[]> {
  const pictures: Buffer[] = [];
  for (let index = 0; index < PICTURES; index += 1)
    pictures.push(
      await sharp('local/sample/dandelion.jpg')
        .extract({ left: index * 60, top: index * 20, width: 4000, height: 2500 })
        .resize(2000)
        .modulate({ hue: index * 17 })
        .jpeg({ quality: 84 })
        .toBuffer(),
    );
  return pictures;
}

async function runBareLoop(pictures: readonly Buffer[]): Promise<void> {
  const directory = join(folder, 'bare');
  mkdirSync(directory, { recursive: true });
  await inParallel(Array(BARE_IMAGES).keys(), availableParallelism() + 1, async (index) => {
    const file = join(directory, `${index}.jpg`);
    await writeFile(file, pictures[index % PICTURES] ?? '');
    const source = await readFile(file);
    const bodies = await renderWithBareSharp(source, RENDITIONS);
    await Promise.all(bodies.map((body, row) => writeFile(join(directory, `${index}-${row}`), body)));
  });
}

async function uploadAll(
  keys: readonly string[],
  pictures: readonly Buffer[],
  pipeline: PipelineUnderTest,
): Promise<void> {
  const started = performance.now();
  await inParallel(keys.entries(), UPLOADS_AT_ONCE, async ([index, key]) => {
    await pipeline.upload(key, pictures[index % PICTURES] ?? '');
  });
  console.log(`accepted    after ${((performance.now() - started) / 1000).toFixed(1)} s`);
  const last = keys.at(-1) ?? '';
  await waitFor(() => pipeline.manifest(last), `the manifest of ${last}`);
  // By now few manifests are missing. One list finds them faster than a GET for each key.
  const objects = keys.length * (RENDITIONS.length + 1);
  await waitFor(async () => (await pipeline.outputs()).length === objects || undefined, 'the other outputs');
}

async function runBulk(body: object, pipeline: PipelineUnderTest): Promise<void> {
  const { body: started } = await pipeline.post(body);
  const name = String(started.executionArn).split(':').pop() ?? '';
  const ended = async () => {
    const { body: found } = await pipeline.get(name);
    return found.status === 'RUNNING' ? undefined : found;
  };
  const found = await waitFor(ended, 'the end of the bulk run');
  if (found.status !== 'SUCCEEDED') throw new Error(`The bulk run ended: ${JSON.stringify(found)}`);
}

/** Polls every 500 ms only, because each poll takes CPU from the work, and for long enough for all images. */
function waitFor<T>(look: () => Promise<T | undefined>, what: string): Promise<T> {
  return until(look, what, 1000 * images + 60_000, 500);
}

function report(what: string, figure: string, share: number, limit: number): void {
  console.log(`${what.padEnd(11)} ${figure}, ${share.toFixed(2)} of the bare loop, limit ${limit}`);
  if (share < limit) process.exitCode = 1;
}

interface Sample {
  readonly runtimeMb: number;
  /** Of each function process. */
  readonly functionMb: readonly number[];
}

/** Samples the memory of the runtime and of its function processes every five seconds, and prints some samples. */
function sampleProcesses(processId: number) {
  const started = performance.now();
  const seen: Sample[] = [];
  const timer = setInterval(() => {
    const { runtimeMb, functionMb } = sampleOf(processId);
    seen.push({ runtimeMb, functionMb });
    const seconds = Math.round((performance.now() - started) / 1000);
    if (seen.length % PRINT_EVERY !== 0) return;
    console.log(
      `  ${seconds} s: runtime ${runtimeMb} MB, ${functionMb.length} function processes, the largest ${Math.max(0, ...functionMb)} MB`,
    );
  }, SAMPLE_EVERY_MS);
  return {
    stop: () => {
      clearInterval(timer);
      // Without the samples from before the first upload, when the runtime is idle.
      const working = seen.filter(({ functionMb }) => functionMb.length > 0);
      const minute = 60_000 / SAMPLE_EVERY_MS;
      const highest = (of: readonly Sample[]) => Math.max(0, ...of.map(({ runtimeMb }) => runtimeMb));
      return {
        processes: Math.max(0, ...seen.map(({ functionMb }) => functionMb.length)),
        atStartMb: highest(working.slice(0, minute)),
        atEndMb: highest(working.slice(-minute)),
        highestMb: highest(seen),
        largestFunctionMb: Math.max(0, ...seen.flatMap(({ functionMb }) => functionMb)),
      };
    },
  };
}

function sampleOf(processId: number): Sample {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,rss='], { encoding: 'utf8' });
  const rows = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  const megabytes = (kilobytes = 0) => Math.round(kilobytes / 1024);
  const functions = rows.filter(([, parent]) => parent === processId);
  return {
    runtimeMb: megabytes(rows.find(([pid]) => pid === processId)?.[2]),
    functionMb: functions.map(([, , kilobytes]) => megabytes(kilobytes)),
  };
}
