import type { FastifyInstance } from 'fastify';
import { createEdge, type Distribution, distributionsOf, type Edge } from './cloudfront/index.ts';
import { compilePattern, type Rule, type RuleResource, rulesOf } from './event-bridge/index.ts';
import type { Outlast } from './full-disk.ts';
import { createHttp } from './http.ts';
import {
  AccessDeniedError,
  type Authorize,
  createAuthorizer,
  createPrincipalOf,
  type Principal,
  type ResourceStatement,
  resourceStatementsOf,
  rolesOf,
  type ServicePrincipal,
} from './iam/index.ts';
import {
  type Bundle,
  bundleFunctions,
  type FunctionCode,
  FunctionPool,
  type LambdaFunction,
} from './lambda/index.ts';
import type { Logs } from './logs/index.ts';
import type { Pages } from './pages.ts';
import { type Bucket, bucketsOf } from './s3/index.ts';

import { createServiceCalls, invokeFunction, type LocalFunctions } from './service-calls.ts';
import { type Sns, type Subscription, subscriptionsOf, type Topic, topicsOf } from './sns/index.ts';

import type { Queue, Sqs } from './sqs/index.ts';
import {
  type CallService,
  loadMachines,
  type Machines,
  type States,
  stateMachinesOf,
} from './states/index.ts';
import type { Template } from './template/index.ts';

/** Everything that is made from a template. A reload replaces it while the runtime runs. */
export interface Stack {
  readonly template: Template;
  readonly authorize: Authorize;
  readonly principalOf: (accessKeyId: string | undefined) => Principal;
  readonly callService: CallService;
  readonly machines: Machines;
  readonly rules: readonly Rule[];
  /** By name. */
  readonly buckets: ReadonlyMap<string, Bucket>;
  readonly topics: readonly Topic[];
  readonly subscriptions: readonly Subscription[];
  readonly functions: readonly StackFunction[];
  /** Undefined if the template has no distribution. */
  readonly delivery: Delivery | undefined;
  /** Serves the API, Step Functions, SQS, SNS and the pages; `http.routing` answers a request. */
  readonly http: FastifyInstance;
  /** Undefined if the template has no API. */
  readonly stageName: string | undefined;
}

/** A distribution that runs. */
interface Delivery {
  readonly distribution: Distribution;
  readonly edge: Edge;
}

interface StackFunction {
  readonly lambda: LambdaFunction;
  readonly pool: FunctionPool;
  /** Equal for two functions that have the same settings and code. */
  readonly fingerprint: string;
}

/** What a reload keeps: the services that hold data, and the runtime's options. */
export interface StackServices {
  readonly queues: readonly Queue[];
  readonly sqs: Sqs;
  readonly sns: () => Pick<Sns, 'handle'>;
  readonly logs: Pick<Logs, 'handle'>;
  readonly states: () => States;
  readonly endpoints: Readonly<Record<string, string>>;
  readonly s3Url: string;
  readonly dataDirectory: string;
  readonly layerDirectory: string;
  readonly bundleCacheDirectory: string | undefined;
  readonly bucketParameters: readonly string[];
  readonly apiKey: string;
  readonly pages: Pages;
  readonly outlast: Outlast;
  readonly check: () => Promise<void>;
  readonly warn: (message: string) => void;
}

/**
 * Makes a stack from a template. Functions whose code and settings are the same as in `previous` keep their processes.
 * @throws TemplateError, DefinitionError or esbuild's error, each with file and line, or what `check` throws; nothing has
 *   changed then.
 */
export async function loadStack(
  template: Template,
  services: StackServices,
  previous?: Stack,
): Promise<Stack> {
  const roles = rolesOf(template);
  const [distribution] = distributionsOf(template);
  const statements = [
    ...resourceStatementsOf(template),
    ...statementsForExisting(distribution, template, services),
  ];
  const authorize = warningOfDenials(createAuthorizer(roles, statements), services.warn);
  const principalOf = createPrincipalOf(roles, callersOf(distribution));
  const machines = loadMachines(stateMachinesOf(template));
  const buckets = new Map(
    bucketsOf(template, services.bucketParameters).map((bucket) => [bucket.name, bucket]),
  );
  const rules = rulesOf(template).map((rule) => ruleOf(rule, services));
  const { http, stageName } = await createHttp(template, {
    ...services,
    principalOf,
    callFunction: (arn, payload, { role, ...limit }) =>
      invokeFunction(lambda, arn, { role }, { payload, ...limit }),
  });
  const bundles = await bundleFunctions(template, services.dataDirectory, services.bundleCacheDirectory);
  await services.check();
  // Written only after all of them have built: a mistake in one leaves the others unchanged, too.
  const functions = bundles.map((one) => deploy(one, services, previous));
  const functionsLeftOut = template.leftOut.filter(({ type }) =>
    /^AWS::(Serverless|Lambda)::Function$/.test(type),
  );
  if (previous) warnOfLeftOut(template, previous.template, services.warn);
  const lambda: LocalFunctions = { authorize, functions, functionsLeftOut };
  const callService = createServiceCalls({ ...services, ...lambda });
  return {
    template,
    authorize,
    principalOf,
    callService,
    machines,
    rules,
    buckets,
    topics: topicsOf(template),
    subscriptions: subscriptionsOf(template),
    functions,
    delivery: distribution && { distribution, edge: createEdgeFor(distribution, services) },
    http,
    stageName,
  };
}

const CLOUDFRONT = 'cloudfront.amazonaws.com';

/** The services that call, by the ids with which they do. */
function callersOf(distribution: Distribution | undefined): ReadonlyMap<string, ServicePrincipal> {
  return new Map(
    distribution ? [[distribution.id, { service: CLOUDFRONT, sourceArn: distribution.arn }]] : [],
  );
}

/** An existing bucket has a policy of its owner, who is taken to have let in the distribution. */
function statementsForExisting(
  distribution: Distribution | undefined,
  { parameters }: Template,
  { bucketParameters }: StackServices,
): ResourceStatement[] {
  if (!distribution || !bucketParameters.some((name) => parameters[name] === distribution.bucket)) return [];
  const arn = `arn:aws:s3:::${distribution.bucket}`;
  return [
    {
      effect: 'Allow',
      service: CLOUDFRONT,
      isFor: (sourceArn) => sourceArn === distribution.arn,
      actions: ['s3:GetObject', 's3:ListBucket'],
      resources: [arn, `${arn}/*`],
    },
  ];
}

function createEdgeFor(distribution: Distribution, { s3Url, warn }: StackServices): Edge {
  return createEdge({ distribution, originUrl: s3Url, now: Date.now, warn });
}

/** Warns of what a reload leaves out for a reason and the previous template did not; a start lists all of it. */
function warnOfLeftOut(template: Template, previous: Template, warn: StackServices['warn']): void {
  const known = previous.leftOut.map(({ logicalId }) => logicalId);
  for (const { logicalId, reason } of template.leftOut)
    if (reason !== undefined && !known.includes(logicalId)) warn(`Not run here: ${logicalId}: ${reason}`);
}

/** Warns once of each permission that a role lacks: the caller may handle the denial without reporting it. */
function warningOfDenials(authorize: Authorize, warn: StackServices['warn']): Authorize {
  const reported = new Set<string>();
  return (principal, action, resource) => {
    try {
      authorize(principal, action, resource);
    } catch (error) {
      const what = JSON.stringify([principal, action]);
      if (error instanceof AccessDeniedError && !reported.has(what)) warn(`${error.name}: ${error.message}`);
      reported.add(what);
      throw error;
    }
  };
}

function deploy(
  bundle: Bundle,
  { endpoints, layerDirectory }: StackServices,
  previous: Stack | undefined,
): StackFunction {
  const { lambda, directory } = bundle;
  const fingerprint = JSON.stringify([lambda, bundle.hash]);
  const same = previous?.functions.find((one) => one.fingerprint === fingerprint);
  if (same) return same;
  bundle.write();
  const code: FunctionCode = { directory, layerDirectory };
  return { lambda, fingerprint, pool: new FunctionPool(lambda, code, endpoints) };
}

function ruleOf(rule: RuleResource, { queues, sqs, states, warn }: StackServices): Rule {
  const { logicalId, stateMachineArn, pattern, role, input, deadLetterQueueArn } = rule;
  return {
    logicalId,
    matches: compilePattern(pattern),
    start: async (event) => {
      await states().run(stateMachineArn, input === undefined ? event : JSON.parse(input), { role });
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
