import { readFileSync } from 'node:fs';

/** The ids of a process and of those that it has started. */
export function family(pid: number | undefined): string[] {
  const own = String(pid);
  const children = readFileSync(`/proc/${own}/task/${own}/children`, 'utf8').split(' ').filter(Boolean);
  return [own, ...children];
}

/** User and system time of processes; the clock ticks 100 times a second. */
export function cpuSeconds(pids: readonly string[]): number {
  const ticks = pids.map((pid) => {
    const [, , , , , , , , , , , user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^\d+ \(.*\)/, 'x')
      .split(' ');
    return Number(user) + Number(system);
  });
  return ticks.reduce((sum, count) => sum + count, 0) / 100;
}

export function peakMebibytes(pid: string): number {
  return Math.round(
    Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024,
  );
}
