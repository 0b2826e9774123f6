import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import {
  plainLine,
  RUNTIME_FLAGS,
  type Runtime,
  type RuntimeOptions,
  readRuntimeFlags,
  startRuntime,
} from 'aws-on-one-machine';
import { checkRecipes } from './check-recipes.ts';
import {
  describeExecution,
  describeFailure,
  isUnprocessed,
  keyOf,
  requestIdOf,
} from './describe-execution.ts';
import { type Addresses, describeAddresses, introduce } from './introduce.ts';
import { type ListedFiles, listFiles } from './list-files.ts';
import { findRunning, prepareAnnouncement } from './running-runtime.ts';
import { describeLocalStack } from './studio/local-stack.ts';
import { createStudio } from './studio/studio-listener.ts';
import type { StudioTarget } from './studio/target.ts';
import { createLines, isAllMade, sendFiles } from './tell-uploads.ts';
import { createTerminal, type Terminal } from './terminal.ts';
import type { UploadEnd, UploadTarget } from './upload-files.ts';
import { localTarget, runningTarget } from './upload-target.ts';
import { USAGE } from './usage.ts';

const SAMPLE = fileURLToPath(new URL('./sample/dandelion.jpg', import.meta.url));

interface Command {
  readonly files: readonly string[];
  readonly isJson: boolean;
  readonly isVerbose: boolean;
  readonly runtime: ReturnType<typeof readRuntimeFlags>;
}

/** What the runtime has to know about this template. */
const PIPELINE: Pick<RuntimeOptions, 'templateFile' | 'parameterDefaults' | 'bucketParameters' | 'pages'> = {
  templateFile: 'template.yaml',
  parameterDefaults: ({ origin }) => ({
    // So that curl and Postman work without signatures; the template's own default is AWS_IAM.
    ApiAuth: 'NONE',
    // The decoder is in node_modules.
    AcceptHeic: 'true',
    // What the example page uses, which is off by default on AWS.
    BrowserUploads: 'true',
    CorsOrigin: origin,
    Delivery: 'CLOUDFRONT',
    // Costs nothing here, and shows each state of an upload in the studio.
    StateMachineLogLevel: 'ALL',
    StateMachineLogData: 'true',
  }),
  bucketParameters: ['ExistingOriginalImagesBucket', 'ExistingResizedImagesBucket'],
  pages: { '/': 'local/studio/page', '/page/': 'examples/page', '/client/': 'client' },
};

try {
  await main(readCommand(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

async function main(command: Command): Promise<void> {
  const terminal = createTerminal(command.isJson ? process.stderr : process.stdout);
  const listed = await listFiles(command.files);
  const running = command.files.length > 0 && (await findRunning(command.runtime.dataDirectory));
  if (running) await handOver(listed, running, terminal, command);
  else await run(listed, terminal, command);
}

/** Has the runtime that runs already process the files. */
async function handOver(
  listed: ListedFiles,
  running: Addresses,
  terminal: Terminal,
  { isJson, isVerbose }: Command,
): Promise<void> {
  if (isJson) console.log(JSON.stringify(running));
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stopping.abort());
  terminal.say(`The pipeline at ${new URL(running.states).origin} runs already, and gets the files.`);
  const lines = createLines(terminal, isVerbose);
  const target = runningTarget(running, (message) => terminal.say(message));
  const report = await sendFiles(listed, target, lines, stopping.signal);
  process.exit(isAllMade(report) ? 0 : stopping.signal.aborted ? 130 : 1);
}

async function run(listed: ListedFiles, terminal: Terminal, command: Command): Promise<void> {
  const { runtime, isJson, isVerbose } = command;
  // Where both are the same terminal, a message must not break the bar.
  const complaints = process.stdout.isTTY ? terminal : createTerminal(process.stderr);
  /** The keys of this command's own uploads, which it reports itself. */
  const ownKeys = new Set<string>();
  /** How their executions ended, by the ID of the request to S3. */
  const ends = new Map<string, UploadEnd>();
  const started = Promise.withResolvers<StudioTarget>();
  const announcement = prepareAnnouncement();
  const pipeline = await startRuntime({
    ...PIPELINE,
    ...runtime,
    listeners: { '/studio/': createStudio(started.promise), ...announcement.listeners },
    layerDirectory: resolve('node_modules'),
    bundleCacheDirectory: '.local/bundles',
    warn: (message) => complaints.say(message),
    check: () => checkRecipes('functions/image-resize/renditions.ts'),
    executionEnded: (execution) => {
      const key = keyOf(execution) ?? '';
      if (!ownKeys.delete(key)) return terminal.say(describeExecution(execution));
      const failure = isUnprocessed(execution) ? describeFailure(execution) : undefined;
      ends.set(requestIdOf(execution.input) ?? '', failure ? { failure } : {});
    },
    eventUnmatched: tellOfStrayKeys(terminal),
  });
  const addresses = describeAddresses(pipeline);
  const withdraw = announcement.publish(runtime.dataDirectory, addresses);
  const target = localTarget(addresses, async (requestId) => ends.get(requestId) ?? 'running');
  started.resolve(describeLocalStack(pipeline, runtime, target.client));
  const stopping = new AbortController();
  const sending = Promise.withResolvers<void>();
  stopOnSignal(pipeline, terminal, stopping, async () => {
    withdraw();
    await sending.promise;
  });
  if (isJson) console.log(JSON.stringify(addresses));
  else terminal.say(introduce(pipeline, runtime));

  const isFirst = command.files.length === 0 && !isJson && (await isEmpty(target));
  const sent = isFirst ? await listFiles([SAMPLE]) : listed;
  for (const { key } of sent.files) ownKeys.add(key);
  if (sent.files.length + sent.unreadable.length > 0) {
    const { ended, unfinished } = await sendFiles(
      sent,
      target,
      createLines(terminal, isVerbose),
      stopping.signal,
    );
    // Nothing follows from them: the next execution with the key is somebody else's.
    const notStored = ended.filter(({ outcome }) => outcome === 'not uploaded');
    for (const { key } of [...notStored, ...unfinished.notBegun]) ownKeys.delete(key);
    const folder = relative('', join(pipeline.s3Directory, target.resizedImagesBucket, 'output'));
    if (!stopping.signal.aborted && ended.some(({ outcome }) => outcome === 'made'))
      terminal.say(`\nLook at them in ${folder}`);
  }
  sending.resolve();
}

function readCommand(args: string[]): Command {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      ...RUNTIME_FLAGS,
      json: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  // Several overrides may follow one --parameter-overrides.
  const isOverride = (word: string) => /^\w+=/.test(word) && !existsSync(word);
  return {
    files: positionals.filter((word) => !isOverride(word)),
    isJson: values.json,
    isVerbose: values.verbose,
    runtime: readRuntimeFlags(values, positionals.filter(isOverride)),
  };
}

async function isEmpty({ client, originalImagesBucket: Bucket }: UploadTarget): Promise<boolean> {
  const { KeyCount } = await client.send(new ListObjectsV2Command({ Bucket, MaxKeys: 1 }));
  return KeyCount === 0;
}

/** How many keys outside `input/` are named: somebody who uploads thousands of them needs no more. */
const STRAY_KEYS_NAMED = 5;

/** Makes what names the keys from which nothing follows, each once. */
function tellOfStrayKeys(terminal: Terminal): NonNullable<RuntimeOptions['eventUnmatched']> {
  const named = new Set<string>();
  return ({ type, key }) => {
    if (type !== 'Object Created' || key.startsWith('input/') || named.has(key)) return;
    if (named.size > STRAY_KEYS_NAMED) return;
    named.add(key);
    terminal.say(
      named.size > STRAY_KEYS_NAMED
        ? 'More keys outside input/ are not named.'
        : plainLine(`${key}  not processed: it is outside input/. Upload it as input/${key}`),
    );
  };
}

/** The first Ctrl-C stops cleanly and reports what it leaves for the next start; a second one exits at once. */
function stopOnSignal(
  pipeline: Runtime,
  terminal: Terminal,
  stopping: AbortController,
  before: () => Promise<void>,
): void {
  const stop = async (): Promise<void> => {
    if (stopping.signal.aborted) process.exit(130);
    stopping.abort();
    terminal.say('\nStopping…');
    await before();
    const { events, executions, notifications } = await pipeline.stop();
    const left = [
      ...(events > 0 ? [`${events} upload(s) or deletion(s)`] : []),
      ...(executions > 0 ? [`${executions} execution(s)`] : []),
      ...(notifications > 0 ? [`${notifications} announcement(s)`] : []),
    ];
    if (left.length > 0) terminal.say(`Unfinished, left for the next start: ${left.join(', ')}.`);
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void stop());
}
