/**
 * TestState: one attempt of one state, as an execution makes it, and what would follow. A Task without a mock calls the
 * service, with the permissions of the role in `roleArn`.
 *
 * AWS documents that TRACE is for HTTP Tasks only; it answers as with DEBUG for any other state, and so does this.
 * Follows https://docs.aws.amazon.com/step-functions/latest/apireference/API_TestState.html and
 * https://docs.aws.amazon.com/step-functions/latest/dg/test-state-isolation.html
 */
import { randomUUID } from 'node:crypto';
import type { Principal } from '../../iam/index.ts';
import { nameOf } from '../../template/index.ts';
import { executionArn, type StatesService } from '../api/service.ts';
import { Interrupted, StateError } from '../data/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../data/json.ts';
import { Retries } from '../definition/retry.ts';
import { History, Thread } from '../execution/history.ts';
import { mapItem } from '../execution/map-items.ts';
import { contextOf, type Run } from '../execution/run.ts';
import { attempt, catchError, type Passage } from '../execution/run-state.ts';
import { ACTIONS } from '../execution/run-states.ts';
import { type Deadline, deadline } from '../execution/waiting.ts';
import { Inspection } from './inspection.ts';
import { mockedActions } from './mocked-actions.ts';
import { readStateTest, type StateTest } from './request.ts';

type Ending =
  | { readonly status: 'SUCCEEDED'; readonly passage: Passage }
  | { readonly status: 'CAUGHT_ERROR'; readonly passage: Passage; readonly error: StateError }
  | { readonly status: 'RETRIABLE' | 'FAILED'; readonly error: StateError };

/**
 * Answers a request of TestState.
 * @throws Fault; Interrupted if the runtime stops
 */
export async function testState(
  service: StatesService,
  body: unknown,
  principal: Principal,
): Promise<JsonObject> {
  service.authorize(principal, 'states:TestState', '*');
  const test = readStateTest(body);
  if (test.revealsSecrets) service.authorize(principal, 'states:RevealSecrets', '*');
  if (test.role && !test.mock) service.authorize(principal, 'iam:PassRole', test.role.arn);
  const inspection = new Inspection(test.state, test.inputText);
  const limit = deadline(service.stopping, service.stateTestLimitMs, new Interrupted('TIMED_OUT'));
  try {
    return answerOf(await tried(test, runOf(service, test, inspection, limit), inspection), test, inspection);
  } finally {
    limit.stop();
  }
}

/** Makes an attempt, and finds out what would follow its error. */
async function tried(test: StateTest, run: Run, inspection: Inspection): Promise<Ending> {
  const { state, input, mock, configuration } = test;
  const thread = new Thread(new History(), 0, itemOf(test));
  const context = test.context ?? contextOfTest(test, run, thread);
  const actions = mock ? mockedActions(mock, configuration, inspection) : ACTIONS;
  try {
    return {
      status: 'SUCCEEDED',
      passage: await attempt(state, run, { input, context }, thread, actions),
    };
  } catch (error) {
    if (error instanceof Interrupted && error.outcome === 'TIMED_OUT')
      return { status: 'FAILED', error: new StateError('States.Timeout', undefined) };
    if (!(error instanceof StateError)) throw error;
    return handled(test, error, inspection);
  }
}

function handled(
  { state, input, configuration }: StateTest,
  error: StateError,
  inspection: Inspection,
): Ending {
  const retriers = 'retriers' in state ? state.retriers : [];
  const retry = new Retries(retriers, configuration.retrierRetryCount).next(error);
  // AWS names the retrier even if it has no attempt left.
  const retried = retry ? { retryIndex: retry.index } : {};
  if (retry?.delaySeconds !== undefined) {
    inspection.error({ ...retried, retryBackoffIntervalSeconds: Math.round(retry.delaySeconds) });
    return { status: 'RETRIABLE', error };
  }
  inspection.error(retried);
  try {
    const caught = catchError(state, input, error);
    if (!caught) return { status: 'FAILED', error };
    inspection.error({ ...retried, catchIndex: caught.catchIndex });
    return { status: 'CAUGHT_ERROR', passage: caught, error };
  } catch (failure) {
    if (!(failure instanceof StateError)) throw failure;
    return { status: 'FAILED', error: failure };
  }
}

function answerOf(ending: Ending, { inspectionLevel }: StateTest, { data }: Inspection): JsonObject {
  const { error, cause } = 'error' in ending ? ending.error : {};
  const { output, next } = 'passage' in ending ? ending.passage : {};
  return {
    status: ending.status,
    ...(output === undefined ? {} : { output: JSON.stringify(output) }),
    ...(error === undefined ? {} : { error }),
    ...(cause === undefined ? {} : { cause }),
    ...(next === undefined ? {} : { nextState: next }),
    ...(inspectionLevel === 'INFO' ? {} : { inspectionData: data }),
  };
}

/** An execution of a state machine that exists for this test only; AWS makes it an EXPRESS one. */
function runOf(service: StatesService, test: StateTest, inspection: Inspection, limit: Deadline): Run {
  const [machineName, name] = [randomUUID(), randomUUID()];
  const machine = {
    arn: nameOf.stateMachineArn(machineName),
    name: machineName,
    role: test.role?.logicalId ?? '',
    type: 'EXPRESS' as const,
  };
  return {
    machine,
    execution: { arn: executionArn(machine, name), name, input: test.input, startedAt: new Date() },
    signal: limit.signal,
    clock: limit,
    services: service.services,
    inspect: inspection.step,
  };
}

/** `$$.Map.Item` of a state inside a Map: the input is taken for the first item. */
function itemOf({ map, input }: StateTest): JsonObject | undefined {
  if (!map) return undefined;
  // The bucket of a reader may depend on the input of the Map, which is not known.
  return map.distributed?.reader
    ? { Index: 0, Value: input }
    : mapItem(map, { input, context: {} }, 0, input);
}

function contextOfTest({ state, role, configuration }: StateTest, run: Run, thread: Thread): Json {
  const about = { enteredAt: new Date(), retryCount: configuration.retrierRetryCount };
  const context = contextOf(run, thread, state, about);
  const { Execution: execution } = context;
  return role || !isJsonObject(execution)
    ? context
    : { ...context, Execution: { ...execution, RoleArn: null } };
}
