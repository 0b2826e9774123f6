/**
 * The server part of the studio, below /studio/: it signs what the page asks a stack for and passes it on. Whatever the
 * page does not need is refused, so that nobody else gets more than the page has. Credentials stay here, and nothing is
 * stored.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { encode, forward, type Outgoing } from './forward.ts';
import { readObjectRequest } from './object-request.ts';
import { notAllowed, Refusal } from './refusal.ts';
import { type JsonService, readServiceRequest } from './service-request.ts';
import type { StudioTarget } from './target.ts';

/** The largest body of a call: an input of 256 KiB, written as a JSON string. */
const MAX_BODY_BYTES = 2 * 1024 * 1024;

const JSON_TYPES: Readonly<Record<JsonService, string>> = {
  states: 'application/x-amz-json-1.0',
  sqs: 'application/x-amz-json-1.0',
  logs: 'application/x-amz-json-1.1',
};

const NOT_STORED = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

/** @param target resolves when the stack runs. */
export function createProxy(target: Promise<StudioTarget>): RequestListener {
  return (request, response) =>
    void answer(target, request, response).catch((error: unknown) => refuse(request, response, error));
}

async function answer(
  starting: Promise<StudioTarget>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  refuseOtherSites(request);
  const target = await starting;
  const { method = 'GET', url = '' } = request;
  const [, service = '', rest = ''] = /^\/studio\/([\w.]+)\/?(.*)$/s.exec(url) ?? [];
  switch (service) {
    case 'stack.json':
      if (method !== 'GET' || rest !== '') break;
      return sendJson(response, 200, { ...target.facts, costs: await target.costs() });
    case 's3':
      return forward(target, objectRequest(target, request, rest), response, headersOfObject(rest));
    case 'states':
    case 'sqs':
    case 'logs':
      if (method !== 'POST' || rest !== '') break;
      return forward(target, await serviceRequest(target, request, service), response, NOT_STORED);
    case 'api':
      return forward(target, await apiRequest(target, request, rest), response, NOT_STORED);
  }
  throw notAllowed(`${method} ${url}: expected stack.json, s3/, states, sqs, logs or api/ below /studio/.`);
}

/** Nobody but the page itself, and a tab of somebody who follows its links, needs an answer. */
function refuseOtherSites({ headers }: IncomingMessage): void {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    throw notAllowed('Expected a request of the studio itself but received one of a page of another origin.');
}

function objectRequest(target: StudioTarget, request: IncomingMessage, address: string): Outgoing {
  const { headers } = request;
  const { method, bucket, key, query, etag } = readObjectRequest(
    target.facts,
    request.method ?? 'GET',
    address,
  );
  if (method === 'PUT' && headers['content-length'] === undefined)
    throw new Refusal(411, 'MissingContentLength', 'Expected the header Content-Length.');
  const passed =
    method === 'PUT' ? ['content-length', 'content-type'] : ['range', 'if-none-match', 'if-range'];
  return {
    service: 's3',
    method,
    path: `/${bucket}/${key.split('/').map(encode).join('/')}`,
    query,
    headers: {
      ...Object.fromEntries(
        passed.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]])),
      ),
      ...(etag !== undefined && { 'if-match': `"${etag}"` }),
    },
    ...(method === 'PUT' && { body: request }),
    isSigned: true,
  };
}

/** What anybody has uploaded must not run as a page of the studio. */
function headersOfObject(address: string): Record<string, string> {
  const isNamed = /\?v=[^&]+$/.test(address);
  return {
    'cache-control': isNamed ? 'private, max-age=31536000, immutable' : 'no-cache',
    'content-security-policy': 'sandbox',
    'cross-origin-resource-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
  };
}

async function serviceRequest(
  target: StudioTarget,
  request: IncomingMessage,
  service: JsonService,
): Promise<Outgoing> {
  const operation = String(request.headers['x-amz-target'] ?? '');
  const body = readServiceRequest(target, service, operation, await readBody(request));
  return {
    service,
    method: 'POST',
    path: '/',
    headers: {
      'content-type': JSON_TYPES[service],
      'content-length': String(Buffer.byteLength(body)),
      'x-amz-target': operation,
    },
    body,
    isSigned: true,
  };
}

async function apiRequest(target: StudioTarget, request: IncomingMessage, rest: string): Promise<Outgoing> {
  const { method = 'GET', headers } = request;
  if (method !== 'POST' || rest !== 'process-image')
    throw notAllowed(`Expected POST process-image but received ${method} ${rest}.`);
  const body = await readBody(request);
  const { apiAuth } = target.facts;
  return {
    service: 'execute-api',
    method,
    path: `/${rest}`,
    headers: {
      'content-type': String(headers['content-type'] ?? 'application/json'),
      'content-length': String(Buffer.byteLength(body)),
      ...(apiAuth === 'API_KEY' && { 'x-api-key': await target.apiKey() }),
    },
    body,
    isSigned: apiAuth === 'AWS_IAM',
  };
}

/** @throws Refusal */
async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    // The rest is read too: a connection that is closed before may lose the answer.
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  if (bytes > MAX_BODY_BYTES)
    throw new Refusal(413, 'BodyTooLarge', `Expected a body of at most ${MAX_BODY_BYTES} bytes.`);
  return Buffer.concat(chunks).toString('utf8');
}

function refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  if (response.headersSent) return void response.destroy();
  // The client may still be writing; it gets the answer nevertheless.
  request.resume();
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  sendJson(response, error instanceof Refusal ? error.status : 500, { __type: name, message });
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', ...NOT_STORED }).end(JSON.stringify(body));
}
