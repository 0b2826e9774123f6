import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import packageFile from '../../package.json' with { type: 'json' };

/** What `npm start -- --json` prints, and what the outputs of a deployed stack contain. */
export interface Addresses {
  readonly api: string;
  readonly s3: string;
  readonly states: string;
  readonly originalImagesBucket: string;
  readonly resizedImagesBucket: string;
  readonly resizeImageStateMachineArn: string;
  /** The URL under which `output/` is served; undefined with Delivery=NONE. */
  readonly images?: string;
  /** POST to it for an upload link; undefined with BrowserUploads=false. */
  readonly uploads?: string;
  /** Of the example page; undefined with BrowserUploads=false, and on AWS. */
  readonly page?: string;
}

export interface StartCommandOptions {
  /** More arguments. Where a flag is given twice, the last one counts. */
  readonly words?: readonly string[];
  /** The folder of another checkout to start; see `copyCheckout`. */
  readonly checkout?: string;
  /** Makes the process the leader of a process group of its own. */
  readonly detached?: boolean;
}

/** The arguments of node in `npm start`, read from package.json so that the tests run the command that users run. */
const START_WORDS: readonly string[] = packageFile.scripts.start.split(' ').slice(1);

/** Runs `npm start` on free ports over a data folder. */
export function spawnStart(
  data: string,
  { words = [], checkout = '.', detached = false }: StartCommandOptions = {},
) {
  const flags = ['--port', '0', '--s3-port', '0', '--cloudfront-port', '0', '--data', data];
  return spawn(process.execPath, [...START_WORDS, ...flags, ...words], {
    cwd: checkout,
    detached,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

type StartProcess = ReturnType<typeof spawnStart>;

/**
 * Waits for the line that `npm start -- --json` prints when it is ready.
 * @param listen gets the text on standard error, as it comes.
 * @throws with the exit code and standard error if the process ends before.
 */
export async function readAddresses(
  child: StartProcess,
  listen: (text: string) => void = () => {},
): Promise<Addresses> {
  let complaints = '';
  child.stderr.on('data', (chunk: unknown) => {
    complaints += String(chunk);
    listen(String(chunk));
  });
  const line = await Promise.race([firstLine(child.stdout), once(child, 'close')]);
  if (typeof line !== 'string') throw new Error(`npm start ended with ${line[0]}: ${complaints}`);
  return JSON.parse(line);
}

async function firstLine(stream: Readable): Promise<string> {
  const [line] = await once(createInterface(stream), 'line');
  return line;
}
