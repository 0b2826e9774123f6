import { messageOfCause } from '../graph/cause.ts';
import { executionLogOf, type LoggedExecution } from '../graph/execution-log.ts';
import { isRefusal } from '../images/refusal-reasons.ts';

interface FailedExecution {
  readonly execution: LoggedExecution;
  /** The error, and what becomes of the upload. */
  readonly message: string;
}

/**
 * Calls a listener with the executions of uploads that failed, as soon as the log tells of them. One that refused an image
 * has written a manifest. @returns what ends it.
 */
export function followFailed(
  stateMachineArn: string,
  sinceMs: number,
  listener: (failed: readonly FailedExecution[]) => void,
): () => void {
  return executionLogOf(stateMachineArn).follow(sinceMs, (executions) =>
    listener([...executions.values()].flatMap((execution) => failureOf(execution) ?? [])),
  );
}

function failureOf(execution: LoggedExecution): FailedExecution | undefined {
  const { type = '', details = {} } = execution.events.at(-1) ?? {};
  if (!/^Execution(Failed|TimedOut|Aborted)$/.test(type)) return undefined;
  const error = typeof details.error === 'string' ? details.error : type;
  if (isRefusal(error)) return undefined;
  const cause = typeof details.cause === 'string' ? `: ${messageOfCause(details.cause)}` : '';
  // Isolated: an error may turn the direction of writing.
  return { execution, message: `\u2068${error}${cause}\u2069. Look under “Not processed” to send it again.` };
}
