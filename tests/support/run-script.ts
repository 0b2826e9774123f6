import { spawn } from 'node:child_process';
import { once } from 'node:events';
import packageFile from '../../package.json' with { type: 'json' };

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Starts the command of `npm run NAME`. It finds no home, no profile and no credentials but those in `environment`.
 * @param words its arguments.
 */
export function spawnScript(
  name: keyof typeof packageFile.scripts,
  words: readonly string[],
  environment: Environment = {},
) {
  const [, ...script] = packageFile.scripts[name].split(' ');
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const nowhere = { HOME: '/nowhere', AWS_EC2_METADATA_DISABLED: 'true' };
  return spawn(process.execPath, [...script, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH, NODE_COMPILE_CACHE, ...nowhere, ...environment },
  });
}

/** Runs the command of `npm run NAME` to its end; see spawnScript. `printed` has both its outputs, as they came. */
export async function runScript(...command: Parameters<typeof spawnScript>) {
  const child = spawnScript(...command);
  let printed = '';
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += chunk));
  const [code] = await once(child, 'close');
  return { code, printed, stdout, stderr, lines: printed.trimEnd().split('\n') };
}
