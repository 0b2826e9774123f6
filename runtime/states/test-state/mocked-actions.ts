/**
 * What Task, Parallel and Map do in a test with a mock: everything but the work that the mock replaces.
 * Follows https://docs.aws.amazon.com/step-functions/latest/dg/test-state-isolation.html
 */
import { serviceFault } from '../api/protocol.ts';
import { StateError } from '../data/errors.ts';
import type { Json } from '../data/json.ts';
import type { Scope } from '../data/paths.ts';
import type { MapState } from '../definition/state-types.ts';
import type { Actions } from '../execution/actions.ts';
import { itemsOf, mapItem, selectItem } from '../execution/map-items.ts';
import { runTask } from '../execution/run-task.ts';
import { maxItemsOf, planChildren } from '../map/children.ts';
import { exceedsTolerance, settingsOf } from '../map/settings.ts';
import type { Inspection } from './inspection.ts';
import type { Mock } from './mock.ts';
import type { Configuration } from './request.ts';

export function mockedActions(mock: Mock, configuration: Configuration, inspection: Inspection): Actions {
  return {
    task: (state, run, scope, parameters, thread) => {
      const services = { ...run.services, callService: async () => mock() };
      return runTask(state, { ...run, services }, scope, parameters, thread);
    },
    parallel: async () => mock(),
    map: async (state, _run, scope) => {
      inspectMap(state, scope, configuration, inspection);
      return mock();
    },
  };
}

/**
 * Shows the items, the inputs that are made of them, and the limits.
 * @throws StateError as the Map fails before its first iteration, or if more items have failed than it tolerates.
 */
function inspectMap(
  state: MapState,
  scope: Scope,
  { readItems, failedItems }: Configuration,
  inspection: Inspection,
): void {
  const { reader, batcher } = state.distributed ?? {};
  const items = reader ? readItems?.slice(0, maxItemsOf(reader, scope)) : itemsOf(state, scope);
  const settings = settingsOf(state, scope);
  inspection.map({
    afterItemsPath: reader ? undefined : items,
    maxConcurrency: settings.maxConcurrency,
    toleratedFailureCount: settings.count,
    toleratedFailurePercentage: settings.percentage,
  });
  if (!items) return;
  const select = (value: Json, index: number): Json =>
    selectItem(state, scope, mapItem(state, scope, index, value));
  inspection.map({
    afterItemSelector: state.parameters && items.map(select),
    afterItemBatcher: batcher && planChildren(state, batcher, scope, items).map((child) => child.input()),
  });
  if (failedItems > items.length)
    throw serviceFault(
      'ValidationException',
      `stateConfiguration.mapIterationFailureCount is ${failedItems}, but the Map has ${items.length} items`,
    );
  // Unlike an execution, a test without these fields tolerates all failures.
  const isLimited = settings.count !== undefined || settings.percentage !== undefined;
  if (isLimited && exceedsTolerance(failedItems, items.length, settings))
    throw new StateError(
      'States.ExceedToleratedFailureThreshold',
      'The specified tolerated failure threshold was exceeded',
    );
}
