import { type ChildProcess, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
import type { Authorize } from '../../operate/authorize.ts';
import { type Addresses, readAddresses, type StartCommandOptions, spawnStart } from './start-command.ts';

export interface Manifest {
  readonly status: string;
  readonly execution: string;
  readonly source: {
    readonly key: string;
    readonly etag: string;
    readonly width: number;
    readonly height: number;
    readonly focalPoint?: { readonly x: number; readonly y: number };
  };
  readonly renditions: readonly {
    readonly name: string;
    readonly key: string;
    readonly url: string;
    readonly width: number;
    readonly height: number;
    readonly format: string;
    readonly bytes: number;
    readonly etag: string;
  }[];
  readonly error?: { readonly name: string; readonly message: string };
}

interface RunCounts {
  readonly resized?: number;
  readonly wouldResize?: number;
  readonly unchanged: number;
  readonly rejected: Readonly<Record<string, number>>;
  readonly unprocessed: number;
}

interface Counts {
  readonly resized?: number;
  readonly unchanged?: number;
  readonly rejected?: readonly unknown[];
}

interface BatchResult {
  readonly counted: Counts;
  /** The results of the images that were processed one by one, after the batch as a whole has failed. */
  readonly alone: readonly (Counts & {
    readonly unprocessed?: { readonly key: string; readonly error: { readonly Error: string } };
  })[];
}

/** A pipeline, local or on AWS, as its users reach it: the API by HTTP, S3 and Step Functions by the AWS SDK. */
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

  /** @returns the ETag, without quotes. */
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

  /** Uploads an original and waits for the manifest of this very upload. */
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

  /** The ETag of an object of the bucket for resized images, without quotes. */
  async resizedEtag(key: string): Promise<string | undefined> {
    const found = await this.s3.send(
      new ListObjectsV2Command({ Bucket: this.addresses.resizedImagesBucket, Prefix: key, MaxKeys: 1 }),
    );
    return found.Contents?.find(({ Key }) => Key === key)?.ETag?.replaceAll('"', '');
  }

  /** The bytes of an object of the bucket for resized images. */
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

  /** The keys under a prefix in the bucket for resized images. */
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

  /** Deletes one rendition but not the manifest: only a run that renders the image restores it. @returns its key. */
  loseThumbnail(key: string): Promise<string> {
    return this.#lose(key, 'thumbnail.jpg');
  }

  /** Deletes an image's manifest, so that the image counts as never processed. @returns the manifest's key. */
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

  /** Sends a request to the API with what its `ApiAuth` requires. */
  async call(path: string, init: RequestInit = {}): Promise<Response> {
    const url = this.addresses.api + path;
    return fetch(url, await this.#authorize(url, init));
  }

  /** Starts an execution by the API and waits for its end. */
  async process(body: unknown): Promise<DescribeExecutionOutput> {
    const started = await this.post(body);
    if (started.status !== 200)
      throw new Error(`POST answered ${started.status}: ${JSON.stringify(started.body)}`);
    return this.endOf(String(started.body.executionArn));
  }

  /** Waits until an execution has ended. */
  async endOf(executionArn: string): Promise<DescribeExecutionOutput> {
    return until(async () => {
      const execution = await this.states.send(new DescribeExecutionCommand({ executionArn }));
      return execution.status !== 'RUNNING' && execution;
    }, `the end of ${executionArn}`);
  }

  /** Waits by GET requests until an execution has ended. @returns the last answer's body. */
  async getAtEnd(executionName: string, timeoutMs?: number): Promise<Record<string, unknown>> {
    const look = async () => {
      const { body } = await this.get(executionName);
      return body.status !== 'RUNNING' && body;
    };
    return until(look, `the end of ${executionName}`, timeoutMs);
  }

  /** The results of a bulk run's batches, read from the run's result files as a user would read them. */
  async batchResults({ output }: DescribeExecutionOutput): Promise<BatchResult[]> {
    const manifest = JSON.parse(String(await this.resized(JSON.parse(output ?? '{}').results.Key)));
    const files: { readonly Key: string }[] = manifest.ResultFiles.SUCCEEDED;
    const texts = await Promise.all(files.map(async ({ Key }) => String(await this.resized(Key))));
    return texts.flatMap((text) => JSON.parse(text)).map(({ Output }) => JSON.parse(Output));
  }

  /** The counts in the output of a bulk run. */
  runCounts({ output }: DescribeExecutionOutput): RunCounts {
    return JSON.parse(output ?? '{}').images;
  }

  /** The ARN of the newest execution. If it is the same before and after a call, the call started nothing. */
  async newestExecution(): Promise<string | undefined> {
    const { resizeImageStateMachineArn: stateMachineArn } = this.addresses;
    const { executions } = await this.states.send(
      new ListExecutionsCommand({ stateMachineArn, maxResults: 1 }),
    );
    return executions?.[0]?.executionArn;
  }
}

/** A local runtime in a process of its own, with its queue and its processes in reach of the tests. */
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

  /** Of the runtime. */
  get processId(): number {
    return this.#process.pid ?? 0;
  }

  async stop(): Promise<void> {
    const exited = new Promise((done) => this.#process.once('exit', done));
    this.#process.kill('SIGTERM');
    await exited;
  }

  /** The messages on UnprocessedUploadsQueue. A received message is hidden for the visibility timeout, as on SQS. */
  async unprocessed(): Promise<Record<string, unknown>[]> {
    return (await this.#receive()).map(({ Body }) => JSON.parse(Body));
  }

  /** Receives messages from UnprocessedUploadsQueue and deletes them. */
  async takeUnprocessed(): Promise<Record<string, unknown>[]> {
    const messages = await this.#receive();
    for (const { ReceiptHandle } of messages) await this.#queue('DeleteMessage', { ReceiptHandle });
    return messages.map(({ Body }) => JSON.parse(Body));
  }

  /** Sends a message to UnprocessedUploadsQueue, as the state machines do. */
  async leaveUnprocessed(message: unknown): Promise<void> {
    await this.#queue('SendMessage', { MessageBody: JSON.stringify(message) });
  }

  /** Starts ResizeUploadStateMachine with an event, as EventBridge does when it delivers an event late or twice. */
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

  /** The IDs of the processes that run the function. They are children of the runtime's process. */
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
      // The process has ended by itself.
    }
  }
}

export interface StartOptions extends Omit<StartCommandOptions, 'detached'> {
  /** The data folder of an earlier run. Without it the pipeline gets a new folder, deleted when the pipeline stops. */
  readonly data?: string;
}

/** Starts `npm start -- --json` on free ports. */
export async function startPipeline({
  data,
  words = [],
  ...options
}: StartOptions = {}): Promise<PipelineUnderTest> {
  const directory = data ?? mkdtempSync(join(tmpdir(), 'image-pipeline-'));
  const child = spawnStart(directory, { ...options, words: ['--json', ...words] });
  if (data === undefined) child.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  return new PipelineUnderTest(await readAddresses(child), child);
}

/**
 * Polls until `look` gives something other than undefined or false.
 * @throws after `timeoutMs`, with what was awaited.
 */
export async function until<T>(
  look: () => Promise<T | undefined | false>,
  what: string | (() => string),
  timeoutMs = 100_000,
  everyMs = 30,
): Promise<T> {
  for (const end = Date.now() + timeoutMs; Date.now() < end; await sleep(everyMs)) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
  }
  throw new Error(
    `Waited ${timeoutMs / 1000} s for ${typeof what === 'string' ? what : what()}, which never came.`,
  );
}

async function readJson(answer: Response): Promise<Record<string, unknown>> {
  const text = await answer.text();
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`Expected JSON but received: ${text}`, { cause });
  }
}
