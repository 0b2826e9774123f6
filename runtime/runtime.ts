import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { distributionsOf } from './cloudfront/index.ts';
import { openDatabase } from './database.ts';
import { createEventBridge } from './event-bridge/index.ts';
import { createOutlast, isDiskFull, warnsOfFullDisk } from './full-disk.ts';
import { createGate } from './gate.ts';
import { explainError } from './lambda/index.ts';
import { readRunnableTemplate } from './left-out.ts';
import { createLogs } from './logs/index.ts';
import type { Pages } from './pages.ts';
import { chooseUrls, createPorts } from './ports.ts';
import { bucketsOf, type CorsOptions, createS3Server, notificationsOf, type S3Event } from './s3/index.ts';
import { createSns } from './sns/index.ts';
import { createSqs, letsSend, policyLetsSend, queuesOf } from './sqs/index.ts';
import { loadStack, type Stack, type StackServices } from './stack.ts';
import { createStates, type ExecutionResult } from './states/index.ts';
import type { LeftOut, MadeUpValue, Template } from './template/index.ts';
import { watchFiles } from './watch.ts';

export interface RuntimeOptions {
  readonly templateFile: string;
  /** Everything that outlives the process: objects, queued messages, executions and function bundles. */
  readonly dataDirectory: string;
  /** Serves the API, Step Functions, SQS, SNS and the pages; 0 picks a free port. */
  readonly port: number;
  /** 0 picks a free port. */
  readonly s3Port: number;
  /** Serves the template's distribution, if it has one; 0 and none pick a free port. */
  readonly cloudFrontPort?: number;
  readonly parameterOverrides: Readonly<Record<string, string>>;
  /** Replace the defaults that the template declares; `parameterOverrides` take precedence over both. */
  readonly parameterDefaults?: (addresses: Addresses) => Readonly<Record<string, string>>;
  /** The parameters that name existing buckets, which the stack uses and does not create. */
  readonly bucketParameters?: readonly string[];
  /** A node_modules folder: the functions' `require` searches it in place of their layers. */
  readonly layerDirectory: string;
  /** Keeps the functions' bundles, so that esbuild runs only if their sources have changed. Without it, nothing is kept. */
  readonly bundleCacheDirectory?: string | undefined;
  /** The value that `x-api-key` must have if the API requires a key. */
  readonly apiKey: string;
  /**
   * Folders of static files, by the path that they are served under, such as `/page/`. Of the folder of `/`, only its
   * index.html is served.
   */
  readonly pages?: Pages;
  /** What answers the requests whose paths begin with one of these, such as `/studio/`, before everything else. */
  readonly listeners?: Readonly<Record<string, RequestListener>>;
  /** Names by which requests may call the runtime, besides those of this machine; with or without a port. */
  readonly allowHosts?: readonly string[];
  /** Origins whose pages may call everything, as those that the runtime itself serves. */
  readonly allowOrigins?: readonly string[];
  /**
   * Receives a message for each execution that does not succeed, each request that fails for a reason that its client
   * does not learn, each event or notification that cannot be delivered, each permission that a role lacks, and each
   * reload.
   */
  readonly warn: (message: string) => void;
  /**
   * Checks the files of the functions, which have been built but do not serve yet: at start, and after each change. What
   * it throws ends the start, or is told by `warn` and the last good version keeps serving.
   */
  readonly check?: () => Promise<void>;
  /** Receives each execution that has ended. Without it, `warn` gets a message for each that did not succeed. */
  readonly executionEnded?: (execution: ExecutionResult) => void;
  /** Receives each event of a bucket that no rule of EventBridge matches, so that nothing follows from it. */
  readonly eventUnmatched?: (event: Pick<S3Event, 'type' | 'bucket' | 'key'>) => void;
}

/** Where the runtime listens. */
export interface Addresses {
  /** Of the API and the pages, as an origin of the web: `http://127.0.0.1:3000`. */
  readonly origin: string;
}

export interface Runtime {
  /** With the stage: `http://127.0.0.1:3000/prod`; undefined if the template has no API. */
  readonly apiUrl: string | undefined;
  readonly s3Url: string;
  readonly statesUrl: string;
  /** The template's distribution, if it has one; the URL has no slash at its end. */
  readonly distributions: readonly { readonly logicalId: string; readonly url: string }[];
  readonly outputs: Readonly<Record<string, string>>;
  readonly s3Directory: string;
  readonly leftOut: readonly LeftOut[];
  readonly madeUpValues: readonly MadeUpValue[];
  /** How many executions an earlier process left running; this process has restarted them from their beginning. */
  readonly resumed: number;
  /** Stops within seconds. Unfinished work is on disk, and the next start takes it up again. */
  stop(): Promise<Unfinished>;
}

/** What a stop leaves for the next start. */
export interface Unfinished {
  /** Events that have not been delivered, or whose executions have not ended. */
  readonly events: number;
  readonly executions: number;
  /** Messages of topics that a subscriber has not received yet. */
  readonly notifications: number;
}

/**
 * Runs the stack of a template on this machine: its buckets, rules, functions, state machines, queues and API, each
 * over AWS's own protocol, with each call checked against the template's roles. When the template or a file that it
 * refers to changes, the runtime reads it again; if that fails, the last good version keeps serving.
 * @throws TemplateError or another error with file and line for a mistake or for what the runtime does not support, or
 *   what `check` throws, before anything listens; Error if the data folder or a port is in use, or the disk is full.
 */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  let database: DatabaseSync | undefined;
  try {
    database = openDatabase(options.dataDirectory);
    return await startServices(options, database);
  } catch (cause) {
    database?.close();
    if (!isDiskFull(cause)) throw cause;
    throw new Error(
      `The disk of ${options.dataDirectory} is full. Free some space, or choose another folder with --data.`,
      { cause },
    );
  }
}

async function startServices(options: RuntimeOptions, database: DatabaseSync): Promise<Runtime> {
  const { templateFile: file, parameterOverrides, dataDirectory, warn } = options;
  const { bucketParameters = [], pages = {}, listeners = {}, allowHosts = [], allowOrigins = [] } = options;
  const { port, s3Port, cloudFrontPort = 0 } = options;
  const urls = await chooseUrls({ api: port, s3: s3Port, distribution: cloudFrontPort });
  const { api: statesUrl, s3: s3Url, distribution: distributionUrl } = urls;
  const gate = createGate({ pagesUrl: statesUrl, allowHosts, allowOrigins });
  const queueUrl = (logicalId: string) => `${statesUrl}/000000000000/${logicalId}`;
  const parameterDefaults = options.parameterDefaults?.({ origin: statesUrl }) ?? {};
  const read = () =>
    readRunnableTemplate({ file, parameterDefaults, parameterOverrides, queueUrl, distributionUrl });
  const template = read();
  const outlast = createOutlast(warnsOfFullDisk(dataDirectory, warn));
  const queues = queuesOf(template).map((queue) => ({ ...queue, url: queueUrl(queue.logicalId) }));
  const logs = createLogs({
    groups: () => [...stack.machines.values()].flatMap(({ resource }) => resource.logging?.logGroup ?? []),
    authorize: (...call) => stack.authorize(...call),
  });
  const services: StackServices = {
    queues,
    sqs: createSqs(database, queues, (...call) => stack.authorize(...call), queueUrl),
    sns: () => sns,
    logs,
    states: () => states,
    s3Url,
    endpoints: { AWS_ENDPOINT_URL: statesUrl, AWS_ENDPOINT_URL_S3: s3Url },
    dataDirectory,
    layerDirectory: options.layerDirectory,
    bundleCacheDirectory: options.bundleCacheDirectory,
    bucketParameters,
    apiKey: options.apiKey,
    pages,
    outlast,
    check: options.check ?? (async () => {}),
    warn,
  };
  let stack: Stack = await loadStack(template, services);
  const states = createStates({
    database,
    machines: stack.machines,
    authorize: (...call) => stack.authorize(...call),
    callService: (call) => stack.callService(call),
    s3Endpoint: () => s3Url,
    appendLog: logs.append,
    outlast,
    onExecutionEnded: options.executionEnded ?? ((execution) => warnOfFailure(execution, warn)),
  });
  const eventBridge = createEventBridge(database, () => stack.rules, outlast);
  const sns = createSns({
    database,
    url: statesUrl,
    topics: () => stack.topics,
    declared: () => stack.subscriptions,
    sqs: services.sqs,
    letsSend: (queue, sourceArn) => {
      const sender = { service: 'sns.amazonaws.com', sourceArn };
      const policy = services.sqs.policyOf(queue);
      return policy ? policyLetsSend(policy, queue.arn, sender) : letsSend(stack.template, queue.arn, sender);
    },
    authorize: (...call) => stack.authorize(...call),
    outlast,
    warn,
  });
  const s3Directory = join(dataDirectory, 's3');
  const cors: CorsOptions = {
    corsRulesOf: (bucket) => stack.buckets.get(bucket)?.corsRules,
    isOwnPage: gate.isOwnPage,
  };
  const s3 = createS3Server({
    database,
    directory: s3Directory,
    buckets: [...stack.buckets.keys()],
    versionedBuckets: [...stack.buckets.values()].filter((one) => one.isVersioned).map(({ name }) => name),
    ...cors,
    authorize: (...call) => stack.authorize(...call),
    principalOf: (accessKeyId) => stack.principalOf(accessKeyId),
    recordEvent: (event) => {
      const bucket = stack.buckets.get(event.bucket);
      if (bucket?.sendsEvents && !eventBridge.record(event)) options.eventUnmatched?.(event);
      for (const { topicArn, subject, text } of notificationsOf(event, bucket?.topicConfigurations ?? []))
        sns.record(topicArn, subject, text);
    },
    eventsRecorded: () => {
      eventBridge.deliver();
      sns.deliver();
    },
  });
  await s3.ready();
  const ports = createPorts({
    urls,
    gate,
    api: () => stack.http,
    listeners,
    s3,
    cors,
    edge: () => stack.delivery?.edge,
  });

  const reloadOnce = async (): Promise<void> => {
    const changed = read();
    refuseChangedStores(template, changed, bucketParameters);
    const next = await loadStack(changed, services, stack).catch((error: unknown) => {
      // The mistake may be in a file that the last good version does not use.
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
      () => warn(`Read ${template.name} and its files again: the runtime now follows them.`),
      (error: unknown) =>
        warn(`${error instanceof Error ? error.message : error}\nThe last good version keeps serving.`),
    );
  };
  const watcher = watchFiles(reload, (folder, error) =>
    warn(`Cannot watch ${folder}, so changes in it take effect at the next start: ${String(error)}`),
  );

  await ports.listen();
  const resumed = await states.resume();
  eventBridge.deliver();
  sns.deliver();
  watcher.follow([...stack.template.files]);
  return {
    apiUrl: stack.stageName && `${statesUrl}/${stack.stageName}`,
    s3Url,
    statesUrl,
    distributions: stack.delivery
      ? [{ logicalId: stack.delivery.distribution.logicalId, url: distributionUrl }]
      : [],
    outputs: template.outputs,
    s3Directory,
    leftOut: template.leftOut,
    madeUpValues: template.madeUpValues,
    resumed,
    stop: async () => {
      watcher.stop();
      const events = eventBridge.stop();
      const notifications = sns.stop();
      const suspended = states.stop();
      // The next start repeats these invocations; their requests would only delay closing the servers.
      for (const { pool } of stack.functions) pool.stop();
      const executions = await suspended;
      await ports.close();
      database.close();
      return { events, executions, notifications };
    },
  };
}

function warnOfFailure(
  { executionArn, status, error, cause }: ExecutionResult,
  warn: RuntimeOptions['warn'],
): void {
  if (status !== 'SUCCEEDED')
    warn(`${executionArn} ended ${status}${error === undefined ? '' : `: ${explainError(error, cause)}`}`);
}

/** Buckets and queues hold data, and clients use their addresses and those of distributions: only a restart may change them. */
function refuseChangedStores(before: Template, after: Template, bucketParameters: readonly string[]): void {
  const stores = (template: Template) =>
    [
      ...bucketsOf(template, bucketParameters).map(
        ({ logicalId, isVersioned }) => logicalId + (isVersioned ? ' (with versions)' : ''),
      ),
      ...queuesOf(template).map((queue) => JSON.stringify(queue)),
      ...distributionsOf(template).map(({ logicalId }) => logicalId),
    ].join(', ');
  // A mistake in one of them may have left it out.
  const known = before.leftOut.map(({ reason }) => reason);
  const reasons = after.leftOut.flatMap(({ reason }) => (known.includes(reason) ? [] : [reason]));
  if (stores(before) !== stores(after))
    throw new Error(
      [
        `${after.name}: expected the buckets, queues and distributions ${stores(before)} but found ${stores(after)}. Restart to change them.`,
        ...reasons,
      ].join('\n'),
    );
}
