/**
 * node bench/runtime-kills.ts [KILLS=30] [SEED]: kills the whole runtime, `kill -9` of its process group, at random
 * moments during uploads and bulk runs, starts it again over the same data, and at the end looks at every upload that
 * was ever acknowledged. Prints the seed, the longest start, and what was lost: it must be nothing.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killWhileWorking } from '../tests/pipeline/runtime-kills.ts';

const kills = Number(process.argv[2] ?? 30);
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000);
console.log(`${kills} kills, seed ${seed}`);
const data = mkdtempSync(join(tmpdir(), 'runtime-kills-'));
try {
  const { acknowledged, unprocessed, halfWritten, startsMs, orphans } = await killWhileWorking({
    data,
    kills,
    seed,
    report: console.log,
  });
  console.log(`acknowledged uploads   ${acknowledged}`);
  console.log(`of them not processed  ${unprocessed.length} ${unprocessed.join(' ')}`);
  console.log(`half-written objects   ${halfWritten.length} ${halfWritten.join(' ')}`);
  console.log(`processes left behind  ${orphans.length}`);
  console.log(`longest start          ${(Math.max(...startsMs) / 1000).toFixed(1)} s`);
  process.exitCode = unprocessed.length + halfWritten.length + orphans.length === 0 ? 0 : 1;
} finally {
  rmSync(data, { recursive: true, force: true });
}
