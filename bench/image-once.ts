import { mkdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULT_LIMITS } from '../functions/image-resize/image/limits.ts';
import { openImage } from '../functions/image-resize/image/reading/inspect.ts';
import { planRenditions } from '../functions/image-resize/image/rendering/plan.ts';
import { renderImage } from '../functions/image-resize/image/rendering/render.ts';
import { outputFormat } from '../functions/image-resize/image/rows/output-format.ts';
import { RENDITIONS } from '../functions/image-resize/renditions.ts';

/** Writes the default renditions of an image into a folder and prints the peak memory in MiB, NaN without /proc. */
const [file = '', folder = ''] = process.argv.slice(2);
const source = readFileSync(file);
mkdirSync(folder, { recursive: true });
async function make(): Promise<void> {
  const { facts, readable } = await openImage(source, DEFAULT_LIMITS);
  await renderImage(
    readable,
    planRenditions(facts, RENDITIONS, DEFAULT_LIMITS),
    DEFAULT_LIMITS,
    ({ name, format, body }) => writeFile(join(folder, `${name}.${outputFormat(format).extension}`), body),
  );
  const status = process.platform === 'linux' ? readFileSync('/proc/self/status', 'utf8') : '';
  console.log(Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024);
}
make();
