/**
 * A Task's action: one service call with a time limit, and its events.
 * Follows https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html
 */
import { readAmount } from '../data/amounts.ts';
import { StateError } from '../data/errors.ts';
import { type Json, toJson } from '../data/json.ts';
import type { Scope } from '../data/paths.ts';
import { limitSize } from '../data/payload.ts';
import type { TaskState } from '../definition/state-types.ts';
import type { Thread } from './history.ts';
import type { Run } from './run.ts';
import { type Deadline, deadline, orAbort } from './waiting.ts';

/**
 * Makes the call and resolves to its result.
 * @throws StateError: the service's, States.Timeout or States.DataLimitExceeded; Interrupted
 */
export async function runTask(
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
  return run.services.callService({
    resource: state.resource.arn,
    parameters,
    principal,
    signal: limit.signal,
    clock: {
      stop: () => {
        limit.stop();
        run.clock.stop();
      },
      start: () => {
        limit.start();
        run.clock.start();
      },
    },
  });
}
