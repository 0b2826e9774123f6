import { describeRule } from './choice-rule.ts';

/** The states of a machine, of a branch of a Parallel state, or of the processor of a Map. */
export interface Machine {
  readonly startAt: string | undefined;
  readonly states: readonly State[];
}

export interface State {
  /** Unique in a definition, even where somebody has given two states one name. */
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly comment: string | undefined;
  /** Whether an execution can end here. */
  readonly isLast: boolean;
  readonly transitions: readonly Transition[];
  /** What a Parallel state or a Map contains. */
  readonly inner: readonly Machine[];
  /** A distributed Map: its states run in executions of their own. */
  readonly isDistributed: boolean;
}

export type TransitionKind = 'next' | 'choice' | 'default' | 'catch';

export interface Transition {
  /** The id of a state of the same machine. */
  readonly to: string;
  readonly kind: TransitionKind;
  /** When it is taken; nothing for Next. Several conditions that lead to one state are several texts. */
  readonly labels: readonly string[];
}

/**
 * Reads a state machine in the Amazon States Language. What is none of its fields is left out, and so is a transition to
 * a state that does not exist: an incomplete definition is drawn as far as it goes.
 */
export function readDefinition(definition: unknown): Machine {
  const taken = new Set<string>();
  return readMachine(definition, taken);
}

/** The states of a machine with those inside of them, each before what it contains. */
export function allStates({ states }: Machine): State[] {
  return states.flatMap((state) => [state, ...state.inner.flatMap(allStates)]);
}

function readMachine(value: unknown, taken: Set<string>): Machine {
  const entries = Object.entries(Object(at(value, 'States')));
  const ids = new Map(entries.map(([name]) => [name, freeId(name, taken)]));
  const startAt = at(value, 'StartAt');
  return {
    startAt: typeof startAt === 'string' ? ids.get(startAt) : undefined,
    states: entries.map(([name, state]) => readState(name, state, ids, taken)),
  };
}

function freeId(name: string, taken: Set<string>): string {
  let id = name;
  for (let number = 2; taken.has(id); number += 1) id = `${name} (${number})`;
  taken.add(id);
  return id;
}

function readState(
  name: string,
  state: unknown,
  ids: ReadonlyMap<string, string>,
  taken: Set<string>,
): State {
  const comment = at(state, 'Comment');
  const type = textOf(at(state, 'Type'));
  const processor = at(state, 'ItemProcessor') ?? at(state, 'Iterator');
  const contents = type === 'Map' ? [processor] : type === 'Parallel' ? listOf(at(state, 'Branches')) : [];
  return {
    id: ids.get(name) ?? name,
    name,
    type,
    comment: typeof comment === 'string' ? comment : undefined,
    isLast: at(state, 'End') === true || type === 'Succeed' || type === 'Fail',
    transitions: mergeTransitions(transitionsOf(state), ids),
    inner: contents.map((one) => readMachine(one, taken)),
    isDistributed: at(at(processor, 'ProcessorConfig'), 'Mode') === 'DISTRIBUTED',
  };
}

function transitionsOf(state: unknown): Transition[] {
  return [
    ...listOf(at(state, 'Choices')).map((rule) => transition(at(rule, 'Next'), 'choice', describeRule(rule))),
    transition(at(state, 'Default'), 'default', 'otherwise'),
    transition(at(state, 'Next'), 'next'),
    ...listOf(at(state, 'Catch')).map((catcher) =>
      transition(at(catcher, 'Next'), 'catch', describeErrors(at(catcher, 'ErrorEquals'))),
    ),
  ];
}

function transition(to: unknown, kind: TransitionKind, label?: string): Transition {
  return { to: textOf(to), kind, labels: label === undefined ? [] : [label] };
}

/** One transition for all of a kind that lead to the same state. */
function mergeTransitions(
  transitions: readonly Transition[],
  ids: ReadonlyMap<string, string>,
): readonly Transition[] {
  const merged = new Map<string, Transition>();
  for (const { to: name, kind, labels } of transitions) {
    const to = ids.get(name);
    if (to === undefined) continue;
    const known = merged.get(`${kind} ${to}`);
    merged.set(`${kind} ${to}`, { to, kind, labels: [...(known?.labels ?? []), ...labels] });
  }
  return [...merged.values()];
}

function describeErrors(errors: unknown): string {
  const names = listOf(errors).map((name) => (name === 'States.ALL' ? 'any error' : textOf(name)));
  return `on ${names.join(' or ')}`;
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function at(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.getOwnPropertyDescriptor(value, key)?.value
    : undefined;
}
