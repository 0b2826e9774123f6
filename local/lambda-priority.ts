import { readdirSync } from 'node:fs';
import { setPriority } from 'node:os';

/** Lowers the priority of a process that may be gone already. Without root's rights it cannot be raised again. */
export function lowerPriority(processId: number, niceness: number): void {
  for (const id of threadsOf(processId)) {
    try {
      setPriority(id, niceness);
    } catch {
      // It has ended meanwhile.
    }
  }
}

/** On Linux each thread has a niceness of its own; elsewhere they have their process's. */
function threadsOf(processId: number): number[] {
  if (process.platform !== 'linux') return [processId];
  try {
    return readdirSync(`/proc/${processId}/task`).map(Number);
  } catch {
    return [];
  }
}
