import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import {
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { START_WORDS } from './start-command.ts';

/** What `npm start -- --json` prints, and what a deployed stack's outputs give. */
export interface Addresses {
  readonly api: string;
  readonly s3: string;
  readonly states: string;
  readonly originalImagesBucket: string;
  readonly resizedImagesBucket: string;
  readonly resizeImageStateMachineArn: string;
}

export interface Manifest {
  readonly status: string;
  readonly execution: string;
  readonly source: {
    readonly key: string;
    readonly etag: string;
    readonly width: number;
    readonly height: number;
  };
  readonly renditions: readonly {
    readonly name: string;
    readonly key: string;
    readonly width: number;
    readonly height: number;
    readonly format: string;
    readonly bytes: number;
    readonly etag: string;
  }[];
  readonly error?: { readonly name: string; readonly message: string };
}

interface BatchResult {
  readonly resized?: number;
  readonly unchanged?: number;
  readonly rejected?: readonly unknown[];
  /** One by one, after the batch as a whole has failed. */
  readonly alone?: readonly {
    readonly resized?: number;
    readonly unprocessed?: { readonly key: string; readonly error: { readonly Error: string } };
  }[];
}

/** Puts on a call of the API what its ApiAuth asks for. */
export type Authorize = (url: string, init: RequestInit) => Promise<RequestInit>;

/** A pipeline as its users reach it, here or on AWS: over S3, the API and Step Functions, with the AWS SDK. */
export abstract class TargetPipeline {
  readonly addresses: Addresses;
  readonly s3: S3Client;
  readonly states: SFNClient;
  readonly #authorize: Authorize;

  constructor(addresses: Addresses, s3: S3Client, states: SFNClient, authorize: Authorize) {
    this.addresses = addresses;
    this.s3 = s3;
    this.states = states;
    this.#authorize = authorize;
  }

  abstract stop(): Promise<void>;

  async upload(key: string, body: Buffer | string): Promise<string> {
    const { ETag } = await this.s3.send(
      new PutObjectCommand({
        Bucket: this.addresses.originalImagesBucket,
        Key: key,
        Body: body,
        ContentLength: Buffer.byteLength(body),
      }),
    );
    return (ETag ?? '').replaceAll('"', '');
  }

  async remove(key: string): Promise<void> {
    await this.s3.send(new DeleteObjectCommand({ Bucket: this.addresses.originalImagesBucket, Key: key }));
  }

  async uploadAndWait(key: string, body: Buffer | string): Promise<Manifest> {
    const etag = await this.upload(key, body);
    return until(async () => {
      const manifest = await this.manifest(key);
      return manifest?.source.etag === etag ? manifest : undefined;
    }, `the manifest of ${key}`);
  }

  async manifest(key: string): Promise<Manifest | undefined> {
    const object = await this.resized(`${key.replace(/^input\//, 'output/')}/manifest.json`);
    return object && JSON.parse(object.toString('utf8'));
  }

  async resizedEtag(key: string): Promise<string | undefined> {
    const found = await this.s3.send(
      new ListObjectsV2Command({ Bucket: this.addresses.resizedImagesBucket, Prefix: key, MaxKeys: 1 }),
    );
    return found.Contents?.find(({ Key }) => Key === key)?.ETag?.replaceAll('"', '');
  }

  async resized(key: string): Promise<Buffer | undefined> {
    try {
      const answer = await this.s3.send(
        new GetObjectCommand({ Bucket: this.addresses.resizedImagesBucket, Key: key }),
      );
      return Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
    } catch (error) {
      if (error instanceof Error && error.name === 'NoSuchKey') return undefined;
      throw error;
    }
  }

  /** The keys of the resized objects under a prefix. */
  async outputs(prefix = 'output/'): Promise<string[]> {
    const found: string[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await this.s3.send(
        new ListObjectsV2Command({
          Bucket: this.addresses.resizedImagesBucket,
          Prefix: prefix,
          ContinuationToken,
        }),
      );
      found.push(...(page.Contents ?? []).map(({ Key }) => Key ?? ''));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken);
    return found;
  }

  /** Takes one rendition away, its manifest left as it is: only a run that renders brings it back. */
  loseThumbnail(key: string): Promise<string> {
    return this.#lose(key, 'thumbnail.jpg');
  }

  /** Makes an image look as if it had never been processed. */
  loseManifest(key: string): Promise<string> {
    return this.#lose(key, 'manifest.json');
  }

  async #lose(key: string, file: string): Promise<string> {
    const Key = `${key.replace(/^input\//, 'output/')}/${file}`;
    await this.s3.send(new DeleteObjectCommand({ Bucket: this.addresses.resizedImagesBucket, Key }));
    return Key;
  }

  async post(
    body: unknown,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: Record<string, unknown> }> {
    const answer = await this.call('/process-image', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: answer.status, body: await readJson(answer) };
  }

  async get(executionName: string): Promise<{ status: number; body: Record<string, unknown> }> {
    const answer = await this.call(`/process-image/${encodeURIComponent(executionName)}`);
    return { status: answer.status, body: await readJson(answer) };
  }

  /** A request of the API, with what its ApiAuth asks for. */
  async call(path: string, init: RequestInit = {}): Promise<Response> {
    const url = this.addresses.api + path;
    return fetch(url, await this.#authorize(url, init));
  }

  /** Starts an execution by the API and waits for its end. */
  async process(body: unknown): Promise<DescribeExecutionOutput> {
    const started = await this.post(body);
    if (started.status !== 200)
      throw new Error(`POST answered ${started.status}: ${JSON.stringify(started.body)}`);
    const executionArn = String(started.body.executionArn);
    return until(
      async () => {
        const execution = await this.states.send(new DescribeExecutionCommand({ executionArn }));
        return execution.status === 'RUNNING' ? undefined : execution;
      },
      `the end of ${executionArn}`,
      100_000,
    );
  }

  /** What the batches of a bulk run answered, read from the run's result files as a user would. */
  async batchResults({ output }: DescribeExecutionOutput): Promise<BatchResult[]> {
    const manifest = JSON.parse(
      String(await this.resized(JSON.parse(output ?? '{}').ResultWriterDetails.Key)),
    );
    const files: { readonly Key: string }[] = manifest.ResultFiles.SUCCEEDED;
    const texts = await Promise.all(files.map(async ({ Key }) => String(await this.resized(Key))));
    return texts.flatMap((text) => JSON.parse(text)).map(({ Output }) => JSON.parse(Output));
  }

  /** How many images a bulk run made, left and rejected, by its result files. */
  async runCounts(execution: DescribeExecutionOutput) {
    const counts = { resized: 0, unchanged: 0, rejected: 0 };
    for (const { resized = 0, unchanged = 0, rejected = [] } of await this.batchResults(execution)) {
      counts.resized += resized;
      counts.unchanged += unchanged;
      counts.rejected += rejected.length;
    }
    return counts;
  }

  /** What tells that a call started nothing: the newest execution is still the same. */
  async newestExecution(): Promise<string | undefined> {
    const { resizeImageStateMachineArn: stateMachineArn } = this.addresses;
    const { executions } = await this.states.send(
      new ListExecutionsCommand({ stateMachineArn, maxResults: 1 }),
    );
    return executions?.[0]?.executionArn;
  }
}

/** The local runtime in a process of its own, with what only a test of it may reach. */
export class PipelineUnderTest extends TargetPipeline {
  readonly #process: ChildProcess;

  constructor(addresses: Addresses, process: ChildProcess) {
    const credentials = { accessKeyId: 'anybody', secretAccessKey: 'anything' };
    const region = 'us-east-1';
    const s3 = new S3Client({ endpoint: addresses.s3, region, credentials });
    const states = new SFNClient({ endpoint: addresses.states, region, credentials });
    super(addresses, s3, states, async (_, init) => init);
    this.#process = process;
  }

  async stop(): Promise<void> {
    const exited = new Promise((done) => this.#process.once('exit', done));
    this.#process.kill('SIGTERM');
    await exited;
  }

  /** What waits on UnprocessedUploadsQueue; looking hides it for a while, as SQS does. */
  async unprocessed(): Promise<Record<string, unknown>[]> {
    return (await this.#receive()).map(({ Body }) => JSON.parse(Body));
  }

  /** Takes messages off UnprocessedUploadsQueue. */
  async takeUnprocessed(): Promise<Record<string, unknown>[]> {
    const messages = await this.#receive();
    for (const { ReceiptHandle } of messages) await this.#queue('DeleteMessage', { ReceiptHandle });
    return messages.map(({ Body }) => JSON.parse(Body));
  }

  /** Leaves a message on UnprocessedUploadsQueue, as the state machines do. */
  async leaveUnprocessed(message: unknown): Promise<void> {
    await this.#queue('SendMessage', { MessageBody: JSON.stringify(message) });
  }

  /** Sends an event to the upload machine as EventBridge does: once more, late, or out of its order. */
  async redrive(event: unknown): Promise<void> {
    const stateMachineArn = this.addresses.resizeImageStateMachineArn.replace('ResizeImage', 'ResizeUpload');
    await this.states.send(new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(event) }));
  }

  async #receive(): Promise<readonly { readonly Body: string; readonly ReceiptHandle: string }[]> {
    const answer = await this.#queue('ReceiveMessage', { MaxNumberOfMessages: 10 });
    const { Messages = [] } = answer as { Messages?: { Body: string; ReceiptHandle: string }[] };
    return Messages;
  }

  async #queue(action: string, parameters: Record<string, unknown>): Promise<unknown> {
    const QueueUrl = `${this.addresses.states}/000000000000/UnprocessedUploadsQueue`;
    const answer = await fetch(this.addresses.states, {
      method: 'POST',
      headers: { 'x-amz-target': `AmazonSQS.${action}`, 'content-type': 'application/x-amz-json-1.0' },
      body: JSON.stringify({ QueueUrl, ...parameters }),
    });
    return answer.json();
  }

  /** The processes in which the function runs: children of the runtime's own. */
  functionProcesses(): number[] {
    const listed = spawnSync('ps', ['-o', 'pid=,args=', '--ppid', String(this.#process.pid)], {
      encoding: 'utf8',
    });
    const lines = listed.stdout.split('\n').filter((line) => line.includes('runtime-client'));
    return lines.map((line) => Number.parseInt(line, 10));
  }

  kill(processId: number): void {
    try {
      process.kill(processId, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}

export interface StartOptions {
  /** More words for the command line. */
  readonly words?: readonly string[];
  /** The folder of an earlier run; without it one of its own, gone when the pipeline stops. */
  readonly data?: string;
  /** A checkout to run instead of this one; see `copyCheckout`. */
  readonly checkout?: string;
}

/** `npm start -- --json` on free ports. */
export async function startPipeline({
  words = [],
  data,
  checkout = '.',
}: StartOptions = {}): Promise<PipelineUnderTest> {
  const directory = data ?? mkdtempSync(join(tmpdir(), 'image-pipeline-'));
  const flags = ['--json', '--port', '0', '--s3-port', '0', '--data', directory];
  const child = spawn(process.execPath, [...START_WORDS, ...flags, ...words], {
    cwd: checkout,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const complaints: string[] = [];
  child.stderr.on('data', (chunk) => complaints.push(String(chunk)));
  if (data === undefined) child.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  const exited = new Promise<never>((_, reject) => {
    child.once('close', (code) =>
      reject(new Error(`The pipeline ended with ${code}: ${complaints.join('')}`)),
    );
  });
  exited.catch(() => {});
  const lines = createInterface(child.stdout);
  const ready = new Promise<string>((done) => lines.once('line', done));
  return new PipelineUnderTest(JSON.parse(await Promise.race([ready, exited])), child);
}

/** Looks again and again until there is something; what never comes is an error that says what was awaited. */
export async function until<T>(
  look: () => Promise<T | undefined>,
  what: string | (() => string),
  timeoutMs = 100_000,
  everyMs = 30,
): Promise<T> {
  for (const end = Date.now() + timeoutMs; Date.now() < end; await sleep(everyMs)) {
    const found = await look();
    if (found !== undefined) return found;
  }
  throw new Error(`Waited for ${typeof what === 'string' ? what : what()}, which never came.`);
}

async function readJson(answer: Response): Promise<Record<string, unknown>> {
  const text = await answer.text();
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`Expected JSON but received: ${text}`, { cause });
  }
}

/** A copy of this checkout with one file changed, as a user or a test would change it. */
export function copyCheckout(file: string, change: (text: string) => string): string {
  const copy = mkdtempSync(join(tmpdir(), 'image-pipeline-checkout-'));
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { encoding: 'utf8' })
    .trim()
    .split('\n');
  for (const name of files) cpSync(name, join(copy, name));
  symlinkSync(resolve('node_modules'), join(copy, 'node_modules'));
  const before = readFileSync(file, 'utf8');
  const after = change(before);
  if (after === before) throw new Error(`Expected a change of ${file} but it stayed as it was.`);
  writeFileSync(join(copy, file), after);
  return copy;
}
