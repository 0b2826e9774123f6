// What a function answers to a Lambda proxy integration. Follows "Output format of a Lambda function for proxy
// integration" (API Gateway Developer Guide) and "Handling Lambda errors with an API Gateway API" (Lambda Developer Guide).

import { validateHeaderName, validateHeaderValue } from 'node:http';
import { GatewayFault } from './gateway-responses.ts';

export interface ProxyAnswer {
  readonly status: number;
  /** Content-Type is among them. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: string;
}

/** All of them may be missing, and no others may be there. */
const FIELDS = ['body', 'headers', 'isBase64Encoded', 'multiValueHeaders', 'statusCode'];

/** The headers that API Gateway sets itself: it renames those of the function. */
const OWN_HEADERS = ['connection', 'content-length', 'date', 'server', 'transfer-encoding'];

/**
 * Reads the answer of a function.
 * @throws GatewayFault with status 502 and the mistake as its cause, for a malformed answer.
 */
export function readProxyAnswer(answer: unknown): ProxyAnswer {
  const fields = Object.fromEntries(entriesOf('an answer', answer));
  const unknown = Object.keys(fields).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) malformed(`no other fields than ${FIELDS.join(', ')}`, unknown);
  const { body, isBase64Encoded } = fields;
  if (!isMissing(body) && typeof body !== 'string') malformed('a text as its body', body);
  // Without binary media types in the API, API Gateway does not decode the body.
  if (!isMissing(isBase64Encoded) && typeof isBase64Encoded !== 'boolean')
    malformed('true or false for isBase64Encoded', isBase64Encoded);
  return {
    status: readStatus(fields.statusCode),
    headers: readHeaders(fields.headers, fields.multiValueHeaders),
    body: typeof body === 'string' ? body : '',
  };
}

function readStatus(statusCode: unknown): number {
  if (isMissing(statusCode)) return 200;
  const status = typeof statusCode === 'string' ? Number(statusCode || Number.NaN) : statusCode;
  return typeof status === 'number' && Number.isInteger(status) && status >= 200 && status <= 599
    ? status
    : malformed('a statusCode from 200 to 599', statusCode);
}

/** A header in both maps has the values of both, those of multiValueHeaders first. */
function readHeaders(single: unknown, multiple: unknown): ProxyAnswer['headers'] {
  const headers = new Map<string, { readonly name: string; readonly values: string[] }>();
  const add = (name: string, value: unknown): void => {
    const key = name.toLowerCase();
    const known = headers.get(key) ?? { name, values: [] };
    known.values.push(headerText(name, value));
    headers.set(key, known);
  };
  const has = (name: string, value: unknown): boolean =>
    headers.get(name.toLowerCase())?.values.includes(String(value)) ?? false;
  for (const [name, values] of isMissing(multiple) ? [] : entriesOf('multiValueHeaders', multiple))
    for (const value of Array.isArray(values) ? values : malformed(`a list as the header ${name}`, values))
      add(name, value);
  for (const [name, value] of isMissing(single) ? [] : entriesOf('headers', single))
    if (!has(name, value)) add(name, value);
  if (!headers.has('content-type')) add('Content-Type', 'application/json');
  return Object.fromEntries(
    [...headers].map(([key, { name, values }]) => [
      OWN_HEADERS.includes(key) ? `x-amzn-Remapped-${name}` : name,
      values.length === 1 ? (values[0] ?? '') : values,
    ]),
  );
}

function headerText(name: string, value: unknown): string {
  const isScalar = ['string', 'number', 'boolean'].includes(typeof value);
  const text = isScalar ? String(value) : malformed(`a text as the header ${name}`, value);
  try {
    validateHeaderName(name);
    validateHeaderValue(name, text);
  } catch {
    malformed('a name and a value that HTTP allows for a header', `${name}: ${text}`);
  }
  return text;
}

function entriesOf(what: string, value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.entries(value)
    : malformed(`a map as ${what}`, value);
}

const isMissing = (value: unknown): boolean => value === undefined || value === null;

function malformed(expected: string, found: unknown): never {
  const fault = new GatewayFault('API_CONFIGURATION_ERROR', 'Internal server error', 502);
  fault.cause = new Error(
    `Malformed Lambda proxy response: expected ${expected} but received ${JSON.stringify(found)}.`,
  );
  throw fault;
}
