// An edge location: what a distribution answers to viewers. Follows "How CloudFront processes partial requests for an
// object (range GETs)", "Restrictions on all edge functions" and "Request and response behavior for Amazon S3 origins".

import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { EventType } from './distributions.ts';
import { EdgeFunctionError } from './edge-function.ts';
import { errorPage } from './error-page.ts';
import { eventOf, type ViewerRequest, type ViewerResponse } from './event.ts';
import { InvalidResultError, readRequestResult, readResponseResult } from './function-result.ts';
import { withPolicy } from './headers-policy.ts';
import { createObjects, type FoundObject, type ObjectsOptions } from './objects.ts';
import { represent } from './representation.ts';

export interface EdgeOptions extends ObjectsOptions {
  /** Receives each failure, and what functions log. */
  readonly warn: (message: string) => void;
}

export interface Edge {
  /** Answers a viewer's request. */
  answer(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

interface Answer extends Omit<ViewerResponse, 'body'> {
  readonly body: FoundObject['body'] | undefined;
  /** What X-Cache says. */
  readonly result: string;
}

const MAX_URL_BYTES = 8192;
const VIA = '1.1 local.cloudfront.net (CloudFront)';

/** Makes an edge location with an empty cache. */
export function createEdge(options: EdgeOptions): Edge {
  const findObject = createObjects(options);
  return {
    answer: async (incoming, outgoing) => {
      const request = readRequest(incoming);
      const report = (error: unknown) =>
        options.warn(
          `${options.distribution.logicalId}: ${request.method} ${request.path}: ${String(error)}`,
        );
      const answer = await answerTo(options, request, findObject).catch((error: unknown) => {
        report(error);
        return refuse(request, 502, 'CloudFront could not get an answer from the origin.');
      });
      await send(answer, request, outgoing).catch((error: unknown) => {
        report(error);
        outgoing.destroy();
      });
    },
  };
}

function readRequest(incoming: IncomingMessage): ViewerRequest {
  const url = incoming.url ?? '/';
  const at = url.indexOf('?');
  const headers = Object.entries(incoming.headersDistinct).map(
    ([name, values = []]) => [name, values] as const,
  );
  return {
    id: randomBytes(42).toString('base64url'),
    ip: incoming.socket.remoteAddress ?? '127.0.0.1',
    method: incoming.method ?? 'GET',
    path: at < 0 ? url : url.slice(0, at),
    query: at < 0 ? '' : url.slice(at + 1),
    headers: new Map(headers),
  };
}

async function answerTo(
  options: EdgeOptions,
  received: ViewerRequest,
  findObject: (request: ViewerRequest) => Promise<FoundObject>,
): Promise<Answer> {
  const refusal = refusalOf(received);
  if (refusal) return refusal;
  const request = onRequest(options, received);
  if ('result' in request) return request;
  const object = await findObject(request);
  const { status, headers, body } = represent(request, object);
  const age = object.ageSeconds === undefined ? {} : { age: String(object.ageSeconds) };
  const answer: Answer = {
    status,
    headers: {
      ...withPolicy(headers, options.distribution.headersPolicy, request.headers.get('origin')?.[0]),
      ...age,
      via: VIA,
    },
    body,
    result: status >= 400 ? 'Error' : object.result,
  };
  const changed = status >= 400 ? answer : onResponse(options, request, answer);
  // A stream that is not sent would keep its connection open.
  if (!Buffer.isBuffer(object.body) && changed.body !== object.body) object.body.destroy();
  return changed;
}

/** What CloudFront answers by itself, before any function runs. */
function refusalOf(request: ViewerRequest): Answer | undefined {
  const { method, path, query, headers } = request;
  if (method !== 'GET' && method !== 'HEAD')
    return refuse(request, 403, `This distribution does not allow the method ${method}, only GET and HEAD.`);
  if (headers.has('transfer-encoding') || Number(headers.get('content-length')?.[0] ?? 0) > 0)
    return refuse(request, 403, `Expected no body with ${method}.`);
  if (!path.startsWith('/')) return refuse(request, 400, 'Expected a path that starts with a slash.');
  if (path.length + query.length >= MAX_URL_BYTES)
    return refuse(request, 413, `Expected a URL of less than ${MAX_URL_BYTES} bytes.`);
  return undefined;
}

function refuse(request: ViewerRequest, status: number, reason: string, result = 'Error'): Answer {
  return { ...errorPage(status, reason, request.id), result };
}

/** The request with which it goes on, or an answer of the function. */
function onRequest(options: EdgeOptions, request: ViewerRequest): ViewerRequest | Answer {
  const event = eventOf(options.distribution, 'viewer-request', request);
  return runFunction(options, 'viewer-request', event, request, request, (value) => {
    const read = readRequestResult(value, request);
    return 'status' in read ? { ...read, result: 'FunctionGeneratedResponse' } : read;
  });
}

function onResponse(options: EdgeOptions, request: ViewerRequest, answer: Answer): Answer {
  const event = eventOf(options.distribution, 'viewer-response', request, answer);
  return runFunction(options, 'viewer-response', event, request, answer, (value) => {
    const changed = readResponseResult(value, answer);
    return { ...changed, body: changed.body ?? answer.body, result: answer.result };
  });
}

/** @param unchanged what there is without a function. */
function runFunction<T>(
  { distribution, warn }: EdgeOptions,
  eventType: EventType,
  event: object,
  request: ViewerRequest,
  unchanged: T,
  read: (value: unknown) => T,
): T | Answer {
  const edgeFunction = distribution.functions[eventType];
  if (!edgeFunction) return unchanged;
  try {
    const { value, log } = edgeFunction.run(event);
    for (const line of log) warn(`${edgeFunction.logicalId}: ${line}`);
    return read(value);
  } catch (error) {
    if (!(error instanceof EdgeFunctionError || error instanceof InvalidResultError)) throw error;
    warn(`${edgeFunction.logicalId}: ${error.message}`);
    const reason =
      'The CloudFront function associated with the CloudFront distribution is invalid or could not run.';
    return error instanceof InvalidResultError
      ? refuse(request, 502, reason)
      : refuse(request, 503, reason, 'FunctionExecutionError');
  }
}

async function send(answer: Answer, request: ViewerRequest, outgoing: ServerResponse): Promise<void> {
  const { status, headers, body, result } = answer;
  const isEmpty = request.method === 'HEAD' || status === 304 || status === 204;
  outgoing.writeHead(status, {
    via: VIA,
    ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value].flat()])),
    ...(Buffer.isBuffer(body) && status !== 304 && { 'content-length': body.length }),
    'x-cache': `${result} from cloudfront`,
    'x-amz-cf-id': request.id,
  });
  if (body === undefined || Buffer.isBuffer(body)) {
    outgoing.end(isEmpty ? undefined : body);
    return;
  }
  if (isEmpty) {
    body.destroy();
    outgoing.end();
    return;
  }
  // A viewer that goes away ends the stream, and needs no answer.
  await pipeline(body, outgoing).catch(() => {});
}
