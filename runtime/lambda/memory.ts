import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

const isLinux = process.platform === 'linux';
/** Without /proc, each measurement starts a `ps` process. */
const INTERVAL_MS = isLinux ? 100 : 500;
const KB_PER_MB = 1024;

/**
 * Measures the resident memory of a process and of those that it has started, and calls `exceeded` once if together they
 * are above the limit: on AWS they share the function's memory.
 * @returns a function that stops the measuring.
 */
export function watchMemory(pid: number, limitMb: number, exceeded: () => void): () => void {
  let isWatching = true;
  const timer = setInterval(async () => {
    // /proc is not on a disk: handing this read to another thread would take longer than the read.
    const residentKb = isLinux ? readTreeKb(pid) : await askPs(pid);
    if (!isWatching || residentKb <= limitMb * KB_PER_MB) return;
    stop();
    exceeded();
  }, INTERVAL_MS);
  const stop = (): void => {
    isWatching = false;
    clearInterval(timer);
  };
  return stop;
}

/** Counts no process that is gone by now. Node starts child processes from its main thread, whose id is the process's. */
function readTreeKb(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
    const residentKb = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
    return children.reduce((sum, child) => sum + readTreeKb(Number(child)), residentKb);
  } catch {
    return 0;
  }
}

/** The process alone; 0 if it is gone, or on a system that has neither /proc nor `ps` (Windows). */
async function askPs(pid: number): Promise<number> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)]);
    return Number(stdout);
  } catch {
    return 0;
  }
}
