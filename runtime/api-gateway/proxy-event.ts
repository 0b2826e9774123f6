// The event of a function that a Lambda proxy integration invokes. Follows "Input format of a Lambda function for proxy
// integration" (API Gateway Developer Guide).

import type { Incoming, Pair } from './incoming.ts';

/** What the gateway knows of a request besides the request itself. */
interface Surroundings {
  /** As in the body: /orders/{orderId}. */
  readonly resourcePath: string;
  /** Still percent-encoded: a REST API leaves the decoding to the function. */
  readonly pathParameters: Readonly<Record<string, string>>;
  readonly stageVariables: Readonly<Record<string, string>>;
  readonly context: Readonly<Record<string, unknown>>;
}

/** What API Gateway adds to the headers of a request. */
const forwarded = (context: Surroundings['context']): Pair[] => {
  const { identity } = context;
  const ip = typeof identity === 'object' && identity && 'sourceIp' in identity ? identity.sourceIp : '';
  return [
    ['X-Forwarded-For', String(ip)],
    ['X-Forwarded-Proto', 'http'],
  ];
};

/** What is about the connection, not about the request, and does not reach the function. */
const OF_THE_CONNECTION = ['connection', 'content-length', 'transfer-encoding'];

/** Makes the event. A body is always text here, because an API without binary media types treats it so. */
export function proxyEvent(incoming: Incoming, surroundings: Surroundings): Record<string, unknown> {
  const { resourcePath, pathParameters, stageVariables, context } = surroundings;
  const headers = [
    ...incoming.headers.filter(([name]) => !OF_THE_CONNECTION.includes(name.toLowerCase())),
    ...forwarded(context),
  ];
  return {
    resource: resourcePath,
    path: incoming.path || '/',
    httpMethod: incoming.httpMethod,
    headers: lastValues(headers),
    multiValueHeaders: allValues(headers),
    queryStringParameters: orNull(lastValues(incoming.query)),
    multiValueQueryStringParameters: orNull(allValues(incoming.query)),
    pathParameters: orNull(pathParameters),
    stageVariables: orNull(stageVariables),
    requestContext: context,
    body: incoming.body || null,
    isBase64Encoded: false,
  };
}

const lastValues = (pairs: readonly Pair[]): Record<string, string> => Object.fromEntries(pairs);

function allValues(pairs: readonly Pair[]): Record<string, string[]> {
  const byName = Map.groupBy(pairs, ([name]) => name);
  return Object.fromEntries([...byName].map(([name, group]) => [name, group.map(([, value]) => value)]));
}

/** API Gateway writes null in place of an empty map. */
function orNull<T extends object>(map: T): T | null {
  return Object.keys(map).length > 0 ? map : null;
}
