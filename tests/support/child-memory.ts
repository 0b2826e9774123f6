import { readFileSync } from 'node:fs';

const EVERY_MS = 10;

export interface ChildMemory {
  /** The most MiB (resident) that one of the processes has reached since the last call. */
  takePeak(): number;
  stop(): void;
}

/**
 * Measures the processes that this one has started, from outside and apart from what the function measures itself.
 * Linux only: elsewhere every peak is 0.
 * @param file the script that the processes run.
 */
export function watchChildMemory(file: string): ChildMemory {
  let peak = 0;
  const look = () => {
    for (const pid of childrenRunning(file)) peak = Math.max(peak, peakOf(pid));
  };
  const timer = setInterval(look, EVERY_MS);
  return {
    takePeak: () => {
      look();
      const taken = peak;
      peak = 0;
      return taken;
    },
    stop: () => clearInterval(timer),
  };
}

/** Node starts processes from its main thread, whose ID is that of the process. */
function childrenRunning(file: string): string[] {
  const children = read(`/proc/self/task/${process.pid}/children`).split(' ').filter(Boolean);
  return children.filter((pid) => read(`/proc/${pid}/cmdline`).includes(file));
}

/** The kernel's own high-water mark, so that nothing between two looks is missed. */
function peakOf(pid: string): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) / 1024;
}

/** Empty if the process is gone. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
