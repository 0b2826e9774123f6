/**
 * One execution environment: a process that loads the function once and answers one invocation after the other.
 *
 * What goes wrong, as Lambda names it: `Sandbox.Timedout`; `Runtime.OutOfMemory` (the process outgrows MemorySize);
 * `Runtime.ExitError` (exit, segmentation fault, V8's own heap limit); `Function.ResponseSizeTooLarge`; and what
 * runtime-client.ts reports: the handler's own errors, `Runtime.ImportModuleError`, `Runtime.UserCodeSyntaxError`,
 * `Runtime.HandlerNotFound`, `Runtime.MalformedHandlerName`, `Runtime.CallbackHandlerDeprecated`,
 * `Runtime.UnhandledPromiseRejection`, `Runtime.JSONStringifyError`. After each but the handler's own errors and an
 * answer that is too large, the environment is gone and the next invocation gets a new one.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { REGION } from '../template/names.ts';
import type { LambdaFunction } from './functions.ts';
import { watchMemory } from './memory.ts';
import { lowerPriority } from './priority.ts';
import type { ErrorPayload, Report } from './runtime-client.ts';

/** Where a function's bundle lies, and what `require('sharp')` finds in place of the layer. */
export interface FunctionCode {
  readonly directory: string;
  readonly layerDirectory: string;
}

/** An error as Lambda reports it to its caller: `payload.errorType` is what ASL matches on. */
export class FunctionError extends Error {
  readonly payload: ErrorPayload;
  constructor(payload: ErrorPayload) {
    super(payload.errorMessage);
    this.name = payload.errorType;
    this.payload = payload;
  }
}

const RUNTIME = fileURLToPath(new URL('./runtime-client.ts', import.meta.url));
/** What Lambda sends back synchronously, in bytes ("Lambda quotas"). */
const MAX_ANSWER_BYTES = 6_291_556;
/** "Init phase": ten seconds that do not count as the invocation's own. */
const INIT_LIMIT_MS = 10_000;
/** V8's share of the memory in Lambda's own bootstrap. */
const OLD_SPACE_SHARE = 0.9;
/** Leaves a bulk run about a tenth of the cores while single uploads come one after the other: it must not time out. */
const NICENESS = 15;
/** As Go, which Lambda's supervisor is written in, spells them. */
const SIGNAL_NAMES: Readonly<Record<string, string>> = {
  SIGABRT: 'aborted',
  SIGBUS: 'bus error',
  SIGFPE: 'floating point exception',
  SIGILL: 'illegal instruction',
  SIGKILL: 'killed',
  SIGSEGV: 'segmentation fault',
  SIGTERM: 'terminated',
};

interface Current {
  readonly requestId: string;
  resolve(answer: unknown): void;
  reject(error: FunctionError): void;
}

export class ExecutionEnvironment {
  #owner: string | undefined;
  readonly #lambda: LambdaFunction;
  readonly #process: ChildProcess;
  readonly #initialized = Promise.withResolvers<void>();
  #current: Current | undefined;
  #isUsable = true;

  /** Starts the process; it loads the function at once. Without an owner it gives way from the start. */
  constructor(
    lambda: LambdaFunction,
    code: FunctionCode,
    endpoints: Readonly<Record<string, string>>,
    owner: string | undefined,
  ) {
    this.#owner = owner;
    this.#lambda = lambda;
    // One line an image: kept beside the bundle, as CloudWatch Logs would keep them.
    const log = openSync(join(code.directory, 'function.log'), 'a');
    this.#process = fork(RUNTIME, [String(process.pid), lambda.arn], {
      cwd: code.directory,
      env: environmentOf(lambda, code, endpoints),
      serialization: 'advanced',
      execArgv: [
        '--disable-warning=ExperimentalWarning',
        `--max-old-space-size=${Math.floor(lambda.memorySizeMb * OLD_SPACE_SHARE)}`,
      ],
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    // Threads to come have the priority of the one that makes them.
    if (owner === undefined) this.giveWay();
    this.#process.on('message', (report: Report) => this.#take(report));
    this.#process.on('exit', (code, signal) => {
      // Its last report may still be on the way.
      if (this.#process.connected) this.#process.once('disconnect', () => this.#exited(code, signal));
      else this.#exited(code, signal);
    });
    // A process that could not be started, or not be written to.
    this.#process.on('error', (error) => this.#fail('Runtime.ExitError', error.message));
  }

  /** The caller that it is kept for, if it is for one alone. */
  get owner(): string | undefined {
    return this.#owner;
  }

  /** Computes from now on only where the others leave a core free, for any caller. */
  giveWay(): void {
    this.#owner = undefined;
    const { pid } = this.#process;
    if (pid !== undefined) lowerPriority(pid, NICENESS);
  }

  /** Whether it can take another invocation. */
  get isUsable(): boolean {
    return this.#isUsable;
  }

  end(): void {
    this.#isUsable = false;
    this.#process.kill('SIGKILL');
  }

  /**
   * Runs one invocation; the next may follow when it has ended.
   * @throws FunctionError
   */
  async invoke(payload: unknown): Promise<unknown> {
    const { timeoutSeconds, memorySizeMb } = this.#lambda;
    const requestId = randomUUID();
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#current = { requestId, resolve, reject };
    let timer = setTimeout(() => this.#initialized.resolve(), INIT_LIMIT_MS);
    void this.#initialized.promise.then(() => {
      clearTimeout(timer);
      if (this.#current?.requestId !== requestId) return;
      const timedOut = `Task timed out after ${timeoutSeconds.toFixed(2)} seconds`;
      timer = setTimeout(() => this.#fail('Sandbox.Timedout', timedOut), timeoutSeconds * 1000);
    });
    const stopWatching = watchMemory(this.#process.pid ?? 0, memorySizeMb, () =>
      this.#fail('Runtime.OutOfMemory', 'Runtime exited with error: signal: killed'),
    );
    // One that is gone by now says so by its exit.
    const invocation = { requestId, payload, deadlineMs: Date.now() + timeoutSeconds * 1000 };
    this.#process.send(invocation, () => {});
    try {
      return await promise;
    } finally {
      this.#current = undefined;
      clearTimeout(timer);
      stopWatching();
    }
  }

  #take(report: Report): void {
    if (report.kind === 'initialized') {
      this.#initialized.resolve();
      return;
    }
    if (report.kind === 'fatal') this.#isUsable = false;
    else if (report.requestId !== this.#current?.requestId) return;
    if (report.kind !== 'answer') this.#current?.reject(new FunctionError(report.error));
    else if (Buffer.byteLength(report.answer) <= MAX_ANSWER_BYTES)
      this.#current?.resolve(JSON.parse(report.answer));
    else
      this.#current?.reject(
        new FunctionError({
          errorType: 'Function.ResponseSizeTooLarge',
          errorMessage: `Response payload size exceeded maximum allowed payload size (${MAX_ANSWER_BYTES} bytes).`,
        }),
      );
  }

  #exited(code: number | null, signal: string | null): void {
    const how = signal ? `signal: ${SIGNAL_NAMES[signal] ?? signal}` : `exit status ${code}`;
    const message =
      code === 0 ? 'Runtime exited without providing a reason' : `Runtime exited with error: ${how}`;
    this.#fail('Runtime.ExitError', message);
  }

  /** Lambda's own faults end the process: it would be in nobody knows what state. */
  #fail(errorType: string, message: string): void {
    this.end();
    const errorMessage = `RequestId: ${this.#current?.requestId} Error: ${message}`;
    this.#current?.reject(new FunctionError({ errorType, errorMessage }));
  }
}

/** The environment as Lambda composes it: the template's variables, its own, and the role's credentials; none of ours. */
function environmentOf(
  lambda: LambdaFunction,
  code: FunctionCode,
  endpoints: Readonly<Record<string, string>>,
): Record<string, string> {
  // Without it a process on Windows has no sockets.
  const { SystemRoot } = process.env;
  return {
    // These four a function may say itself.
    PATH: '/usr/local/bin:/usr/bin:/bin:/opt/bin',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    NODE_PATH: code.layerDirectory,
    ...lambda.environment,
    ...endpoints,
    ...(SystemRoot && { SystemRoot }),
    LAMBDA_TASK_ROOT: code.directory,
    _HANDLER: lambda.handler,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_LAMBDA_FUNCTION_NAME: lambda.logicalId,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(lambda.memorySizeMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${lambda.logicalId}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    // The access key's id is how the local services tell the role that calls.
    AWS_ACCESS_KEY_ID: lambda.role,
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_SESSION_TOKEN: 'local',
  };
}
