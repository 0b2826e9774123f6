import { allowsService, type ServiceCall } from '../iam/index.ts';
import type { Template, Value } from '../template/index.ts';
import { checkDeny, nameOf, resourcesOf } from '../template/index.ts';

export interface Queue {
  readonly logicalId: string;
  readonly arn: string;
  readonly messageRetentionSeconds: number;
  readonly visibilityTimeoutSeconds: number;
}

// SQS's defaults: four days, and thirty seconds.
export const DEFAULT_RETENTION_SECONDS = 345_600;
export const DEFAULT_VISIBILITY_TIMEOUT_SECONDS = 30;
const SUPPORTED = ['MessageRetentionPeriod', 'SqsManagedSseEnabled', 'Tags', 'VisibilityTimeout'];

/**
 * The template's queues. Checks their policies, too, which may deny nothing but requests without TLS.
 * @throws TemplateError
 */
export function queuesOf(template: Template): Queue[] {
  for (const { properties } of resourcesOf(template, 'AWS::SQS::QueuePolicy'))
    if (!isOfLeftOut(template, properties.at('Queues'))) checkPolicy(properties);
  return resourcesOf(template, 'AWS::SQS::Queue').map(({ logicalId, properties }) => {
    properties.only(SUPPORTED);
    return {
      logicalId,
      arn: nameOf.queueArn(logicalId),
      messageRetentionSeconds:
        properties.at('MessageRetentionPeriod').ifPresent((value) => value.integer(60, 1_209_600)) ??
        DEFAULT_RETENTION_SECONDS,
      visibilityTimeoutSeconds:
        properties.at('VisibilityTimeout').ifPresent((value) => value.integer(0, 43_200)) ??
        DEFAULT_VISIBILITY_TIMEOUT_SECONDS,
    };
  });
}

/** Whether a policy belongs only to queues that are left out: it has no effect then. */
function isOfLeftOut(template: Template, queues: Value): boolean {
  const leftOut = template.leftOut.filter(({ type }) => type === 'AWS::SQS::Queue');
  const urls = texts(queues);
  return (
    urls.length > 0 && urls.every((url) => leftOut.some(({ logicalId }) => url.endsWith(`/${logicalId}`)))
  );
}

function checkPolicy(properties: Value): void {
  const document = properties.only(['PolicyDocument', 'Queues']).at('PolicyDocument');
  for (const statement of document.only(['Id', 'Statement', 'Version']).at('Statement').listOrOne()) {
    statement.only(['Action', 'Condition', 'Effect', 'Principal', 'Resource', 'Sid']);
    if (statement.at('Effect').oneOf(['Allow', 'Deny']) === 'Deny') checkDeny(statement);
  }
}

/**
 * Whether a queue's policy allows a service to send for another resource. Without that, AWS loses what the service sends.
 * @param sender the service, such as events.amazonaws.com, and the ARN of the resource that it sends for.
 */
export function letsSend(
  template: Template,
  queueArn: string,
  sender: Pick<ServiceCall, 'service' | 'sourceArn'>,
): boolean {
  return resourcesOf(template, 'AWS::SQS::QueuePolicy')
    .filter(({ properties }) => isAttachedTo(properties.at('Queues'), queueArn))
    .some(({ properties }) => policyLetsSend(properties.at('PolicyDocument'), queueArn, sender));
}

/** Whether a queue's policy document allows a service to send for another resource. */
export function policyLetsSend(
  document: Value,
  queueArn: string,
  sender: Pick<ServiceCall, 'service' | 'sourceArn'>,
): boolean {
  const call = { ...sender, action: 'sqs:SendMessage', resource: queueArn };
  return document
    .at('Statement')
    .listOrOne()
    .some((statement) => allowsService(statement, call));
}

/** A queue's URL ends in its name, as its ARN does. */
function isAttachedTo(queues: Value, queueArn: string): boolean {
  const name = queueArn.slice(queueArn.lastIndexOf(':') + 1);
  return texts(queues).some((url) => url.endsWith(`/${name}`));
}

const texts = (value: Value): string[] =>
  value.ifPresent((present) => present.listOrOne().map((item) => item.text())) ?? [];
