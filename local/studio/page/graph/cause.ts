import { parseJson, textAt } from '../calls/call.ts';

/** The message of an error that a function threw, which Lambda puts into JSON with its stack; any other cause as it is. */
export function messageOfCause(cause: string): string {
  return textAt(parseJson(cause), 'errorMessage') || cause;
}
