// What a CloudFront Function returned. Follows "CloudFront Functions event structure" and "Restrictions on all edge
// functions".

import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { EventType } from './distributions.ts';
import { HIDDEN_HEADERS, parseQuery, type ViewerRequest, type ViewerResponse } from './event.ts';

/** What a function returned is not valid: CloudFront answers 502. */
export class InvalidResultError extends Error {
  override readonly name = 'InvalidResultError';
}

/** Headers that functions cannot change. */
const READ_ONLY: Readonly<Record<EventType, readonly string[]>> = {
  'viewer-request': ['content-length', 'host', 'transfer-encoding', 'via'],
  'viewer-response': ['via', 'warning'],
};

type Headers = ReadonlyMap<string, readonly string[]>;

/**
 * What a function for viewer requests returned: a request to go on with, or a response.
 * @throws InvalidResultError
 */
export function readRequestResult(value: unknown, request: ViewerRequest): ViewerRequest | ViewerResponse {
  const result = recordOf(value, 'a request or a response');
  if ('statusCode' in result) return readResponse(result);
  const { uri, method } = result;
  if (typeof uri !== 'string' || !uri.startsWith('/')) throw invalid('a uri that starts with a /', uri);
  if (method !== request.method) throw invalid(`the method ${request.method}`, method);
  const headers = readHeaders(result.headers);
  refuseChanges('viewer-request', request.headers, headers);
  const pairs = readPairs(result.querystring, 'querystring');
  const isSame = JSON.stringify(parseQuery(request.query)) === JSON.stringify(pairs);
  const query = pairs.map(([name, one]) => (one === '' ? name : `${name}=${one}`)).join('&');
  return { ...request, path: uri, query: isSame ? request.query : query, headers };
}

/**
 * What a function for viewer responses returned.
 * @throws InvalidResultError
 */
export function readResponseResult(
  value: unknown,
  { headers }: Pick<ViewerResponse, 'headers'>,
): ViewerResponse {
  const changed = readResponse(recordOf(value, 'a response'));
  refuseChanges(
    'viewer-response',
    new Map(Object.entries(headers)),
    new Map(Object.entries(changed.headers)),
  );
  return changed;
}

/** A header that the function left out is none that it changed. */
function refuseChanges(
  eventType: EventType,
  before: ReadonlyMap<string, unknown>,
  after: ReadonlyMap<string, unknown>,
): void {
  for (const name of READ_ONLY[eventType])
    if (after.has(name) && String(after.get(name)) !== String(before.get(name)))
      throw invalid(`an unchanged header ${name}`, after.get(name));
}

function readResponse(result: Readonly<Record<string, unknown>>): ViewerResponse {
  const { statusCode: status } = result;
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 200 || status > 599)
    throw invalid('a statusCode from 200 to 599', status);
  const headers = readHeaders(result.headers ?? {});
  const cookies = Object.entries(recordOf(result.cookies ?? {}, 'cookies')).map(readCookie);
  return {
    status,
    headers: { ...Object.fromEntries(headers), ...(cookies.length > 0 && { 'set-cookie': cookies }) },
    body: result.body === undefined ? undefined : readBody(result.body),
  };
}

function readHeaders(fields: unknown): Headers {
  const pairs = readPairs(fields, 'headers');
  for (const [name, value] of pairs) {
    if (HIDDEN_HEADERS.test(name) || name !== name.toLowerCase())
      throw invalid('headers with lower-case names that functions may use', name);
    if (!isHeader(name, value)) throw invalid('headers that HTTP allows', { [name]: value });
  }
  const grouped = Map.groupBy(pairs, ([name]) => name);
  return new Map([...grouped].map(([name, group]) => [name, group.map(([, value]) => value)]));
}

function isHeader(name: string, value: string): boolean {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}

function readCookie([name, field]: [string, unknown]): string {
  const { value, attributes } = recordOf(field, `{ value } for the cookie ${name}`);
  return [`${name}=${value}`, ...(attributes === undefined ? [] : [attributes])].join('; ');
}

function readBody(body: unknown): Buffer {
  if (typeof body === 'string') return Buffer.from(body);
  const { data, encoding } = recordOf(body, 'a body');
  if (typeof data !== 'string') throw invalid('a text as data of the body', data);
  if (encoding !== 'text' && encoding !== 'base64')
    throw invalid('text or base64 as encoding of the body', encoding);
  return Buffer.from(data, encoding === 'text' ? 'utf8' : 'base64');
}

/** The names and values of fields; of one with a multiValue, all its values. */
function readPairs(fields: unknown, what: string): (readonly [string, string])[] {
  return Object.entries(recordOf(fields, what)).flatMap(([name, field]) => {
    const { value, multiValue } = recordOf(field, `{ value } for ${name} of the ${what}`);
    const values = Array.isArray(multiValue)
      ? multiValue.map((one) => recordOf(one, '{ value }').value)
      : [value];
    return values.map((one) => {
      if (typeof one !== 'string') throw invalid(`a text as value of ${name} of the ${what}`, one);
      return [name, one] as const;
    });
  });
}

function recordOf(value: unknown, expected: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(expected, value);
  return Object.fromEntries(Object.entries(value));
}

function invalid(expected: string, received: unknown): InvalidResultError {
  return new InvalidResultError(`expected ${expected} but received ${JSON.stringify(received)}`);
}
