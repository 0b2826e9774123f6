import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from './database.ts';
import { createEventBridge } from './event-bridge/event-bus.ts';
import { createS3Server } from './s3/server.ts';
import { createSqs } from './sqs/service.ts';
import { loadStack, type Stack, type StackServices } from './stack.ts';
import { createStates } from './states/api/service.ts';
import { bucketsOf, queuesOf, readTemplate, type Template } from './template/template.ts';
import { watchFiles } from './watch.ts';

const HOST = '127.0.0.1';
/** How long a stop waits for requests that are being answered, such as a large upload. */
const STOP_LIMIT_MS = 3000;

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
  /** Told of every execution that did not succeed, of what EventBridge could not deliver, and of every reload. */
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
  /** Stops within seconds; what is not finished is on disk, and goes on at the next start. */
  stop(): Promise<Unfinished>;
}

/** What a stop leaves for the next start. */
export interface Unfinished {
  readonly uploads: number;
  readonly executions: number;
}

/**
 * Runs the whole pipeline of a template on this machine: its buckets, rules, functions, state machines, queues and API,
 * each over AWS's own protocol, each call checked against the template's own roles. When the template or a file that it
 * is made of changes, it is read again; where that fails, the last good version keeps serving.
 * @throws TemplateError, or an error that names what the runtime does not support, before anything listens.
 */
export async function startPipeline(options: PipelineOptions): Promise<Pipeline> {
  const { templateFile: file, parameterOverrides, dataDirectory, apiKey, warn } = options;
  mkdirSync(dataDirectory, { recursive: true });
  // Queue URLs and endpoints carry the ports, so these come first.
  const statesUrl = `http://${HOST}:${await choosePort(options.port)}`;
  const s3Url = `http://${HOST}:${await choosePort(options.s3Port)}`;
  const queueUrl = (logicalId: string) => `${statesUrl}/000000000000/${logicalId}`;
  // Here curl and Postman shall work as they are; AWS_IAM is the template's default.
  const parameterDefaults = { ApiAuth: 'NONE' };
  const read = () => readTemplate({ file, parameterDefaults, parameterOverrides, queueUrl });
  const template = read();
  const database = openDatabase(dataDirectory);
  const queues = queuesOf(template).map((queue) => ({ ...queue, url: queueUrl(queue.logicalId) }));
  const services: StackServices = {
    queues,
    sqs: createSqs(database, queues, (...call) => stack.authorize(...call)),
    states: () => states,
    endpoints: { AWS_ENDPOINT_URL: statesUrl, AWS_ENDPOINT_URL_S3: s3Url },
    dataDirectory,
    apiKey,
    warn,
  };
  let stack: Stack = await loadStack(template, services);
  const states = createStates({
    database,
    machines: stack.machines,
    authorize: (...call) => stack.authorize(...call),
    callService: (call) => stack.callService(call),
    s3Endpoint: () => s3Url,
    onExecutionEnded: ({ executionArn, status, error, cause }) => {
      if (status !== 'SUCCEEDED')
        warn([`${executionArn} ended ${status}`, error, cause].filter(Boolean).join(': '));
    },
  });
  const eventBridge = createEventBridge(database, () => stack.rules);
  const s3Directory = join(dataDirectory, 's3');
  const s3 = createS3Server({
    database,
    directory: s3Directory,
    buckets: [...stack.buckets.keys()],
    corsRulesOf: (bucket) => stack.buckets.get(bucket)?.corsRules,
    authorize: (...call) => stack.authorize(...call),
    principalOf: (accessKeyId) => stack.principalOf(accessKeyId),
    recordEvent: (event) => {
      if (stack.buckets.get(event.bucket)?.sendsEvents) eventBridge.record(event);
    },
    eventsRecorded: () => eventBridge.deliver(),
  });
  const server = createServer((request, response) => stack.http.routing(request, response));

  const reloadOnce = async (): Promise<void> => {
    const changed = read();
    refuseOtherStores(template, changed);
    const next = await loadStack(changed, services, stack).catch((error: unknown) => {
      // Where the mistake is may be a file that the last good version does not have.
      watcher.follow([...stack.template.files, ...changed.files]);
      throw error;
    });
    states.replaceMachines(next.machines);
    const kept = new Set(next.functions.map(({ pool }) => pool));
    for (const { pool } of stack.functions) if (!kept.has(pool)) pool.retire();
    stack = next;
    watcher.follow([...stack.template.files]);
  };
  let reloading = Promise.resolve();
  const reload = (): void => {
    reloading = reloading.then(reloadOnce).then(
      () => warn(`Read ${template.name} and its files again: from now on the pipeline is as they say.`),
      (error: unknown) =>
        warn(`${error instanceof Error ? error.message : error}\nThe last good version keeps serving.`),
    );
  };
  const watcher = watchFiles(reload, (folder, error) =>
    warn(`What changes in ${folder} is read at the next start only: ${String(error)}`),
  );

  await listen(s3Url, (port) => s3.listen({ host: HOST, port }));
  await listen(statesUrl, (port) => once(server.listen(port, HOST), 'listening'));
  const resumed = await states.resume();
  eventBridge.deliver();
  watcher.follow([...stack.template.files]);
  return {
    apiUrl: `${statesUrl}/${stack.stageName}`,
    s3Url,
    statesUrl,
    outputs: template.outputs,
    s3Directory,
    notRunHere: template.notRunHere,
    resumed,
    stop: async () => {
      watcher.stop();
      const uploads = eventBridge.stop();
      const suspended = states.stop();
      // What the functions do now is done again at the next start; their requests would only hold up the servers.
      for (const { pool } of stack.functions) pool.stop();
      const executions = await suspended;
      server.close();
      server.closeAllConnections();
      await Promise.race([s3.close(), sleep(STOP_LIMIT_MS, undefined, { ref: false })]);
      database.close();
      return { uploads, executions };
    },
  };
}

/** Buckets and queues hold data, and others know their addresses: they change by a new start alone. */
function refuseOtherStores(before: Template, after: Template): void {
  const stores = (template: Template) =>
    [
      ...bucketsOf(template).map(({ logicalId }) => logicalId),
      ...queuesOf(template).map((queue) => JSON.stringify(queue)),
    ].join(', ');
  if (stores(before) !== stores(after))
    throw new Error(
      `${after.name}: expected the buckets and queues ${stores(before)} but found ${stores(after)}. Start again.`,
    );
}

/** Starts to listen at a URL's port, and says what to do where somebody else does. */
async function listen(url: string, start: (port: number) => Promise<unknown>): Promise<void> {
  const port = Number(new URL(url).port);
  try {
    await start(port);
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE')) throw cause;
    throw new Error(`Port ${port} is in use. Choose another with --port or --s3-port; 0 picks a free one.`, {
      cause,
    });
  }
}

async function choosePort(port: number): Promise<number> {
  if (port !== 0) return port;
  const probe = createTcpServer();
  await new Promise<void>((done) => probe.listen(0, HOST, done));
  const address = probe.address();
  await new Promise((done) => probe.close(done));
  return typeof address === 'object' && address ? address.port : 0;
}
