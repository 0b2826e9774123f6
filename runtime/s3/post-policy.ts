// The policy of a form: until when it may be sent, and with which fields. Follows "POST Policy"; error messages that the
// page does not state are those that S3 answers with.

import { S3Error } from './error.ts';

export interface PostPolicy {
  /** In milliseconds since 1970. */
  readonly expiresMs: number;
  readonly conditions: readonly Condition[];
}

type Condition =
  | {
      readonly operator: 'eq' | 'starts-with';
      /** In lower case. */
      readonly field: string;
      readonly value: string;
      /** As S3 quotes it in an error. */
      readonly text: string;
    }
  | { readonly operator: 'content-length-range'; readonly minBytes: number; readonly maxBytes: number }
  /** A condition that S3 accepts and that no form meets. */
  | { readonly operator: 'never'; readonly text: string };

/** The fields that a form may have without a condition. */
const FREE_FIELDS = /^(?:policy|x-amz-signature|signature|awsaccesskeyid|x-ignore-.*)$/s;

/**
 * Reads a policy, which is JSON in Base64.
 * @throws S3Error InvalidPolicyDocument
 */
export function readPolicy(encoded: string): PostPolicy {
  const members = readMembers(encoded);
  for (const name of members.keys())
    if (name !== 'expiration' && name !== 'conditions') throw invalid(`Unexpected: '${name.toLowerCase()}'`);
  const expiration = members.get('expiration');
  const conditions = members.get('conditions');
  if (expiration === undefined) throw invalid('Policy missing expiration.');
  if (conditions === undefined) throw invalid('Policy missing conditions.');
  if (!Array.isArray(conditions)) throw invalid("Invalid 'conditions' value: must be a List.");
  return { expiresMs: readExpiration(expiration), conditions: conditions.map(readCondition) };
}

/** @throws S3Error AccessDenied, unless the policy allows the fields at this time. */
export function checkFields(
  { expiresMs, conditions }: PostPolicy,
  fields: ReadonlyMap<string, string>,
  bucket: string,
  nowMs: number,
): void {
  if (nowMs >= expiresMs) throw refused('Policy expired.');
  // The bucket that the URL names, whatever a field says.
  const actual = new Map([...fields, ['bucket', bucket]]);
  const covered = new Set<string>();
  for (const condition of conditions) {
    if (condition.operator === 'content-length-range') continue;
    if (condition.operator === 'never' || !holds(condition, actual.get(condition.field)))
      throw refused(`Policy Condition failed: ${condition.text}`);
    covered.add(condition.field);
  }
  for (const name of actual.keys())
    if (!covered.has(name) && !FREE_FIELDS.test(name)) throw refused(`Extra input fields: ${name}`);
}

/** @throws S3Error EntityTooSmall or EntityTooLarge, unless the policy allows a file of this size. */
export function checkSize({ conditions }: PostPolicy, bytes: number): void {
  for (const condition of conditions) {
    if (condition.operator !== 'content-length-range') continue;
    const { minBytes, maxBytes } = condition;
    if (bytes < minBytes)
      throw new S3Error(
        400,
        'EntityTooSmall',
        'Your proposed upload is smaller than the minimum allowed size',
        {
          ProposedSize: String(bytes),
          MinSizeAllowed: String(minBytes),
        },
      );
    if (bytes > maxBytes)
      throw new S3Error(400, 'EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', {
        ProposedSize: String(bytes),
        MaxSizeAllowed: String(maxBytes),
      });
  }
}

/** The size in bytes beyond which a file is refused, so that no more of it need be stored. */
export function maxBytesOf({ conditions }: PostPolicy): number {
  return Math.min(
    ...conditions.map((one) => (one.operator === 'content-length-range' ? one.maxBytes : Infinity)),
  );
}

function holds(
  { operator, field, value }: Extract<Condition, { field: string }>,
  actual: string | undefined,
): boolean {
  // Even starts-with "", which any value meets, needs the field.
  if (actual === undefined) return false;
  if (operator === 'eq') return actual === value;
  // Of Content-Type alone, a value with commas is a list, each of whose items has to start so.
  const items = field === 'content-type' ? actual.split(',').map((item) => item.trim()) : [actual];
  return items.every((item) => item.startsWith(value));
}

function readMembers(encoded: string): Map<string, unknown> {
  const base64 = encoded.replace(/\s/g, '');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) throw invalid('invalid Base64 encoding.');
  const document = parse(Buffer.from(base64, 'base64'));
  if (typeof document !== 'object' || document === null || Array.isArray(document)) throw invalidJson();
  return new Map(Object.entries(document));
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw invalidJson();
  }
}

/** ISO 8601 in UTC, with a Z. */
function readExpiration(expiration: unknown): number {
  const text = String(expiration);
  const expiresMs = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(expiresMs)) throw invalid(`Invalid 'expiration' value: '${text}'`);
  return expiresMs;
}

function readCondition(condition: unknown): Condition {
  if (Array.isArray(condition)) return readListed(condition);
  if (typeof condition !== 'object' || condition === null)
    throw invalid('Invalid condition test: must be a List or Object.');
  const properties: [string, unknown][] = Object.entries(condition);
  const [property] = properties;
  if (property === undefined || properties.length > 1)
    throw invalid('Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.');
  const [name, value] = property;
  if (value === null) throw invalidJson();
  if (typeof value !== 'string') throw invalid('Invalid Simple-Condition: value must be a string.');
  return { operator: 'eq', field: name.toLowerCase(), value, text: quote(['eq', `$${name}`, value]) };
}

function readListed(condition: readonly unknown[]): Condition {
  const [first, one, other] = condition;
  if (first === undefined) throw invalid('Invalid Condition: missing operation identifier.');
  if (typeof first !== 'string') throw invalidJson();
  const operator = first.toLowerCase();
  if (operator !== 'eq' && operator !== 'starts-with' && operator !== 'content-length-range')
    throw invalid(`Invalid Condition: unknown operation '${first}'.`);
  if (condition.length !== 3) throw invalid(`Invalid ${first}: wrong number of arguments.`);
  const text = quote(condition);
  if (operator === 'content-length-range') {
    const minBytes = readBytes(one);
    const maxBytes = readBytes(other);
    if (minBytes === undefined || maxBytes === undefined) return { operator: 'never', text };
    return { operator, minBytes, maxBytes };
  }
  if (typeof one !== 'string' || typeof other !== 'string') throw invalidJson();
  if (!one.startsWith('$')) return { operator: 'never', text };
  return { operator, field: one.slice(1).toLowerCase(), value: other, text };
}

/** A limit of a range, which may also be digits in a string; undefined for another string. */
function readBytes(limit: unknown): number | undefined {
  if (typeof limit === 'string') return /^\d{1,15}$/.test(limit) ? Number(limit) : undefined;
  if (typeof limit === 'number' && Number.isSafeInteger(limit) && limit >= 0) return limit;
  throw invalidJson();
}

function quote(condition: readonly unknown[]): string {
  return `[${condition.map((item) => JSON.stringify(item)).join(', ')}]`;
}

function invalid(what: string): S3Error {
  return new S3Error(400, 'InvalidPolicyDocument', `Invalid Policy: ${what}`);
}

function invalidJson(): S3Error {
  return invalid('Invalid JSON.');
}

function refused(why: string): S3Error {
  return new S3Error(403, 'AccessDenied', `Invalid according to Policy: ${why}`);
}
