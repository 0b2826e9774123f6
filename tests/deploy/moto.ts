import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { until } from '../support/pipeline.ts';

/** How an execution ended, on either engine. */
export interface Ending {
  readonly status: string;
  readonly error?: string;
  readonly cause?: string;
  readonly output?: unknown;
}

/** Returns the function's result, or throws a FunctionFailure. */
export type StubFunction = (payload: unknown) => unknown;

/** A failure of the stub function; errorType is the name that ASL's ErrorEquals matches. */
export class FunctionFailure extends Error {
  readonly errorType: string;
  constructor(errorType: string, message: string) {
    super(message);
    this.errorType = errorType;
  }
  /** The payload with which Lambda answers the invocation. */
  get payload(): { errorType: string; errorMessage: string } {
    return { errorType: this.errorType, errorMessage: this.message };
  }
}

interface SqsAnswer {
  readonly QueueUrl?: string;
  readonly Messages?: readonly { readonly Body: string; readonly ReceiptHandle: string }[];
}

const CLIENT = { region: 'us-east-1', credentials: { accessKeyId: 'anybody', secretAccessKey: 'anything' } };
const INVOCATION = /^\/2015-03-31\/functions\/[^/]+\/invocations$/;

/**
 * moto's server, which executes state machines, behind a proxy that answers Lambda's Invoke with a stub function: moto's
 * own functions need Docker or cannot fail. The proxy forwards every other call to moto.
 */
export class MotoServer {
  readonly url: string;
  readonly s3: S3Client;
  readonly #states: SFNClient;
  readonly #process: ChildProcess;
  readonly #front: Server;

  private constructor(url: string, process: ChildProcess, front: Server) {
    this.url = url;
    this.#process = process;
    this.#front = front;
    this.s3 = new S3Client({ ...CLIENT, endpoint: url, forcePathStyle: true });
    this.#states = new SFNClient({ ...CLIENT, endpoint: url });
  }

  /** @param python the Python interpreter of a virtual environment with moto[server]. */
  static async start(python: string, stub: StubFunction): Promise<MotoServer> {
    const port = await findFreePort();
    const behind = `http://127.0.0.1:${port}`;
    const front = createServer((request, response) => void answer(request, response, stub, behind));
    const frontPort = await listen(front);
    const child = spawn(join(dirname(python), 'moto_server'), ['-H', '127.0.0.1', '-p', String(port)], {
      // moto's executor sends its calls of Lambda, S3, SQS and Step Functions to MOTO_PORT: to the proxy.
      env: { ...process.env, MOTO_PORT: String(frontPort) },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    try {
      await Promise.race([executesStateMachines(behind), failureOf(child)]);
    } catch (error) {
      child.kill('SIGKILL');
      front.close();
      throw error;
    }
    return new MotoServer(`http://127.0.0.1:${frontPort}`, child, front);
  }

  async stop(): Promise<void> {
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exited;
    this.#front.closeAllConnections();
    this.#front.close();
  }

  async createBucket(Bucket: string, keys: readonly string[]): Promise<void> {
    await this.s3.send(new CreateBucketCommand({ Bucket }));
    for (const Key of keys) await this.s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
  }

  /** Returns the queue's URL. */
  async createQueue(QueueName: string): Promise<string> {
    const { QueueUrl } = await this.#sqs('CreateQueue', { QueueName });
    return String(QueueUrl);
  }

  /** Receives and deletes up to ten messages and returns their bodies. */
  async takeMessages(QueueUrl: string): Promise<unknown[]> {
    const { Messages = [] } = await this.#sqs('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 });
    for (const { ReceiptHandle } of Messages) await this.#sqs('DeleteMessage', { QueueUrl, ReceiptHandle });
    return Messages.map(({ Body }) => JSON.parse(Body));
  }

  /** Returns the machine's ARN. @throws the error of moto's parser if it refuses the definition. */
  async createStateMachine(name: string, type: 'STANDARD' | 'EXPRESS', definition: unknown): Promise<string> {
    const { stateMachineArn } = await this.#states.send(
      new CreateStateMachineCommand({
        name,
        type,
        definition: JSON.stringify(definition),
        roleArn: 'arn:aws:iam::123456789012:role/Role',
      }),
    );
    return String(stateMachineArn);
  }

  /** Runs an execution to its end. */
  async run(stateMachineArn: string, input: unknown): Promise<Ending> {
    const { executionArn } = await this.#states.send(
      // moto does not generate a name.
      new StartExecutionCommand({ stateMachineArn, name: randomUUID(), input: JSON.stringify(input) }),
    );
    const ended = await until(
      async () => {
        const execution = await this.#states.send(new DescribeExecutionCommand({ executionArn }));
        return execution.status === 'RUNNING' ? undefined : execution;
      },
      `the end of ${executionArn}`,
      60_000,
    );
    const { status = '', error, cause, output } = ended;
    return {
      status,
      ...(error !== undefined && { error }),
      ...(cause !== undefined && { cause }),
      ...(output !== undefined && { output: JSON.parse(output) }),
    };
  }

  async #sqs(action: string, parameters: Record<string, unknown>): Promise<SqsAnswer> {
    const answered = await fetch(this.url, {
      method: 'POST',
      headers: {
        'x-amz-target': `AmazonSQS.${action}`,
        'content-type': 'application/x-amz-json-1.0',
        authorization: 'AWS4-HMAC-SHA256 Credential=anybody/20260101/us-east-1/sqs/aws4_request',
      },
      body: JSON.stringify(parameters),
    });
    if (!answered.ok) throw new Error(`${action} answered ${answered.status}: ${await answered.text()}`);
    return JSON.parse((await answered.text()) || '{}');
  }
}

/** Rejects when moto_server cannot be started or ends. */
function failureOf(child: ChildProcess): Promise<never> {
  const complaints: string[] = [];
  child.stderr?.on('data', (chunk) => complaints.push(String(chunk)));
  const failed = new Promise<never>((_, reject) => {
    child.once('error', (cause) =>
      reject(
        new Error('Expected moto_server beside SAM_PYTHON: pip install -r .ci/requirements.txt', { cause }),
      ),
    );
    child.once('close', () => reject(new Error(`moto_server ended: ${complaints.join('')}`)));
  });
  // stop() ends the process too, when nobody awaits this promise.
  failed.catch(() => {});
  return failed;
}

/** Waits for the server and configures it to execute state machines, which by default it only stores. */
async function executesStateMachines(url: string): Promise<void> {
  const configure = () =>
    fetch(`${url}/moto-api/config`, {
      method: 'POST',
      body: JSON.stringify({ stepfunctions: { execute_state_machine: true } }),
    }).catch(() => undefined);
  const { ok, status } = await until(configure, 'moto_server', 60_000);
  if (!ok) throw new Error(`moto's config answered ${status}`);
}

async function findFreePort(): Promise<number> {
  const probe = createServer();
  const port = await listen(probe);
  await new Promise((done) => probe.close(done));
  return port;
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  stub: StubFunction,
  behind: string,
): Promise<void> {
  const body = Buffer.concat(await request.toArray());
  if (!INVOCATION.test(request.url ?? '')) return forward(request, body, response, behind);
  try {
    response.end(JSON.stringify(stub(JSON.parse(body.toString()))));
  } catch (error) {
    if (!(error instanceof FunctionFailure)) throw error;
    response.setHeader('x-amz-function-error', 'Unhandled');
    response.end(JSON.stringify(error.payload));
  }
}

async function forward(
  { method = 'GET', url = '/', headers }: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
  behind: string,
): Promise<void> {
  const { connection, 'content-length': _, 'transfer-encoding': __, expect, ...kept } = headers;
  const answered = await fetch(behind + url, {
    method,
    headers: Object.entries(kept).map(([name, value]): [string, string] => [name, String(value)]),
    ...(body.length > 0 && { body: new Uint8Array(body) }),
  });
  response.writeHead(answered.status, Object.fromEntries(answered.headers));
  response.end(Buffer.from(await answered.arrayBuffer()));
}
