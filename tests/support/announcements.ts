// The receivers of docs/announcements.md, run as they stand there.

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { ConfirmSubscriptionCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { type TargetPipeline, until } from './pipeline.ts';

export const PAGE = readFileSync('docs/announcements.md', 'utf8');
export const TOPIC = 'arn:aws:sns:us-east-1:000000000000:AnnouncementsTopic';
const SECRET = 'a-secret';

/** A process that runs one of the page's receivers. */
export interface Receiver {
  /** What it has printed, line by line. */
  readonly lines: readonly string[];
  /** The statuses that it has printed for an image, in order. */
  statusesOf(key: string): string[];
  close(): Promise<void>;
}

/** Writes the page's code into a folder in which Node finds the packages of this checkout, and deletes it at the end. */
function writeCode(): string {
  mkdirSync('.local', { recursive: true });
  const folder = mkdtempSync('.local/announcements-');
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  // Each file is a block of code, and its name the last one before the block.
  for (const { index, 1: code = '' } of PAGE.matchAll(/```js\n(.*?)^```$/gms)) {
    const [, name] = [...PAGE.slice(0, index).matchAll(/`([\w-]+\.mjs)`/g)].at(-1) ?? [];
    writeFileSync(join(folder, name ?? ''), code);
  }
  return resolve(folder);
}

const FOLDER = writeCode();

/** Runs a file of the page with Node. */
export function runReceiver(
  file: string,
  { addresses }: Pick<TargetPipeline, 'addresses'>,
  env: Readonly<Record<string, string>> = {},
): Receiver {
  const child = spawn(process.execPath, [join(FOLDER, file)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...environmentOf(addresses), ...env },
  });
  const exited = new Promise<void>((done) => child.once('exit', () => done()));
  const lines: string[] = [];
  createInterface(child.stdout).on('line', (line) => lines.push(line));
  return {
    lines,
    statusesOf: (key) =>
      lines.filter((line) => line.endsWith(` ${key}`)).map((line) => line.slice(0, -key.length - 1)),
    close: async () => {
      child.kill();
      await exited;
    },
  };
}

/** Imports a module of the page in a process of its own, and calls its function `handler`. @returns what it prints. */
export function callHandler(
  file: string,
  event: unknown,
  { addresses }: Pick<TargetPipeline, 'addresses'>,
): Promise<string> {
  const script = `import(${JSON.stringify(join(FOLDER, file))}).then(({ handler }) => handler(${JSON.stringify(event)}))`;
  const child = spawn(process.execPath, ['-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: environmentOf(addresses),
  });
  return child.stdout.toArray().then((pieces) => String(Buffer.concat(pieces)));
}

function environmentOf({ states, s3, resizedImagesBucket }: TargetPipeline['addresses']) {
  return {
    AWS_ENDPOINT_URL: states,
    AWS_ENDPOINT_URL_S3: s3,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'anybody',
    AWS_SECRET_ACCESS_KEY: 'anything',
    RESIZED: resizedImagesBucket,
  };
}

export interface Webhook extends Receiver {
  /** Where SNS posts to. */
  readonly url: string;
}

/** Runs the page's webhook; resolves when it listens. */
export async function runWebhook(
  pipeline: Pick<TargetPipeline, 'addresses'>,
  port?: number,
): Promise<Webhook> {
  const listening = port ?? (await freePort());
  const receiver = runReceiver('webhook.mjs', pipeline, { SECRET, PORT: String(listening) });
  const address = `http://127.0.0.1:${listening}`;
  const answers = () =>
    fetch(address).then(
      ({ status }) => status === 404,
      () => false,
    );
  await until(answers, 'the webhook');
  return { ...receiver, url: `${address}/${SECRET}` };
}

/** Subscribes a webhook to the topic of a pipeline, and confirms the subscription with the token that it prints. */
export async function subscribeWebhook({ url, lines }: Webhook, pipeline: TargetPipeline): Promise<void> {
  const sns = clientOf(pipeline);
  await sns.send(new SubscribeCommand({ TopicArn: TOPIC, Protocol: 'http', Endpoint: url }));
  await sns.send(new ConfirmSubscriptionCommand({ TopicArn: TOPIC, Token: await tokenIn(lines) }));
  sns.destroy();
}

export function clientOf({ addresses }: Pick<TargetPipeline, 'addresses'>): SNSClient {
  const credentials = { accessKeyId: 'anybody', secretAccessKey: 'anything' };
  return new SNSClient({ endpoint: addresses.states, region: 'us-east-1', credentials });
}

/** Waits for the token that the webhook prints. */
export function tokenIn(lines: readonly string[]): Promise<string> {
  return until(async () => lines.find((line) => line.startsWith('TOKEN '))?.slice(6), 'the token');
}

export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done) => probe.listen(0, '127.0.0.1', done));
  const address = probe.address();
  await new Promise((done) => probe.close(done));
  return typeof address === 'object' && address ? address.port : 0;
}
