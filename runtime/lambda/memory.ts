import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

const isLinux = process.platform === 'linux';
/** Without /proc, each measurement starts a `ps` process. */
const INTERVAL_MS = isLinux ? 100 : 500;
const KB_PER_MB = 1024;

/**
 * Measures a process's resident memory periodically, and calls `exceeded` once if it is above the limit.
 * @returns a function that stops the measuring.
 */
export function watchMemory(pid: number, limitMb: number, exceeded: () => void): () => void {
  let isWatching = true;
  const timer = setInterval(async () => {
    const residentKb = await readResidentKb(pid);
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

/** 0 if the process is gone, or on a system that has neither /proc nor `ps` (Windows). */
async function readResidentKb(pid: number): Promise<number> {
  try {
    if (isLinux)
      // /proc is not on a disk: handing this read to another thread would take longer than the read.
      return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
    const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)]);
    return Number(stdout);
  } catch {
    return 0;
  }
}
