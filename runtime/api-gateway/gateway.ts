import { randomUUID } from 'node:crypto';
import { finished } from 'node:stream/promises';
import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import { rolesOf } from '../iam/index.ts';
import type { Template } from '../template/index.ts';
import { ACCOUNT_ID } from '../template/index.ts';
import {
  type Definition,
  type Method,
  readDefinition,
  type StatesCall,
  type StatesTarget,
} from './api-definition.ts';
import type { Api } from './apis.ts';
import { GatewayFault } from './gateway-responses.ts';
import type { Rendered } from './velocity.ts';
import type { TemplateInput } from './velocity-variables.ts';

/** Calls Step Functions' JSON protocol as a role, given by its logical id; resolves to the unchanged response. */
export type CallStates = (
  target: StatesTarget,
  body: string,
  role: string,
) => Promise<{ readonly status: number; readonly body: string }>;

interface ApiOptions {
  readonly api: Api;
  readonly template: Template;
  /** The value that `x-api-key` must have if the API requires a key. */
  readonly apiKey: string;
  readonly callStates: CallStates;
}

// API Gateway's limit of 10 MB, which its quotas page counts in binary.
const MAX_PAYLOAD_BYTES = 10 * 1024 * 1024;

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
  const incoming = readRequest(request, options.api);
  const { method, pathParameters } = route(definition.methods, incoming);
  requireSecurity(method, incoming, options.apiKey);
  method.validateBody?.(incoming.contentType, incoming.body);
  const render = method.integration.requestTemplates.get(incoming.contentType);
  if (!render) throw new GatewayFault('UNSUPPORTED_MEDIA_TYPE', 'Unsupported Media Type');

  const input: Omit<TemplateInput, 'body'> = {
    parameters: { path: pathParameters, querystring: incoming.query, header: incoming.headers },
    context: contextOf(options.api, method, incoming, request),
    stageVariables: options.api.stageVariables,
  };
  const payload = render({ ...input, body: incoming.body }).text;
  const { call } = method.integration;
  const called = call ? await callStates(options, call, payload, request) : mock(payload);
  const response = method.integration.responses.find(
    ({ pattern }) => pattern?.test(String(called.status)) ?? true,
  );
  if (!response) throw new GatewayFault('API_CONFIGURATION_ERROR', 'Internal server error');
  const rendered: Rendered = response.render?.({ ...input, body: called.body }) ?? {
    text: called.body,
    status: undefined,
    headers: {},
  };
  return (
    reply
      .code(rendered.status ?? response.status)
      .headers({ 'x-amzn-RequestId': incoming.requestId, ...response.headers, ...rendered.headers })
      .header('content-type', 'application/json')
      // As bytes: for a string, fastify would add a charset to the content type. API Gateway adds none.
      .send(Buffer.from(rendered.text))
  );
}

function callStates(
  options: ApiOptions,
  { target, role }: StatesCall,
  payload: string,
  request: FastifyRequest,
): ReturnType<CallStates> {
  return options.callStates(target, payload, role).catch((error: unknown) => {
    request.log.error(error);
    throw new GatewayFault('INTEGRATION_FAILURE', 'Network error communicating with endpoint');
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

interface Incoming {
  readonly requestId: string;
  readonly httpMethod: string;
  /** Without the stage; its segments are still percent-encoded. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  /** Without parameters such as charset; application/json if the client sent none. */
  readonly contentType: string;
  readonly body: string;
}

function readRequest(request: FastifyRequest, api: Api): Incoming {
  const url = request.originalUrl;
  const [path = '', query = ''] = url.split(/\?(.*)/s, 2);
  // Node lower-cases header names; a mapping template gets them as the client wrote them.
  const headers: Record<string, string> = {};
  for (let index = 0; index + 1 < request.raw.rawHeaders.length; index += 2)
    headers[request.raw.rawHeaders[index] ?? ''] = request.raw.rawHeaders[index + 1] ?? '';
  const contentType = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  return {
    requestId: randomUUID(),
    httpMethod: request.method,
    path: path.slice(`/${api.stageName}`.length),
    query: Object.fromEntries(new URLSearchParams(query)),
    headers,
    contentType: contentType || 'application/json',
    body: Buffer.isBuffer(request.body) ? request.body.toString('utf8') : '',
  };
}

interface Route {
  readonly method: Method;
  readonly pathParameters: Readonly<Record<string, string>>;
}

function route(methods: readonly Method[], { httpMethod, path }: Incoming): Route {
  // A trailing slash does not matter.
  const segments = path.replace(/\/$/, '').split('/').slice(1);
  const routes = methods
    .filter((method) => method.httpMethod === httpMethod)
    .flatMap((method) => {
      const pathParameters = matchPath(method.path.split('/').slice(1), segments);
      return pathParameters ? [{ method, pathParameters }] : [];
    });
  // A literal segment takes precedence over a parameter.
  const [found] = routes.sort(
    (a, b) => Object.keys(a.pathParameters).length - Object.keys(b.pathParameters).length,
  );
  // AWS's answer to unknown paths and methods, too: it takes them for unsigned calls.
  if (!found) throw new GatewayFault('MISSING_AUTHENTICATION_TOKEN', 'Missing Authentication Token');
  return found;
}

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
    if (name !== undefined) parameters[name] = decode(segment);
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
  const lowerCase = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const authorization = lowerCase.get('authorization');
  const isSigned = authorization?.startsWith('AWS4-HMAC-SHA256 ') || query['X-Amz-Signature'] !== undefined;
  if (method.security.includes('sigv4') && !isSigned)
    throw authorization === undefined
      ? new GatewayFault('MISSING_AUTHENTICATION_TOKEN', 'Missing Authentication Token')
      : new GatewayFault('INVALID_SIGNATURE', "Authorization header requires 'Credential' parameter.");
  if (method.security.includes('apiKey') && lowerCase.get('x-api-key') !== apiKey)
    throw new GatewayFault('INVALID_API_KEY', 'Forbidden');
}

function contextOf(
  api: Api,
  method: Method,
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
    resourcePath: method.path,
    stage: api.stageName,
  };
}

function faultOf(error: unknown): GatewayFault {
  if (error instanceof GatewayFault) return error;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new GatewayFault('REQUEST_TOO_LARGE', 'Request Too Long');
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return new GatewayFault('UNSUPPORTED_MEDIA_TYPE', 'Unsupported Media Type');
  // Most often a mapping template that failed. As on AWS, the reason goes to the log and not to the client.
  const fault = new GatewayFault('API_CONFIGURATION_ERROR', 'Internal server error');
  fault.cause = error;
  return fault;
}

function answerFault(definition: Definition, fault: GatewayFault, reply: FastifyReply): FastifyReply {
  if (fault.cause !== undefined) reply.log.error(fault.cause);
  const requestId = randomUUID();
  const { status, headers, body } = definition.answerFault(fault, requestId);
  return reply
    .code(status)
    .headers({ 'x-amzn-RequestId': requestId, ...headers })
    .header('content-type', 'application/json')
    .send(Buffer.from(body));
}
