/**
 * The service integrations that a Task may name: a Lambda function's ARN, `lambda:invoke`, `sqs:sendMessage` and
 * `aws-sdk:sfn:describeMapRun`, each in the request-response pattern. All others are refused by name.
 * After https://docs.aws.amazon.com/step-functions/latest/dg/integrate-services.html
 */
import type { Principal } from '../../iam/permissions.ts';
import { DefinitionError } from '../data/errors.ts';
import type { Clock } from '../execution/waiting.ts';

export { TaskError } from '../data/errors.ts';

/** One service call of a Task. For a plain function ARN, `resource` is that ARN and `parameters` the function's event. */
export interface TaskCall {
  readonly resource: string;
  readonly parameters: unknown;
  readonly principal: Principal;
  readonly signal: AbortSignal;
  /** The time limits of the Task and of its execution. A service that lets the call wait, as AWS would not, stops them. */
  readonly clock: Clock;
}

/**
 * Carries out one service call and answers what the state gets as its result (`{Payload, StatusCode, …}` for
 * `lambda:invoke`, the function's own answer for a plain ARN); throws TaskError(name, cause) as the service would.
 */
export type CallService = (call: TaskCall) => Promise<unknown>;

export type Resource =
  | { readonly kind: 'function'; readonly arn: string }
  | { readonly kind: 'service'; readonly arn: string; readonly type: string; readonly action: string };

interface Integration {
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

const INTEGRATIONS: Readonly<Record<string, Integration>> = {
  'lambda:invoke': { required: ['FunctionName'], optional: ['Payload'] },
  'sqs:sendMessage': { required: ['QueueUrl', 'MessageBody'], optional: [] },
  'aws-sdk:sfn:describeMapRun': { required: ['MapRunArn'], optional: [] },
};

/** Reads a Task's Resource; `parameters` are the names of its Parameters, with or without `.$`. */
export function parseResource(text: string, parameters: ReadonlySet<string>): Resource {
  if (/^arn:aws[a-z-]*:lambda:[^:]*:\d{12}:function:[^:]+(:[^:]+)?$/.test(text))
    return { kind: 'function', arn: text };
  const name = /^arn:aws[a-z-]*:states:::(.+)$/.exec(text)?.[1] ?? '';
  const reason = /^arn:aws[a-z-]*:states:[^:]+:\d{12}:activity:/.test(text)
    ? 'activities are not run here'
    : /\.(sync(:2)?|waitForTaskToken)$/.test(name)
      ? 'only the request-response pattern is run here'
      : `expected a Lambda function's ARN or arn:aws:states::: with one of ${Object.keys(INTEGRATIONS).join(', ')}`;
  const integration = Object.hasOwn(INTEGRATIONS, name) ? INTEGRATIONS[name] : undefined;
  if (!integration) throw new DefinitionError(`${JSON.stringify(text)} is not supported: ${reason}`);
  checkParameters(name, integration, parameters);
  const colon = name.lastIndexOf(':');
  return { kind: 'service', arn: text, type: name.slice(0, colon), action: name.slice(colon + 1) };
}

function checkParameters(
  name: string,
  { required, optional }: Integration,
  parameters: ReadonlySet<string>,
): void {
  const given = [...parameters].map((parameter) => parameter.replace(/\.\$$/, ''));
  const absent = required.find((parameter) => !given.includes(parameter));
  if (absent !== undefined)
    throw new DefinitionError(`${name} expects ${absent} in Parameters, which is missing`);
  const unknown = given.find((parameter) => !required.includes(parameter) && !optional.includes(parameter));
  if (unknown !== undefined)
    throw new DefinitionError(`${name} with the parameter ${unknown} is not supported here`);
}
