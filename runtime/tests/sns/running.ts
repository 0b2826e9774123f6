// The runtime with its clients, and what subscribers receive.

import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SNSClient } from '@aws-sdk/client-sns';
import { type Runtime, startRuntime } from '../../index.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { BUCKET } from './template.ts';

const CREDENTIALS = { accessKeyId: 'anybody', secretAccessKey: 'any' };

export interface Running {
  readonly runtime: Runtime;
  /** Its data folder. */
  readonly data: string;
  readonly sns: SNSClient;
  readonly warnings: readonly string[];
  readonly put: (key: string) => Promise<unknown>;
  readonly remove: (key: string) => Promise<unknown>;
  /** Waits for at least that many messages of a queue, and deletes them. @returns their bodies. */
  readonly take: (queue: string, count: number) => Promise<string[]>;
  readonly createQueue: (QueueName: string, policy: string) => Promise<unknown>;
  readonly stop: () => Promise<void>;
}

/** Starts the runtime on a data folder. */
export async function start(templateFile: string, data = temporaryFolder('sns')): Promise<Running> {
  const warnings: string[] = [];
  const runtime = await startRuntime({
    templateFile,
    dataDirectory: data,
    port: 0,
    s3Port: 0,
    parameterOverrides: {},
    layerDirectory: data,
    apiKey: 'key',
    warn: (message) => warnings.push(message),
  });
  const { s3, sns } = clientsOf(runtime);
  return {
    runtime,
    data,
    sns,
    warnings,
    put: (Key) => s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: 'text' })),
    remove: (Key) => s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key })),
    take: (queue, count) => take(runtime.statesUrl, queue, count),
    createQueue: (QueueName, Policy) =>
      call(runtime.statesUrl, 'CreateQueue', { QueueName, Attributes: { Policy } }),
    stop: async () => {
      s3.destroy();
      sns.destroy();
      await runtime.stop();
    },
  };
}

export function clientsOf({ s3Url, statesUrl }: Pick<Runtime, 's3Url' | 'statesUrl'>) {
  const common = { region: 'us-east-1', credentials: CREDENTIALS, maxAttempts: 1 };
  return {
    s3: new S3Client({ ...common, endpoint: s3Url }),
    sns: new SNSClient({ ...common, endpoint: statesUrl }),
  };
}

async function take(url: string, queue: string, count: number): Promise<string[]> {
  const QueueUrl = `${url}/000000000000/${queue}`;
  const bodies: string[] = [];
  for (const end = Date.now() + 20_000; bodies.length < count; await sleep(10)) {
    if (Date.now() > end) throw new Error(`Expected ${count} messages but received ${bodies.length}`);
    const { Messages = [] } = await call(url, 'ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 });
    for (const { Body, ReceiptHandle } of Messages) {
      bodies.push(Body);
      await call(url, 'DeleteMessage', { QueueUrl, ReceiptHandle });
    }
  }
  return bodies;
}

interface Received {
  readonly Messages?: readonly { readonly Body: string; readonly ReceiptHandle: string }[];
}

async function call(url: string, operation: string, body: object): Promise<Received> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'x-amz-target': `AmazonSQS.${operation}` },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  return text === '' ? {} : JSON.parse(text);
}

/** What was posted to an endpoint. */
interface Posted {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Endpoint {
  readonly url: string;
  readonly posted: readonly Posted[];
  /** The status that it answers from now on; 0 for no answer. */
  answer: (status: number) => void;
  /** Waits for that many posts in all. @returns their bodies. */
  bodies: (count: number) => Promise<string[]>;
  close: () => void;
}

/** An HTTP server of this machine that keeps what is posted to it. */
export async function openEndpoint(): Promise<Endpoint> {
  const posted: Posted[] = [];
  let status = 200;
  const server: Server = createServer(async (request, response) => {
    const body = String(Buffer.concat(await request.toArray()));
    posted.push({ headers: request.headers, body });
    if (status > 0) response.writeHead(status).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/hooks`,
    posted,
    answer: (next) => {
      status = next;
    },
    async bodies(count) {
      for (const end = Date.now() + 20_000; posted.length < count; await sleep(10))
        if (Date.now() > end) throw new Error(`Expected ${count} posts but received ${posted.length}`);
      return posted.map(({ body }) => body);
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
