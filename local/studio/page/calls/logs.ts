import { listAt, parseJson, textAt } from './call.ts';
import { eventOfLog, type HistoryEvent } from './history-event.ts';
import { callService } from './service.ts';

export interface LoggedEvent {
  readonly executionArn: string;
  readonly event: HistoryEvent;
}

interface LogOptions {
  /** Milliseconds since 1970. */
  readonly sinceMs: number;
  /** Only the events of this execution. */
  readonly executionArn?: string;
  /** Only log lines that contain this text, such as a key. */
  readonly text?: string;
  readonly signal?: AbortSignal;
}

/** As many lines as a page shows of one execution, or of the newest ones. */
const MAX_PAGES = 20;

/**
 * Reads what a state machine has logged, in the order of time: the only way to see an EXPRESS execution.
 * @param logGroup of `describeStateMachine`.
 * @throws StackUnreachableError, CallError
 */
export async function readLogEvents(
  logGroup: string,
  { sinceMs, executionArn, text, signal }: LogOptions,
): Promise<LoggedEvent[]> {
  const wanted = executionArn ?? text;
  const body = {
    logGroupName: logGroup,
    startTime: Math.floor(sinceMs),
    ...(wanted !== undefined && { filterPattern: JSON.stringify(wanted) }),
  };
  const found: LoggedEvent[] = [];
  let nextToken: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = await callService('logs', 'Logs_20140328.FilterLogEvents', { ...body, nextToken }, signal);
    for (const line of listAt(answer, 'events')) {
      const message = parseJson(textAt(line, 'message'));
      found.push({ executionArn: textAt(message, 'execution_arn'), event: eventOfLog(message) });
    }
    nextToken = textAt(answer, 'nextToken') || undefined;
    if (nextToken === undefined) break;
  }
  return found.filter((one) => executionArn === undefined || one.executionArn === executionArn);
}
