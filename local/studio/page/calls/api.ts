import { at, call, textAt } from './call.ts';

/** How a run is, as GET /process-image/NAME answers it. */
export interface Run {
  readonly status: string;
  /** ISO 8601. */
  readonly startDate: string;
  readonly stopDate: string | undefined;
  /** What it made, once it has succeeded. */
  readonly output: unknown;
  readonly error: string | undefined;
  readonly cause: string | undefined;
}

/**
 * Sends POST /process-image.
 * @param body such as `{}`, `{"key"}` or `{"prefix"}`, with `force` or `dryRun`.
 * @throws StackUnreachableError, CallError with the API's message
 */
export async function processImage(
  body: object,
): Promise<{ readonly executionArn: string; readonly startedMs: number }> {
  const answer: unknown = await (
    await call('/studio/api/process-image', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    })
  ).json();
  return { executionArn: textAt(answer, 'executionArn'), startedMs: millisecondsOf(at(answer, 'startDate')) };
}

/** @param name of the execution. @throws StackUnreachableError, CallError */
export async function readRun(name: string, signal?: AbortSignal): Promise<Run> {
  const path = `/studio/api/process-image/${encodeURIComponent(name)}`;
  const answer: unknown = await (await call(path, { signal: signal ?? null })).json();
  return {
    status: textAt(answer, 'status'),
    startDate: String(at(answer, 'startDate') ?? ''),
    stopDate: optionalText(at(answer, 'stopDate')),
    output: at(answer, 'output'),
    error: optionalText(at(answer, 'error')),
    cause: optionalText(at(answer, 'cause')),
  };
}

function optionalText(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : String(value);
}

/** StartExecution answers seconds, with a fraction. */
function millisecondsOf(value: unknown): number {
  return typeof value === 'number' ? value * 1000 : Date.parse(String(value));
}
