/**
 * Runs one state machine: each state's life, from its input to what it leads to, is `runState`.
 * After https://docs.aws.amazon.com/step-functions/latest/dg/concepts-input-output-filtering.html
 */
import type { Principal } from '../permissions.ts';
import { instant } from './choice.ts';
import type {
  FailState,
  ParallelState,
  State,
  StateMachine,
  TaskState,
  WaitState,
  Working,
} from './definition.ts';
import { Interrupted, StateError } from './errors.ts';
import { type Amount, describe, isWithin } from './fields.ts';
import type { Thread } from './history.ts';
import { isJsonArray, type Json, type JsonObject, jsonBytes, toJson } from './json.ts';
import type { MapState } from './map-definition.ts';
import { type Path, requirePath, type Scope, writePath } from './paths.ts';
import { matches, Retries } from './retry.ts';
import type { CallService } from './tasks.ts';
import { type Expression, evaluateExpression, evaluateTemplate } from './templates.ts';
import { type Deadline, deadline, orAbort, sleep } from './waiting.ts';

/** One execution under way: what all its states share. */
export interface Run {
  readonly machine: {
    readonly arn: string;
    readonly name: string;
    readonly role: string;
    readonly type: 'STANDARD' | 'EXPRESS';
  };
  readonly execution: {
    readonly arn: string;
    readonly name: string;
    readonly input: Json;
    readonly startedAt: Date;
  };
  readonly signal: AbortSignal;
  readonly services: Services;
}

/** What a run reaches beyond itself. */
export interface Services {
  readonly callService: CallService;
  readonly describeMapRun: (mapRunArn: string, principal: Principal) => Json;
  readonly runDistributedMap: (work: DistributedWork) => Promise<Json>;
  readonly scaleWait: (ms: number) => number;
}

/** A distributed Map to run: its state, and what its fields are evaluated over. */
export interface DistributedWork {
  readonly state: MapState;
  readonly scope: Scope;
  readonly run: Run;
  readonly thread: Thread;
}

/** How an execution ended. */
export type Outcome =
  | { readonly status: 'SUCCEEDED'; readonly output: Json }
  | {
      readonly status: 'FAILED' | 'TIMED_OUT' | 'ABORTED';
      readonly error?: string | undefined;
      readonly cause?: string | undefined;
    };

interface Passage {
  readonly output: Json;
  readonly next: string | undefined;
}

// AWS: 256 KiB for every input, output and result, in UTF-8; an EXPRESS execution lasts five minutes at most; an
// inline Map runs 40 iterations at once.
export const MAX_PAYLOAD_BYTES = 262_144;
export const EXPRESS_LIMIT_SECONDS = 300;
const INLINE_CONCURRENCY = 40;

/** How long an execution may last; undefined is AWS's year, which no local run lasts. */
export function executionLimitMs(
  type: 'STANDARD' | 'EXPRESS',
  timeoutSeconds: number | undefined,
): number | undefined {
  const seconds = Math.min(
    timeoutSeconds ?? Number.POSITIVE_INFINITY,
    type === 'EXPRESS' ? EXPRESS_LIMIT_SECONDS : Number.POSITIVE_INFINITY,
  );
  return Number.isFinite(seconds) ? seconds * 1000 : undefined;
}

/** Runs a machine to its end; rejects only where the runtime itself stops (Interrupted SUSPENDED). */
export async function runMachine(machine: StateMachine, run: Run, thread: Thread): Promise<Outcome> {
  const { arn, role } = run.machine;
  const limit = deadline(
    run.signal,
    executionLimitMs(run.machine.type, machine.timeoutSeconds),
    new Interrupted('TIMED_OUT'),
  );
  thread.start('ExecutionStarted', { input: run.execution.input, roleArn: roleArn(role) });
  try {
    const output = await runStates(machine, { ...run, signal: limit.signal }, run.execution.input, thread);
    thread.add('ExecutionSucceeded', { output });
    return { status: 'SUCCEEDED', output };
  } catch (error) {
    const outcome = endedBy(error, arn);
    thread.add(EXECUTION_ENDS[outcome.status], { error: outcome.error, cause: outcome.cause });
    return outcome;
  } finally {
    limit.stop();
  }
}

const EXECUTION_ENDS = {
  FAILED: 'ExecutionFailed',
  TIMED_OUT: 'ExecutionTimedOut',
  ABORTED: 'ExecutionAborted',
} as const;

function endedBy(error: unknown, arn: string): Exclude<Outcome, { status: 'SUCCEEDED' }> {
  if (error instanceof StateError) return { status: 'FAILED', error: error.error, cause: error.cause };
  if (error instanceof Interrupted && error.outcome !== 'SUSPENDED')
    return { status: error.outcome, error: error.error, cause: error.cause };
  if (error instanceof Interrupted) throw error;
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    status: 'FAILED',
    error: 'States.Runtime',
    cause: `The local runtime failed in ${arn}: ${reason}`,
  };
}

export function roleArn(role: string): string {
  return `arn:aws:iam::000000000000:role/${role}`;
}

/** Runs states from StartAt to the one that ends: of a machine, a branch or an iteration. */
async function runStates(machine: StateMachine, run: Run, input: Json, thread: Thread): Promise<Json> {
  let name: string | undefined = machine.startAt;
  let value = input;
  while (name !== undefined) {
    run.signal.throwIfAborted();
    const state = machine.states.get(name);
    if (!state) throw new StateError('States.Runtime', `There is no state ${name}`);
    const passage: Passage = await runState(state, run, value, thread);
    value = passage.output;
    name = passage.next;
  }
  return value;
}

/** One state's life: input, action, result, Retry, Catch. */
async function runState(state: State, run: Run, input: Json, thread: Thread): Promise<Passage> {
  const enteredAt = new Date();
  const exit = (passage: Passage): Passage => {
    thread.add(`${state.type}StateExited`, { name: state.name, output: passage.output });
    return passage;
  };
  thread.add(`${state.type}StateEntered`, { name: state.name, input });
  const retries = new Retries('retriers' in state ? state.retriers : []);
  for (let retryCount = 0; ; retryCount += 1) {
    try {
      const scope = {
        input,
        context: contextOf(run, thread, {
          Name: state.name,
          EnteredTime: enteredAt.toISOString(),
          RetryCount: retryCount,
        }),
      };
      const passage = await act(state, run, scope, thread);
      limitSize(passage.output, state.name, 'returned an output');
      return exit(passage);
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      const delayMs = retries.delayMs(error);
      if (delayMs !== undefined) {
        await sleep(run.services.scaleWait(delayMs), run.signal);
        continue;
      }
      const catcher =
        'catchers' in state
          ? state.catchers.find((candidate) => matches(candidate.errors, error.error))
          : undefined;
      if (!catcher) throw error;
      const caught = { Error: error.error ?? '', Cause: error.cause ?? '' };
      return exit({
        output: catcher.resultPath ? writePath(catcher.resultPath, input, caught) : input,
        next: catcher.next,
      });
    }
  }
}

/** The context object. After https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html */
function contextOf(run: Run, thread: Thread, state: JsonObject): JsonObject {
  const { execution, machine } = run;
  return {
    Execution: {
      Id: execution.arn,
      Input: execution.input,
      Name: execution.name,
      RoleArn: roleArn(machine.role),
      StartTime: execution.startedAt.toISOString(),
      RedriveCount: 0,
    },
    StateMachine: { Id: machine.arn, Name: machine.name },
    State: state,
    ...(thread.mapItem ? { Map: { Item: thread.mapItem } } : {}),
  };
}

/** What a state does with its input: one attempt. */
async function act(state: State, run: Run, raw: Scope, thread: Thread): Promise<Passage> {
  if (state.type === 'Fail') throw failure(state, raw);
  const scope = { ...raw, input: filter(state.inputPath, raw, 'InputPath') };
  const out = (value: Json): Json => filter(state.outputPath, { ...raw, input: value }, 'OutputPath');
  switch (state.type) {
    case 'Succeed':
      return { output: out(scope.input), next: undefined };
    case 'Choice': {
      const next = state.choices.find((choice) => choice.rule(scope))?.next ?? state.otherwise;
      if (next === undefined)
        throw new StateError(
          'States.NoChoiceMatched',
          'Failed to find a Choice rule that matches, and there is no Default',
        );
      return { output: out(scope.input), next };
    }
    case 'Wait':
      await sleep(run.services.scaleWait(waitMs(state, scope)), run.signal);
      return { output: out(scope.input), next: state.next };
    case 'Pass': {
      const given = state.parameters ? evaluateTemplate(state.parameters, scope) : scope.input;
      const result = state.result === undefined ? given : state.result;
      return {
        output: out(state.resultPath ? writePath(state.resultPath, raw.input, result) : raw.input),
        next: state.next,
      };
    }
    default: {
      const result = await work(state, run, scope, thread);
      const selected = state.resultSelector
        ? evaluateTemplate(state.resultSelector, { ...raw, input: result })
        : result;
      return {
        output: out(state.resultPath ? writePath(state.resultPath, raw.input, selected) : raw.input),
        next: state.next,
      };
    }
  }
}

function filter(path: Path | null, scope: Scope, field: string): Json {
  return path ? requirePath(path, scope, field) : {};
}

function failure(state: FailState, scope: Scope): StateError {
  const text = (value: string | Expression | undefined, field: string): string | undefined => {
    if (value === undefined || typeof value === 'string') return value;
    const found = evaluateExpression(value, scope, field);
    if (typeof found !== 'string')
      throw new StateError(
        'States.Runtime',
        `The ${field} '${value.text}' of '${state.name}' must be a string but is ${JSON.stringify(found)}`,
      );
    return found;
  };
  return new StateError(text(state.error, 'ErrorPath'), text(state.cause, 'CausePath'));
}

function waitMs(state: WaitState, scope: Scope): number {
  if (state.until.kind === 'seconds') return readAmount(state.until.seconds, scope) * 1000;
  const { timestamp } = state.until;
  const value = typeof timestamp === 'string' ? timestamp : requirePath(timestamp, scope, 'TimestampPath');
  const at = instant(value);
  if (at === undefined)
    throw new StateError(
      'States.Runtime',
      `The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: ${JSON.stringify(value)}`,
    );
  return Math.max(0, at - Date.now());
}

/** The number that a field gives or points to. */
export function readAmount(amount: Amount, scope: Scope): number {
  if (amount.kind === 'number') return amount.value;
  const value = requirePath(amount.path, scope, amount.field);
  if (!isWithin(value, amount.bounds)) {
    throw new StateError(
      'States.Runtime',
      `The ${amount.field} '${amount.path.text}' must reference ${describe(amount.bounds)} but references ${JSON.stringify(value)}`,
    );
  }
  return value;
}

export function limitSize(value: Json, name: string, did: string): void {
  const bytes = jsonBytes(value);
  if (bytes <= MAX_PAYLOAD_BYTES) return;
  throw new StateError(
    'States.DataLimitExceeded',
    `The state '${name}' ${did} of ${bytes} bytes, which exceeds the maximum of ${MAX_PAYLOAD_BYTES} bytes`,
  );
}

async function work(
  state: TaskState | ParallelState | MapState,
  run: Run,
  scope: Scope,
  thread: Thread,
): Promise<Json> {
  if (state.type === 'Map')
    return state.distributed
      ? run.services.runDistributedMap({ state, scope, run, thread })
      : runInlineMap(state, run, scope, thread);
  const parameters = parametersOf(state, scope);
  return state.type === 'Task'
    ? runTask(state, run, scope, parameters, thread)
    : runParallel(state, run, parameters, thread);
}

function parametersOf(state: Working, scope: Scope): Json {
  const parameters = state.parameters ? evaluateTemplate(state.parameters, scope) : scope.input;
  limitSize(parameters, state.name, 'has an input');
  return parameters;
}

async function runTask(
  state: TaskState,
  run: Run,
  scope: Scope,
  parameters: Json,
  thread: Thread,
): Promise<Json> {
  const timeoutSeconds = state.timeoutSeconds && readAmount(state.timeoutSeconds, scope);
  const events = thread.task(state.resource, parameters, timeoutSeconds);
  const timedOut = new StateError('States.Timeout', undefined);
  const limit = deadline(run.signal, timeoutSeconds && timeoutSeconds * 1000, timedOut);
  try {
    const result = toJson(await orAbort(call(state, run, parameters, limit), limit.signal));
    limitSize(result, state.name, 'returned a result');
    events.succeeded(result);
    return result;
  } catch (error) {
    if (error === timedOut) events.timedOut();
    else if (error instanceof StateError) events.failed(error);
    throw error;
  } finally {
    limit.stop();
  }
}

async function call(state: TaskState, run: Run, parameters: Json, limit: Deadline): Promise<unknown> {
  const principal = { role: run.machine.role };
  const { resource } = state;
  if (resource.kind === 'service' && resource.type === 'aws-sdk:sfn')
    return run.services.describeMapRun(mapRunArnOf(parameters), principal);
  return run.services.callService({
    resource: resource.arn,
    parameters,
    principal,
    signal: limit.signal,
    clock: limit,
  });
}

function mapRunArnOf(parameters: Json): string {
  const arn =
    parameters !== null && typeof parameters === 'object' && 'MapRunArn' in parameters
      ? parameters.MapRunArn
      : undefined;
  if (typeof arn !== 'string')
    throw new StateError(
      'States.Runtime',
      `Expected a string for MapRunArn but received ${JSON.stringify(arn)}`,
    );
  return arn;
}

/** Runs branches or iterations; the first that fails ends the others and fails the state. */
async function together<T>(
  run: Run,
  concurrency: number,
  works: readonly ((run: Run) => Promise<T>)[],
): Promise<T[]> {
  const sibling = new AbortController();
  const inner = { ...run, signal: AbortSignal.any([run.signal, sibling.signal]) };
  const results: T[] = [];
  const queue = works.entries();
  const worker = async (): Promise<void> => {
    for (const [index, work] of queue) results[index] = await work(inner);
  };
  const workers = Array.from({ length: Math.min(concurrency, works.length) }, worker);
  try {
    await Promise.all(workers);
    return results;
  } catch (error) {
    sibling.abort(new Interrupted('ABORTED'));
    await Promise.allSettled(workers);
    throw error;
  }
}

async function runParallel(state: ParallelState, run: Run, input: Json, thread: Thread): Promise<Json> {
  thread.add('ParallelStateStarted', {});
  try {
    const results = await together(
      run,
      state.branches.length,
      state.branches.map((branch) => (inner) => runStates(branch, inner, input, thread.fork())),
    );
    thread.add('ParallelStateSucceeded', {});
    return results;
  } catch (error) {
    if (error instanceof StateError) thread.add('ParallelStateFailed', {});
    throw error;
  }
}

/** The items of a Map that takes an array. */
export function itemsOf(state: MapState, scope: Scope): readonly Json[] {
  const items = requirePath(state.itemsPath, scope, 'ItemsPath');
  if (!isJsonArray(items))
    throw new StateError('States.Runtime', `Reference path "${state.itemsPath.text}" must point to array.`);
  return items;
}

/** What ItemSelector makes of an item. */
export function selectItem(state: MapState, scope: Scope, index: number, value: Json): Json {
  if (!state.parameters) return value;
  const outer = typeof scope.context === 'object' && scope.context !== null ? scope.context : {};
  return evaluateTemplate(state.parameters, {
    ...scope,
    context: { ...outer, Map: { Item: { Index: index, Value: value } } },
  });
}

async function runInlineMap(state: MapState, run: Run, scope: Scope, thread: Thread): Promise<Json> {
  const items = itemsOf(state, scope);
  const limit = state.maxConcurrency ? readAmount(state.maxConcurrency, scope) : 0;
  thread.add('MapStateStarted', { length: items.length });
  try {
    const results = await together(
      run,
      limit === 0 ? INLINE_CONCURRENCY : Math.min(limit, INLINE_CONCURRENCY),
      items.map(
        (value, index) => (inner) =>
          iterate(state, inner, scope, thread.fork({ Index: index, Value: value }), { index, value }),
      ),
    );
    thread.add('MapStateSucceeded', {});
    return results;
  } catch (error) {
    if (error instanceof StateError) thread.add('MapStateFailed', {});
    throw error;
  }
}

async function iterate(
  state: MapState,
  run: Run,
  scope: Scope,
  thread: Thread,
  item: { index: number; value: Json },
): Promise<Json> {
  const about = { name: state.name, index: item.index };
  thread.add('MapIterationStarted', about);
  try {
    const input = selectItem(state, scope, item.index, item.value);
    limitSize(input, state.name, 'has an iteration with an input');
    const output = await runStates(state.processor, run, input, thread);
    thread.add('MapIterationSucceeded', about);
    return output;
  } catch (error) {
    thread.add(error instanceof StateError ? 'MapIterationFailed' : 'MapIterationAborted', about);
    throw error;
  }
}
