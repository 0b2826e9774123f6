import { at, listAt, numberAt, parseJson, textAt } from './call.ts';
import { eventOfHistory, type HistoryEvent } from './history-event.ts';
import { callService } from './service.ts';

export type { HistoryEvent } from './history-event.ts';

export interface StateMachine {
  readonly name: string;
  readonly type: 'STANDARD' | 'EXPRESS';
  /** In the Amazon States Language. */
  readonly definition: unknown;
  /** The name of its log group; undefined if it logs nothing. */
  readonly logGroup: string | undefined;
  readonly logLevel: string;
  /** Whether its log contains inputs and outputs. */
  readonly hasLogData: boolean;
}

export const STATUSES = [
  'RUNNING',
  'SUCCEEDED',
  'FAILED',
  'TIMED_OUT',
  'ABORTED',
  'PENDING_REDRIVE',
] as const;
export type ExecutionStatus = (typeof STATUSES)[number];

export interface ListedExecution {
  readonly arn: string;
  readonly name: string;
  readonly status: ExecutionStatus;
  readonly startedMs: number;
  /** Undefined while it runs. */
  readonly stoppedMs: number | undefined;
}

export interface Execution extends ListedExecution {
  readonly stateMachineArn: string;
  /** JSON text. */
  readonly input: string;
  readonly output: string | undefined;
  readonly error: string | undefined;
  readonly cause: string | undefined;
}

export interface MapRun {
  readonly arn: string;
  readonly status: string;
  readonly startedMs: number;
  readonly stoppedMs: number | undefined;
  readonly maxConcurrency: number;
  /** Numbers of items and of executions by status: `pending`, `running`, `succeeded`, `failed`, `total`… */
  readonly itemCounts: Readonly<Record<string, number>>;
  readonly executionCounts: Readonly<Record<string, number>>;
}

/** @throws StackUnreachableError, CallError: as all functions of this file. */
export async function describeStateMachine(arn: string, signal?: AbortSignal): Promise<StateMachine> {
  const answer = await states('DescribeStateMachine', { stateMachineArn: arn }, signal);
  const logging = at(answer, 'loggingConfiguration');
  const [destination] = listAt(logging, 'destinations');
  const group = textAt(at(destination, 'cloudWatchLogsLogGroup'), 'logGroupArn');
  return {
    name: textAt(answer, 'name'),
    type: at(answer, 'type') === 'EXPRESS' ? 'EXPRESS' : 'STANDARD',
    definition: parseJson(textAt(answer, 'definition')),
    logGroup: /:log-group:([^:]+)/.exec(group)?.[1],
    logLevel: textAt(logging, 'level') || 'OFF',
    hasLogData: at(logging, 'includeExecutionData') === true,
  };
}

interface ListOptions {
  readonly status?: ExecutionStatus;
  readonly nextToken?: string;
  readonly maxResults?: number;
  readonly signal?: AbortSignal;
}

/** Lists the executions of a STANDARD state machine, the newest first. */
export async function listExecutions(
  stateMachineArn: string,
  { status, nextToken, maxResults = 100, signal }: ListOptions = {},
): Promise<{ readonly executions: readonly ListedExecution[]; readonly nextToken: string | undefined }> {
  const body = { stateMachineArn, maxResults, nextToken, statusFilter: status };
  const answer = await states('ListExecutions', body, signal);
  return {
    executions: listAt(answer, 'executions').map(listed),
    nextToken: optionalTextAt(answer, 'nextToken'),
  };
}

export async function describeExecution(executionArn: string, signal?: AbortSignal): Promise<Execution> {
  const answer = await states('DescribeExecution', { executionArn }, signal);
  return {
    ...listed(answer),
    stateMachineArn: textAt(answer, 'stateMachineArn'),
    input: textAt(answer, 'input'),
    output: optionalTextAt(answer, 'output'),
    error: optionalTextAt(answer, 'error'),
    cause: optionalTextAt(answer, 'cause'),
  };
}

/** Reads the whole history of a STANDARD execution. */
export async function readHistory(executionArn: string, signal?: AbortSignal): Promise<HistoryEvent[]> {
  const events: HistoryEvent[] = [];
  let nextToken: string | undefined;
  do {
    const answer = await states('GetExecutionHistory', { executionArn, maxResults: 1000, nextToken }, signal);
    events.push(...listAt(answer, 'events').map(eventOfHistory));
    nextToken = optionalTextAt(answer, 'nextToken');
  } while (nextToken !== undefined);
  return events;
}

/** @returns the ARNs of the Map Runs of an execution. */
export async function listMapRuns(executionArn: string, signal?: AbortSignal): Promise<string[]> {
  const answer = await states('ListMapRuns', { executionArn }, signal);
  return listAt(answer, 'mapRuns').map((run) => textAt(run, 'mapRunArn'));
}

export async function describeMapRun(mapRunArn: string, signal?: AbortSignal): Promise<MapRun> {
  const answer = await states('DescribeMapRun', { mapRunArn }, signal);
  return {
    arn: mapRunArn,
    status: textAt(answer, 'status'),
    startedMs: numberAt(answer, 'startDate') * 1000,
    stoppedMs: millisecondsAt(answer, 'stopDate'),
    maxConcurrency: numberAt(answer, 'maxConcurrency'),
    itemCounts: Object(at(answer, 'itemCounts')),
    executionCounts: Object(at(answer, 'executionCounts')),
  };
}

/** @param input JSON text. */
export async function startExecution(
  stateMachineArn: string,
  input: string,
): Promise<{ readonly executionArn: string; readonly startedMs: number }> {
  const answer = await states('StartExecution', { stateMachineArn, input });
  return { executionArn: textAt(answer, 'executionArn'), startedMs: numberAt(answer, 'startDate') * 1000 };
}

export async function stopExecution(executionArn: string): Promise<void> {
  await states('StopExecution', { executionArn });
}

function states(operation: string, body: object, signal?: AbortSignal): Promise<unknown> {
  return callService('states', `AWSStepFunctions.${operation}`, body, signal);
}

function listed(value: unknown): ListedExecution {
  return {
    arn: textAt(value, 'executionArn'),
    name: textAt(value, 'name'),
    status: STATUSES.find((one) => one === at(value, 'status')) ?? 'RUNNING',
    startedMs: numberAt(value, 'startDate') * 1000,
    stoppedMs: millisecondsAt(value, 'stopDate'),
  };
}

function millisecondsAt(value: unknown, key: string): number | undefined {
  return at(value, key) === undefined ? undefined : numberAt(value, key) * 1000;
}

function optionalTextAt(value: unknown, key: string): string | undefined {
  const found = at(value, key);
  return typeof found === 'string' ? found : undefined;
}
