import { randomUUID } from 'node:crypto';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { apisOf, type CallFunction, type CallStates, createApi } from './api-gateway/index.ts';
import type { Principal } from './iam/index.ts';
import { type Pages, servePages } from './pages.ts';
import type { ServiceAnswer, Sqs } from './sqs/index.ts';
import type { States } from './states/index.ts';
import type { Template } from './template/index.ts';

/** The API's routes have their own limit, API Gateway's 10 MB; requests to Step Functions and SQS are smaller. */
const MAX_BODY_BYTES = 11 * 1024 * 1024;

interface HttpServices {
  readonly principalOf: (accessKeyId: string | undefined) => Principal;
  readonly states: () => Pick<States, 'handle'>;
  readonly sqs: Pick<Sqs, 'handle'>;
  readonly callFunction: CallFunction;
  readonly apiKey: string;
  readonly pages: Pages;
  readonly warn: (message: string) => void;
}

/**
 * Serves the template's API under its stage, Step Functions and SQS at POST /, where X-Amz-Target names the operation,
 * and the pages.
 * @throws TemplateError for what the gateway does not support in the API's body; Error for a path of the pages that
 *   cannot be served.
 */
export async function createHttp(
  template: Template,
  { principalOf, states, sqs, callFunction, apiKey, pages, warn }: HttpServices,
): Promise<{ http: FastifyInstance; stageName: string | undefined }> {
  const http = fastify({
    bodyLimit: MAX_BODY_BYTES,
    // Keeps fastify from decoding paths: the gateway decodes them, and answers malformed ones as AWS does; so do pages.
    rewriteUrl: ({ url = '/' }) => url.replaceAll('%', '%25'),
  });
  const [api] = apisOf(template);
  if (api) {
    const callStates: CallStates = async (target, body, role) => {
      const answer = await states().handle(target, JSON.parse(body), { role });
      return { status: answer.status, body: JSON.stringify(answer.body) };
    };
    await http.register(createApi({ api, template, apiKey, callStates, callFunction, warn }));
  }
  await servePages(http, pages);
  await http.register(async (scope) => serveJsonProtocol(scope, states, sqs, principalOf));
  await http.ready();
  return { http, stageName: api?.stageName };
}

/** The AWS JSON protocol of Step Functions and SQS; X-Amz-Target names the service. */
function serveJsonProtocol(
  server: FastifyInstance,
  states: HttpServices['states'],
  sqs: HttpServices['sqs'],
  principalOf: HttpServices['principalOf'],
): void {
  server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  server.post('/', async (request, reply) => {
    const target = String(request.headers['x-amz-target'] ?? '');
    const principal = principalOf(accessKeyIdOf(request));
    const body = parseBody(request);
    const answer: ServiceAnswer = target.startsWith('AmazonSQS.')
      ? sqs.handle(target, body, principal)
      : await states().handle(target, body, principal);
    return reply
      .code(answer.status)
      .headers({ 'x-amzn-requestid': randomUUID(), ...answer.headers })
      .type('application/x-amz-json-1.0')
      .send(JSON.stringify(answer.body));
  });
  server.setNotFoundHandler(async ({ method, url }, reply) => {
    const served = 'the API under its stage, and Step Functions and SQS by POST / with X-Amz-Target';
    return reply.code(404).send({ message: `${method} ${url} is not served here, only ${served}.` });
  });
}

/** A body that is not JSON is returned as text: each service refuses it with an error of its own. */
function parseBody({ body }: FastifyRequest): unknown {
  try {
    return JSON.parse(String(body ?? '') || '{}');
  } catch {
    return String(body);
  }
}

function accessKeyIdOf(request: FastifyRequest): string | undefined {
  return /Credential=([^/]+)\//.exec(request.headers.authorization ?? '')?.[1];
}
