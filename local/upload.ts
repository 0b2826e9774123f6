/** `npm run upload -- PATHS [--stack NAME]`: uploads files, and says what the pipeline has made of each. */
import { parseArgs } from 'node:util';
import { RUNTIME_FLAGS } from 'aws-on-one-machine';
import { explainAwsError } from '../operate/aws-error.ts';
import { settingsOf } from '../operate/deployed-stack.ts';
import { listFiles } from './list-files.ts';
import { findRunning } from './running-runtime.ts';
import { createJsonLines, createLines, isAllMade, sendFiles } from './tell-uploads.ts';
import { createTerminal } from './terminal.ts';
import type { UploadTarget } from './upload-files.ts';
import { runningTarget, stackTarget } from './upload-target.ts';

const USAGE = `npm run upload -- FILE | FOLDER ... [OPTION ...]

Uploads files under input/, and says what was made of each. A file that is there with the same
content is left out, so that the same command goes on after a stop. Exits with 1 unless all
are made.

  --stack NAME       to this stack on AWS, with your credentials; without it, to npm start
  --prefix PREFIX    under input/PREFIX/
  --region REGION    of the stack (AWS_REGION, or that of your profile)
  --profile PROFILE  whose credentials to use (AWS_PROFILE)
  --data FOLDER      of the npm start that gets the files (.local)
  --verbose          name each rendition
  --json             print one line of JSON for each file
  -h, --help         print this`;

interface Flags {
  readonly stack?: string | undefined;
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
  readonly data: string;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(explainAwsError(error));
  process.exitCode = 1;
}

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      stack: { type: 'string' },
      prefix: { type: 'string', default: '' },
      region: { type: 'string' },
      profile: { type: 'string' },
      data: RUNTIME_FLAGS.data,
      verbose: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  if (positionals.length === 0) throw new Error(`Expected files or folders but there is none.\n\n${USAGE}`);
  const listed = await listFiles(positionals, readPrefix(values.prefix));
  const terminal = createTerminal(process.stdout);
  const target = await findTarget(values, values.json ? console.error : (line) => terminal.say(line));
  const stopping = stopOnSignal();
  const teller = values.json ? createJsonLines(console.log) : createLines(terminal, values.verbose);
  const report = await sendFiles(listed, target, teller, stopping);
  if (stopping.aborted) return 130;
  return isAllMade(report) ? 0 : 1;
}

/** Keys begin with `input/`; a user may write it or leave it out. */
function readPrefix(prefix: string): string {
  const below = prefix.replace(/^\/?(input(\/|$))?/, '').replace(/\/$/, '');
  return below === '' ? 'input/' : `input/${below}/`;
}

async function findTarget(
  { stack, data, ...flags }: Flags,
  warn: (line: string) => void,
): Promise<UploadTarget> {
  if (stack !== undefined) return stackTarget(stack, settingsOf(flags), warn);
  const running = await findRunning(data);
  if (running) return { ...runningTarget(running, warn), skipsStored: true };
  throw new Error(
    `No pipeline runs here over the data folder ${data}: run npm start in another terminal, or name a stack with --stack.`,
  );
}

/** The first Ctrl-C ends the uploads, so that the summary says what is left. A second one ends the process at once. */
function stopOnSignal(): AbortSignal {
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
  return stopping.signal;
}
