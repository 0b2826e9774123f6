import { randomUUID } from 'node:crypto';
import { finished } from 'node:stream/promises';
import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import { rolesOf } from '../iam/index.ts';
import { explainError, FunctionError } from '../lambda/index.ts';
import type { Template } from '../template/index.ts';
import {
  type Definition,
  type Method,
  type ProxyIntegration,
  readDefinition,
  type StatesCall,
  type StatesTarget,
  type TemplateIntegration,
} from './api-definition.ts';
import type { Api } from './apis.ts';
import { GatewayFault } from './gateway-responses.ts';
import { contextOf, type Incoming, readIncoming } from './incoming.ts';
import { readProxyAnswer } from './proxy-answer.ts';
import { proxyEvent } from './proxy-event.ts';
import { callWithin, type TimeLimit } from './time-limit.ts';
import type { Rendered } from './velocity.ts';
import type { TemplateInput } from './velocity-variables.ts';

/** Calls Step Functions' JSON protocol as a role, given by its logical id; resolves to the unchanged response. */
export type CallStates = (
  target: StatesTarget,
  body: string,
  role: string,
) => Promise<{ readonly status: number; readonly body: string }>;

/**
 * Invokes a function as a role, given by its logical id; resolves to the function's answer.
 * @throws FunctionError if the function fails; any other error if Lambda refuses to invoke it.
 */
export type CallFunction = (
  arn: string,
  event: unknown,
  caller: { readonly role: string } & TimeLimit,
) => Promise<unknown>;

interface ApiOptions {
  readonly api: Api;
  readonly template: Template;
  /** The value that `x-api-key` must have if the API requires a key. */
  readonly apiKey: string;
  readonly callStates: CallStates;
  readonly callFunction: CallFunction;
  /** Receives why a request failed, where the client only learns that it did. */
  readonly warn: (message: string) => void;
}

// API Gateway's limit of 10 MB, which its quotas page counts in binary.
const MAX_PAYLOAD_BYTES = 10 * 1024 * 1024;
/** What Lambda takes in a synchronous invocation ("Lambda quotas"): less than the API. */
const MAX_EVENT_BYTES = 6 * 1024 * 1024;

/**
 * Makes a fastify plugin that serves an API under /<stage>/….
 * @throws TemplateError for what the OpenAPI body has that is not supported.
 */
export function createApi(options: ApiOptions): FastifyPluginCallback {
  const { api, template } = options;
  const definition = readDefinition(api, rolesOf(template));
  return (server, _options, done) => {
    // The gateway handles content types itself, so fastify passes every body on as bytes.
    server.removeAllContentTypeParsers();
    server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, payload, parsed) =>
      parsed(null, payload),
    );
    server.setErrorHandler(async (error, request, reply) => {
      const fault = faultOf(error);
      // Reads the rest of the body: a client that is still writing would get a broken pipe instead of the answer.
      if (fault.type === 'REQUEST_TOO_LARGE') await finished(request.raw.resume()).catch(() => {});
      if (fault.cause !== undefined)
        options.warn(`${request.method} ${request.originalUrl}: ${reasonOf(fault)}`);
      return answerFault(definition, fault, reply);
    });
    for (const url of [`/${api.stageName}`, `/${api.stageName}/*`])
      server.all(url, { bodyLimit: MAX_PAYLOAD_BYTES }, (request, reply) =>
        answer(options, definition, request, reply),
      );
    done();
  };
}

async function answer(
  options: ApiOptions,
  definition: Definition,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const incoming = readIncoming(request, options.api);
  const route = findRoute(definition.methods, incoming);
  const { method } = route;
  requireSecurity(method, incoming, options.apiKey);
  method.validateBody?.(incoming.contentType, incoming.body);
  const context = contextOf(options.api, method.path, incoming, request);
  const exchange: Exchange = { incoming, route, context };
  reply.header('x-amzn-RequestId', incoming.requestId);
  return method.integration.kind === 'proxy'
    ? answerByFunction(options, method.integration, exchange, reply)
    : answerByTemplates(options, method.integration, exchange, reply);
}

/** A request that may be answered. */
interface Exchange {
  readonly incoming: Incoming;
  readonly route: Route;
  readonly context: Readonly<Record<string, unknown>>;
}

async function answerByTemplates(
  options: ApiOptions,
  { requestTemplates, call, responses }: TemplateIntegration,
  { incoming, route, context }: Exchange,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const render = requestTemplates.get(incoming.contentType);
  if (!render) throw new GatewayFault('UNSUPPORTED_MEDIA_TYPE', 'Unsupported Media Type');
  const input: Omit<TemplateInput, 'body'> = {
    parameters: {
      path: route.pathParameters,
      querystring: Object.fromEntries(incoming.query),
      header: Object.fromEntries(incoming.headers),
    },
    context,
    stageVariables: options.api.stageVariables,
  };
  const payload = render({ ...input, body: incoming.body }).text;
  const called = call ? await callStates(options, call, payload) : mock(payload);
  const response = responses.find(({ pattern }) => pattern?.test(String(called.status)) ?? true);
  if (!response) throw new GatewayFault('API_CONFIGURATION_ERROR', 'Internal server error');
  const rendered: Rendered = response.render?.({ ...input, body: called.body }) ?? {
    text: called.body,
    status: undefined,
    headers: {},
  };
  return (
    reply
      .code(rendered.status ?? response.status)
      .headers({ ...response.headers, ...rendered.headers })
      .header('content-type', 'application/json')
      // As bytes: for a string, fastify would add a charset to the content type. API Gateway adds none.
      .send(Buffer.from(rendered.text))
  );
}

async function answerByFunction(
  { api, callFunction }: ApiOptions,
  { functionArn, role, timeoutMs }: ProxyIntegration,
  { incoming, route, context }: Exchange,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const event = proxyEvent(incoming, {
    resourcePath: route.method.path,
    pathParameters: route.encodedPathParameters,
    stageVariables: api.stageVariables,
    context,
  });
  if (Buffer.byteLength(JSON.stringify(event)) > MAX_EVENT_BYTES)
    throw new GatewayFault('REQUEST_TOO_LARGE', 'Request Too Long');
  const answer = await callWithin(timeoutMs, (limit) => callFunction(functionArn, event, { role, ...limit }));
  const { status, headers, body } = readProxyAnswer(answer);
  for (const [name, value] of Object.entries(headers)) reply.header(name, value);
  return reply.code(status).send(Buffer.from(body));
}

function callStates(
  options: ApiOptions,
  { target, role }: StatesCall,
  payload: string,
): ReturnType<CallStates> {
  return options.callStates(target, payload, role).catch((error: unknown) => {
    const fault = new GatewayFault('INTEGRATION_FAILURE', 'Network error communicating with endpoint');
    fault.cause = error;
    throw fault;
  });
}

/** The response of a mock integration: the statusCode of its rendered request template, and an empty body. */
function mock(payload: string): Awaited<ReturnType<CallStates>> {
  const { statusCode }: { readonly statusCode?: unknown } = JSON.parse(payload);
  if (typeof statusCode !== 'number')
    throw new Error(
      `Expected {"statusCode"} from a mock integration's request template but received ${payload}`,
    );
  return { status: statusCode, body: '' };
}

interface Route {
  readonly method: Method;
  readonly pathParameters: Readonly<Record<string, string>>;
  readonly encodedPathParameters: Readonly<Record<string, string>>;
}

function findRoute(methods: readonly Method[], { httpMethod, path }: Incoming): Route {
  // A trailing slash does not matter.
  const segments = path.replace(/\/$/, '').split('/').slice(1);
  const routes = methods
    .filter((method) => method.httpMethod === httpMethod)
    .flatMap((method) => {
      const encodedPathParameters = matchPath(method.path.split('/').slice(1), segments);
      return encodedPathParameters ? [{ method, encodedPathParameters }] : [];
    });
  // A literal segment takes precedence over a parameter.
  const [found] = routes.sort(
    (a, b) => Object.keys(a.encodedPathParameters).length - Object.keys(b.encodedPathParameters).length,
  );
  // AWS's answer to unknown paths and methods, too: it takes them for unsigned calls.
  if (!found) throw new GatewayFault('MISSING_AUTHENTICATION_TOKEN', 'Missing Authentication Token');
  const parameters = Object.entries(found.encodedPathParameters);
  const pathParameters = Object.fromEntries(parameters.map(([name, value]) => [name, decode(value)]));
  return { ...found, pathParameters };
}

/** @returns the parameters, percent-encoded; undefined if the path does not match. */
function matchPath(
  pattern: readonly string[],
  segments: readonly string[],
): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const segment = segments[index] ?? '';
    const name = /^\{(.+)\}$/.exec(expected)?.[1];
    if (name === undefined ? decode(segment) !== expected : segment === '') return undefined;
    if (name !== undefined) parameters[name] = segment;
  }
  return parameters;
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new GatewayFault('BAD_REQUEST_PARAMETERS', 'Bad Request');
  }
}

function requireSecurity(method: Method, { headers, query }: Incoming, apiKey: string): void {
  const lowerCase = new Map(headers.map(([name, value]) => [name.toLowerCase(), value]));
  const authorization = lowerCase.get('authorization');
  const isSigned =
    authorization?.startsWith('AWS4-HMAC-SHA256 ') || query.some(([name]) => name === 'X-Amz-Signature');
  if (method.security.includes('sigv4') && !isSigned)
    throw authorization === undefined
      ? new GatewayFault('MISSING_AUTHENTICATION_TOKEN', 'Missing Authentication Token')
      : new GatewayFault('INVALID_SIGNATURE', "Authorization header requires 'Credential' parameter.");
  if (method.security.includes('apiKey') && lowerCase.get('x-api-key') !== apiKey)
    throw new GatewayFault('INVALID_API_KEY', 'Forbidden');
}

function faultOf(error: unknown): GatewayFault {
  if (error instanceof GatewayFault) return error;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new GatewayFault('REQUEST_TOO_LARGE', 'Request Too Long');
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return new GatewayFault('UNSUPPORTED_MEDIA_TYPE', 'Unsupported Media Type');
  // The function failed, or Lambda refused to invoke it, or a mapping template failed. The client does not get the
  // reason, as on AWS.
  const status = error instanceof FunctionError ? 502 : undefined;
  const fault = new GatewayFault('API_CONFIGURATION_ERROR', 'Internal server error', status);
  fault.cause = error;
  return fault;
}

function reasonOf({ cause }: GatewayFault): string {
  if (cause instanceof FunctionError) return explainError(cause.name, JSON.stringify(cause.payload));
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
}

function answerFault(definition: Definition, fault: GatewayFault, reply: FastifyReply): FastifyReply {
  const requestId = randomUUID();
  const { status, headers, body } = definition.answerFault(fault, requestId);
  return reply
    .code(status)
    .headers({ 'x-amzn-RequestId': requestId, ...headers })
    .header('content-type', 'application/json')
    .send(Buffer.from(body));
}
