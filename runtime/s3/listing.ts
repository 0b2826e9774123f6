// What the list operations have in common: counts, encoded keys, the owner.

import type { Call } from './call.ts';
import { S3Error } from './error.ts';
import { ACCOUNT } from './object-headers.ts';

/** S3 identifies an owner by 64 hexadecimal digits; here there is only one owner. */
export const OWNER = { ID: ACCOUNT.padEnd(64, '0') };

/**
 * A count from the query parameters; AWS reduces one that is above `most`.
 * @throws S3Error InvalidArgument
 */
export function readCount(call: Call, parameter: string, whenAbsent: number, most: number): number {
  const text = call.query.get(parameter);
  if (text === undefined || text === '') return whenAbsent;
  if (!/^\d{1,10}$/.test(text)) {
    throw new S3Error(
      400,
      'InvalidArgument',
      `Provided ${parameter} not an integer or within integer range`,
      {
        ArgumentName: parameter,
        ArgumentValue: text,
      },
    );
  }
  return Math.min(Number(text), most);
}

/** @throws S3Error InvalidArgument */
export function readEncoding(call: Call): 'url' | undefined {
  const encoding = call.query.get('encoding-type');
  if (encoding === undefined || encoding === 'url') return encoding;
  throw new S3Error(400, 'InvalidArgument', 'Invalid Encoding Method specified in Request', {
    ArgumentName: 'encoding-type',
    ArgumentValue: encoding,
  });
}

/** Encodes listed keys: with `encoding-type=url` like a form field, except for slashes. */
export function encodeListed(encoding: 'url' | undefined): (text: string) => string {
  if (encoding === undefined) return (text) => text;
  return (text) =>
    encodeURIComponent(text)
      .replaceAll('%2F', '/')
      .replaceAll('%20', '+')
      .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
