/**
 * npx node bench/heic.ts FILE ...
 *
 * CPU, wall time and peak memory of the image process for each file, for example a HEIC and a JPEG of the same picture.
 * Nothing that npm installs writes HEVC, so the files are yours. Each file has a process of its own, which makes the default
 * renditions 20 times, as in a batch: the first time, the median of the others, and the memory in the end.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { DEFAULT_LIMITS } from '../functions/image-resize/image/limits.ts';
import type { MakeRequest, WorkerReport } from '../functions/image-resize/image-worker.ts';
import { RENDITIONS } from '../functions/image-resize/renditions.ts';
import { bundle } from './bundle.ts';
import { readLambdaEnvironment } from './lambda-environment.ts';
import { cpuSeconds, peakMebibytes } from './process-costs.ts';
import { spreadOf } from './spread.ts';

const RUNS = 20;

const environment = readLambdaEnvironment();
const folder = mkdtempSync(join(tmpdir(), 'bench-'));
try {
  const entryPoints = ['functions/image-resize/image-worker.ts'];
  const worker = await bundle(folder, 'image-worker', { entryPoints });
  for (const file of process.argv.slice(2)) console.log(await measure(file, worker));
} finally {
  rmSync(folder, { recursive: true });
}

async function measure(file: string, worker: string): Promise<string> {
  const child = fork(worker, [], { env: { ...process.env, ...environment }, serialization: 'advanced' });
  await once(child, 'message');
  const pid = String(child.pid);
  const request: MakeRequest = {
    source: readFileSync(file),
    rows: RENDITIONS,
    limits: DEFAULT_LIMITS,
    acceptsHeic: true,
  };
  const costs: { readonly cpu: number; readonly wall: number }[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const [cpu, started] = [cpuSeconds([pid]), performance.now()];
    const made = new Promise<void>((resolve, reject) => {
      child.on('message', (report: WorkerReport) => {
        if (report.kind === 'made') resolve();
        else if (report.kind !== 'rendition') reject(new Error(JSON.stringify(report)));
      });
    });
    child.send(request);
    await made;
    child.removeAllListeners('message');
    costs.push({ cpu: cpuSeconds([pid]) - cpu, wall: (performance.now() - started) / 1000 });
  }
  const peak = peakMebibytes(pid);
  const resident = Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  child.kill();
  const [first, ...others] = costs;
  const { median, low, high } = spreadOf(others.map(({ cpu }) => cpu));
  const wall = costs.reduce((sum, cost) => sum + cost.wall, 0);
  const megabytes = (statSync(file).size / 1e6).toFixed(1);
  return `${basename(file)} (${megabytes} MB): CPU ${median.toFixed(2)} s (${low.toFixed(2)}–${high.toFixed(2)}), the first ${first?.cpu.toFixed(2)} s; ${RUNS} in ${wall.toFixed(0)} s; peak ${peak} MiB, ${Math.round(resident)} MiB in the end`;
}
