import { randomUUID } from 'node:crypto';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { apisOf, type CallFunction, type CallStates, createApi } from './api-gateway/index.ts';
import type { PageRequest } from './gate.ts';
import type { Principal } from './iam/index.ts';
import type { Logs } from './logs/index.ts';
import { type Pages, sendFile, servePages } from './pages.ts';
import type { Sns, SnsAnswer } from './sns/index.ts';
import type { ServiceAnswer, Sqs } from './sqs/index.ts';
import type { States } from './states/index.ts';
import type { Template } from './template/index.ts';

/** The API's routes have their own limit, API Gateway's 10 MB; requests to Step Functions, SQS and SNS are smaller. */
const MAX_BODY_BYTES = 11 * 1024 * 1024;

interface HttpServices {
  readonly principalOf: (accessKeyId: string | undefined) => Principal;
  readonly states: () => Pick<States, 'handle'>;
  readonly sqs: Pick<Sqs, 'handle'>;
  readonly sns: () => Pick<Sns, 'handle'>;
  readonly logs: Pick<Logs, 'handle'>;
  readonly callFunction: CallFunction;
  readonly apiKey: string;
  readonly pages: Pages;
  readonly warn: (message: string) => void;
}

/**
 * Serves the template's API under its stage, Step Functions, SQS, SNS and CloudWatch Logs at /, and the pages.
 * X-Amz-Target names an operation, or the field Action one of SNS.
 * @throws TemplateError for what the gateway does not support in the API's body; Error for a path of the pages that
 *   cannot be served.
 */
export async function createHttp(
  template: Template,
  { principalOf, states, sqs, sns, logs, callFunction, apiKey, pages, warn }: HttpServices,
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
  await http.register(async (scope) => serveServices(scope, { principalOf, states, sqs, sns, logs, pages }));
  await http.ready();
  return { http, stageName: api?.stageName };
}

/** Whether the API's answer to a preflight lets a page send a request, which it may have sent without one. */
export async function apiAllowsPage(
  http: FastifyInstance,
  { method, url, host, origin }: PageRequest,
): Promise<boolean> {
  const headers = { host, origin, 'access-control-request-method': method };
  const answer = await http.inject({ method: 'OPTIONS', url, headers });
  const allowed = answer.headers['access-control-allow-origin'];
  return answer.statusCode < 300 && (allowed === '*' || allowed === origin);
}

/** The AWS JSON protocol of Step Functions, SQS and CloudWatch Logs, and the query protocol of SNS. */
function serveServices(
  server: FastifyInstance,
  { principalOf, states, sqs, sns, logs, pages }: Omit<HttpServices, 'callFunction' | 'apiKey' | 'warn'>,
): void {
  server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  server.post('/', async (request, reply) => {
    const principal = principalOf(accessKeyIdOf(request));
    const target = String(request.headers['x-amz-target'] ?? '');
    if (target === '' && FORM.test(request.headers['content-type'] ?? '')) {
      // A web page of another origin can send a form, but not this header.
      if (request.headers.authorization === undefined) return reply.code(403).send(NOT_SIGNED);
      const fields = new URLSearchParams(String(request.body ?? ''));
      return answerXml(reply, sns().handle(fields, principal));
    }
    const body = parseBody(request);
    if (target.startsWith('Logs_20140328.')) {
      const { status, body: answered } = logs.handle(target, body, principal);
      return reply
        .code(status)
        .header('x-amzn-requestid', randomUUID())
        .type('application/x-amz-json-1.1')
        .send(JSON.stringify(answered));
    }
    const answer: ServiceAnswer = target.startsWith('AmazonSQS.')
      ? sqs.handle(target, body, principal)
      : await states().handle(target, body, principal);
    return reply
      .code(answer.status)
      .headers({ 'x-amzn-requestid': randomUUID(), ...answer.headers })
      .type('application/x-amz-json-1.0')
      .send(JSON.stringify(answer.body));
  });
  server.get('/', async (request, reply) => {
    const fields = new URL(request.originalUrl, 'http://127.0.0.1').searchParams;
    // The addresses in SNS's messages, of which nobody else knows the token or the subscription's ARN.
    if (['ConfirmSubscription', 'Unsubscribe'].includes(fields.get('Action') ?? ''))
      return answerXml(reply, sns().handle(fields, 'administrator'));
    const { '/': home } = pages;
    return home === undefined ? reply.callNotFound() : sendFile('/', home, request, reply);
  });
  server.setNotFoundHandler(async ({ method, url }, reply) => {
    const served =
      'the API under its stage, Step Functions, SQS and CloudWatch Logs by POST / with X-Amz-Target, and SNS by POST / with a form';
    return reply.code(404).send({ message: `${method} ${url} is not served here, only ${served}.` });
  });
}

const FORM = /^application\/x-www-form-urlencoded/i;
const NOT_SIGNED = {
  message: 'Expected a request to SNS with the header Authorization, as clients of AWS sign it.',
};

function answerXml(reply: FastifyReply, { status, body }: SnsAnswer) {
  return reply.code(status).type('text/xml').send(body);
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
