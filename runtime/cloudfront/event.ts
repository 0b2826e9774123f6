// What viewers ask and get, and the event of a CloudFront Function. Follows "CloudFront Functions event structure" and
// "Restrictions on all edge functions".

import { STATUS_CODES } from 'node:http';
import type { Distribution, EventType } from './distributions.ts';

/** A viewer's request. Path and query stay percent-encoded, as they came. */
export interface ViewerRequest {
  readonly id: string;
  readonly ip: string;
  readonly method: string;
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  /** By lower-case name; a name that occurs several times has several values. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
}

/** An answer to a viewer; without a body, the one of the object is meant. */
export interface ViewerResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Buffer | undefined;
}

interface Field {
  readonly value: string;
  readonly multiValue?: readonly { readonly value: string }[];
}

/** Headers that functions neither see nor add. */
export const HIDDEN_HEADERS =
  /^(connection|expect|keep-alive|proxy-(authenticate|authorization|connection)|trailer|upgrade|x-accel-.*|x-amz-cf-.*|x-amzn-.*|x-cache|x-edge-.*|x-forwarded-proto|x-real-ip)$/;

/** The event of a request, or of a response to it. */
export function eventOf(
  { id, domainName }: Distribution,
  eventType: EventType,
  request: ViewerRequest,
  response?: Pick<ViewerResponse, 'status' | 'headers'>,
) {
  const headers = [...request.headers].flatMap(([name, values]) =>
    values.map((value) => [name, value] as const),
  );
  const cookies = headers
    .filter(([name]) => name === 'cookie')
    .flatMap(([, value]) => value.split(/; */).map((cookie) => splitAt(cookie, '=')));
  return {
    version: '1.0',
    context: { distributionDomainName: domainName, distributionId: id, eventType, requestId: request.id },
    viewer: { ip: request.ip },
    request: {
      method: request.method,
      uri: request.path,
      querystring: fieldsOf(parseQuery(request.query)),
      headers: fieldsOf(headers.filter(([name]) => name !== 'cookie' && !HIDDEN_HEADERS.test(name))),
      cookies: fieldsOf(cookies),
    },
    ...(response && {
      response: {
        statusCode: response.status,
        statusDescription: STATUS_CODES[response.status] ?? '',
        headers: fieldsOf(visiblePairs(response)),
        // S3 sets no cookies.
        cookies: {},
      },
    }),
  };
}

/** The pairs of a query string; a parameter without an equals sign has an empty value. */
export function parseQuery(query: string): (readonly [string, string])[] {
  return query
    .split('&')
    .filter((field) => field !== '')
    .map((field) => splitAt(field, '='));
}

function splitAt(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function visiblePairs({ headers }: Pick<ViewerResponse, 'headers'>): (readonly [string, string])[] {
  return Object.entries(headers)
    .filter(([name]) => !HIDDEN_HEADERS.test(name))
    .flatMap(([name, values]) => [values].flat().map((value) => [name, value] as const));
}

function fieldsOf(pairs: readonly (readonly [string, string])[]): Record<string, Field> {
  const grouped = Map.groupBy(pairs, ([name]) => name);
  return Object.fromEntries(
    [...grouped].map(([name, group]) => {
      const values = group.map(([, value]) => ({ value }));
      const [first = { value: '' }] = values;
      return [name, values.length > 1 ? { ...first, multiValue: values } : first];
    }),
  );
}
