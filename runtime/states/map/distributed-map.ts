/**
 * Distributed Map: one Map Run, its child executions, its tolerated failures.
 *
 * When too many children have failed, no other child starts; running STANDARD children are aborted, and running EXPRESS
 * children, which cannot be stopped, go on to their end. A child that fails or times out counts for every item of its
 * batch. Children are not stored: they cannot be described or listed, only read in ResultWriter's files.
 * Follows https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html and
 * https://docs.aws.amazon.com/step-functions/latest/dg/maprun-fail-threshold.html
 */
import { randomUUID } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import type { Outlast } from '../../full-disk.ts';
import type { Authorize } from '../../iam/index.ts';
import { Interrupted, StateError } from '../data/errors.ts';
import type { Json, JsonObject } from '../data/json.ts';
import { limitSize } from '../data/payload.ts';
import type { Distribution, MapState } from '../definition/state-types.ts';
import type { EventLog } from '../execution/event-log.ts';
import { History, Thread } from '../execution/history.ts';
import { bucketAndPrefixOf, itemsOf } from '../execution/map-items.ts';
import type { DistributedWork, Outcome, Run } from '../execution/run.ts';
import { runMachine } from '../execution/run-machine.ts';
import { type Child, planChildren, readItems } from './children.ts';
import type { Counts, MapRun, MapRuns } from './map-runs.ts';
import { type Destination, describeError, ResultFiles } from './result-files.ts';
import { exceedsTolerance, settingsOf } from './settings.ts';

interface MapServices {
  readonly authorize: Authorize;
  readonly s3For: (role: string) => S3Client;
  readonly mapRuns: MapRuns;
  readonly outlast: Outlast;
  readonly logOfChild: (machineArn: string, childArn: string) => EventLog | undefined;
  /** Aborts when the runtime stops. */
  readonly stopping: AbortSignal;
}

type Ending = 'succeeded' | 'failed' | 'timedOut' | 'aborted';
const ENDINGS = {
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  TIMED_OUT: 'timedOut',
  ABORTED: 'aborted',
} as const satisfies Record<Outcome['status'], Ending>;

// AWS runs at most 10,000 children of one Map Run at once, which is also what 0 and no MaxConcurrency mean.
const MAX_CHILDREN = 10_000;

/**
 * Runs a distributed Map to its output.
 * @throws StateError as the state fails; Interrupted if the execution ends meanwhile.
 */
export async function runDistributedMap(work: DistributedWork, services: MapServices): Promise<Json> {
  const { state, scope, run, thread } = work;
  const distribution = distributionOf(state);
  const settings = settingsOf(state, scope);
  // The number of items that a reader will find is not known yet.
  thread.add('MapStateStarted', { length: distribution.reader ? 0 : itemsOf(state, scope).length });
  const { mapRuns, outlast, stopping } = services;
  const opened = {
    executionArn: run.execution.arn,
    stateMachineArn: `${run.machine.arn}/${distribution.label}`,
    maxConcurrency: settings.maxConcurrency,
    toleratedFailurePercentage: settings.percentage ?? 0,
    toleratedFailureCount: settings.count ?? 0,
  };
  const mapRun = await outlast(() => mapRuns.open(opened), run.signal);
  thread.add('MapRunStarted', { mapRunArn: mapRun.mapRunArn });
  try {
    const output = await new MapRunner(work, distribution, settings, mapRun, services).run();
    await outlast(() => mapRuns.close(mapRun, 'SUCCEEDED'), stopping);
    thread.add('MapRunSucceeded', {});
    thread.add('MapStateSucceeded', {});
    return output;
  } catch (error) {
    await outlast(() => mapRuns.close(mapRun, error instanceof StateError ? 'FAILED' : 'ABORTED'), stopping);
    if (error instanceof StateError) {
      thread.add('MapRunFailed', { error: error.error, cause: error.cause });
      thread.add('MapStateFailed', {});
    } else thread.add('MapRunAborted', {});
    throw error;
  }
}

function distributionOf(state: MapState): Distribution {
  if (!state.distributed) throw new StateError('States.Runtime', `${state.name} is no distributed Map`);
  return state.distributed;
}

type Settings = ReturnType<typeof settingsOf>;

class MapRunner {
  readonly #work: DistributedWork;
  readonly #distribution: Distribution;
  readonly #settings: Settings;
  readonly #mapRun: MapRun;
  readonly #services: MapServices;
  readonly #outputs: Json[] = [];
  readonly #children = new AbortController();
  #files: ResultFiles | undefined;
  #exceeded = false;

  constructor(
    work: DistributedWork,
    distribution: Distribution,
    settings: Settings,
    mapRun: MapRun,
    services: MapServices,
  ) {
    this.#work = work;
    this.#distribution = distribution;
    this.#settings = settings;
    this.#mapRun = mapRun;
    this.#services = services;
  }

  async run(): Promise<Json> {
    const { state, scope, run } = this.#work;
    const { s3For, outlast } = this.#services;
    const s3 = s3For(run.machine.role);
    const { writer } = this.#distribution;
    const destination = writer && {
      ...bucketAndPrefixOf(writer, scope),
      mapRunArn: this.#mapRun.mapRunArn,
    };
    this.#checkPermissions(destination);
    try {
      if (destination)
        this.#files = await ResultFiles.open(s3, destination, (write) => outlast(write, run.signal));
      const items = await readItems(state, this.#distribution.reader, scope, s3, run.signal);
      const plan = planChildren(state, this.#distribution.batcher, scope, items);
      await this.#runChildren(plan);
      return await this.#finish();
    } finally {
      await this.#files?.discard();
      s3.destroy();
    }
  }

  /**
   * Checks the permissions that a Distributed Map's role needs ("IAM policies for using Distributed Map states") and
   * that no call here checks.
   */
  #checkPermissions(destination: Destination | undefined): void {
    const { role, arn } = this.#work.run.machine;
    const need = (action: string, resource: string) => this.#services.authorize({ role }, action, resource);
    try {
      need('states:StartExecution', arn);
      need(
        'states:DescribeExecution',
        `${arn.replace(':stateMachine:', ':execution:')}/${this.#distribution.label}:*`,
      );
      if (!destination) return;
      const results = `arn:aws:s3:::${destination.bucket}/${destination.prefix}/`;
      need('s3:GetObject', results);
      need('s3:ListMultipartUploadParts', results);
    } catch (error) {
      throw new StateError(
        'States.Permissions',
        `${describeError(error)} (Service: AWSStepFunctions; Status Code: 400; Error Code: AccessDeniedException)`,
      );
    }
  }

  async #runChildren(plan: readonly Child[]): Promise<void> {
    for (const child of plan) this.#count('pending', child.itemCount, 1, true);
    const { run } = this.#work;
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < plan.length && !this.#exceeded && !run.signal.aborted) {
        const index = next;
        next += 1;
        const child = plan[index];
        if (child) await this.#runChild(child, index);
      }
    };
    const concurrency = Math.min(this.#settings.maxConcurrency || MAX_CHILDREN, MAX_CHILDREN, plan.length);
    const passOn = () => this.#children.abort(endOfChildren(run.signal.reason));
    run.signal.addEventListener('abort', passOn);
    const workers = Array.from({ length: concurrency }, worker);
    await Promise.all(workers).catch(async (error: unknown) => {
      this.#exceeded = true;
      await Promise.allSettled(workers);
      throw error;
    });
    run.signal.removeEventListener('abort', passOn);
    if (isSuspended(run.signal)) throw run.signal.reason;
    for (const child of plan.slice(next)) {
      await this.#files?.add('PENDING', {
        Input: JSON.stringify(child.input()),
        InputDetails: { Included: true },
        Status: 'PENDING',
      });
    }
  }

  async #runChild(child: Child, index: number): Promise<void> {
    const { run, state } = this.#work;
    this.#move('pending', 'running', child.itemCount);
    const execution = { ...this.#name(), input: child.input(), startedAt: new Date() };
    const childRun: Run = {
      ...run,
      machine: {
        ...run.machine,
        arn: `${run.machine.arn}/${this.#distribution.label}`,
        type: this.#distribution.executionType,
      },
      execution,
      signal: this.#children.signal,
    };
    const isStandard = this.#distribution.executionType === 'STANDARD';
    const log = this.#services.logOfChild(run.machine.arn, execution.arn);
    const outcome = await runMachine(
      state.processor,
      childRun,
      new Thread(new History({ limited: isStandard, log })),
    );
    this.#move('running', ENDINGS[outcome.status], child.itemCount);
    await this.#keep(outcome, childRun, index);
    const { failed, timedOut, total } = this.#mapRun.itemCounts;
    if (!this.#exceeded && exceedsTolerance(failed + timedOut, total, this.#settings)) {
      this.#exceeded = true;
      if (isStandard) this.#children.abort(new Interrupted('ABORTED'));
    }
  }

  #name(): { name: string; arn: string } {
    const name = randomUUID();
    const base = `${this.#work.run.machine.arn}/${this.#distribution.label}:${name}`;
    const isExpress = this.#distribution.executionType === 'EXPRESS';
    return {
      name,
      arn: isExpress
        ? `${base.replace(':stateMachine:', ':express:')}:${randomUUID()}`
        : base.replace(':stateMachine:', ':execution:'),
    };
  }

  /** Keeps a child's result: on disk for a ResultWriter; without one in memory, since the output is limited to 256 KiB. */
  async #keep(outcome: Outcome, child: Run, index: number): Promise<void> {
    if (this.#files)
      await this.#files.add(
        outcome.status === 'SUCCEEDED' ? 'SUCCEEDED' : 'FAILED',
        resultOf(outcome, child),
      );
    else this.#outputs[index] = outcome.status === 'SUCCEEDED' ? outcome.output : resultOf(outcome, child);
  }

  async #finish(): Promise<Json> {
    const { mapRunArn, itemCounts, executionCounts } = this.#mapRun;
    if (!this.#files) {
      this.#throwIfFailed();
      limitSize(this.#outputs, this.#work.state.name, 'returned a result');
      return this.#outputs;
    }
    const details = await this.#files.upload().catch((error: unknown) => {
      this.#throwIfFailed();
      throw error;
    });
    for (const counts of [itemCounts, executionCounts]) counts.resultsWritten = counts.total - counts.pending;
    this.#throwIfFailed();
    return { MapRunArn: mapRunArn, ResultWriterDetails: details };
  }

  /** A stop takes precedence over too many failures, and both over results that could not be written. */
  #throwIfFailed(): void {
    this.#work.run.signal.throwIfAborted();
    if (!this.#exceeded) return;
    throw new StateError(
      'States.ExceedToleratedFailureThreshold',
      'The specified tolerated failure threshold was exceeded',
    );
  }

  #count(what: keyof Counts, items: number, executions: number, isNew = false): void {
    const { itemCounts, executionCounts } = this.#mapRun;
    itemCounts[what] += items;
    executionCounts[what] += executions;
    if (!isNew) return;
    itemCounts.total += items;
    executionCounts.total += executions;
  }

  #move(from: 'pending' | 'running', to: 'running' | Ending, items: number): void {
    this.#count(from, -items, -1);
    this.#count(to, items, 1);
  }
}

/** What ends the children when their Map's execution ends: its time-out aborts them, since they have not timed out. */
function endOfChildren(reason: unknown): unknown {
  return reason instanceof Interrupted && reason.outcome === 'TIMED_OUT'
    ? new Interrupted('ABORTED')
    : reason;
}

/** Whether the runtime is stopping. The next process restarts the execution, so no results are written then. */
function isSuspended({ reason }: AbortSignal): boolean {
  return reason instanceof Interrupted && reason.outcome === 'SUSPENDED';
}

/** A child's entry in the result files, its keys in AWS's order. */
function resultOf(outcome: Outcome, { execution, machine }: Run): JsonObject {
  const succeeded = outcome.status === 'SUCCEEDED';
  return {
    ...(succeeded || outcome.cause === undefined ? {} : { Cause: outcome.cause }),
    ...(succeeded || outcome.error === undefined ? {} : { Error: outcome.error }),
    ExecutionArn: execution.arn,
    Input: JSON.stringify(execution.input),
    InputDetails: { Included: true },
    Name: execution.name,
    ...(succeeded ? { Output: JSON.stringify(outcome.output) } : {}),
    OutputDetails: { Included: true },
    RedriveCount: 0,
    RedriveStatus: 'NOT_REDRIVABLE',
    RedriveStatusReason: succeeded
      ? 'Execution is SUCCEEDED and cannot be redriven'
      : 'Redrive is not supported by the local runtime',
    StartDate: execution.startedAt.toISOString(),
    StateMachineArn: machine.arn,
    Status: outcome.status,
    StopDate: new Date().toISOString(),
  };
}
