import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

const isLinux = process.platform === 'linux';
/** Elsewhere each look costs a process of its own. */
const INTERVAL_MS = isLinux ? 100 : 500;
const KB_A_MB = 1024;

/** Looks at a process's resident memory again and again, and calls `exceeded` once it is above the limit. */
export function watchMemory(pid: number, limitMb: number, exceeded: () => void): () => void {
  let isWatching = true;
  const timer = setInterval(async () => {
    const residentKb = await readResidentKb(pid);
    if (!isWatching || residentKb <= limitMb * KB_A_MB) return;
    stop();
    exceeded();
  }, INTERVAL_MS);
  const stop = (): void => {
    isWatching = false;
    clearInterval(timer);
  };
  return stop;
}

/** 0 where the process is gone, or where nothing tells (Windows). */
async function readResidentKb(pid: number): Promise<number> {
  try {
    if (isLinux)
      // No disk is behind /proc: handing this to another thread takes longer than it does.
      return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
    const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)]);
    return Number(stdout);
  } catch {
    return 0;
  }
}
