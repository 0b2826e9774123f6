import { readdirSync } from 'node:fs';
import { setPriority } from 'node:os';

/** Lowers the priority of a process that may be gone already. Without root's rights it cannot be raised again. */
export function lowerPriority(processId: number, niceness: number): void {
  // Twice: a thread that was just being made has the priority of its maker.
  for (let round = 1; round <= 2; round += 1) {
    for (const id of threadsOf(processId)) lower(id, niceness);
  }
}

function lower(id: number, niceness: number): void {
  try {
    setPriority(id, niceness);
  } catch {
    // It has ended meanwhile.
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
