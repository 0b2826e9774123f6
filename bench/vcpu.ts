/**
 * npx node bench/vcpu.ts [RUNS=15]
 *
 * What a second vCPU buys at which MemorySize: wall time of an image, and dollars for a million. The function and its image
 * process, bundled and with the environment as deployed, run in a control group on two cores. Its CPU quota is the share of them
 * that Lambda gives: one vCPU for 1,769 MB. All sizes make the same image in turn. Needs Linux, two cores and root.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { ASSUMED, S3_REQUESTS } from '../docs/cost.ts';
import { PRICES } from '../docs/prices.ts';
import { RENDITIONS } from '../functions/image-resize/renditions.ts';
import { bundleImageProcess } from './bundle.ts';
import { paintGraphics } from './graphics.ts';
import { makeScenes, type Scene } from './image-sources.ts';
import { readLambdaEnvironment } from './lambda-environment.ts';
import { cpuSeconds, family } from './process-costs.ts';
import { spreadOf } from './spread.ts';

const MEMORY_SIZES_MB = [1024, 1769, 2654, 3538];
const ONE_VCPU_MB = 1769;
/** Lambda's, in microseconds. */
const PERIOD = 20_000;
const WARM_UP_IMAGES = 3;

const runs = Number(process.argv[2] ?? 15);
const groups = existsSync('/sys/fs/cgroup/cpu') ? '/sys/fs/cgroup/cpu' : '/sys/fs/cgroup';
const environment = readLambdaEnvironment();
const folder = mkdtempSync(join(tmpdir(), 'bench-'));
try {
  const runner = await bundleImageProcess(folder);
  for (const scene of await readScenes()) await compare(scene, runner);
} finally {
  rmSync(folder, { recursive: true });
}

async function readScenes(): Promise<Scene[]> {
  const [large, , , , phones] = await makeScenes(folder, 1);
  if (!large || !phones) throw new TypeError('Expected a scene of 24 megapixels and one of a phone.');
  const graphic = (await paintGraphics()).find(({ name }) => name === 'window of an application');
  const file = join(folder, 'graphic.png');
  await sharp(graphic?.image).resize({ width: 1280 }).png().toFile(file);
  return [phones, large, { name: 'PNG of a window, 1280 × 800', files: [file], rows: RENDITIONS }];
}

async function compare({ name, files, rows }: Scene, file: string): Promise<void> {
  const started = MEMORY_SIZES_MB.map((memoryMb) => ({ memoryMb, ...startIn(memoryMb, file), costs: [] }));
  const subjects: readonly (Started & { memoryMb: number; costs: Cost[] })[] = started;
  const make = async ({ child }: Started): Promise<Cost> => {
    const [cpu, began] = [cpuSeconds(family(child.pid)), performance.now()];
    child.send({ files, rows });
    await once(child, 'message');
    return { cpu: cpuSeconds(family(child.pid)) - cpu, wall: (performance.now() - began) / 1000 };
  };
  for (const subject of subjects) for (let image = 0; image < WARM_UP_IMAGES; image += 1) await make(subject);
  for (let run = 0; run < runs; run += 1)
    for (const subject of run % 2 ? subjects : subjects.toReversed()) subject.costs.push(await make(subject));
  console.log(`\n${name}`);
  for (const { memoryMb, costs, child, group } of subjects) {
    const [cpu, wall] = [spreadOf(costs.map((cost) => cost.cpu)), spreadOf(costs.map((cost) => cost.wall))];
    console.log(
      `${memoryMb} MB  CPU ${cpu.median.toFixed(2)} s  wall ${wall.median.toFixed(2)} s (${wall.low.toFixed(2)}–${wall.high.toFixed(2)})  ${dollars(memoryMb, wall.median)}`,
    );
    await stop(child, group);
  }
}

interface Started {
  readonly child: ChildProcess;
  readonly group: string;
}

interface Cost {
  readonly cpu: number;
  readonly wall: number;
}

function startIn(memoryMb: number, file: string): Started {
  const group = join(groups, `bench-vcpu-${process.pid}-${memoryMb}`);
  mkdirSync(group);
  limit(group, Math.round((PERIOD * memoryMb) / ONE_VCPU_MB));
  const child = fork(file, ['in a process of its own', folder], { env: { ...process.env, ...environment } });
  // Before it starts the image process, which is born into the same group.
  writeFileSync(join(group, 'cgroup.procs'), String(child.pid));
  return { child, group };
}

/** Other programs get what the group leaves over. */
function limit(group: string, quota: number): void {
  const write = (name: string, value: string | number) => writeFileSync(join(group, name), String(value));
  if (existsSync(join(group, 'cpu.max'))) {
    write('cpu.max', `${quota} ${PERIOD}`);
    write('cpu.weight', 10_000);
  } else {
    write('cpu.cfs_period_us', PERIOD);
    write('cpu.cfs_quota_us', quota);
    write('cpu.shares', 262_144);
  }
}

async function stop(child: ChildProcess, group: string): Promise<void> {
  const pids = family(child.pid);
  child.kill();
  await once(child, 'exit');
  for (let tries = 0; tries < 50 && pids.some((pid) => existsSync(`/proc/${pid}`)); tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 100));
  rmdirSync(group);
}

/** Of Lambda's duration, on a vCPU as slow as docs/cost.ts assumes, and with the time that S3 takes whatever the CPU. */
function dollars(memoryMb: number, wallSeconds: number): string {
  const waiting = S3_REQUESTS.inTurn * ASSUMED.s3RoundTripSeconds;
  const seconds = wallSeconds * ASSUMED.slowerCore + waiting;
  const million = ((seconds * memoryMb) / 1024) * PRICES.lambdaGbSecond.arm64 * 1e6;
  return `$${million.toFixed(2)} for a million, an image in ${seconds.toFixed(2)} s`;
}
