import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { PipelineUnderTest } from './pipeline.ts';
import { readAddresses, type StartCommandOptions, spawnStart } from './start-command.ts';

/** The local runtime as the leader of a process group of its own, so that a test can kill it with all its children. */
export interface Runtime {
  readonly pipeline: PipelineUnderTest;
  readonly processId: number;
  /** From the spawn of its process until it printed that it is ready. */
  readonly startMs: number;
  /** The text on standard error since the start or the last `clearPrinted`. */
  printed(): string;
  clearPrinted(): void;
  /** `kill -9` of the runtime and of every process that it started. */
  killGroup(): Promise<void>;
  /** Signals the whole process group, as Ctrl-C in a terminal does. */
  signal(name: NodeJS.Signals): void;
  /** The exit code, known when the process has ended and all of its output is read. */
  readonly exited: Promise<number | null>;
}

export interface RuntimeOptions extends Omit<StartCommandOptions, 'detached'> {
  /** Gets the text on standard error, as it comes. */
  readonly listen?: (text: string) => void;
}

function spawnRuntime(data: string, { words = [], ...options }: StartCommandOptions = {}) {
  return spawnStart(data, { ...options, words: ['--json', ...words], detached: true });
}

/**
 * Starts the runtime and kills its process group after that time, ready or not.
 * @throws if the runtime ended by itself before.
 */
export async function killStart(data: string, afterMs: number): Promise<void> {
  const child = spawnRuntime(data);
  const exited = once(child, 'exit');
  await sleep(afterMs);
  if (child.pid === undefined || child.exitCode !== null)
    throw new Error(`The runtime ended with ${child.exitCode} before it was killed.`);
  process.kill(-child.pid, 'SIGKILL');
  await exited;
}

/** Starts `npm start -- --json` on free ports. The data folder stays when the runtime ends. */
export async function startRuntime(
  data: string,
  { listen = () => {}, ...options }: RuntimeOptions = {},
): Promise<Runtime> {
  const started = performance.now();
  const child = spawnRuntime(data, options);
  const exited = once(child, 'close').then(([code]) => code);
  let printed = '';
  const addresses = await readAddresses(child, (text) => {
    printed += text;
    listen(text);
  });
  const startMs = performance.now() - started;
  const processId = child.pid;
  if (processId === undefined) throw new Error('Expected a process ID but the runtime was not spawned.');
  return {
    pipeline: new PipelineUnderTest(addresses, child),
    processId,
    startMs,
    exited,
    printed: () => printed,
    clearPrinted: () => {
      printed = '';
    },
    signal: (name) => process.kill(-processId, name),
    killGroup: async () => {
      process.kill(-processId, 'SIGKILL');
      await exited;
    },
  };
}
