import type { MapState, State, StateMachine } from './state-types.ts';

export interface FoundState {
  readonly state: State;
  /** The innermost Map whose items the state processes. */
  readonly map: MapState | undefined;
}

/** Finds a state by its name, in branches and item processors too. */
export function findState(machine: StateMachine, name: string, map?: MapState): FoundState | undefined {
  const state = machine.states.get(name);
  if (state) return { state, map };
  for (const outer of machine.states.values()) {
    const found = findInside(outer, name, map);
    if (found) return found;
  }
  return undefined;
}

/** Finds a state in the branches of a Parallel or in the item processor of a Map. */
export function findInside(outer: State, name: string, map?: MapState): FoundState | undefined {
  if (outer.type === 'Map') return findState(outer.processor, name, outer);
  if (outer.type !== 'Parallel') return undefined;
  for (const branch of outer.branches) {
    const found = findState(branch, name, map);
    if (found) return found;
  }
  return undefined;
}
