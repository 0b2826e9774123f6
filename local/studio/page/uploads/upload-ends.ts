import { messageOfCause } from '../graph/cause.ts';
import { executionLogOf, type LoggedExecution } from '../graph/execution-log.ts';
import { missingLog, readStateMachine } from '../graph/state-machine.ts';
import { requestIdOf } from '../graph/upload-execution.ts';
import { isRefusal } from '../images/refusal-reasons.ts';

/** By the ID of the upload's request to S3: why its execution failed; undefined if the manifest says what became of it. */
export type Ends = ReadonlyMap<string, string | undefined>;

/** Calls a listener with the executions that have ended, as soon as the log tells of them. @returns what ends it. */
export function followEnds(
  stateMachineArn: string,
  sinceMs: number,
  listener: (ends: Ends) => void,
): () => void {
  return executionLogOf(stateMachineArn).follow(sinceMs, (executions) =>
    listener(
      new Map(
        [...executions.values()].filter(hasEnded).map((one) => [requestIdOf(one) ?? '', failureOf(one)]),
      ),
    ),
  );
}

/** Whether the log tells of each upload that its execution has ended. */
export async function tellsEnds(stateMachineArn: string): Promise<boolean> {
  return readStateMachine(stateMachineArn).then(
    (machine) => missingLog(machine) === undefined,
    () => false,
  );
}

function hasEnded({ events }: LoggedExecution): boolean {
  return /^Execution(?!Started)/.test(events.at(-1)?.type ?? '');
}

/** The error, and what becomes of the upload. An execution that refused an image has written a manifest. */
function failureOf({ events }: LoggedExecution): string | undefined {
  const { type = '', details = {} } = events.at(-1) ?? {};
  if (type === 'ExecutionSucceeded') return undefined;
  const error = typeof details.error === 'string' ? details.error : type;
  if (isRefusal(error)) return undefined;
  const cause = typeof details.cause === 'string' ? `: ${messageOfCause(details.cause)}` : '';
  const text = `${error}${cause}`.replace(/\.$/, '');
  // Isolated: an error may turn the direction of writing.
  return `\u2068${text}\u2069. Look under “Not processed” to send it again.`;
}
