import type { Template, Value } from '../template/index.ts';
import { ACCOUNT_ID, checkDeny, nameOf, resourcesOf } from '../template/index.ts';
import { compileWildcard } from '../wildcard.ts';

export interface Queue {
  readonly logicalId: string;
  readonly arn: string;
  readonly messageRetentionSeconds: number;
  readonly visibilityTimeoutSeconds: number;
}

// SQS's defaults: four days, and thirty seconds.
const DEFAULT_RETENTION_SECONDS = 345_600;
const DEFAULT_VISIBILITY_TIMEOUT_SECONDS = 30;
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

/** Whether a queue's policy allows EventBridge to send for a rule. Without that, AWS loses the rule's dead letters. */
export function allowsEventBridge(template: Template, queueArn: string, ruleArn: string): boolean {
  const isAllowing = (statement: Value): boolean =>
    statement.at('Effect').text() === 'Allow' &&
    texts(statement.at('Principal').at('Service')).includes('events.amazonaws.com') &&
    texts(statement.at('Action')).some((action) => /^(sqs:(SendMessage|\*)|\*)$/i.test(action)) &&
    texts(statement.at('Resource')).includes(queueArn) &&
    (statement.at('Condition').ifPresent((condition) => isMetBy(condition, ruleArn)) ?? true);
  const statements = resourcesOf(template, 'AWS::SQS::QueuePolicy')
    .filter(({ properties }) => isAttachedTo(properties.at('Queues'), queueArn))
    .flatMap(({ properties }) => properties.at('PolicyDocument').at('Statement').listOrOne());
  return statements.some(isAllowing);
}

/** A queue's URL ends in its name, as its ARN does. */
function isAttachedTo(queues: Value, queueArn: string): boolean {
  const name = queueArn.slice(queueArn.lastIndexOf(':') + 1);
  return texts(queues).some((url) => url.endsWith(`/${name}`));
}

/** Whether a policy's condition holds for EventBridge, which sends the rule's ARN along as aws:SourceArn. */
function isMetBy(condition: Value, ruleArn: string): boolean {
  const context: Record<string, string> = { 'aws:SourceArn': ruleArn, 'aws:SourceAccount': ACCOUNT_ID };
  return condition
    .only(['ArnEquals', 'ArnLike', 'StringEquals', 'StringLike'])
    .entries()
    .every(([operator, keys]) =>
      keys
        .only(Object.keys(context))
        .entries()
        .every(([key, wanted]) =>
          texts(wanted).some((text) =>
            operator === 'StringEquals' ? text === context[key] : compileWildcard(text)(context[key] ?? ''),
          ),
        ),
    );
}

const texts = (value: Value): string[] =>
  value.ifPresent((present) => present.listOrOne().map((item) => item.text())) ?? [];
