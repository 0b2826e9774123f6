import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import {
  RUNTIME_FLAGS,
  type Runtime,
  type RuntimeOptions,
  readRuntimeFlags,
  startRuntime,
} from 'aws-on-one-machine';
import { checkRecipes } from './check-recipes.ts';
import { describeExecution, isUnprocessed, keyOf } from './describe-execution.ts';
import { describeAddresses, introduce } from './introduce.ts';
import { describeLocalStack } from './studio/local-stack.ts';
import { createStudio } from './studio/studio-listener.ts';
import type { StudioTarget } from './studio/target.ts';
import { type LocalFile, listFiles, type ProcessedUpload, type UploadTarget, uploadFiles } from './upload.ts';
import { USAGE } from './usage.ts';

const SAMPLE = fileURLToPath(new URL('./sample/dandelion.jpg', import.meta.url));

interface Command {
  readonly files: readonly string[];
  readonly isJson: boolean;
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
  const say = command.isJson ? console.error : console.log;
  const files = await listFiles(command.files);
  /** The keys of this command's own uploads, which it reports itself when their manifests are there. */
  const ownKeys = new Set<string>();
  const started = Promise.withResolvers<StudioTarget>();
  const pipeline = await startRuntime({
    ...PIPELINE,
    ...command.runtime,
    listeners: { '/studio/': createStudio(started.promise) },
    layerDirectory: resolve('node_modules'),
    warn: console.error,
    check: () => checkRecipes('functions/image-resize/renditions.ts'),
    executionEnded: (execution) => {
      const isOwn = ownKeys.delete(keyOf(execution) ?? '');
      if (!isOwn || isUnprocessed(execution)) say(describeExecution(execution));
    },
  });
  const target = targetOf(pipeline);
  started.resolve(describeLocalStack(pipeline, command.runtime, target.client));
  const stopping = stopOnSignal(pipeline, say);
  if (command.isJson) console.log(JSON.stringify(describeAddresses(pipeline)));
  else say(introduce(pipeline, command.runtime));
  if (files.length === 0 && !command.isJson && (await isEmpty(target)))
    files.push(...(await listFiles([SAMPLE])));
  for (const { key } of files) ownKeys.add(key);
  await processFiles(files, target, pipeline, say, stopping);
}

function readCommand(args: string[]): Command {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      ...RUNTIME_FLAGS,
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  // Several overrides may follow one --parameter-overrides.
  const isOverride = (word: string) => /^\w+=/.test(word) && !existsSync(word);
  const files = positionals.filter((word) => !isOverride(word));
  const missing = files.filter((file) => !existsSync(file));
  if (missing.length > 0)
    throw new Error(`Expected files or folders but there is no ${missing.join(', ')}.\n\n${USAGE}`);
  return {
    files,
    isJson: values.json,
    runtime: readRuntimeFlags(values, positionals.filter(isOverride)),
  };
}

function targetOf({ s3Url, outputs }: Runtime): UploadTarget {
  return {
    client: new S3Client({
      endpoint: s3Url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'administrator', secretAccessKey: 'local' },
    }),
    originalImagesBucket: outputs.OriginalImagesBucketName ?? '',
    resizedImagesBucket: outputs.ResizedImagesBucketName ?? '',
  };
}

async function isEmpty({ client, originalImagesBucket: Bucket }: UploadTarget): Promise<boolean> {
  const { KeyCount } = await client.send(new ListObjectsV2Command({ Bucket, MaxKeys: 1 }));
  return KeyCount === 0;
}

async function processFiles(
  files: readonly LocalFile[],
  target: UploadTarget,
  pipeline: Runtime,
  say: (line: string) => void,
  stopping: AbortSignal,
) {
  if (files.length === 0) return;
  let done = 0;
  const print = (upload: ProcessedUpload): void => {
    done += 1;
    say(`[${done}/${files.length}] ${report(upload)}`);
  };
  await uploadFiles(files, target, print, stopping);
  if (!stopping.aborted)
    say(
      `\nLook at them in ${relative('', join(pipeline.s3Directory, target.resizedImagesBucket, 'output'))}`,
    );
}

function report({ key, ms, renditions, error }: ProcessedUpload): string {
  if (error) return `${key}: ${error.name}: ${error.message}`;
  const made = renditions.map(
    ({ key: made, width, height, bytes }) => `  ${made}  ${width} × ${height}  ${Math.ceil(bytes / 1000)} kB`,
  );
  return [`${key} in ${(ms / 1000).toFixed(1)} s`, ...made].join('\n');
}

/** The first Ctrl-C stops cleanly and reports what it leaves for the next start; a second one exits at once. */
function stopOnSignal(pipeline: Runtime, say: (line: string) => void): AbortSignal {
  const stopping = new AbortController();
  const stop = async (): Promise<void> => {
    if (stopping.signal.aborted) process.exit(130);
    stopping.abort();
    say('\nStopping…');
    const { events, executions, notifications } = await pipeline.stop();
    if (events + executions > 0)
      say(
        `Unfinished, left for the next start: ${events} upload(s) or deletion(s), ${executions} execution(s).`,
      );
    if (notifications > 0) say(`Undelivered, left for the next start: ${notifications} announcement(s).`);
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void stop());
  return stopping.signal;
}
