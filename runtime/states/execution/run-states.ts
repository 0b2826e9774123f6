/**
 * The states of one machine, branch or iteration. A state's life is `runState`: input, action, result, Retry, Catch.
 * Follows https://docs.aws.amazon.com/step-functions/latest/dg/concepts-input-output-filtering.html and
 * https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
 */

import { StateError } from '../data/errors.ts';
import type { Json } from '../data/json.ts';
import { type Path, requirePath, type Scope, writePath } from '../data/paths.ts';
import { limitSize } from '../data/payload.ts';
import { evaluateTemplate } from '../data/templates.ts';
import { matches, Retries } from '../definition/retry.ts';
import type { State, StateMachine } from '../definition/state-types.ts';
import { act, choose, failure } from './actions.ts';
import type { Thread } from './history.ts';
import { contextOf, type Run } from './run.ts';
import { letOthersRun, sleep } from './waiting.ts';

/** A state's output, and the state that gets it; undefined ends the machine. */
interface Passage {
  readonly output: Json;
  readonly next: string | undefined;
}

/**
 * Runs states from StartAt to the one that ends the machine.
 * @throws StateError that no Catch matches; Interrupted
 */
export async function runStates(machine: StateMachine, run: Run, input: Json, thread: Thread): Promise<Json> {
  let name: string | undefined = machine.startAt;
  let value = input;
  while (name !== undefined) {
    await letOthersRun();
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
  const enteredAt = new Date().toISOString();
  thread.add(`${state.type}StateEntered`, { name: state.name, input });
  const retries = new Retries('retriers' in state ? state.retriers : []);
  for (let retryCount = 0; ; retryCount += 1) {
    try {
      const about = {
        Name: state.name,
        EnteredTime: enteredAt,
        ...('retriers' in state ? { RetryCount: retryCount } : {}),
      };
      const passage = await attempt(state, run, { input, context: contextOf(run, thread, about) }, thread);
      return exit(state, passage, thread);
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      const delayMs = retries.delayMs(error);
      if (delayMs === undefined) return exit(state, catchError(state, input, error), thread);
      await sleep(run.services.scaleWait(delayMs), run.signal);
    }
  }
}

/** InputPath, the action, ResultSelector, ResultPath, OutputPath, in this order, and the state that follows. */
async function attempt(state: State, run: Run, raw: Scope, thread: Thread): Promise<Passage> {
  if (state.type === 'Fail') throw failure(state, raw);
  const scope = { ...raw, input: filter(state.inputPath, raw, 'InputPath') };
  const result = await act(state, run, scope, thread, runStates);
  const placed = { ...raw, input: placeResult(state, raw, result) };
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

/** The raw input with the result, after ResultSelector, at ResultPath; the result alone if the state has no ResultPath. */
function placeResult(state: State, raw: Scope, result: Json): Json {
  const selected =
    'resultSelector' in state && state.resultSelector
      ? evaluateTemplate(state.resultSelector, { ...raw, input: result })
      : result;
  if (!('resultPath' in state)) return selected;
  return state.resultPath ? writePath(state.resultPath, raw.input, selected) : raw.input;
}

/** Follows the first matching Catch, with the error at its ResultPath in the raw input; rethrows the error without one. */
function catchError(state: State, input: Json, error: StateError): Passage {
  const catcher =
    'catchers' in state && state.catchers.find((candidate) => matches(candidate.errors, error.error));
  if (!catcher) throw error;
  const caught = { Error: error.error ?? '', Cause: error.cause ?? '' };
  const output = catcher.resultPath ? writePath(catcher.resultPath, input, caught) : input;
  limitSize(output, state.name, 'caught an error into an output');
  return { output, next: catcher.next };
}

function exit(state: State, passage: Passage, thread: Thread): Passage {
  thread.add(`${state.type}StateExited`, { name: state.name, output: passage.output });
  return passage;
}
