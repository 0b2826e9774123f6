/**
 * npx node bench/image-process.ts [RUNS=21]
 *
 * What it costs that images are made in a process of their own: CPU, wall time and peak memory of both processes
 * together, divided by those of the image core in one process. Both make the same images in turn, bundled and with the
 * environment as deployed. Medians of the runs, with the range of their middle half.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleImageProcess } from './bundle.ts';
import { makeScenes, type Scene } from './image-sources.ts';
import { readLambdaEnvironment } from './lambda-environment.ts';
import { cpuSeconds, family, peakMebibytes } from './process-costs.ts';
import { spreadOf } from './spread.ts';

const runs = Number(process.argv[2] ?? 21);
const WARM_UP_IMAGES = 6;

const environment = readLambdaEnvironment();
const folder = mkdtempSync(join(tmpdir(), 'bench-'));
try {
  const runner = await bundleImageProcess(folder);
  for (const scene of await makeScenes(folder, 1)) await compare(scene, runner);
} finally {
  rmSync(folder, { recursive: true });
}

async function compare({ name, files, rows }: Scene, file: string): Promise<void> {
  const start = (how: string) => fork(file, [how, folder], { env: { ...process.env, ...environment } });
  const children = { alone: start('in one process'), process: start('in a process of its own') };
  const make = async (child: ChildProcess) => {
    const before = cpuSeconds(family(child.pid));
    const started = performance.now();
    child.send({ files, rows });
    await once(child, 'message');
    return { cpu: cpuSeconds(family(child.pid)) - before, wall: performance.now() - started };
  };
  for (let image = 0; image < WARM_UP_IMAGES; image += 1)
    for (const child of Object.values(children)) await make(child);
  const ratios: { cpu: number; wall: number }[] = [];
  for (let run = 0; run < runs; run += 1) {
    const [first, second] = run % 2 ? [children.alone, children.process] : [children.process, children.alone];
    const costs = new Map([[first, await make(first)]]);
    costs.set(second, await make(second));
    const [alone, both] = [costs.get(children.alone), costs.get(children.process)];
    if (alone && both) ratios.push({ cpu: both.cpu / alone.cpu, wall: both.wall / alone.wall });
  }
  const show = (what: 'cpu' | 'wall') => {
    const { median, low, high } = spreadOf(ratios.map((ratio) => ratio[what]));
    return `${what} ${median.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;
  };
  const peaks = (child: ChildProcess) => family(child.pid).map(peakMebibytes);
  console.log(
    `${name.padEnd(40)} ${show('cpu')}  ${show('wall')}  peak ${peaks(children.process).join(' + ')} MiB, in one process ${peaks(children.alone)} MiB`,
  );
  for (const child of Object.values(children)) child.kill();
}
