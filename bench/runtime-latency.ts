/**
 * node bench/runtime-latency.ts [IMAGES=40]
 *
 * Measures the time from a single upload to its manifest, alone and during a bulk run over IMAGES images. Prints both
 * medians and their ratio. Exits with 1 if the ratio is above 3, or if the bulk run ended before enough uploads.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { type PipelineUnderTest, until } from '../tests/support/pipeline.ts';
import { startRuntime } from '../tests/support/runtime-process.ts';

const images = Number(process.argv[2] ?? 40);
const SAMPLES = 7;
/** The fewest samples for a median. */
const LEAST_SAMPLES = 5;
const MOST_RATIO = 3;

const folder = mkdtempSync(join(tmpdir(), 'runtime-latency-'));
const runtime = await startRuntime(folder, { listen: (text) => process.stderr.write(text) });
const { pipeline } = runtime;
try {
  const picture = await sharp('local/sample/dandelion.jpg').resize(2000).jpeg({ quality: 84 }).toBuffer();
  const keys = Array.from({ length: images }, (_, index) => `input/bulk/${index}.jpg`);
  await Promise.all(keys.map((key) => pipeline.upload(key, picture)));
  for (const key of keys) await until(() => pipeline.manifest(key), `the manifest of ${key}`, 60_000);
  const idle = await sampleUploads(picture, pipeline, () => Promise.resolve(true));
  const { body } = await pipeline.post({ prefix: 'input/bulk/', force: true });
  const name = String(body.executionArn).split(':').pop() ?? '';
  const isRunning = async () => (await pipeline.get(name)).body.status === 'RUNNING';
  const busy = await sampleUploads(picture, pipeline, isRunning);
  console.log(`alone              ${describeTimes(idle)}`);
  console.log(`during a bulk run  ${describeTimes(busy)}`);
  const ratio = median(busy) / median(idle);
  console.log(`ratio of medians   ${ratio.toFixed(2)}, limit ${MOST_RATIO}`);
  if (busy.length < LEAST_SAMPLES)
    console.log(
      `The bulk run ended after ${busy.length} uploads, expected at least ${LEAST_SAMPLES}: repeat with more IMAGES.`,
    );
  process.exitCode = busy.length >= LEAST_SAMPLES && ratio <= MOST_RATIO ? 0 : 1;
} finally {
  await runtime.killGroup();
  rmSync(folder, { recursive: true });
}

/** The milliseconds of each upload that was processed while `goOn` was true. */
async function sampleUploads(
  picture: Buffer,
  pipeline: PipelineUnderTest,
  goOn: () => Promise<boolean>,
): Promise<number[]> {
  const times: number[] = [];
  while (times.length < SAMPLES) {
    const started = performance.now();
    await pipeline.uploadAndWait(`input/single/${crypto.randomUUID()}.jpg`, picture);
    const ms = performance.now() - started;
    if (!(await goOn())) break;
    times.push(ms);
  }
  return times;
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
}

function describeTimes(times: readonly number[]): string {
  return `${Math.round(median(times))} ms (${times.length} uploads, ${Math.round(Math.min(...times))} to ${Math.round(Math.max(...times))} ms)`;
}
