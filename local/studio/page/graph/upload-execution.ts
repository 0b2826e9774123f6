import { useEffect, useState } from 'preact/hooks';
import { at, parseJson } from '../calls/call.ts';
import type { HistoryEvent } from '../calls/history-event.ts';
import { useStack } from '../stack-context.ts';
import { executionLogOf, type LoggedExecution } from './execution-log.ts';
import { missingLog, useStateMachine } from './state-machine.ts';

interface UploadExecution {
  /** In the Amazon States Language; undefined until the state machine is known. */
  readonly definition: unknown;
  readonly events: readonly HistoryEvent[];
  /** What the stack does not tell, and how to see it; undefined if it tells all. */
  readonly note: string | undefined;
}

/**
 * The newest execution of an upload, from the log of ResizeUploadStateMachine since `sinceMs` (milliseconds since 1970).
 * Without execution data in the log, no execution can be told by the upload's request.
 */
export function useUploadExecution(requestId: string | undefined, sinceMs: number): UploadExecution {
  const { resizeUploadStateMachineArn: arn } = useStack();
  const { machine, problem } = useStateMachine(arn);
  const [found, setFound] = useState<LoggedExecution>();
  const note = machine ? missingLog(machine) : problem;
  const canBeFound = machine !== undefined && note === undefined;
  useEffect(() => {
    if (!canBeFound) return;
    setFound(undefined);
    return executionLogOf(arn).follow(sinceMs, (executions) =>
      setFound([...executions.values()].findLast((one) => requestIdOf(one) === requestId)),
    );
  }, [arn, requestId, sinceMs, canBeFound]);
  return { definition: machine?.definition, events: found?.events ?? [], note };
}

/** The ID of the request to S3 that an execution follows: it tells uploads of one key apart, whatever the clocks. */
export function requestIdOf({ events: [started] }: LoggedExecution): string | undefined {
  return started && textOf(at(detailOf(started), 'request-id'));
}

/** The key that an execution is about, from its first event; undefined if that has no data. */
export function keyOf(started: HistoryEvent): string | undefined {
  return textOf(at(at(detailOf(started), 'object'), 'key'));
}

function detailOf({ details: { input } }: HistoryEvent): unknown {
  return at(typeof input === 'string' ? parseJson(input) : undefined, 'detail');
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
