/**
 * Runs in the process of one execution environment, like Lambda's runtime interface client for Node: loads the
 * handler once, then handles one event after the other.
 * Follows github.com/aws/aws-lambda-nodejs-runtime-interface-client (error names and messages, exit codes).
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

/** An error as the invoker receives it. */
export interface ErrorPayload {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}

/** A message to the ExecutionEnvironment. `answer` is JSON text; after `fatal` the process exits. */
export type Report =
  | { readonly kind: 'initialized' }
  | { readonly kind: 'answer'; readonly requestId: string; readonly answer: string }
  | { readonly kind: 'error'; readonly requestId: string; readonly error: ErrorPayload }
  | { readonly kind: 'fatal'; readonly error: ErrorPayload };

interface Invocation {
  readonly requestId: string;
  readonly payload: unknown;
  readonly deadlineMs: number;
}

type Handler = (event: unknown, context: object) => unknown;

// The codes with which Lambda's own runtime client exits.
const REJECTED_EXIT_CODE = 128;
const UNCAUGHT_EXIT_CODE = 129;

const [, , runtimePid, functionArn] = process.argv;

new Worker(new URL('./orphan-guard.ts', import.meta.url), { workerData: runtimePid }).unref();
process.on('disconnect', () => process.exit(0));
process.on('uncaughtException', (error) => endWith(payloadOf(error), UNCAUGHT_EXIT_CODE));
process.on('unhandledRejection', (reason) =>
  endWith(payloadOf(named('Runtime.UnhandledPromiseRejection', String(reason))), REJECTED_EXIT_CODE),
);

// A full disk costs lines of the log, and nothing else: on AWS no disk is full.
for (const log of [process.stdout, process.stderr]) log.on('error', () => {});

// Hides the channel to the runtime from the function's code.
const send = process.send?.bind(process);
delete process.send;

try {
  const handler = loadHandler();
  process.on('message', (invocation: Invocation) => void answer(handler, invocation));
  report({ kind: 'initialized' });
} catch (error) {
  endWith(payloadOf(error), 1);
}

async function answer(handler: Handler, { requestId, payload, deadlineMs }: Invocation): Promise<void> {
  try {
    const result = await handler(payload, contextOf(requestId, deadlineMs));
    report({ kind: 'answer', requestId, answer: toJson(result) });
  } catch (error) {
    const payload = payloadOf(error);
    logError(payload, requestId, error);
    report({ kind: 'error', requestId, error: payload });
  }
}

function report(message: Report, sent: () => void = () => {}): void {
  send?.(message, sent);
}

/** Follows Lambda's JSON log format, "Using structured JSON log format with Node.js": with the error's own properties. */
function logError(
  { errorType, errorMessage, trace }: ErrorPayload,
  requestId?: string,
  error?: unknown,
): void {
  const line = (more: object) =>
    JSON.stringify({
      timestamp: new Date().toISOString(),
      level: 'ERROR',
      requestId,
      message: { errorType, errorMessage, ...more, stackTrace: trace },
    });
  try {
    console.error(line(error instanceof Error ? { ...error } : {}));
  } catch {
    // A property refers to itself.
    console.error(line({}));
  }
}

function endWith(error: ErrorPayload, exitCode: number): void {
  logError(error);
  report({ kind: 'fatal', error }, () => process.exit(exitCode));
}

function toJson(result: unknown): string {
  const unable = named('Runtime.JSONStringifyError', 'Unable to stringify response body');
  let text: string | undefined;
  try {
    text = JSON.stringify(result === undefined ? null : result);
  } catch {
    throw unable;
  }
  // For a function or a symbol, JSON.stringify returns undefined instead of throwing.
  if (text === undefined) throw unable;
  return text;
}

/** Follows "Using the Lambda context object to retrieve Node.js function information". */
function contextOf(awsRequestId: string, deadlineMs: number): object {
  const { env } = process;
  return {
    awsRequestId,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: functionArn,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
  };
}

function loadHandler(): Handler {
  const root = process.env.LAMBDA_TASK_ROOT ?? '';
  const path = process.env._HANDLER ?? '';
  // Splits at the first dot of the file name: the rest may be a path into the module's exports.
  const [, file, names] = /^((?:.*\/)?[^./]*)\.([^/]+)$/.exec(path) ?? [];
  if (file === undefined || names === undefined) throw named('Runtime.MalformedHandlerName', 'Bad handler');
  const module = load(createRequire(join(root, 'index.js')), `./${file}.js`);
  const found = names.split('.').reduce(entryOf, module);
  if (!isHandler(found)) throw named('Runtime.HandlerNotFound', `${path} is undefined or not exported`);
  if (found.length >= 3)
    throw named(
      'Runtime.CallbackHandlerDeprecated',
      'AWS Lambda has removed support for callback-based function handlers starting with Node.js 24.',
    );
  return found;
}

function entryOf(value: unknown, name: string): unknown {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return entries.find(([key]) => key === name)?.[1];
}

function load(require: NodeJS.Require, file: string): unknown {
  try {
    return require(file);
  } catch (error) {
    if (error instanceof SyntaxError) throw named('Runtime.UserCodeSyntaxError', String(error));
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND')
      throw named('Runtime.ImportModuleError', String(error));
    throw error;
  }
}

function isHandler(value: unknown): value is Handler {
  return typeof value === 'function';
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

function payloadOf(error: unknown): ErrorPayload {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  const { name, message, stack } = error;
  return { errorType: String(name), errorMessage: String(message), trace: String(stack).split('\n') };
}
