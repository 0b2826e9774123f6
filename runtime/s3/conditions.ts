// Preconditions and ranges. Follows "Add preconditions to S3 operations with conditional requests", API_GetObject
// (with RFC 9110's order of precedence, which it names), API_PutObject, API_DeleteObject and API_CopyObject.

import { notImplemented, S3Error } from './error.ts';
import type { StoredObject } from './stored-object.ts';

type Headers = ReadonlyMap<string, string>;

/**
 * Whether a read returns the object or a 304.
 * @throws S3Error PreconditionFailed
 */
export function checkRead(headers: Headers, object: StoredObject): 'send' | 'not-modified' {
  const ifMatch = headers.get('if-match');
  const ifNoneMatch = headers.get('if-none-match');
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, object)) throw preconditionFailed('If-Match');
  } else if (modifiedSince(headers.get('if-unmodified-since'), object) === true) {
    throw preconditionFailed('If-Unmodified-Since');
  }
  if (ifNoneMatch !== undefined) return matches(ifNoneMatch, object) ? 'not-modified' : 'send';
  return modifiedSince(headers.get('if-modified-since'), object) === false ? 'not-modified' : 'send';
}

/** @throws S3Error PreconditionFailed or NoSuchKey, unless the conditions of a write hold. */
export function checkWrite(
  headers: Headers,
  bucket: string,
  key: string,
  existing: StoredObject | undefined,
): void {
  const ifMatch = headers.get('if-match');
  if (headers.get('if-none-match') !== undefined && existing !== undefined)
    throw preconditionFailed('If-None-Match');
  if (ifMatch === undefined) return;
  if (existing === undefined) throw noSuchKey(bucket, key);
  if (!matches(ifMatch, existing)) throw preconditionFailed('If-Match');
}

/** Refuses conditions that AWS does not support on writes: ignoring one would overwrite the object unconditionally. */
export function refuseReadConditions(headers: Headers): void {
  const ifNoneMatch = headers.get('if-none-match');
  if (ifNoneMatch !== undefined && ifNoneMatch !== '*') {
    throw notImplemented(`If-None-Match: ${ifNoneMatch} on a write (only * is supported)`);
  }
  if (headers.get('if-match') === '*')
    throw notImplemented('If-Match: * on a write (only an ETag is supported)');
  refuseConditions(headers, 'a write', ['if-match', 'if-none-match']);
}

/** Refuses the conditions that an operation does not take; `taken` lists those that it does. */
export function refuseConditions(headers: Headers, operation: string, taken: readonly string[] = []): void {
  for (const name of ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'])
    if (!taken.includes(name) && headers.has(name))
      throw notImplemented(`the header ${name} on ${operation}`);
}

/** @throws S3Error PreconditionFailed, unless the condition of a deletion holds. */
export function checkRemoval(ifMatch: string | undefined, existing: StoredObject | undefined): void {
  if (ifMatch === undefined) return;
  if (existing === undefined || !matches(ifMatch, existing)) throw preconditionFailed('If-Match');
}

/** @throws S3Error PreconditionFailed, unless the conditions on the source of a copy hold. */
export function checkCopySource(headers: Headers, source: StoredObject): void {
  const conditions = new Map<string, string>();
  for (const name of ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since']) {
    const value = headers.get(`x-amz-copy-source-${name}`);
    if (value !== undefined) conditions.set(name, value);
  }
  if (checkRead(conditions, source) === 'not-modified')
    throw preconditionFailed('x-amz-copy-source-If-None-Match');
}

/**
 * The range of bytes to send, `end` included; undefined for all of them.
 * @throws S3Error InvalidRange
 */
export function readRange(
  headers: Headers,
  object: StoredObject,
): { start: number; end: number } | undefined {
  const range = headers.get('range');
  const ifRange = headers.get('if-range');
  if (range === undefined || (ifRange !== undefined && !matches(ifRange, object))) return undefined;
  // AWS sends the whole object if it cannot parse the header, or if there are several ranges.
  const match = /^bytes=(\d*)-(\d*)$/.exec(range.trim());
  const [, first = '', last = ''] = match ?? [];
  if (first === '' && last === '') return undefined;
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;
  const start = first === '' ? Math.max(0, object.bytes - Number(last)) : Number(first);
  const end = first === '' || last === '' ? object.bytes - 1 : Math.min(Number(last), object.bytes - 1);
  if (start > end) {
    throw new S3Error(416, 'InvalidRange', 'The requested range is not satisfiable', {
      RangeRequested: range,
      ActualObjectSize: String(object.bytes),
    });
  }
  return { start, end };
}

export function noSuchKey(
  bucket: string,
  key: string,
  headers: Readonly<Record<string, string>> = {},
): S3Error {
  const details = { Key: key, BucketName: bucket };
  return new S3Error(404, 'NoSuchKey', 'The specified key does not exist.', details, headers);
}

function preconditionFailed(condition: string): S3Error {
  return new S3Error(
    412,
    'PreconditionFailed',
    'At least one of the pre-conditions you specified did not hold',
    {
      Condition: condition,
    },
  );
}

function matches(etags: string, object: StoredObject): boolean {
  return etags.split(',').some((etag) => {
    const wanted = etag.trim().replace(/^(W\/)?"(.*)"$/, '$2');
    return wanted === '*' || wanted === object.etag;
  });
}

/** Undefined if there is no valid date to compare with. */
function modifiedSince(date: string | undefined, object: StoredObject): boolean | undefined {
  const time = date === undefined ? Number.NaN : Date.parse(date);
  return Number.isNaN(time) ? undefined : object.lastModifiedMs > time;
}
