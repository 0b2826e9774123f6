import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import type { RenditionRow } from '../functions/image-resize/image/rows/rendition-row.ts';
import { SUBJECTS, type Subject } from './image-subjects.ts';

/** A process for one subject of the bench. It renders the images that its parent sends and answers with their cost. */

export interface Task {
  readonly files: readonly string[];
  readonly rows: readonly RenditionRow[];
}

export interface Cost {
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly bytes: number;
  /** Of the whole process since its start. */
  readonly peakMebibytes: number;
}

const subjects: Readonly<Record<string, Subject>> = SUBJECTS;
const subject = subjects[process.argv[2] ?? ''];
if (!subject) throw new TypeError(`Expected one of ${Object.keys(subjects).join(', ')}.`);
sharp.cache(false);

process.on('message', async ({ files, rows }: Task) => {
  const sources = files.map((file) => readFileSync(file));
  const started = { cpu: process.resourceUsage(), wall: performance.now() };
  let bytes = 0;
  for (const source of sources) bytes += await subject(source, rows);
  const wallMs = performance.now() - started.wall;
  const cpu = process.resourceUsage();
  const cpuMs =
    (cpu.userCPUTime + cpu.systemCPUTime - started.cpu.userCPUTime - started.cpu.systemCPUTime) / 1000;
  process.send?.({ cpuMs, wallMs, bytes, peakMebibytes: readPeak() } satisfies Cost);
});

/**
 * The peak memory in MiB. On Linux from VmHWM, because the maxRSS of getrusage includes the forked parent.
 * Elsewhere from getrusage.
 */
function readPeak(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS / 1024;
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024;
}
