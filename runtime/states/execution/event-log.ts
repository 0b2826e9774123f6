/**
 * What a state machine writes to CloudWatch Logs. An EXPRESS execution can be seen nowhere else.
 * Follows https://docs.aws.amazon.com/step-functions/latest/dg/cloudwatch-log-level.html
 */
import type { JsonObject } from '../data/json.ts';

export interface Logging {
  readonly level: 'OFF' | 'ALL' | 'ERROR' | 'FATAL';
  /** Whether inputs and outputs are logged too. */
  readonly includesData: boolean;
  /** The name of the log group; undefined if the machine logs nothing. */
  readonly logGroup: string | undefined;
}

/** An event as it is logged. */
export interface LoggedEvent {
  readonly id: number;
  readonly previousEventId: number;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly type: string;
  readonly details: JsonObject;
}

/** The log of one execution. */
export interface EventLog {
  isFor(type: string): boolean;
  write(event: LoggedEvent): void;
}

/** Keeps a log event. */
export type AppendLog = (
  logGroup: string,
  event: { readonly timestamp: number; readonly stream: string; readonly message: string },
) => void;

const FAILED_EXECUTIONS = /^Execution(Aborted|Failed|TimedOut)$/;
const FAILURES =
  /^(FailStateEntered|(Execution|LambdaFunction|Task|MapState|MapIteration|MapRun|ParallelState|TaskState|WaitState)\w*(Aborted|Failed|TimedOut))$/;
const EVENTS = { ALL: /^/, ERROR: FAILURES, FATAL: FAILED_EXECUTIONS } as const;
const DATA = ['input', 'inputDetails', 'output', 'outputDetails', 'parameters'];

/** @returns undefined for an execution that logs nothing. */
export function createEventLog(
  { name, logging }: { readonly name: string; readonly logging?: Logging | undefined },
  executionArn: string,
  append: AppendLog,
): EventLog | undefined {
  if (logging?.logGroup === undefined || logging.level === 'OFF') return undefined;
  const { level, logGroup, includesData } = logging;
  return {
    isFor: (type) => EVENTS[level].test(type),
    write: ({ id, previousEventId, atMs, type, details }) => {
      const told = includesData
        ? details
        : Object.fromEntries(Object.entries(details).filter(([key]) => !DATA.includes(key)));
      append(logGroup, {
        timestamp: atMs,
        stream: `states/${name}`,
        // AWS writes all numbers of the event itself as texts.
        message: JSON.stringify({
          id: String(id),
          type,
          details: told,
          previous_event_id: String(previousEventId),
          event_timestamp: String(atMs),
          execution_arn: executionArn,
        }),
      });
    },
  };
}
