import { readFileSync } from 'node:fs';
import { RENDITIONS } from '../../../functions/image-resize/renditions.ts';
import { paintUpright } from '../../support/images.ts';
import { render } from './rendering.ts';

/**
 * Renders the file named by the first argument into the table given as JSON by the second, or else the default one, in
 * a process of its own; then an ordinary image, which must be made as usual.
 * Prints {"made": names} or {"error": name, "message"}, with "peakMebibytes".
 */
const [file = '', table] = process.argv.slice(2);
const outcome = await render(readFileSync(file), table ? JSON.parse(table) : RENDITIONS).then(
  (made) => ({ made: [...made.keys()] }),
  (error: unknown) => (error instanceof Error ? { error: error.name, message: error.message } : {}),
);
const next = await render(await paintUpright(400, 300).jpeg().toBuffer(), RENDITIONS);
console.log(JSON.stringify({ ...outcome, next: next.size, peakMebibytes: readPeak() / 1024 }));

/** Of this program alone: what getrusage tells starts from the parent's size on Linux. */
function readPeak(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS;
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
}
