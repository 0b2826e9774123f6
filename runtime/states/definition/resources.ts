/**
 * The resources that a Task may name: a function's ARN, and service integrations in the request-response pattern.
 * Follows https://docs.aws.amazon.com/step-functions/latest/dg/integrate-services.html
 */
import { DefinitionError } from '../data/errors.ts';

export type Resource =
  | { readonly kind: 'function'; readonly arn: string }
  | {
      readonly kind: 'service';
      readonly arn: string;
      readonly type: string;
      readonly action: string;
      readonly result: ResultShape;
    };

/** The fields of a result by the service's API model. The models of the services below require none of them. */
export type ResultShape = Readonly<Record<string, 'string' | 'number'>>;

interface Integration {
  /** Names of parameters. */
  readonly required: readonly string[];
  readonly optional: readonly string[];
  readonly result: ResultShape;
}

const INTEGRATIONS: Readonly<Record<string, Integration>> = {
  'lambda:invoke': {
    required: ['FunctionName'],
    optional: ['Payload'],
    // Payload is a blob in the model, though a Task's result has it as JSON.
    result: {
      ExecutedVersion: 'string',
      FunctionError: 'string',
      LogResult: 'string',
      Payload: 'string',
      StatusCode: 'number',
    },
  },
  'sqs:sendMessage': {
    required: ['QueueUrl', 'MessageBody'],
    optional: [],
    // AWS does not check its checksums, such as MD5OfMessageBody.
    result: { MessageId: 'string', SequenceNumber: 'string' },
  },
};

/**
 * Reads a Task's Resource; `parameters` are the names of its Parameters, with or without `.$`.
 * @throws DefinitionError
 */
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
  return {
    kind: 'service',
    arn: text,
    type: name.slice(0, colon),
    action: name.slice(colon + 1),
    result: integration.result,
  };
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
