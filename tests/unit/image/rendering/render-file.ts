import { readFileSync } from 'node:fs';
import { RENDITIONS } from '../../../../functions/image-resize/renditions.ts';
import { paintUpright } from '../../../support/images.ts';
import { render } from './rendering.ts';

/**
 * A program that renders the file named by its first argument, and then an ordinary image. The second argument is the
 * renditions table as JSON; without it the default table is used.
 * Prints {"made": names} or {"error": name, "message"}, with "next" (count of renditions) and "peakMebibytes".
 */
const [file = '', table] = process.argv.slice(2);
const outcome = await render(readFileSync(file), table ? JSON.parse(table) : RENDITIONS).then(
  (made) => ({ made: [...made.keys()] }),
  (error: unknown) => (error instanceof Error ? { error: error.name, message: error.message } : {}),
);
const next = await render(await paintUpright(400, 300).jpeg().toBuffer(), RENDITIONS);
console.log(JSON.stringify({ ...outcome, next: next.size, peakMebibytes: readPeak() / 1024 }));

/** In kibibytes, for this process alone: on Linux the value of getrusage starts at the parent's size. */
function readPeak(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS;
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
}
