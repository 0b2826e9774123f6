/**
 * The member `context` of TestState: the context object that replaces the one of an execution. It may lack any field.
 * Follows https://docs.aws.amazon.com/step-functions/latest/dg/test-state-isolation.html
 */
import { serviceFault } from '../api/protocol.ts';
import { isJsonObject, type Json, parseLossless } from '../data/json.ts';

type Kind = 'string' | 'number' | 'any';

const FIELDS: Readonly<Record<string, Readonly<Record<string, Kind>>>> = {
  Execution: {
    Id: 'string',
    Input: 'any',
    Name: 'string',
    RedriveCount: 'number',
    RedriveTime: 'string',
    RoleArn: 'string',
    StartTime: 'string',
  },
  State: { EnteredTime: 'string', Name: 'string', RetryCount: 'number' },
  StateMachine: { Id: 'string', Name: 'string' },
};

/** @throws Fault ValidationException */
export function readContext(text: string): Json {
  const context = parse(text);
  for (const [name, value] of entriesOf(context, 'the Context object')) {
    if (name === 'Map') throw refused("'Map' field is not supported when mocking a Context object");
    // No integration that runs here has a task token.
    if (name === 'Task')
      throw refused(
        "Context object contains 'Task' when state is not a Task state with a '.sync' or '.waitForTaskToken' service integration pattern",
      );
    const fields = known(FIELDS, name);
    for (const [field, inner] of entriesOf(value, name)) {
      const kind = known(fields, field);
      if (kind !== 'any' && typeof inner !== kind) throw refused(`${name}.${field} must be a ${kind}`);
    }
  }
  return context;
}

function parse(text: string): Json {
  try {
    return parseLossless(text);
  } catch (error) {
    throw refused(error instanceof Error ? error.message : String(error));
  }
}

function entriesOf(value: Json, name: string): [string, Json][] {
  if (!isJsonObject(value)) throw refused(`${name} must be an object`);
  return Object.entries(value);
}

function known<T>(table: Readonly<Record<string, T>>, name: string): T {
  const found = Object.hasOwn(table, name) ? table[name] : undefined;
  if (found === undefined) throw refused(`Field '${name}' is not allowed`);
  return found;
}

function refused(reason: string): Error {
  return serviceFault('ValidationException', `Invalid Context object provided: ${reason}`);
}
