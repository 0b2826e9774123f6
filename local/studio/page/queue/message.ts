import { at, parseJson, textAt } from '../calls/call.ts';

/** The key of the object that an event is about. */
export function keyOfMessage(body: string): string {
  const event = parseJson(body);
  return textAt(at(at(event, 'detail'), 'object'), 'key') || textAt(event, 'key') || 'An event without a key';
}

/** What the event is; the error that it ended with is in the log of its execution alone. */
export function reasonOfMessage(body: string): string {
  const event = parseJson(body);
  const error = at(event, 'error');
  const named = textAt(error, 'Error') || textAt(error, 'name');
  if (named !== '') return named;
  return textAt(event, 'detail-type') === 'Object Deleted'
    ? 'A removal that failed after all retries; the log of its execution has the error.'
    : 'An upload that failed after all retries; the log of its execution has the error.';
}
