/**
 * The operations of the Step Functions API. Each is authorized on the ARN that AWS authorizes it on.
 * Follows https://docs.aws.amazon.com/step-functions/latest/apireference/API_Operations.html and
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html
 */
import { randomUUID } from 'node:crypto';
import { DISK_FULL, isDiskFull } from '../../full-disk.ts';
import type { Principal } from '../../iam/index.ts';
import { ACCOUNT_ID, REGION } from '../../template/index.ts';
import { Interrupted } from '../data/errors.ts';
import type { JsonObject } from '../data/json.ts';
import type { Machine } from '../definition/machines.ts';
import type { Logging } from '../execution/event-log.ts';
import type { ExecutionRow } from '../execution/execution-store.ts';
import type { HistoryEvent } from '../execution/history.ts';
import { roleArn } from '../execution/run.ts';
import { testState } from '../test-state/test-state.ts';
import { type Answer, Fault, Request, serviceFault, unknownOperation } from './protocol.ts';
import { checkName, type StatesService } from './service.ts';

type Operation = (service: StatesService, body: unknown, principal: Principal) => object | Promise<object>;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  StartExecution: (service, body, principal) => {
    const { start } = begin(
      service,
      new Request(body, ['stateMachineArn', 'name', 'input']),
      principal,
      'StartExecution',
    );
    return { executionArn: start.arn, startDate: start.startedMs / 1000 };
  },

  StartSyncExecution: async (service, body, principal) => {
    const request = new Request(body, ['stateMachineArn', 'name', 'input']);
    const { ended } = begin(service, request, principal, 'StartSyncExecution', 'EXPRESS');
    const { startDate, stopDate, ...result } = await ended;
    return {
      ...result,
      ...dataDetails(result.output),
      startDate: seconds(startDate),
      stopDate: seconds(stopDate),
    };
  },

  StopExecution: async (service, body, principal) => {
    const request = new Request(body, ['executionArn', 'error', 'cause']);
    const row = execution(service, request, principal, 'StopExecution');
    const error = request.optionalString('error', 256);
    const stopped = await service.abort(row.arn, error, request.optionalString('cause', 32_768));
    return { stopDate: stopped ? seconds(stopped.stopDate) : (row.stoppedMs ?? Date.now()) / 1000 };
  },

  DescribeExecution: (service, body, principal) => {
    const request = new Request(body, ['executionArn', 'includedData']);
    request.oneOf('includedData', ['ALL_DATA']);
    const { input, output, error, cause, ...row } = execution(
      service,
      request,
      principal,
      'DescribeExecution',
    );
    const isFailure = row.status !== 'RUNNING' && row.status !== 'SUCCEEDED';
    return {
      ...listed(row),
      input,
      ...dataDetails(output),
      ...(output === undefined ? {} : { output }),
      ...(error === undefined ? {} : { error }),
      ...(cause === undefined ? {} : { cause }),
      redriveCount: 0,
      redriveStatus: 'NOT_REDRIVABLE',
      redriveStatusReason: isFailure
        ? 'Redrive is not supported by the local runtime'
        : `Execution is ${row.status} and cannot be redriven`,
    };
  },

  ListExecutions: (service, body, principal) => {
    const request = new Request(body, ['stateMachineArn', 'statusFilter', 'maxResults', 'nextToken']);
    const { resource } = machine(service, request, principal, 'ListExecutions');
    if (resource.type === 'EXPRESS') throw notForType();
    const status = request.oneOf('statusFilter', ['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED']);
    const { page, next } = request.page(service.executions.list(resource.arn, status), 'newest first');
    return { executions: page.map((row) => ({ ...listed(row), redriveCount: 0 })), ...next };
  },

  GetExecutionHistory: (service, body, principal) => {
    const request = new Request(body, [
      'executionArn',
      'reverseOrder',
      'maxResults',
      'nextToken',
      'includeExecutionData',
    ]);
    const row = execution(service, request, principal, 'GetExecutionHistory');
    const history = service.history(row.arn);
    if (!history) {
      throw serviceFault(
        'ExecutionDoesNotExist',
        `The history of '${row.arn}' is gone: the local runtime keeps histories in memory, for its newest executions and until it stops. DescribeExecution returns how it ended`,
      );
    }
    const isReversed = request.optionalBoolean('reverseOrder');
    const { page, next } = isReversed
      ? request.page(history.events.toReversed(), 'newest first')
      : request.page(history.events);
    return {
      events: request.optionalBoolean('includeExecutionData') === false ? page.map(withoutData) : page,
      ...next,
    };
  },

  DescribeMapRun: (service, body, principal) => {
    const arn = arnOf(new Request(body, ['mapRunArn']), 'mapRunArn', 'mapRun');
    service.authorize(principal, 'states:DescribeMapRun', arn);
    const record = service.mapRuns.describe(arn);
    if (!record) throw serviceFault('ResourceNotFound', `Resource not found: '${arn}'`);
    return record;
  },

  ListMapRuns: (service, body, principal) => {
    const request = new Request(body, ['executionArn', 'maxResults', 'nextToken']);
    const row = execution(service, request, principal, 'ListMapRuns');
    const { page, next } = request.page(service.mapRuns.list(row.arn), 'newest first');
    return { mapRuns: page, ...next };
  },

  ListStateMachines: (service, body, principal) => {
    const request = new Request(body, ['maxResults', 'nextToken']);
    service.authorize(principal, 'states:ListStateMachines', '*');
    const { page, next } = request.page([...service.machines.values()]);
    return {
      stateMachines: page.map(({ resource: { arn, name, type } }) => ({
        stateMachineArn: arn,
        name,
        type,
        creationDate: service.createdAt,
      })),
      ...next,
    };
  },

  DescribeStateMachine: (service, body, principal) => {
    const request = new Request(body, ['stateMachineArn', 'includedData']);
    request.oneOf('includedData', ['ALL_DATA']);
    const { arn, name, type, role, definition, logging } = machine(
      service,
      request,
      principal,
      'DescribeStateMachine',
    ).resource;
    return {
      stateMachineArn: arn,
      name,
      type,
      status: 'ACTIVE',
      definition: JSON.stringify(definition, null, 2),
      roleArn: roleArn(role),
      creationDate: service.createdAt,
      loggingConfiguration: describeLogging(logging),
    };
  },

  TestState: testState,
};

/** Answers one call; a Fault becomes an answer of its own, and a stop of the runtime or a full disk a 503. */
export async function answer(
  service: StatesService,
  target: string,
  body: unknown,
  principal: Principal,
): Promise<Answer> {
  try {
    const name = target.replace(/^AWSStepFunctions\./, '');
    const operation = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined;
    if (!operation) throw unknownOperation(target);
    return { status: 200, body: await operation(service, body, principal) };
  } catch (error) {
    if (error instanceof Fault) return error.answer();
    if (error instanceof Interrupted)
      return {
        status: 503,
        body: { __type: 'ServiceUnavailable', message: 'The local runtime is stopping' },
      };
    if (isDiskFull(error)) return { status: 503, body: { __type: 'ServiceUnavailable', message: DISK_FULL } };
    throw error;
  }
}

function begin(
  service: StatesService,
  request: Request,
  principal: Principal,
  action: string,
  type?: 'EXPRESS',
): ReturnType<StatesService['start']> {
  const name = checkName(request.optionalString('name') ?? randomUUID());
  const found = machine(service, request, principal, action);
  if (type && found.resource.type !== type) throw notForType();
  return service.start(found, name, request.optionalString('input') ?? '{}', action === 'StartSyncExecution');
}

function machine(service: StatesService, request: Request, principal: Principal, action: string): Machine {
  const arn = arnOf(request, 'stateMachineArn', 'stateMachine');
  service.authorize(principal, `states:${action}`, arn);
  return service.machine(arn);
}

function execution(
  service: StatesService,
  request: Request,
  principal: Principal,
  action: string,
): ExecutionRow {
  const arn = arnOf(request, 'executionArn', 'execution');
  service.authorize(principal, `states:${action}`, arn);
  const row = service.executions.find(arn);
  if (!row) throw serviceFault('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
  return row;
}

/**
 * The ARN in a member, which must be of the given kind of resource. The ARNs of EXPRESS executions have a kind of
 * their own, which no operation accepts, as on AWS.
 * @throws Fault InvalidArn
 */
function arnOf(request: Request, member: string, kind: string): string {
  const arn = request.string(member);
  const found = /^arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:(\w+):[^:].*$/.exec(arn)?.[1];
  if (found === undefined) throw serviceFault('InvalidArn', `Invalid Arn: 'Invalid ARN prefix: ${arn}'`);
  if (found !== kind)
    throw serviceFault('InvalidArn', `Invalid Arn: 'Resource type not valid in this context: ${found}'`);
  return arn;
}

function notForType(): Fault {
  return serviceFault(
    'StateMachineTypeNotSupported',
    'This operation is not supported by this type of state machine',
  );
}

function seconds(date: Date): number {
  return date.getTime() / 1000;
}

/** The members that DescribeExecution and ListExecutions have in common. */
function listed(
  row: Pick<ExecutionRow, 'arn' | 'machineArn' | 'name' | 'status' | 'startedMs' | 'stoppedMs'>,
): JsonObject {
  return {
    executionArn: row.arn,
    stateMachineArn: row.machineArn,
    name: row.name,
    status: row.status,
    startDate: row.startedMs / 1000,
    ...(row.stoppedMs === undefined ? {} : { stopDate: row.stoppedMs / 1000 }),
  };
}

/** AWS describes the default if the machine has none. */
function describeLogging({ level, includesData, logGroup }: Logging = NO_LOGGING): JsonObject {
  const logGroupArn = `arn:aws:logs:${REGION}:${ACCOUNT_ID}:log-group:${logGroup}:*`;
  return {
    level,
    includeExecutionData: includesData,
    ...(logGroup !== undefined && { destinations: [{ cloudWatchLogsLogGroup: { logGroupArn } }] }),
  };
}

const NO_LOGGING: Logging = { level: 'OFF', includesData: false, logGroup: undefined };

function dataDetails(output: string | undefined): JsonObject {
  return {
    inputDetails: { included: true },
    ...(output === undefined ? {} : { outputDetails: { included: true } }),
  };
}

function withoutData(event: HistoryEvent): object {
  const data = ['input', 'output', 'parameters', 'inputDetails', 'outputDetails'];
  const strip = (details: object): object =>
    Object.fromEntries(Object.entries(details).filter(([key]) => !data.includes(key)));
  return Object.fromEntries(
    Object.entries(event).map(([key, value]) => [key, typeof value === 'object' ? strip(value) : value]),
  );
}
