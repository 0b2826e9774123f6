import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { type CallStates, createApi } from './api-gateway.ts';
import { bundleDirectory, bundleFunction } from './bundle.ts';
import { openDatabase } from './database.ts';
import { createEventBridge, type Rule } from './event-bridge.ts';
import { compilePattern } from './event-pattern.ts';
import { createFunctionPool } from './lambda.ts';
import { createAuthorizer, createPrincipalOf, type Principal } from './permissions.ts';
import { rolesOf } from './roles.ts';
import { createS3Server } from './s3/server.ts';
import { createServiceCalls } from './service-calls.ts';
import { createSqs, type Sqs } from './sqs.ts';
import { createStates, type States } from './states/service.ts';
import { apisOf, bucketsOf, functionsOf, queuesOf, readTemplate, stateMachinesOf } from './template.ts';

const HOST = '127.0.0.1';
/** API Gateway's own limit is ten; the AWS JSON services stay below it. */
const MAX_BODY_BYTES = 11 * 1024 * 1024;

export interface PipelineOptions {
  readonly templateFile: string;
  /** Objects, queue, executions and bundles: all that outlives the process. */
  readonly dataDirectory: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly s3Port: number;
  readonly parameterOverrides: Readonly<Record<string, string>>;
  /** What `x-api-key` must say where ApiAuth is API_KEY. */
  readonly apiKey: string;
  /** Told of every execution that did not succeed, and of what EventBridge could not deliver. */
  readonly warn: (message: string) => void;
}

export interface Pipeline {
  /** With the stage: `http://127.0.0.1:3000/prod`. */
  readonly apiUrl: string;
  readonly s3Url: string;
  readonly statesUrl: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly s3Directory: string;
  readonly notRunHere: readonly string[];
  /** STANDARD executions that an earlier process left running and this one started again. */
  readonly resumed: number;
  stop(): Promise<void>;
}

/**
 * Runs the whole pipeline of a template on this machine: its buckets, rules, functions, state machines, queues and API,
 * each over AWS's own protocol, each call checked against the template's own roles.
 * @throws TemplateError, or an error that names what the runtime does not support, before anything listens.
 */
export async function startPipeline(options: PipelineOptions): Promise<Pipeline> {
  mkdirSync(options.dataDirectory, { recursive: true });
  // Queue URLs and endpoints carry the ports, so these come first.
  const statesUrl = `http://${HOST}:${await choosePort(options.port)}`;
  const s3Url = `http://${HOST}:${await choosePort(options.s3Port)}`;
  const queueUrl = (logicalId: string) => `${statesUrl}/000000000000/${logicalId}`;
  const { templateFile: file, parameterOverrides, dataDirectory } = options;
  const template = readTemplate({ file, parameterOverrides, queueUrl });
  const machines = stateMachinesOf(template).map((machine) => ({ ...machine, source: machine.file }));
  const roles = rolesOf(template);
  const authorize = createAuthorizer(roles);
  const principalOf = createPrincipalOf(roles);
  const database = openDatabase(dataDirectory);

  const queues = queuesOf(template).map(({ logicalId, arn }) => ({
    logicalId,
    arn,
    url: queueUrl(logicalId),
  }));
  const sqs = createSqs(database, queues, authorize);
  const functions = await Promise.all(
    functionsOf(template).map(async (lambda) => {
      const directory = resolve(bundleDirectory(dataDirectory, lambda));
      await bundleFunction(template, lambda, directory);
      const code = { directory, layerDirectory: resolve('node_modules') };
      return {
        lambda,
        pool: createFunctionPool(lambda, code, { AWS_ENDPOINT_URL: statesUrl, AWS_ENDPOINT_URL_S3: s3Url }),
      };
    }),
  );
  const callService = createServiceCalls({ authorize, functions, queues, sqs });
  const states = createStates({
    database,
    machines,
    authorize,
    callService,
    s3Endpoint: () => s3Url,
    onExecutionEnded: ({ executionArn, status, error, cause }) => {
      if (status !== 'SUCCEEDED') options.warn(`${executionArn} ended ${status}: ${error}: ${cause}`);
    },
  });

  const rules = machines.flatMap((machine) =>
    machine.rules.map((rule): Rule => {
      const { pattern, role, input, deadLetterQueueArn } = rule;
      return {
        logicalId: rule.logicalId,
        matches: compilePattern(pattern),
        start: async (event) => {
          await states.run(machine.arn, input === undefined ? event : JSON.parse(input), { role });
        },
        giveUp: (event, error) => {
          const queue = queues.find(({ arn }) => arn === deadLetterQueueArn);
          if (queue) sqs.send(queue, JSON.stringify(event));
          const where = queue
            ? `is left on ${queue.logicalId}`
            : 'is lost, since its rule has no DeadLetterConfig';
          options.warn(`${rule.logicalId}: an event could not be delivered and ${where}: ${String(error)}`);
        },
      };
    }),
  );
  const eventBridge = createEventBridge(database, rules);
  const s3Directory = join(dataDirectory, 's3');
  const s3 = createS3Server({
    database,
    directory: s3Directory,
    buckets: bucketsOf(template).map(({ name }) => name),
    authorize,
    principalOf,
    recordEvent: (event) => eventBridge.record(event),
    eventsRecorded: () => eventBridge.deliver(),
  });

  const server = fastify({ forceCloseConnections: true, bodyLimit: MAX_BODY_BYTES });
  const [api] = apisOf(template);
  if (api) {
    const callStates: CallStates = async (target, body, role) => {
      const answer = await states.handle(target, JSON.parse(body), { role });
      return { status: answer.status, body: JSON.stringify(answer.body) };
    };
    await server.register(createApi({ api, template, apiKey: options.apiKey, callStates }));
  }
  await server.register(async (scope) => serveJsonProtocol(scope, states, sqs, principalOf));

  await listen(s3, s3Url);
  await listen(server, statesUrl);
  const resumed = await states.resume();
  eventBridge.deliver();
  return {
    apiUrl: `${statesUrl}/${api?.stageName ?? ''}`,
    s3Url,
    statesUrl,
    outputs: template.outputs,
    s3Directory,
    notRunHere: template.notRunHere,
    resumed,
    stop: async () => {
      eventBridge.stop();
      await Promise.all([server.close(), s3.close()]);
      await states.stop();
      for (const { pool } of functions) pool.stop();
      database.close();
    },
  };
}

/** The AWS JSON protocol of Step Functions and SQS, told apart by X-Amz-Target. */
function serveJsonProtocol(
  server: FastifyInstance,
  states: States,
  sqs: Sqs,
  principalOf: (accessKeyId: string | undefined) => Principal,
): void {
  server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  server.post('/', async (request, reply) => {
    const target = String(request.headers['x-amz-target'] ?? '');
    const principal = principalOf(accessKeyIdOf(request));
    const body: unknown = JSON.parse(String(request.body) || '{}');
    const answer = target.startsWith('AmazonSQS.')
      ? sqs.handle(target, body, principal)
      : await states.handle(target, body, principal);
    return reply.code(answer.status).type('application/x-amz-json-1.0').send(JSON.stringify(answer.body));
  });
}

function accessKeyIdOf(request: FastifyRequest): string | undefined {
  return /Credential=([^/]+)\//.exec(request.headers.authorization ?? '')?.[1];
}

async function listen(server: FastifyInstance, url: string): Promise<void> {
  const { port } = new URL(url);
  try {
    await server.listen({ host: HOST, port: Number(port) });
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE')) throw cause;
    throw new Error(`Port ${port} is in use. Choose another with --port or --s3-port; 0 picks a free one.`, {
      cause,
    });
  }
}

async function choosePort(port: number): Promise<number> {
  if (port !== 0) return port;
  const probe = createServer();
  await new Promise<void>((done) => probe.listen(0, HOST, done));
  const address = probe.address();
  await new Promise((done) => probe.close(done));
  return typeof address === 'object' && address ? address.port : 0;
}
