/**
 * The member `mock` of TestState: what replaces the work of a Task, Map or Parallel.
 * Follows https://docs.aws.amazon.com/step-functions/latest/apireference/API_MockInput.html
 */
import { type Fault, type Request, serviceFault } from '../api/protocol.ts';
import { TaskError } from '../data/errors.ts';
import { isJsonArray, isJsonObject, type Json, parseLossless } from '../data/json.ts';
import type { ResultShape } from '../definition/resources.ts';
import type { State } from '../definition/state-types.ts';

/** Gives the mocked result, or throws the mocked error. */
export type Mock = () => Json;

/** The types of states that do something which a mock can replace. */
const MOCKABLE: readonly State['type'][] = ['Task', 'Map', 'Parallel'];

/**
 * Reads the mock, and checks that it suits the state.
 * @throws Fault InvalidDefinition for a Map or Parallel without a mock; ValidationException
 */
export function readMock(request: Request, state: State): Mock | undefined {
  const mock = request.optionalStructure('mock', ['result', 'errorOutput', 'fieldValidationMode']);
  if (!mock) {
    if (state.type !== 'Map' && state.type !== 'Parallel') return undefined;
    throw serviceFault(
      'InvalidDefinition',
      'TestState API does not support Map or Parallel states. Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]',
    );
  }
  if (!MOCKABLE.includes(state.type))
    throw refused(`State type '${state.type}' is not supported when a mock is specified`);
  if (request.optionalBoolean('revealSecrets'))
    throw refused('TestState does not support RevealSecrets when a mock is specified.');
  if (mock.has('result') === mock.has('errorOutput'))
    throw refused('A test mock should have only one of the following fields: [result, errorOutput].');
  const mode = mock.oneOf('fieldValidationMode', ['STRICT', 'PRESENT', 'NONE']) ?? 'STRICT';
  const error = mock.optionalStructure('errorOutput', ['error', 'cause']);
  if (error) {
    const name = error.string('error', 256);
    const cause = error.optionalString('cause', 32_768);
    return () => {
      throw new TaskError(name, cause);
    };
  }
  const result = parse(mock.string('result', 262_144));
  checkResult(state, result, mode);
  return () => result;
}

function parse(text: string): Json {
  try {
    return parseLossless(text);
  } catch {
    throw refused('Mocked result must be valid JSON');
  }
}

function checkResult(state: State, result: Json, mode: 'STRICT' | 'PRESENT' | 'NONE'): void {
  if (state.type === 'Map') {
    if (state.distributed?.writer && !isJsonObject(result))
      throw refused('Mocked result must be a JSON object.');
    if (!state.distributed?.writer && !isJsonArray(result)) throw refused('Mocked result must be an array.');
  }
  if (state.type === 'Parallel') {
    if (!isJsonArray(result)) throw refused('Mocked result must be an array.');
    if (result.length !== state.branches.length)
      throw refused('Mocked result must contain the same number of items as number of Parallel branches.');
  }
  if (state.type === 'Task' && state.resource.kind === 'service' && mode !== 'NONE')
    checkFields(result, state.resource.result);
}

/** STRICT and PRESENT are the same here, because no result that is known here has required fields. */
function checkFields(result: Json, shape: ResultShape): void {
  if (!isJsonObject(result)) return;
  for (const [name, kind] of Object.entries(shape)) {
    if (Object.hasOwn(result, name) && typeof result[name] !== kind)
      throw refused(`Mock result schema validation error: Field '${name}' must be a ${kind}`);
  }
}

function refused(message: string): Fault {
  return serviceFault('ValidationException', message);
}
