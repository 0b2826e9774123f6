import { at, numberAt, textAt } from './call.ts';

/** An event of an execution, from its history or from a log line. */
export interface HistoryEvent {
  readonly id: number;
  readonly previousId: number;
  /** Such as `TaskStateEntered`. */
  readonly type: string;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** As Step Functions has them: `name`, `input` and `output` (JSON text), `error`, `cause`, `resource`… */
  readonly details: Readonly<Record<string, unknown>>;
}

/** Reads an event of GetExecutionHistory, whose details have a member of their own for each type. */
export function eventOfHistory(value: unknown): HistoryEvent {
  const details = Object.entries(Object(value)).find(([name]) => name.endsWith('EventDetails'))?.[1];
  return {
    id: numberAt(value, 'id'),
    previousId: numberAt(value, 'previousEventId'),
    type: textAt(value, 'type'),
    atMs: numberAt(value, 'timestamp') * 1000,
    details: Object(details),
  };
}

/** Reads the message of a log line, where all numbers are texts. */
export function eventOfLog(message: unknown): HistoryEvent {
  return {
    id: Number(at(message, 'id')),
    previousId: Number(at(message, 'previous_event_id')),
    type: textAt(message, 'type'),
    atMs: Number(at(message, 'event_timestamp')),
    details: Object(at(message, 'details')),
  };
}
