/**
 * The state machines, their executions, and what a restart does with them.
 *
 * STANDARD executions are rows in the database, so they can be described after a restart. One that was running is
 * restarted from its beginning, and so is an EXPRESS execution that StartExecution has accepted. Histories are kept
 * in memory only, for the newest STANDARD executions.
 * Follows https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
 */
import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { S3Client } from '@aws-sdk/client-s3';
import { createOutlast, type Outlast } from '../../full-disk.ts';
import { AccessDeniedError, type Authorize, credentialsOf, type Principal } from '../../iam/index.ts';
import { Interrupted } from '../data/errors.ts';
import { type Json, parseJson, parseLossless, toJson } from '../data/json.ts';
import { MAX_PAYLOAD_BYTES } from '../data/payload.ts';
import type { Machine, Machines, StateMachineResource } from '../definition/machines.ts';
import { type AppendLog, createEventLog } from '../execution/event-log.ts';
import { type ExecutionRow, Executions } from '../execution/execution-store.ts';
import { Histories, History, Thread } from '../execution/history.ts';
import type { CallService, Outcome, Services } from '../execution/run.ts';
import { runMachine } from '../execution/run-machine.ts';
import { runDistributedMap } from '../map/distributed-map.ts';
import { MapRuns } from '../map/map-runs.ts';
import { accessDenied, invalid, serviceFault } from './protocol.ts';

export interface StatesOptions {
  readonly database: DatabaseSync;
  readonly machines: Machines;
  readonly authorize: Authorize;
  readonly callService: CallService;
  readonly s3Endpoint: () => string;
  /** Keeps what the machines log. */
  readonly appendLog?: AppendLog;
  /** For tests: how long a wait of Wait or Retry really lasts. */
  readonly scaleWait?: (ms: number) => number;
  /** For tests: how long TestState may take. */
  readonly stateTestLimitMs?: number;
  readonly onExecutionEnded?: (execution: ExecutionResult) => void;
  readonly outlast?: Outlast;
}

/** How an execution ended. Input and output are JSON text. */
export interface ExecutionResult {
  readonly executionArn: string;
  readonly stateMachineArn: string;
  readonly name: string;
  readonly input: string;
  readonly status: Outcome['status'];
  readonly startDate: Date;
  readonly stopDate: Date;
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
}

/** AWS: a test of one state runs for up to five minutes. */
const STATE_TEST_LIMIT_MS = 300_000;

interface Ongoing {
  readonly abort: AbortController;
  readonly ended: Promise<ExecutionResult>;
}

/** One execution to start: columns of its row, and the input as a value. */
type Start = Pick<ExecutionRow, 'arn' | 'name' | 'input' | 'startedMs'> & {
  readonly machine: Machine;
  readonly value: Json;
  /** Whether it has a row in the database, so that it outlives the process. */
  readonly isJournaled: boolean;
};

export class StatesService {
  readonly executions: Executions;
  readonly mapRuns: MapRuns;
  machines: Machines;
  readonly createdAt = Date.now() / 1000;
  readonly stateTestLimitMs: number;
  /** What executions use of the services around them. */
  readonly services: Services;
  readonly #options: StatesOptions;
  readonly #ongoing = new Map<string, Ongoing>();
  readonly #histories = new Histories();
  readonly #stopping = new AbortController();
  readonly #outlast: Outlast;
  readonly #appendLog: AppendLog;

  constructor(options: StatesOptions) {
    this.#options = options;
    this.executions = new Executions(options.database);
    this.mapRuns = new MapRuns(options.database);
    this.machines = options.machines;
    this.stateTestLimitMs = options.stateTestLimitMs ?? STATE_TEST_LIMIT_MS;
    this.#outlast = options.outlast ?? createOutlast(() => {});
    this.#appendLog = options.appendLog ?? (() => {});
    const mapServices = {
      authorize: options.authorize,
      mapRuns: this.mapRuns,
      outlast: this.#outlast,
      stopping: this.stopping,
      s3For: (role: string) => s3Client(options.s3Endpoint(), role),
      logOfChild: (machineArn: string, childArn: string) => {
        const resource = this.machines.get(machineArn)?.resource;
        return resource && createEventLog(resource, childArn, this.#appendLog);
      },
    };
    this.services = {
      callService: options.callService,
      runDistributedMap: (work) => runDistributedMap(work, mapServices),
      scaleWait: options.scaleWait ?? ((ms) => ms),
    };
  }

  /** Aborts with Interrupted when the runtime stops. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  authorize(principal: Principal, action: string, resource: string): void {
    try {
      this.#options.authorize(principal, action, resource);
    } catch (error) {
      throw error instanceof AccessDeniedError ? accessDenied(error.message) : error;
    }
  }

  /** @throws Fault StateMachineDoesNotExist */
  machine(arn: string): Machine {
    const machine = this.machines.get(arn);
    if (!machine) throw serviceFault('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
    return machine;
  }

  history(executionArn: string): History | undefined {
    return this.#histories.find(executionArn);
  }

  /**
   * Starts an execution. With the name and the input of a running STANDARD execution, it returns that execution.
   * @param callerRestarts whether the caller starts an EXPRESS execution again after a crash, as EventBridge and
   *   clients of StartSyncExecution do; it gets no row then.
   * @throws Fault; Interrupted if the runtime is stopping
   */
  start(
    machine: Machine,
    name: string,
    input: string,
    callerRestarts: boolean,
  ): { start: Start; ended: Promise<ExecutionResult> } {
    this.stopping.throwIfAborted();
    const value = inputValue(input);
    const start = {
      machine,
      name,
      input,
      value,
      startedMs: Date.now(),
      arn: executionArn(machine.resource, name),
      isJournaled: machine.resource.type === 'STANDARD' || !callerRestarts,
    };
    const existing = this.executions.find(start.arn);
    const ongoing = this.#ongoing.get(start.arn);
    if (existing && ongoing && existing.input === input)
      return { start: { ...start, startedMs: existing.startedMs }, ended: ongoing.ended };
    if (existing) throw serviceFault('ExecutionAlreadyExists', `Execution Already Exists: '${start.arn}'`);
    if (start.isJournaled) this.executions.insert({ ...start, machineArn: machine.resource.arn });
    return { start, ended: this.#launch(start) };
  }

  async run(
    machineArn: string,
    input: unknown,
    principal: Principal,
    name: string = randomUUID(),
  ): Promise<ExecutionResult> {
    this.#options.authorize(principal, 'states:StartExecution', machineArn);
    return this.start(this.machine(machineArn), checkName(name), JSON.stringify(toJson(input)), true).ended;
  }

  abort(
    executionArn: string,
    error: string | undefined,
    cause: string | undefined,
  ): Promise<ExecutionResult> | undefined {
    const ongoing = this.#ongoing.get(executionArn);
    ongoing?.abort.abort(new Interrupted('ABORTED', error, cause));
    return ongoing?.ended;
  }

  async resume(): Promise<number> {
    this.mapRuns.abortLeftovers();
    const left = this.executions.running().filter((row) => !this.#ongoing.has(row.arn));
    for (const row of left) {
      const machine = this.machines.get(row.machineArn);
      const cause = `The state machine ${row.machineArn} is gone from the template`;
      if (machine) this.#launch({ ...row, machine, value: parseJson(row.input), isJournaled: true });
      else this.executions.end(row.arn, { status: 'ABORTED', cause }, Date.now());
    }
    return left.length;
  }

  async stop(): Promise<number> {
    this.#stopping.abort(new Interrupted('SUSPENDED'));
    const ongoing = [...this.#ongoing.values()];
    for (const { abort } of ongoing) abort.abort(new Interrupted('SUSPENDED'));
    await Promise.allSettled(ongoing.map(({ ended }) => ended));
    return this.executions.running().length;
  }

  #launch(start: Start): Promise<ExecutionResult> {
    const abort = new AbortController();
    const ended = this.#execute(start, abort.signal).finally(() => this.#ongoing.delete(start.arn));
    // A suspended execution rejects as intended. Any other rejection is a database error, which must end the process.
    ended.catch((error: unknown) => {
      if (!(error instanceof Interrupted)) throw error;
    });
    this.#ongoing.set(start.arn, { abort, ended });
    return ended;
  }

  async #execute(
    { machine, arn, name, input, value, startedMs, isJournaled }: Start,
    signal: AbortSignal,
  ): Promise<ExecutionResult> {
    const { resource, states } = machine;
    const isStandard = resource.type === 'STANDARD';
    const log = createEventLog(resource, arn, this.#appendLog);
    const history = isStandard ? this.#histories.open(arn, log) : new History({ log });
    const startDate = new Date(startedMs);
    const outcome = await runMachine(
      states,
      {
        machine: resource,
        execution: { arn, name, input: value, startedAt: startDate },
        signal,
        services: this.services,
      },
      new Thread(history),
    );
    const stopDate = new Date();
    await this.#outlast(() => {
      if (isStandard) this.executions.end(arn, outcome, stopDate.getTime());
      else if (isJournaled) this.executions.forget(arn);
    }, this.stopping);
    const { status } = outcome;
    const result = {
      executionArn: arn,
      stateMachineArn: resource.arn,
      name,
      input,
      status,
      startDate,
      stopDate,
      ...endingOf(outcome),
    };
    this.#options.onExecutionEnded?.(result);
    return result;
  }
}

function s3Client(endpoint: string, role: string): S3Client {
  return new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: credentialsOf(role),
    // Bodies are streamed from disk with a known length: a checksum would only add a trailer to them.
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
}

/** @returns another ARN each time for an EXPRESS execution, as on AWS. */
export function executionArn(
  { arn, type }: Pick<StateMachineResource, 'arn' | 'type'>,
  name: string,
): string {
  const namespace = type === 'EXPRESS' ? ':express:' : ':execution:';
  const base = `${arn.replace(':stateMachine:', namespace)}:${name}`;
  return type === 'EXPRESS' ? `${base}:${randomUUID()}` : base;
}

/**
 * AWS's rule for execution names.
 * @throws Fault
 */
export function checkName(name: string): string {
  if (name.length < 1 || name.length > 80) {
    const bound = name.length < 1 ? 'greater than or equal to 1' : 'less than or equal to 80';
    throw invalid(`Value '${name}' at 'name' failed to satisfy constraint: Member must have length ${bound}`);
  }
  if (/[\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]/u.test(name) || /[\ud800-\udfff\ufffe\uffff]/.test(name))
    throw serviceFault('InvalidName', `Invalid Name: '${name}'`);
  return name;
}

/**
 * Reads the input of an execution or of a state.
 * @throws Fault InvalidExecutionInput
 */
export function inputValue(input: string): Json {
  const bytes = Buffer.byteLength(input);
  if (bytes > MAX_PAYLOAD_BYTES) {
    throw serviceFault(
      'InvalidExecutionInput',
      `Invalid State Machine Execution Input: 'Expected at most ${MAX_PAYLOAD_BYTES} bytes but received ${bytes}'`,
    );
  }
  try {
    return parseLossless(input);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw serviceFault('InvalidExecutionInput', `Invalid State Machine Execution Input: '${reason}'`);
  }
}

function endingOf(outcome: Outcome): Pick<ExecutionResult, 'output' | 'error' | 'cause'> {
  if (outcome.status === 'SUCCEEDED') return { output: JSON.stringify(outcome.output) };
  return {
    ...(outcome.error === undefined ? {} : { error: outcome.error }),
    ...(outcome.cause === undefined ? {} : { cause: outcome.cause }),
  };
}
