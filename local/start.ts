import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { type Pipeline, startPipeline } from '../runtime/runtime.ts';
import { type LocalFile, listFiles, type ProcessedUpload, type UploadTarget, uploadFiles } from './upload.ts';

const USAGE = `npm start -- [FILE | FOLDER ...] [--port 3000] [--s3-port 4566] [--data .local] [--json]
             [--parameter-overrides NAME=VALUE ...] [--api-key KEY]

Runs the pipeline of template.yaml on this machine and uploads the given files under input/.
With no file and empty storage it uploads a sample photograph.`;

const SAMPLE = fileURLToPath(new URL('./sample/dandelion.jpg', import.meta.url));

interface Command {
  readonly files: readonly string[];
  readonly port: number;
  readonly s3Port: number;
  readonly dataDirectory: string;
  readonly isJson: boolean;
  readonly apiKey: string;
  readonly parameterOverrides: Readonly<Record<string, string>>;
}

try {
  await main(readCommand(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

async function main(command: Command): Promise<void> {
  const say = command.isJson ? console.error : console.log;
  const files = await listFiles(command.files);
  const pipeline = await startPipeline({ ...command, templateFile: 'template.yaml', warn: console.error });
  const stopping = stopOnSignal(pipeline, say);
  if (command.isJson) console.log(JSON.stringify(describe(pipeline)));
  else say(introduce(pipeline));
  const target = targetOf(pipeline);
  if (files.length === 0 && !command.isJson && (await isEmpty(target)))
    files.push(...(await listFiles([SAMPLE])));
  await processFiles(files, target, pipeline, say, stopping);
}

function readCommand(args: string[]): Command {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      port: { type: 'string', default: '3000' },
      's3-port': { type: 'string', default: '4566' },
      data: { type: 'string', default: '.local' },
      json: { type: 'boolean', default: false },
      'api-key': { type: 'string', default: 'local' },
      'parameter-overrides': { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  // As with sam, several overrides may follow one flag.
  const isOverride = (word: string) => /^\w+=/.test(word) && !existsSync(word);
  const overrides = [
    ...values['parameter-overrides'].flatMap((words) => words.split(/\s+/)),
    ...positionals.filter(isOverride),
  ];
  const files = positionals.filter((word) => !isOverride(word));
  const missing = files.filter((file) => !existsSync(file));
  if (missing.length > 0)
    throw new Error(`Expected files or folders but there is no ${missing.join(', ')}.\n\n${USAGE}`);
  const port = readPort('--port', values.port);
  const s3Port = readPort('--s3-port', values['s3-port']);
  if (port === s3Port && port !== 0)
    throw new Error(`Expected two ports in --port and --s3-port but received ${port} for both.`);
  return {
    files,
    port,
    s3Port,
    dataDirectory: values.data,
    isJson: values.json,
    apiKey: values['api-key'],
    parameterOverrides: Object.fromEntries(overrides.map(readOverride)),
  };
}

function readPort(flag: string, text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new Error(`${flag}: expected a port from 0 to 65535 but received "${text}".`);
}

function readOverride(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new Error(`--parameter-overrides: expected NAME=VALUE but received "${text}".`);
}

/** The one line of `--json`. */
function describe(pipeline: Pipeline) {
  const { apiUrl: api, s3Url: s3, statesUrl: states, outputs } = pipeline;
  return {
    api,
    s3,
    states,
    originalImagesBucket: outputs.OriginalImagesBucketName,
    resizedImagesBucket: outputs.ResizedImagesBucketName,
    resizeImageStateMachineArn: outputs.ResizeImageStateMachineArn,
  };
}

function introduce(pipeline: Pipeline): string {
  const { apiUrl, s3Url, statesUrl, outputs, s3Directory, notRunHere, resumed } = pipeline;
  const lines = [
    `The pipeline of template.yaml runs here, with any AWS credentials and region us-east-1:`,
    `  API             ${apiUrl}/process-image`,
    `  S3              ${s3Url}`,
    `  Step Functions  ${statesUrl}`,
    `  objects         ${s3Directory}`,
    ``,
    `  aws s3 cp photo.jpg s3://${outputs.OriginalImagesBucketName}/input/ --endpoint-url ${s3Url}`,
    `  curl -X POST ${apiUrl}/process-image -H 'Content-Type: application/json' -d '{}'`,
    ``,
    `Not run here: ${countKinds(notRunHere)}.`,
  ];
  if (resumed > 0) lines.push(`Started again what the last run left: ${resumed} execution(s).`);
  return `${lines.join('\n')}\n`;
}

/** `CloudWatch Alarm (8), CloudWatch Dashboard` of as many resource types. */
function countKinds(types: readonly string[]): string {
  return [...Map.groupBy(types, (type) => type.split('::').slice(1).join(' '))]
    .map(([kind, { length }]) => (length > 1 ? `${kind} (${length})` : kind))
    .join(', ');
}

function targetOf({ s3Url, outputs }: Pipeline): UploadTarget {
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
  pipeline: Pipeline,
  say: (line: string) => void,
  stopping: AbortSignal,
) {
  if (files.length === 0) return;
  let done = 0;
  const tell = (upload: ProcessedUpload): void => {
    done += 1;
    say(`[${done}/${files.length}] ${report(upload)}`);
  };
  await uploadFiles(files, target, tell, stopping);
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

/** The first Ctrl-C stops cleanly and says what it leaves for the next start; a second one ends at once. */
function stopOnSignal(pipeline: Pipeline, say: (line: string) => void): AbortSignal {
  const stopping = new AbortController();
  const stop = async (): Promise<void> => {
    if (stopping.signal.aborted) process.exit(130);
    stopping.abort();
    say('\nStopping…');
    const { uploads, executions } = await pipeline.stop();
    if (uploads + executions > 0)
      say(
        `Left for the next start: ${uploads} upload(s) and ${executions} execution(s) that are not finished.`,
      );
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void stop());
  return stopping.signal;
}
