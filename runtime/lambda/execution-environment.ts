/**
 * One execution environment: a process that loads the function once and runs one invocation at a time.
 *
 * Errors, by Lambda's names: `Sandbox.Timedout`; `Runtime.OutOfMemory` (the process exceeds MemorySize);
 * `Runtime.ExitError` (exit, segmentation fault, V8's own heap limit); `Function.ResponseSizeTooLarge`; and, reported
 * by runtime-client.ts, the handler's own errors, `Runtime.ImportModuleError`, `Runtime.UserCodeSyntaxError`,
 * `Runtime.HandlerNotFound`, `Runtime.MalformedHandlerName`, `Runtime.CallbackHandlerDeprecated`,
 * `Runtime.UnhandledPromiseRejection` and `Runtime.JSONStringifyError`. The process goes on after the handler's own
 * errors, `Runtime.JSONStringifyError` and `Function.ResponseSizeTooLarge`. After any other error it is ended, and
 * the next invocation gets a new one.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { credentialsOf } from '../iam/index.ts';
import { REGION } from '../template/index.ts';
import type { LambdaFunction } from './functions.ts';
import { watchMemory } from './memory.ts';
import type { ErrorPayload, Report } from './runtime-client.ts';

/** The folder of a function's bundle, and the node_modules folder that stands in for its layers. */
export interface FunctionCode {
  readonly directory: string;
  readonly layerDirectory: string;
}

/** An error as Lambda reports it to the invoker: ErrorEquals in ASL matches `payload.errorType`. */
export class FunctionError extends Error {
  readonly payload: ErrorPayload;
  constructor(payload: ErrorPayload) {
    super(payload.errorMessage);
    this.name = payload.errorType;
    this.payload = payload;
  }
}

const RUNTIME = fileURLToPath(new URL('./runtime-client.ts', import.meta.url));
/** Lambda's limit for a synchronous response ("Lambda quotas"). */
const MAX_ANSWER_BYTES = 6_291_556;
/** Lambda's limit for the init phase, which does not count towards the function's timeout. */
const INIT_LIMIT_MS = 10_000;
/** The share of the memory that Lambda's own bootstrap gives to V8's old space. */
const OLD_SPACE_SHARE = 0.9;
/** The names in Go, which Lambda's supervisor is written in. */
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
  readonly #lambda: LambdaFunction;
  readonly #process: ChildProcess;
  readonly #initialized = Promise.withResolvers<void>();
  #current: Current | undefined;
  #isUsable = true;

  /** Starts the process, which loads the function immediately. */
  constructor(lambda: LambdaFunction, code: FunctionCode, endpoints: Readonly<Record<string, string>>) {
    this.#lambda = lambda;
    // In place of CloudWatch Logs.
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
    this.#process.on('message', (report: Report) => this.#take(report));
    this.#process.on('exit', (code, signal) => {
      // The process's last report may still be in the channel.
      if (this.#process.connected) this.#process.once('disconnect', () => this.#exited(code, signal));
      else this.#exited(code, signal);
    });
    // The process could not be started, or could not be sent a message.
    this.#process.on('error', (error) => this.#fail('Runtime.ExitError', error.message));
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
   * Runs one invocation and resolves to the function's result. Call it again only after it has settled.
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
    // If the process is already gone, its exit event rejects the invocation.
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

  /** Ends the process, whose state is unknown after such an error, and rejects its invocation. */
  #fail(errorType: string, message: string): void {
    this.end();
    const errorMessage = `RequestId: ${this.#current?.requestId} Error: ${message}`;
    this.#current?.reject(new FunctionError({ errorType, errorMessage }));
  }
}

/** The variables that Lambda sets: the template's, its own, and the role's credentials; none of the runtime's own. */
function environmentOf(
  lambda: LambdaFunction,
  code: FunctionCode,
  endpoints: Readonly<Record<string, string>>,
): Record<string, string> {
  // Without it a process on Windows has no sockets.
  const { SystemRoot } = process.env;
  const credentials = credentialsOf(lambda.role);
  return {
    // The template may override these four.
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
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
  };
}
