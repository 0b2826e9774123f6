/**
 * Lambda on one machine: a real process for each concurrent invocation, reused, as execution environments are.
 * Covers: Handler, Timeout, Environment, the role's credentials, and the errors that only Lambda can name (exit,
 * timeout, an answer above 6 MB). Refuses nothing by itself; memory is not limited yet.
 * Follows "Understanding the Lambda execution environment lifecycle" and "Lambda function invocation errors".
 */
import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { LambdaFunction } from './template/functions.ts';

/** Where a function's bundle lies, and what `require('sharp')` finds in place of the layer. */
export interface FunctionCode {
  readonly directory: string;
  readonly layerDirectory: string;
}

/** An error as Lambda reports it to its caller: `name` is the errorType that ASL matches on. */
export class FunctionError extends Error {
  readonly errorType: string;
  constructor(errorType: string, message: string) {
    super(message);
    this.name = errorType;
    this.errorType = errorType;
  }
}

export interface FunctionPool {
  invoke(payload: unknown): Promise<unknown>;
  stop(): void;
}

type Reply = { readonly answer: string } | { readonly errorType: string; readonly errorMessage: string };

interface Waiting {
  readonly payload: unknown;
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

/** What Lambda sends back synchronously, in bytes ("Lambda quotas"). */
const MAX_ANSWER_BYTES = 6_291_556;
const RUNTIME = fileURLToPath(new URL('./lambda-runtime.ts', import.meta.url));

/** @param endpoints environment variables that point the AWS SDK at this machine. */
export function createFunctionPool(
  lambda: LambdaFunction,
  code: FunctionCode,
  endpoints: Readonly<Record<string, string>>,
): FunctionPool {
  const env = environmentOf(lambda, code, endpoints);
  // One process more than there are cores: while one waits for storage, another computes.
  const maxProcesses = availableParallelism() + 1;
  const idle: ChildProcess[] = [];
  const all = new Set<ChildProcess>();
  const queue: Waiting[] = [];

  const startProcess = (): ChildProcess => {
    const child = fork(RUNTIME, [], {
      env,
      serialization: 'advanced',
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    all.add(child);
    child.once('exit', () => {
      all.delete(child);
      const position = idle.indexOf(child);
      if (position >= 0) idle.splice(position, 1);
      serveNext();
    });
    return child;
  };

  const serveNext = (): void => {
    while (queue.length > 0) {
      const child = idle.pop() ?? (all.size < maxProcesses ? startProcess() : undefined);
      const next = child && queue.shift();
      if (!child || !next) return;
      void runOnce(lambda, child, next.payload)
        .then(next.resolve, next.reject)
        .finally(() => {
          if (child.connected && child.exitCode === null && !child.killed) idle.push(child);
          serveNext();
        });
    }
  };

  return {
    invoke: (payload) =>
      new Promise((resolve, reject) => {
        queue.push({ payload, resolve, reject });
        serveNext();
      }),
    stop: () => {
      for (const child of all) child.kill('SIGKILL');
    },
  };
}

/** One invocation in one process; a process that times out is killed, as Lambda resets the environment. */
function runOnce(lambda: LambdaFunction, child: ChildProcess, payload: unknown): Promise<unknown> {
  const requestId = randomUUID();
  const reply = new Promise<Reply>((resolve, reject) => {
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      child.off('message', onMessage);
      child.off('exit', onExit);
      act();
    };
    const onMessage = (message: Reply): void => settle(() => resolve(message));
    const onExit = (code: number | null, signal: string | null): void => {
      const how = signal ? `signal: ${signal}` : `exit status ${code}`;
      const message = `RequestId: ${requestId} Error: Runtime exited with error: ${how}`;
      settle(() => reject(new FunctionError('Runtime.ExitError', message)));
    };
    const timer = setTimeout(() => {
      const message = `RequestId: ${requestId} Error: Task timed out after ${lambda.timeoutSeconds.toFixed(2)} seconds`;
      settle(() => reject(new FunctionError('Sandbox.Timedout', message)));
      child.kill('SIGKILL');
    }, lambda.timeoutSeconds * 1000);
    child.on('message', onMessage);
    child.once('exit', onExit);
    // A process that is gone by now says so by its exit.
    child.send({ requestId, payload }, () => {});
  });
  return reply.then(readReply);
}

function readReply(reply: Reply): unknown {
  if ('errorType' in reply) throw new FunctionError(reply.errorType, reply.errorMessage);
  if (Buffer.byteLength(reply.answer) > MAX_ANSWER_BYTES)
    throw new FunctionError(
      'Function.ResponseSizeTooLarge',
      `Response payload size exceeded maximum allowed payload size (${MAX_ANSWER_BYTES} bytes).`,
    );
  return JSON.parse(reply.answer);
}

/** The environment as Lambda composes it: the template's variables, its own, and the role's credentials; none of ours. */
function environmentOf(
  lambda: LambdaFunction,
  code: FunctionCode,
  endpoints: Readonly<Record<string, string>>,
): Record<string, string> {
  return {
    ...lambda.environment,
    ...endpoints,
    NODE_PATH: code.layerDirectory,
    LAMBDA_TASK_ROOT: code.directory,
    _HANDLER: lambda.handler,
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_LAMBDA_FUNCTION_NAME: lambda.logicalId,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(lambda.memorySizeMb),
    // The access key's id is how the local services tell the role that calls.
    AWS_ACCESS_KEY_ID: lambda.role,
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_SESSION_TOKEN: 'local',
    TZ: ':UTC',
  };
}
