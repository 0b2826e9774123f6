/**
 * One state's life: input, action, result, Retry, Catch.
 * Follows https://docs.aws.amazon.com/step-functions/latest/dg/concepts-input-output-filtering.html and
 * https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
 */
import { StateError } from '../data/errors.ts';
import type { Json } from '../data/json.ts';
import { type Path, requirePath, type Scope, writePath } from '../data/paths.ts';
import { limitSize } from '../data/payload.ts';
import { evaluateTemplate } from '../data/templates.ts';
import { matches, Retries } from '../definition/retry.ts';
import type { State } from '../definition/state-types.ts';
import { type Actions, act, choose, failure } from './actions.ts';
import type { Thread } from './history.ts';
import { contextOf, type Run } from './run.ts';
import { sleep } from './waiting.ts';

/** A state's output, and the state that gets it; undefined ends the machine. */
export interface Passage {
  readonly output: Json;
  readonly next: string | undefined;
}

/** The passage that a Catch makes, and the place of that Catch in the list. */
interface Caught extends Passage {
  readonly catchIndex: number;
}

/**
 * Runs a state until an attempt succeeds, or until no Retry is left and a Catch leads on.
 * @throws StateError that no Catch matches; Interrupted
 */
export async function runState(
  state: State,
  run: Run,
  input: Json,
  thread: Thread,
  actions: Actions,
): Promise<Passage> {
  const enteredAt = new Date();
  thread.add(`${state.type}StateEntered`, { name: state.name, input });
  const retries = new Retries('retriers' in state ? state.retriers : []);
  for (let retryCount = 0; ; retryCount += 1) {
    try {
      const context = contextOf(run, thread, state, { enteredAt, retryCount });
      return exit(state, await attempt(state, run, { input, context }, thread, actions), thread);
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      const delaySeconds = retries.next(error)?.delaySeconds;
      if (delaySeconds === undefined) {
        const caught = catchError(state, input, error);
        if (!caught) throw error;
        return exit(state, caught, thread);
      }
      await sleep(run.services.scaleWait(delaySeconds * 1000), run.signal);
    }
  }
}

/**
 * InputPath, the action, ResultSelector, ResultPath, OutputPath, in this order, and the state that follows.
 * @throws StateError; Interrupted
 */
export async function attempt(
  state: State,
  run: Run,
  raw: Scope,
  thread: Thread,
  actions: Actions,
): Promise<Passage> {
  const scope = 'inputPath' in state ? { ...raw, input: filter(state.inputPath, raw, 'InputPath') } : raw;
  run.inspect?.('afterInputPath', scope.input);
  if (state.type === 'Fail') throw failure(state, raw);
  const result = await act(state, run, scope, thread, actions);
  run.inspect?.('result', result);
  const selected = selectResult(state, raw, result);
  run.inspect?.('afterResultSelector', selected);
  const placed = { ...raw, input: placeResult(state, raw, selected) };
  run.inspect?.('afterResultPath', placed.input);
  const output = filter(state.outputPath, placed, 'OutputPath');
  limitSize(output, state.name, 'returned an output');
  const next =
    state.type === 'Choice' ? choose(state, scope) : state.type === 'Succeed' ? undefined : state.next;
  return { output, next };
}

/** A path of null leaves an empty object. */
function filter(path: Path | null, scope: Scope, field: string): Json {
  return path ? requirePath(path, scope, field) : {};
}

function selectResult(state: State, raw: Scope, result: Json): Json {
  const selector = 'resultSelector' in state ? state.resultSelector : undefined;
  return selector ? evaluateTemplate(selector, { ...raw, input: result }) : result;
}

/** The raw input with the result at ResultPath; the result alone if the state has no ResultPath. */
function placeResult(state: State, raw: Scope, selected: Json): Json {
  if (!('resultPath' in state)) return selected;
  return state.resultPath ? writePath(state.resultPath, raw.input, selected) : raw.input;
}

/** Follows the first matching Catch, with the error at its ResultPath in the raw input; undefined if none matches. */
export function catchError(state: State, input: Json, error: StateError): Caught | undefined {
  const catchers = 'catchers' in state ? state.catchers : [];
  const catchIndex = catchers.findIndex((candidate) => matches(candidate.errors, error.error));
  const catcher = catchers[catchIndex];
  if (!catcher) return undefined;
  const caught = { Error: error.error ?? '', Cause: error.cause ?? '' };
  const output = catcher.resultPath ? writePath(catcher.resultPath, input, caught) : input;
  limitSize(output, state.name, 'caught an error into an output');
  return { output, next: catcher.next, catchIndex };
}

function exit(state: State, passage: Passage, thread: Thread): Passage {
  thread.add(`${state.type}StateExited`, { name: state.name, output: passage.output });
  return passage;
}
