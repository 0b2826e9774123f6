import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { type CallStates, createApi } from './api-gateway/gateway.ts';
import type { Rule } from './event-bridge/event-bus.ts';
import { compilePattern } from './event-bridge/event-pattern.ts';
import {
  AccessDeniedError,
  type Authorize,
  createAuthorizer,
  createPrincipalOf,
  type Principal,
} from './iam/permissions.ts';
import { rolesOf } from './iam/roles.ts';
import { type Bundle, bundleDirectory, bundleFunction } from './lambda/bundle.ts';
import type { LambdaFunction } from './lambda/functions.ts';
import { type FunctionCode, FunctionPool } from './lambda/pool.ts';
import type { Bucket } from './s3/buckets.ts';
import { createServiceCalls } from './service-calls.ts';
import type { Queue, ServiceAnswer, Sqs } from './sqs/service.ts';
import type { States } from './states/api/service.ts';
import { loadMachines, type Machines } from './states/definition/machines.ts';
import type { CallService } from './states/definition/resources.ts';
import { apisOf, bucketsOf, functionsOf, stateMachinesOf, type Template } from './template/template.ts';

/** API Gateway's own limit is ten; the AWS JSON services stay below it. */
const MAX_BODY_BYTES = 11 * 1024 * 1024;

/** What a template says, ready to run: all of it can be replaced while the pipeline runs. */
export interface Stack {
  readonly template: Template;
  readonly authorize: Authorize;
  readonly principalOf: (accessKeyId: string | undefined) => Principal;
  readonly callService: CallService;
  readonly machines: Machines;
  readonly rules: readonly Rule[];
  /** By name. */
  readonly buckets: ReadonlyMap<string, Bucket>;
  readonly functions: readonly StackFunction[];
  /** The API, Step Functions and SQS; `routing` answers a request. */
  readonly http: FastifyInstance;
  readonly stageName: string;
}

export interface StackFunction {
  readonly lambda: LambdaFunction;
  readonly pool: FunctionPool;
  /** Tells whether anything of it has changed. */
  readonly fingerprint: string;
}

/** What outlives a stack. */
export interface StackServices {
  readonly queues: readonly Queue[];
  readonly sqs: Sqs;
  readonly states: () => States;
  readonly endpoints: Readonly<Record<string, string>>;
  readonly dataDirectory: string;
  readonly apiKey: string;
  readonly warn: (message: string) => void;
}

/**
 * Makes a stack of a template. Functions whose code and settings are those of `previous` keep their processes.
 * @throws TemplateError and others that name file and line; nothing is changed then.
 */
export async function loadStack(
  template: Template,
  services: StackServices,
  previous?: Stack,
): Promise<Stack> {
  const roles = rolesOf(template);
  const authorize = tellingDenials(createAuthorizer(roles), services.warn);
  const principalOf = createPrincipalOf(roles);
  const definitions = stateMachinesOf(template);
  const machines = loadMachines(definitions.map((machine) => ({ ...machine, source: machine.file })));
  const buckets = new Map(bucketsOf(template).map((bucket) => [bucket.name, bucket]));
  const rules = definitions.flatMap((machine) =>
    machine.rules.map((rule) => ruleOf(machine.arn, rule, services)),
  );
  const { http, stageName } = await createHttp(template, principalOf, services);
  const built: BuiltFunction[] = [];
  for (const lambda of functionsOf(template)) built.push(await buildFunction(template, lambda, services));
  // All or none: a function that is as it should be waits for one with a mistake.
  const functions = built.map((one) => deploy(one, services, previous));
  const callService = createServiceCalls({ ...services, authorize, functions });
  return {
    template,
    authorize,
    principalOf,
    callService,
    machines,
    rules,
    buckets,
    functions,
    http,
    stageName,
  };
}

/** Tells each permission that a role lacks, once: whoever is denied may rightly say nothing, or leave the image for later. */
function tellingDenials(authorize: Authorize, warn: StackServices['warn']): Authorize {
  const told = new Set<string>();
  return (principal, action, resource) => {
    try {
      authorize(principal, action, resource);
    } catch (error) {
      const what = JSON.stringify([principal, action]);
      if (error instanceof AccessDeniedError && !told.has(what)) warn(`${error.name}: ${error.message}`);
      told.add(what);
      throw error;
    }
  };
}

interface BuiltFunction {
  readonly lambda: LambdaFunction;
  readonly directory: string;
  readonly bundle: Bundle;
}

async function buildFunction(
  template: Template,
  lambda: LambdaFunction,
  { dataDirectory }: StackServices,
): Promise<BuiltFunction> {
  const directory = resolve(bundleDirectory(dataDirectory, lambda));
  return { lambda, directory, bundle: await bundleFunction(template, lambda, directory) };
}

function deploy(
  { lambda, directory, bundle }: BuiltFunction,
  { endpoints }: StackServices,
  previous: Stack | undefined,
): StackFunction {
  const fingerprint = JSON.stringify([lambda, bundle.hash]);
  const same = previous?.functions.find((one) => one.fingerprint === fingerprint);
  if (same) return same;
  bundle.write();
  const code: FunctionCode = { directory, layerDirectory: resolve('node_modules') };
  return { lambda, fingerprint, pool: new FunctionPool(lambda, code, endpoints) };
}

function ruleOf(
  machineArn: string,
  rule: ReturnType<typeof stateMachinesOf>[number]['rules'][number],
  { queues, sqs, states, warn }: StackServices,
): Rule {
  const { logicalId, pattern, role, input, deadLetterQueueArn } = rule;
  return {
    logicalId,
    matches: compilePattern(pattern),
    start: async (event) => {
      await states().run(machineArn, input === undefined ? event : JSON.parse(input), { role });
    },
    giveUp: (event, error) => {
      const queue = queues.find(({ arn }) => arn === deadLetterQueueArn);
      if (queue) sqs.send(queue, JSON.stringify(event));
      const where = queue
        ? `is left on ${queue.logicalId}`
        : 'is lost, since its rule has no DeadLetterConfig';
      warn(`${logicalId}: an event could not be delivered and ${where}: ${String(error)}`);
    },
  };
}

async function createHttp(
  template: Template,
  principalOf: Stack['principalOf'],
  { apiKey, states, sqs }: StackServices,
): Promise<{ http: FastifyInstance; stageName: string }> {
  const http = fastify({
    bodyLimit: MAX_BODY_BYTES,
    // What is wrong with a path is the gateway's to say, which reads it as it came.
    rewriteUrl: ({ url = '/' }) => url.replaceAll('%', '%25'),
  });
  const [api] = apisOf(template);
  if (api) {
    const callStates: CallStates = async (target, body, role) => {
      const answer = await states().handle(target, JSON.parse(body), { role });
      return { status: answer.status, body: JSON.stringify(answer.body) };
    };
    await http.register(createApi({ api, template, apiKey, callStates }));
  }
  await http.register(async (scope) => serveJsonProtocol(scope, states, sqs, principalOf));
  await http.ready();
  return { http, stageName: api?.stageName ?? '' };
}

/** The AWS JSON protocol of Step Functions and SQS, told apart by X-Amz-Target. */
function serveJsonProtocol(
  server: FastifyInstance,
  states: () => States,
  sqs: Sqs,
  principalOf: Stack['principalOf'],
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

/** What is no JSON is no request either, which each service says in its own way. */
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
