import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { PipelineUnderTest } from './pipeline.ts';
import { START_WORDS } from './start-command.ts';

/** The runtime as the leader of a process group of its own, so that all of it can be killed at once. */
export interface Runtime {
  readonly pipeline: PipelineUnderTest;
  readonly processId: number;
  /** From its start until it said that it is ready. */
  readonly startMs: number;
  /** `kill -9` of the runtime and of every process that it started. */
  killGroup(): Promise<void>;
  /** To all of its processes, as Ctrl-C in a terminal does. */
  signal(name: NodeJS.Signals): void;
  /** Its exit code, once it has ended and all that it said is read. */
  readonly exited: Promise<number | null>;
}

export interface RuntimeOptions {
  /** What it says on stderr. */
  readonly listen?: (text: string) => void;
  /** A checkout to run instead of this one; see `copyCheckout`. */
  readonly checkout?: string;
  /** More words for the command line; of two equal flags the last one counts. */
  readonly words?: readonly string[];
}

function spawnRuntime(data: string, { checkout = '.', words = [] }: RuntimeOptions) {
  const flags = ['--json', '--port', '0', '--s3-port', '0', '--data', data, ...words];
  return spawn(process.execPath, [...START_WORDS, ...flags], {
    cwd: checkout,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** `kill -9` of a runtime's process group that long after its start, ready or not. */
export async function killStart(data: string, afterMs: number): Promise<void> {
  const child = spawnRuntime(data, {});
  const exited = once(child, 'exit');
  await sleep(afterMs);
  if (child.pid === undefined || child.exitCode !== null)
    throw new Error(`The runtime ended with ${child.exitCode} before it was killed.`);
  process.kill(-child.pid, 'SIGKILL');
  await exited;
}

/** `npm start -- --json` on free ports over a folder that outlives it. */
export async function startRuntime(
  data: string,
  { listen = () => {}, ...options }: RuntimeOptions = {},
): Promise<Runtime> {
  const started = performance.now();
  const child = spawnRuntime(data, options);
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
    listen(String(chunk));
  });
  const exited = once(child, 'close').then(([code]) => code);
  const line = await Promise.race([once(createInterface(child.stdout), 'line'), exited]);
  if (!Array.isArray(line) || child.pid === undefined)
    throw new Error(`The runtime ended with ${line}: ${said}`);
  const processId = child.pid;
  return {
    pipeline: new PipelineUnderTest(JSON.parse(line[0]), child),
    processId,
    startMs: performance.now() - started,
    exited,
    signal: (name) => process.kill(-processId, name),
    killGroup: async () => {
      process.kill(-processId, 'SIGKILL');
      await exited;
    },
  };
}
