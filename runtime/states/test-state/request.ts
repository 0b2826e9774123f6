/**
 * A request of TestState: the state under test, its input, and what replaces the rest of an execution.
 * Follows https://docs.aws.amazon.com/step-functions/latest/apireference/API_TestState.html
 */
import { type Fault, Request, serviceFault } from '../api/protocol.ts';
import { inputValue } from '../api/service.ts';
import { DefinitionError } from '../data/errors.ts';
import { isJsonArray, type Json, parseLossless } from '../data/json.ts';
import { type FoundState, findInside, findState } from '../definition/find-state.ts';
import type { State } from '../definition/state-types.ts';
import { parseDefinition, parseStateAlone } from '../definition/states.ts';
import { readContext } from './context-object.ts';
import { type Mock, readMock } from './mock.ts';

const MEMBERS = [
  'context',
  'definition',
  'input',
  'inspectionLevel',
  'mock',
  'revealSecrets',
  'roleArn',
  'stateConfiguration',
  'stateName',
];
const LEVELS = ['INFO', 'DEBUG', 'TRACE'] as const;
/** AWS's name of a state that is tested without its state machine. */
const NAME_ALONE = 'StateName';

const MAX_DEFINITION_CHARACTERS = 1_048_576;
const MAX_DATA_CHARACTERS = 262_144;

export interface StateTest extends FoundState {
  readonly input: Json;
  readonly inputText: string;
  readonly inspectionLevel: (typeof LEVELS)[number];
  readonly revealsSecrets: boolean;
  /** The role that makes the calls of a Task; undefined if a mock replaces them, or if the state makes none. */
  readonly role: { readonly arn: string; readonly logicalId: string } | undefined;
  readonly mock: Mock | undefined;
  /** Replaces the context object. */
  readonly context: Json | undefined;
  readonly configuration: Configuration;
}

/** What has happened to the state under test before, or to the states inside it. */
export interface Configuration {
  /** Of the retrier that takes the error. */
  readonly retrierRetryCount: number;
  /** How many items of a Map have failed. */
  readonly failedItems: number;
  /** What the ItemReader of a Map has read. */
  readonly readItems: readonly Json[] | undefined;
}

/**
 * Reads a request.
 * @throws Fault ValidationException, InvalidDefinition, InvalidArn or InvalidExecutionInput
 */
export function readStateTest(body: unknown): StateTest {
  const request = new Request(body, MEMBERS);
  const inspectionLevel = request.oneOf('inspectionLevel', LEVELS) ?? 'INFO';
  const found = readState(request);
  const mock = readMock(request, found.state);
  const role = readRole(request);
  if (found.state.type === 'Task' && !mock && !role)
    throw refused('RoleArn must be specified when testing a Task state');
  const context = request.optionalString('context', MAX_DATA_CHARACTERS);
  if (context !== undefined && !mock) throw refused('Context can be specified only with a mock.');
  const inputText = request.optionalString('input', MAX_DATA_CHARACTERS) ?? '{}';
  return {
    ...found,
    input: inputValue(inputText),
    inputText,
    inspectionLevel,
    revealsSecrets: request.optionalBoolean('revealSecrets') ?? false,
    role,
    mock,
    context: context === undefined ? undefined : readContext(context),
    configuration: readConfiguration(request, found.state, mock),
  };
}

function readState(request: Request): FoundState {
  const name = request.optionalString('stateName', 80);
  const definition = parseText(request.string('definition', MAX_DEFINITION_CHARACTERS));
  try {
    if (name === undefined)
      return { state: parseStateAlone(NAME_ALONE, definition, 'definition'), map: undefined };
    const found = findState(parseDefinition(definition, 'definition'), name);
    if (!found) throw refused('State not found in definition');
    return found;
  } catch (error) {
    if (!(error instanceof DefinitionError)) throw error;
    throw invalidDefinition(`SCHEMA_VALIDATION_FAILED: ${error.message}`);
  }
}

function parseText(definition: string): Json {
  try {
    return parseLossless(definition);
  } catch (error) {
    throw invalidDefinition(`INVALID_JSON_DESCRIPTION: ${error instanceof Error ? error.message : error}`);
  }
}

function invalidDefinition(reason: string): Fault {
  return serviceFault('InvalidDefinition', `Invalid State Machine Definition: '${reason}'`);
}

function readRole(request: Request): StateTest['role'] {
  const arn = request.optionalString('roleArn', 256);
  if (arn === undefined) return undefined;
  const logicalId = /^arn:aws[a-z-]*:iam::\d{12}:role\/(.+)$/.exec(arn)?.[1];
  if (logicalId === undefined) throw serviceFault('InvalidArn', `Invalid Role Arn: '${arn}'`);
  return { arn, logicalId };
}

function readConfiguration(request: Request, state: State, mock: Mock | undefined): Configuration {
  const members = [
    'retrierRetryCount',
    'errorCausedByState',
    'mapIterationFailureCount',
    'mapItemReaderData',
  ];
  const configuration = request.optionalStructure('stateConfiguration', members);
  const refuse = (name: string, expected: string): void => {
    if (configuration?.has(name))
      throw refused(`stateConfiguration.${name} is supported only for ${expected}`);
  };
  if (!mock) for (const name of members) refuse(name, 'a state with a mock');
  if (state.type !== 'Map') refuse('mapIterationFailureCount', 'a Map state');
  if (state.type !== 'Map' || !state.distributed?.reader)
    refuse('mapItemReaderData', 'a Map state with an ItemReader');
  const origin = configuration?.optionalString('errorCausedByState', 80);
  if (origin !== undefined && !findInside(state, origin))
    throw refused(
      `stateConfiguration.errorCausedByState names ${origin}, which is no state of '${state.name}'`,
    );
  const data = configuration?.optionalString('mapItemReaderData', MAX_DATA_CHARACTERS);
  return {
    retrierRetryCount: configuration?.optionalCount('retrierRetryCount') ?? 0,
    failedItems: configuration?.optionalCount('mapIterationFailureCount') ?? 0,
    readItems: data === undefined ? undefined : readItems(data),
  };
}

/** What s3:listObjectsV2 has listed, the only reader that runs here. */
function readItems(text: string): readonly Json[] {
  try {
    const items = parseLossless(text);
    if (isJsonArray(items)) return items;
  } catch {
    // As any other text.
  }
  throw refused('stateConfiguration.mapItemReaderData must be a JSON array');
}

function refused(message: string): Fault {
  return serviceFault('ValidationException', message);
}
