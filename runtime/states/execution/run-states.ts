/** The states of one machine, branch or iteration, one after the other; run-state.ts is the life of each. */
import { StateError } from '../data/errors.ts';
import type { Json } from '../data/json.ts';
import type { StateMachine } from '../definition/state-types.ts';
import type { Actions } from './actions.ts';
import { runInlineMap, runParallel } from './branches.ts';
import type { Thread } from './history.ts';
import type { Run } from './run.ts';
import { type Passage, runState } from './run-state.ts';
import { runTask } from './run-task.ts';
import { letOthersRun } from './waiting.ts';

/** What an execution's states do. */
export const ACTIONS: Actions = {
  task: runTask,
  parallel: (state, run, input, thread) => runParallel(state, run, input, thread, runStates),
  map: (state, run, scope, thread) =>
    state.distributed
      ? run.services.runDistributedMap({ state, scope, run, thread })
      : runInlineMap(state, run, scope, thread, runStates),
};

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
    const passage: Passage = await runState(state, run, value, thread, ACTIONS);
    value = passage.output;
    name = passage.next;
  }
  return value;
}
