/**
 * npm run bench -- [--runs 21] [--batch 100] [--only NAME] [--json]
 *
 * Compares the image core with sharp used naively, and with bare sharp: one decode, one resize per size, the encodes.
 * The runs are paired: in each run every subject renders the same image in turn, in a process of its own. Then measures
 * the peak memory for the largest inputs within the limits, the time to load the function, and other programs that make
 * the same renditions, if they are installed. A ratio is the core's cost divided by the subject's: the median of the
 * runs, with the first and the third quartile.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundle } from './bundle.ts';
import type { Cost, Task } from './image-runner.ts';
import { makeScenes, type Scene } from './image-sources.ts';
import { SUBJECTS } from './image-subjects.ts';
import { measureInit } from './init.ts';
import { readLambdaEnvironment } from './lambda-environment.ts';
import { comparePeers } from './peers.ts';
import { type Spread, spreadOf } from './spread.ts';
import { measurePeaks } from './worst-inputs.ts';

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '21' },
    batch: { type: 'string', default: '100' },
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
});

const lambdaEnvironment = readLambdaEnvironment();

const WARM_UP_IMAGES = 8;

interface Line {
  readonly subject: string;
  /** The core's cost divided by this subject's, run by run. */
  readonly cpu: Spread;
  readonly wall: Spread;
  readonly bytes: number;
  readonly peakMebibytes: number;
  readonly cpuMs: number;
  readonly wallMs: number;
}

const folder = mkdtempSync(join(tmpdir(), 'bench-'));
try {
  const scenes = await makeScenes(folder, Number(options.batch));
  const runner = await bundle(folder, 'runner', {
    entryPoints: [join(import.meta.dirname, 'image-runner.ts')],
  });
  const results: { scene: string; lines: Line[] }[] = [];
  for (const scene of scenes.filter(({ name }) => name.includes(options.only))) {
    const lines = await compare(scene, runner, scene.files.length > 1 ? 1 : Number(options.runs));
    results.push({ scene: scene.name, lines });
    if (!options.json) print(scene.name, lines);
  }
  const isChosen = (name: string) => name.includes(options.only);
  const once = await bundle(folder, 'once', { entryPoints: [join(import.meta.dirname, 'image-once.ts')] });
  const peaks = isChosen('peaks') ? measurePeaks(once, folder, lambdaEnvironment) : [];
  const init = isChosen('init') ? await measureInit(folder, Number(options.runs)) : undefined;
  const [first] = scenes;
  const peers =
    first && isChosen('peers')
      ? await comparePeers(first, once, folder, Math.ceil(Number(options.runs) / 4))
      : [];
  if (options.json) console.log(JSON.stringify({ results, peaks, init, peers }));
  else {
    for (const { input, mebibytes } of peaks) console.log(`${input.padEnd(50)}${mebibytes} MiB`);
    if (init) console.log('\ninit', init);
    print(
      'peers, as whole processes',
      peers.map(({ peer, ...line }) => ({ subject: peer, ...line })),
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}

async function compare(scene: Scene, file: string, runs: number): Promise<Line[]> {
  const names = Object.keys(SUBJECTS).filter((name) => canMake(name, scene));
  const runners = names.map((name) => ({ name, child: startRunner(file, name), costs: [] as Cost[] }));
  const warmUp = { ...scene, files: scene.files.slice(0, 1) };
  // V8 has then compiled the code that it runs often, as in a Lambda that has processed some images.
  for (let image = 0; image < WARM_UP_IMAGES; image += 1)
    for (const { child } of runners) await run(child, warmUp);
  for (let round = 0; round < runs; round += 1)
    // Each round begins with another subject, so that none is always first or last.
    for (let turn = 0; turn < runners.length; turn += 1) {
      const runner = runners[(round + turn) % runners.length];
      runner?.costs.push(await run(runner.child, scene));
    }
  for (const { child } of runners) child.kill();
  const core = runners.find(({ name }) => name === 'core')?.costs ?? [];
  return runners.map(({ name, costs }) => ({
    subject: name,
    cpu: spreadOf(costs.map(({ cpuMs }, index) => (core[index]?.cpuMs ?? 0) / cpuMs)),
    wall: spreadOf(costs.map(({ wallMs }, index) => (core[index]?.wallMs ?? 0) / wallMs)),
    bytes: (core[0]?.bytes ?? 0) / (costs[0]?.bytes ?? 0),
    peakMebibytes: Math.max(...costs.map(({ peakMebibytes }) => peakMebibytes)),
    cpuMs: spreadOf(costs.map(({ cpuMs }) => cpuMs)).median,
    wallMs: spreadOf(costs.map(({ wallMs }) => wallMs)).median,
  }));
}

/** Bare sharp renders stills only. WebP in place of AVIF needs a row with AVIF. */
function canMake(name: string, { rows }: Scene): boolean {
  if (name === 'bare sharp') return !rows.some(({ animated }) => animated);
  return name !== 'naive, default WebP' || rows.some(({ format }) => format === 'avif');
}

function startRunner(file: string, subject: string): ChildProcess {
  return fork(file, [subject], { env: { ...process.env, ...lambdaEnvironment } });
}

async function run(child: ChildProcess, { files, rows }: Task): Promise<Cost> {
  child.send({ files, rows } satisfies Task);
  const [cost] = await once(child, 'message');
  return cost;
}

function print(scene: string, lines: readonly Omit<Line, 'wallMs'>[]): void {
  if (lines.length === 0) return;
  console.log(`\n${scene}: the core's cost divided by that of`);
  console.log(`${'subject'.padEnd(24)}CPU                wall               bytes  peak MiB  CPU ms`);
  for (const { subject, cpu, wall, bytes, peakMebibytes, cpuMs } of lines)
    console.log(
      `${subject.padEnd(24)}${format(cpu)}${format(wall)}${bytes.toFixed(2)}   ${String(Math.round(peakMebibytes)).padEnd(10)}${cpuMs.toFixed(1)}`,
    );
}

function format({ median, low, high }: Spread): string {
  return `${median.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`.padEnd(19);
}
