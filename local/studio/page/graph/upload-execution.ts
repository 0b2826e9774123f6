import { useEffect, useState } from 'preact/hooks';
import { at, parseJson } from '../calls/call.ts';
import type { HistoryEvent } from '../calls/history-event.ts';
import { useStack } from '../stack-context.ts';
import { executionLogOf, type LoggedExecution } from './execution-log.ts';
import { missingLog, useStateMachine } from './state-machine.ts';

export interface UploadExecution {
  /** In the Amazon States Language; undefined until the state machine is known. */
  readonly definition: unknown;
  /** Undefined until the log tells of the execution. */
  readonly executionArn: string | undefined;
  readonly events: readonly HistoryEvent[];
  readonly hasEnded: boolean;
  /** What the stack does not tell, and how to see it; undefined if it tells all. */
  readonly note: string | undefined;
}

/**
 * The execution of an upload, from the log of ResizeUploadStateMachine: the newest that began after `sinceMs`
 * (milliseconds since 1970) with this key. Without execution data in the log, no execution can be told by its key.
 */
export function useUploadExecution(key: string, sinceMs: number): UploadExecution {
  const { resizeUploadStateMachineArn: arn } = useStack();
  const { machine, problem } = useStateMachine(arn);
  const [found, setFound] = useState<LoggedExecution>();
  const note = machine ? missingLog(machine) : problem;
  const canBeFound = machine !== undefined && note === undefined;
  useEffect(() => {
    if (!canBeFound) return;
    setFound(undefined);
    return executionLogOf(arn).follow(sinceMs, (executions) =>
      setFound([...executions.values()].findLast((one) => isOf(one, key, sinceMs))),
    );
  }, [arn, key, sinceMs, canBeFound]);
  return {
    definition: machine?.definition,
    executionArn: found?.arn,
    events: found?.events ?? [],
    hasEnded: found !== undefined && hasEnded(found),
    note,
  };
}

export function hasEnded({ events }: LoggedExecution): boolean {
  return /^Execution(?!Started)/.test(events.at(-1)?.type ?? '');
}

/** Whether an execution is that of an upload with this key, and began no earlier. */
export function isOf(execution: LoggedExecution, key: string, sinceMs: number): boolean {
  const started = execution.events[0];
  return started !== undefined && started.atMs >= sinceMs && keyOf(started) === key;
}

/** The key that an execution is about, from its first event; undefined if that has no data. */
export function keyOf({ details }: HistoryEvent): string | undefined {
  const { input } = details;
  const key = at(at(at(typeof input === 'string' ? parseJson(input) : undefined, 'detail'), 'object'), 'key');
  return typeof key === 'string' ? key : undefined;
}
