import { once } from 'node:events';
import { type IncomingMessage, request as requestHttp, type ServerResponse } from 'node:http';
import { request as requestHttps } from 'node:https';
import { pipeline } from 'node:stream/promises';
import { SignatureV4 } from '@smithy/signature-v4';
import { Refusal } from './refusal.ts';
import type { ServiceName, StudioTarget } from './target.ts';

/** A request to a service of the stack, before it is signed. */
export interface Outgoing {
  readonly service: ServiceName;
  readonly method: string;
  /** Below the service's endpoint, percent-encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  /** A text, or a request whose body is passed on as it arrives. */
  readonly body?: string | IncomingMessage;
  readonly isSigned: boolean;
}

/** The headers of an answer that the page gets. */
const PASSED_ON = [
  'accept-ranges',
  'content-length',
  'content-range',
  'content-type',
  'etag',
  'last-modified',
  'retry-after',
  'x-amz-request-id',
];

/**
 * Signs a request, sends it, and passes the answer on as it arrives, neither of them held in memory.
 * @param headers of the answer, besides those of the service.
 * @throws Refusal if the service cannot be reached, or there are no credentials; nothing has been answered then.
 */
export async function forward(
  target: StudioTarget,
  outgoing: Outgoing,
  response: ServerResponse,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const answer = await send(await sign(target, outgoing), outgoing.body, response);
  const kept = PASSED_ON.flatMap((name) => {
    const value = answer.headers[name];
    return value === undefined ? [] : [[name, String(value)] as const];
  });
  response.writeHead(answer.statusCode ?? 502, { ...Object.fromEntries(kept), ...headers });
  // If either side goes away, so does the other.
  await pipeline(answer, response).catch(() => {});
}

interface Signed {
  readonly url: URL;
  readonly method: string;
  /** As it is sent: a URL would take the dots of a key for steps. */
  readonly path: string;
  readonly headers: Record<string, string>;
}

async function sign({ endpoints, signing }: StudioTarget, outgoing: Outgoing): Promise<Signed> {
  const { service, method, query = {}, body } = outgoing;
  const url = new URL(endpoints[service]);
  const path = `${url.pathname.replace(/\/$/, '')}${outgoing.path}`;
  const headers = {
    ...outgoing.headers,
    host: url.host,
    // The browser's bytes pass through; HTTPS protects them.
    ...(service === 's3' && { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }),
  };
  const search = Object.entries(query).map((pair) => pair.map(encode).join('='));
  const sent = { url, method, path: [path, ...(search.length > 0 ? [search.join('&')] : [])].join('?') };
  if (!outgoing.isSigned) return { ...sent, headers };
  const signer = new SignatureV4({
    ...signing,
    service,
    uriEscapePath: service !== 's3',
    applyChecksum: service === 's3',
  });
  const signed = await signer
    .sign({
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path,
      query: { ...query },
      headers,
      ...(typeof body === 'string' && { body }),
    })
    .catch((error: unknown) => {
      throw new Refusal(403, nameOf(error), `No credentials for AWS: ${messageOf(error)}`);
    });
  return { ...sent, headers: signed.headers };
}

async function send(
  { url, method, path, headers }: Signed,
  body: Outgoing['body'],
  response: ServerResponse,
): Promise<IncomingMessage> {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  const { hostname, port, protocol } = url;
  const outgoing = request({
    protocol,
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port,
    method,
    path,
    headers,
  });
  response.once('close', () => outgoing.destroy());
  const answered = once(outgoing, 'response');
  if (body === undefined || typeof body === 'string') outgoing.end(body);
  // The service may answer before it has read all, and then closes the connection.
  else pipeline(body, outgoing).catch(() => {});
  try {
    const [answer] = await answered;
    return answer;
  } catch (error) {
    throw new Refusal(502, 'StackUnreachable', `${url.host} does not answer: ${messageOf(error)}`);
  }
}

/** As Signature Version 4 wants it. */
export function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || ('code' in error ? String(error.code) : error.name);
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'Error';
}
