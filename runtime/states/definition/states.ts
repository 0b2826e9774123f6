/**
 * Reads a state machine's definition: the Amazon States Language in JSONPath mode.
 * Follows https://states-language.net/spec.html and
 * https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html
 */
import { DefinitionError } from '../data/errors.ts';
import type { Call } from '../data/intrinsics.ts';
import { isJsonObject, type Json, toJson } from '../data/json.ts';
import { parseReferencePath, parseSinglePath } from '../data/paths.ts';
import { type Expression, parseExpression } from '../data/templates.ts';
import { instant, parseRule } from './choice.ts';
import { Fields } from './fields.ts';
import { parseMap } from './map.ts';
import { parseResource } from './resources.ts';
import { nextField, pathFields, sharedFields } from './shared-fields.ts';
import type { ChoiceState, State, StateMachine, TaskState, WaitState } from './state-types.ts';

// AWS: 99999999 seconds is the largest that TimeoutSeconds and Seconds take.
const MAX_SECONDS = 99_999_999;
const TYPES = ['Task', 'Choice', 'Pass', 'Wait', 'Succeed', 'Fail', 'Parallel', 'Map'] as const;
const JSONATA = {
  QueryLanguage: 'JSONata is not run here, use JSONPath',
  Output: 'it belongs to JSONata',
  Arguments: 'it belongs to JSONata',
  Condition: 'it belongs to JSONata',
  Items: 'it belongs to JSONata',
  Assign: 'variables are not run here',
};

// AWS lists the intrinsic functions that a Fail state may use.
const FAIL_FUNCTIONS: readonly string[] = [
  'Format',
  'JsonToString',
  'ArrayGetItem',
  'Base64Encode',
  'Base64Decode',
  'Hash',
  'UUID',
];

/**
 * Reads a whole definition.
 * @throws DefinitionError that names the file, the state and the field.
 */
export function parseDefinition(definition: unknown, source: string): StateMachine {
  const fields = new Fields(toJson(definition), source);
  const timeoutSeconds = fields.optionalNumber('TimeoutSeconds', { min: 1, max: MAX_SECONDS });
  const version = fields.optionalString('Version');
  if (version !== undefined && version !== '1.0')
    throw new DefinitionError(`${source}: expected Version 1.0 but received ${version}`);
  const machine = { ...parseStates(fields, source), timeoutSeconds };
  fields.end();
  refuseRepeatedNames(machine, source);
  refuseRepeatedLabels(machine, source);
  return machine;
}

/**
 * Reads the definition of a state alone, whose next states are not known.
 * @throws DefinitionError that names the field.
 */
export function parseStateAlone(name: string, definition: unknown, source: string): State {
  return parseState(name, new Fields(toJson(definition), source));
}

/** A state's name must be unique in the whole machine, branches and item processors included. */
function refuseRepeatedNames(machine: StateMachine, source: string): void {
  refuseRepeated(
    "each state's name",
    source,
    [...statesOf(machine)].map(({ name }) => name),
  );
}

/** A label must be unique, because a Map Run's ARN contains it. */
function refuseRepeatedLabels(machine: StateMachine, source: string): void {
  const labels = [...statesOf(machine)].flatMap((state) =>
    state.type === 'Map' && state.distributed ? [state.distributed.label] : [],
  );
  refuseRepeated('each Label', source, labels);
}

function refuseRepeated(what: string, source: string, names: readonly string[]): void {
  const repeated = names.find((name, index) => names.indexOf(name) < index);
  if (repeated !== undefined)
    throw new DefinitionError(
      `${source}: expected ${what} once but received ${JSON.stringify(repeated)} twice`,
    );
}

/** All states, those of branches and item processors included. */
function* statesOf(machine: StateMachine): Generator<State> {
  for (const state of machine.states.values()) {
    yield state;
    const inner = state.type === 'Parallel' ? state.branches : state.type === 'Map' ? [state.processor] : [];
    for (const branch of inner) yield* statesOf(branch);
  }
}

/** Reads StartAt and States of a machine, a branch or an item processor. */
function parseStates(fields: Fields, at: string): StateMachine {
  fields.optionalString('Comment');
  takeQueryLanguage(fields);
  const startAt = fields.string('StartAt');
  const states = fields.object('States');
  const parsed = new Map(states.names().map((name) => [name, parseState(name, states.object(name))]));
  const known = (target: string | undefined, from: string): void => {
    if (target !== undefined && !parsed.has(target))
      throw new DefinitionError(
        `${at}.${from}: leads to ${JSON.stringify(target)}, which is no state at the same level`,
      );
  };
  known(startAt, 'StartAt');
  for (const state of parsed.values())
    for (const target of targets(state)) known(target, `States.${state.name}`);
  if (![...parsed.values()].some(isTerminal))
    throw new DefinitionError(`${at}: expected a state that ends, but each leads to another`);
  const reached = new Set([startAt]);
  // A loop over a set visits what is added during the loop, too.
  for (const name of reached) for (const target of targets(parsed.get(name))) if (target) reached.add(target);
  const unreached = [...parsed.keys()].find((name) => !reached.has(name));
  if (unreached !== undefined)
    throw new DefinitionError(`${at}.States.${unreached}: expected a state that another one leads to`);
  return { startAt, states: parsed, timeoutSeconds: undefined };
}

function isTerminal(state: State): boolean {
  return state.type !== 'Choice' && !('next' in state && state.next !== undefined);
}

function targets(state: State | undefined): readonly (string | undefined)[] {
  if (!state) return [];
  if (state.type === 'Choice') return [...state.choices.map((choice) => choice.next), state.otherwise];
  const caught = 'catchers' in state ? state.catchers.map((catcher) => catcher.next) : [];
  return 'next' in state ? [state.next, ...caught] : caught;
}

function takeQueryLanguage(fields: Fields): void {
  if (fields.has('QueryLanguage')) fields.oneOf('QueryLanguage', ['JSONPath']);
}

function parseState(name: string, fields: Fields): State {
  // AWS: 80 characters for a state's name.
  if (name.length > 80)
    throw new DefinitionError(
      `${fields.at}: expected a state name of at most 80 characters but received ${name.length}`,
    );
  const type = fields.oneOf('Type', TYPES);
  fields.optionalString('Comment');
  takeQueryLanguage(fields);
  fields.refuse(JSONATA);
  const state = parseOfType(type, name, fields);
  fields.end();
  return state;
}

function parseOfType(type: (typeof TYPES)[number], name: string, fields: Fields): State {
  switch (type) {
    case 'Task':
      return parseTask(name, fields);
    case 'Choice':
      return parseChoice(name, fields);
    case 'Pass':
      return {
        type,
        ...pathFields(name, fields),
        ...nextField(fields),
        parameters: fields.optionalTemplate('Parameters'),
        result: fields.optionalJson('Result'),
        resultPath: fields.pathOrNull('ResultPath', parseReferencePath),
      };
    case 'Wait':
      return { type, ...pathFields(name, fields), ...nextField(fields), until: parseUntil(fields) };
    case 'Succeed':
      return { type, ...pathFields(name, fields) };
    case 'Fail':
      return { type, name, error: failText(fields, 'Error'), cause: failText(fields, 'Cause') };
    case 'Parallel':
      return {
        type,
        ...sharedFields(name, fields, 'Parameters'),
        branches: (fields.optionalList('Branches') ?? missing(fields, 'Branches')).map(parseBranch),
      };
    case 'Map':
      return parseMap(name, fields, parseStates);
  }
}

function parseBranch(fields: Fields): StateMachine {
  const branch = parseStates(fields, fields.at);
  fields.end();
  return branch;
}

function missing(fields: Fields, name: string): never {
  throw new DefinitionError(`${fields.at}: expected the field ${name}, which is missing`);
}

function parseTask(name: string, fields: Fields): TaskState {
  fields.refuse({
    Credentials: 'a task runs with its state machine’s role',
    HeartbeatSeconds: 'no integration that is run here sends heartbeats',
    HeartbeatSecondsPath: 'no integration that is run here sends heartbeats',
  });
  const timeoutSeconds = fields.optionalAmount('TimeoutSeconds', { min: 1, max: MAX_SECONDS });
  const parameterNames = new Set(Object.keys(asObject(fields.peek('Parameters'))));
  const resource = fields.parsed('Resource', (text) => parseResource(text, parameterNames));
  return { type: 'Task', ...sharedFields(name, fields, 'Parameters'), resource, timeoutSeconds };
}

function asObject(value: Json | undefined): object {
  return isJsonObject(value) ? value : {};
}

function parseChoice(name: string, fields: Fields): ChoiceState {
  const list = fields.optionalList('Choices');
  if (!list?.length) throw new DefinitionError(`${fields.at}: expected at least one rule in Choices`);
  const choices = list.map((rule) => {
    rule.optionalString('Comment');
    rule.refuse(JSONATA);
    const next = rule.string('Next');
    const parsed = { rule: parseRule(rule), next };
    rule.end();
    return parsed;
  });
  return {
    type: 'Choice',
    ...pathFields(name, fields),
    choices,
    otherwise: fields.optionalString('Default'),
  };
}

function parseUntil(fields: Fields): WaitState['until'] {
  const given = ['Seconds', 'SecondsPath', 'Timestamp', 'TimestampPath'].filter((name) => fields.has(name));
  if (given.length !== 1)
    throw new DefinitionError(
      `${fields.at}: expected one of Seconds, SecondsPath, Timestamp, TimestampPath but received ${given.join(' and ') || 'none'}`,
    );
  const seconds = fields.optionalAmount('Seconds', { min: 0, max: MAX_SECONDS });
  if (seconds) return { kind: 'seconds', seconds };
  const path = fields.optionalParsed('TimestampPath', parseSinglePath);
  if (path) return { kind: 'timestamp', timestamp: path };
  const timestamp = fields.string('Timestamp');
  if (instant(timestamp) === undefined)
    throw new DefinitionError(
      `${fields.at}: expected a timestamp such as 2026-01-31T12:00:00Z but received ${timestamp}`,
    );
  return { kind: 'timestamp', timestamp };
}

function failText(fields: Fields, name: 'Error' | 'Cause'): string | Expression | undefined {
  if (fields.has(name) && fields.has(`${name}Path`))
    throw new DefinitionError(`${fields.at}: expected either ${name} or ${name}Path but received both`);
  const expression = fields.optionalParsed(`${name}Path`, parseExpression);
  if (expression?.kind === 'call' && !isFailFunction(expression)) {
    throw new DefinitionError(
      `${fields.at}: ${name}Path takes States.${FAIL_FUNCTIONS.join(', States.')} but received ${expression.name}`,
    );
  }
  return expression ?? fields.optionalString(name);
}

function isFailFunction(call: Call): boolean {
  return FAIL_FUNCTIONS.includes(call.name.slice('States.'.length));
}
