/**
 * What each type of state does with its input, between InputPath and ResultSelector.
 * Follows https://docs.aws.amazon.com/step-functions/latest/dg/workflow-states.html
 */
import { readAmount } from '../data/amounts.ts';
import { StateError } from '../data/errors.ts';
import type { Json } from '../data/json.ts';
import { requirePath, type Scope } from '../data/paths.ts';
import { limitSize } from '../data/payload.ts';
import { type Expression, evaluateExpression, evaluateTemplate } from '../data/templates.ts';
import { instant } from '../definition/choice.ts';
import type {
  ChoiceState,
  FailState,
  MapState,
  ParallelState,
  PassState,
  SharedFields,
  State,
  TaskState,
  WaitState,
} from '../definition/state-types.ts';
import type { Thread } from './history.ts';
import type { Run } from './run.ts';
import { sleep } from './waiting.ts';

/**
 * What Task, Parallel and Map do: they call services or run other states. Each resolves to the state's result.
 * @throws StateError; Interrupted
 */
export interface Actions {
  readonly task: (
    state: TaskState,
    run: Run,
    scope: Scope,
    parameters: Json,
    thread: Thread,
  ) => Promise<Json>;
  readonly parallel: (state: ParallelState, run: Run, input: Json, thread: Thread) => Promise<Json>;
  readonly map: (state: MapState, run: Run, scope: Scope, thread: Thread) => Promise<Json>;
}

/**
 * One attempt of a state's action; `scope.input` is the input after InputPath. `choose` finds where a Choice leads, and
 * `failure` is a Fail's error.
 * @throws StateError; Interrupted if the execution ends meanwhile.
 */
export async function act(
  state: Exclude<State, FailState>,
  run: Run,
  scope: Scope,
  thread: Thread,
  actions: Actions,
): Promise<Json> {
  switch (state.type) {
    case 'Succeed':
    case 'Choice':
      return scope.input;
    case 'Wait':
      await sleep(run.services.scaleWait(waitMs(state, scope)), run.signal);
      return scope.input;
    case 'Pass':
      return pass(state, run, scope);
    case 'Task':
      return actions.task(state, run, scope, parametersOf(state, run, scope), thread);
    case 'Parallel':
      return actions.parallel(state, run, parametersOf(state, run, scope), thread);
    case 'Map':
      return actions.map(state, run, scope, thread);
  }
}

/** The error that a Fail state ends with. */
export function failure(state: FailState, scope: Scope): StateError {
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

/**
 * The state that a Choice leads to.
 * @throws StateError States.NoChoiceMatched
 */
export function choose(state: ChoiceState, scope: Scope): string {
  const next = state.choices.find((choice) => choice.rule(scope))?.next ?? state.otherwise;
  if (next !== undefined) return next;
  throw new StateError(
    'States.NoChoiceMatched',
    'Failed to find a Choice rule that matches, and there is no Default',
  );
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

function pass(state: PassState, run: Run, scope: Scope): Json {
  return state.result === undefined ? parametersOf(state, run, scope) : state.result;
}

function parametersOf(state: SharedFields | PassState, run: Run, scope: Scope): Json {
  const parameters = state.parameters ? evaluateTemplate(state.parameters, scope) : scope.input;
  run.inspect?.('afterParameters', parameters);
  limitSize(parameters, state.name, 'has an input');
  return parameters;
}
