/**
 * Parallel and the inline Map: branches or iterations that run at once. The first one that fails ends the others.
 * Follows https://docs.aws.amazon.com/step-functions/latest/dg/state-parallel.html and
 * https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html
 */
import { readAmount } from '../data/amounts.ts';
import { Interrupted, StateError } from '../data/errors.ts';
import type { Json, JsonObject } from '../data/json.ts';
import type { Scope } from '../data/paths.ts';
import { limitSize } from '../data/payload.ts';
import type { MapState, ParallelState, StateMachine } from '../definition/state-types.ts';
import type { Thread } from './history.ts';
import { itemsOf, mapItem, selectItem } from './map-items.ts';
import type { Run } from './run.ts';

/** Runs a branch, or an iteration's processor, to its end. A parameter, because run-states.ts depends on this file. */
export type RunStates = (machine: StateMachine, run: Run, input: Json, thread: Thread) => Promise<Json>;

/** AWS: an inline Map runs 40 iterations at once. */
const INLINE_CONCURRENCY = 40;

/** Runs all branches on one input; the outputs come in the branches' order. */
export async function runParallel(
  state: ParallelState,
  run: Run,
  input: Json,
  thread: Thread,
  runStates: RunStates,
): Promise<Json> {
  thread.add('ParallelStateStarted', {});
  try {
    const results = await runTogether(
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

/** Runs the processor on each item; the outputs come in the items' order. */
export async function runInlineMap(
  state: MapState,
  run: Run,
  scope: Scope,
  thread: Thread,
  runStates: RunStates,
): Promise<Json> {
  const items = itemsOf(state, scope);
  const limit = state.maxConcurrency ? readAmount(state.maxConcurrency, scope) : 0;
  thread.add('MapStateStarted', { length: items.length });
  try {
    const results = await runTogether(
      run,
      limit === 0 ? INLINE_CONCURRENCY : Math.min(limit, INLINE_CONCURRENCY),
      items.map((value, index) => {
        const item = mapItem(state, scope, index, value);
        return (inner) => runIteration(state, inner, scope, thread.fork(item), item, runStates);
      }),
    );
    thread.add('MapStateSucceeded', {});
    return results;
  } catch (error) {
    if (error instanceof StateError) thread.add('MapStateFailed', {});
    throw error;
  }
}

async function runIteration(
  state: MapState,
  run: Run,
  scope: Scope,
  thread: Thread,
  item: JsonObject,
  runStates: RunStates,
): Promise<Json> {
  const about = { name: state.name, index: item.Index };
  thread.add('MapIterationStarted', about);
  try {
    const input = selectItem(state, scope, item);
    limitSize(input, state.name, 'has an iteration with an input');
    const output = await runStates(state.processor, run, input, thread);
    thread.add('MapIterationSucceeded', about);
    return output;
  } catch (error) {
    thread.add(error instanceof StateError ? 'MapIterationFailed' : 'MapIterationAborted', about);
    throw error;
  }
}

/** Runs branches or iterations; the first that fails ends the others and fails the state. */
async function runTogether<T>(
  run: Run,
  concurrency: number,
  works: readonly ((run: Run) => Promise<T>)[],
): Promise<T[]> {
  const others = new AbortController();
  const inner = { ...run, signal: AbortSignal.any([run.signal, others.signal]) };
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
    others.abort(new Interrupted('ABORTED'));
    await Promise.allSettled(workers);
    throw error;
  }
}
