import { randomUUID } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { ACCOUNT_ID } from '../template/index.ts';
import type { Api } from './apis.ts';

/** A request as the gateway received it. */
export interface Incoming {
  readonly requestId: string;
  readonly httpMethod: string;
  /** Without the stage; its segments are still percent-encoded. */
  readonly path: string;
  /** Decoded; a name may occur several times. */
  readonly query: readonly Pair[];
  /** With the names as the client wrote them; a name may occur several times. */
  readonly headers: readonly Pair[];
  /** Without parameters such as charset; application/json if the client sent none. */
  readonly contentType: string;
  readonly body: string;
}

/** A name and a value. */
export type Pair = readonly [string, string];

export function readIncoming(request: FastifyRequest, api: Api): Incoming {
  const url = request.originalUrl;
  const [path = '', query = ''] = url.split(/\?(.*)/s, 2);
  // Node lower-cases header names; mapping templates and functions get them as the client wrote them.
  const { rawHeaders } = request.raw;
  const names = rawHeaders.filter((_, index) => index % 2 === 0);
  const contentType = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  return {
    requestId: randomUUID(),
    httpMethod: request.method,
    path: path.slice(`/${api.stageName}`.length),
    query: [...new URLSearchParams(query)],
    headers: names.map((name, index) => [name, rawHeaders[2 * index + 1] ?? '']),
    contentType: contentType || 'application/json',
    body: Buffer.isBuffer(request.body) ? request.body.toString('utf8') : '',
  };
}

/** The variable $context of mapping templates, which is also in the event of a function. */
export function contextOf(
  api: Api,
  resourcePath: string,
  incoming: Incoming,
  request: FastifyRequest,
): Record<string, unknown> {
  return {
    accountId: ACCOUNT_ID,
    apiId: 'local',
    httpMethod: incoming.httpMethod,
    identity: { sourceIp: request.ip, userAgent: request.headers['user-agent'] ?? '' },
    path: `/${api.stageName}${incoming.path}`,
    protocol: 'HTTP/1.1',
    requestId: incoming.requestId,
    requestTimeEpoch: Date.now(),
    resourcePath,
    stage: api.stageName,
  };
}
