/**
 * node bench/runtime-kills.ts [KILLS=30] [SEED]
 *
 * Kills the runtime's process group with `kill -9` at random moments during uploads, multipart uploads, removals, bulk
 * runs and some starts, and starts it again over the same data. At the end it checks everything that the runtime has
 * acknowledged. Prints the seed, the longest start and what was lost. Exits with 1 if anything was lost or if a start
 * took 5 s or more.
 *
 * A seed repeats the moments of the kills and what each uploader sends and when, not how much the machine has done by
 * then.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killWhileWorking } from '../tests/support/runtime-kills.ts';

const kills = Number(process.argv[2] ?? 30);
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000);
console.log(`${kills} kills, seed ${seed}`);
const data = mkdtempSync(join(tmpdir(), 'runtime-kills-'));
try {
  const { acknowledged, startsMs, ...wrong } = await killWhileWorking({
    data,
    kills,
    seed,
    report: console.log,
  });
  const longestMs = Math.max(...startsMs);
  console.log(`acknowledged           ${JSON.stringify(acknowledged)}`);
  for (const [what, found] of Object.entries(wrong))
    console.log(`${what.padEnd(22)} ${found.length} ${found.join(', ')}`);
  console.log(`longest start          ${(longestMs / 1000).toFixed(1)} s, limit 5 s`);
  const isRight = longestMs < 5000 && Object.values(wrong).every((found) => found.length === 0);
  process.exitCode = isRight ? 0 : 1;
} finally {
  rmSync(data, { recursive: true, force: true });
}
