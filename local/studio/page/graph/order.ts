import { allStates } from './definition.ts';
import type { GraphGroup, GraphNode } from './picture.ts';
import type { StateStatus } from './status.ts';

/** The states as an execution entered them, and then the others from top to bottom. */
export function inOrder(
  nodes: readonly GraphNode[],
  statuses: ReadonlyMap<string, StateStatus>,
): readonly GraphNode[] {
  const entered = [...statuses.keys()];
  const rank = ({ state }: GraphNode) => {
    const index = entered.indexOf(state.name);
    return index < 0 ? entered.length : index;
  };
  return nodes.toSorted((one, other) => rank(one) - rank(other) || one.y - other.y || one.x - other.x);
}

/** The id of the state that a key leads to; undefined if the key leads nowhere. */
export function nextOf(ordered: readonly GraphNode[], id: string, key: string): string | undefined {
  const index = ordered.findIndex(({ state }) => state.id === id);
  const last = ordered.length - 1;
  const targets: Readonly<Record<string, number>> = {
    ArrowDown: Math.min(index + 1, last),
    ArrowRight: Math.min(index + 1, last),
    ArrowUp: Math.max(index - 1, 0),
    ArrowLeft: Math.max(index - 1, 0),
    Home: 0,
    End: last,
  };
  const target = Object.hasOwn(targets, key) ? targets[key] : undefined;
  return target === undefined ? undefined : ordered[target]?.state.id;
}

/** The states inside of a distributed Map: they run in executions of their own, of which the history says nothing. */
export function statesInChildren(groups: readonly GraphGroup[]): ReadonlySet<string> {
  const maps = groups.map(({ state }) => state).filter(({ isDistributed }) => isDistributed);
  return new Set(maps.flatMap(({ inner }) => inner.flatMap(allStates)).map(({ id }) => id));
}
