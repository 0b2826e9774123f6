import { ACCOUNT_ID, nameOf } from '../template/names.ts';
import { checkDeny, resourcesOf } from '../template/properties.ts';
import type { Template } from '../template/template.ts';
import type { Value } from '../template/value.ts';
import { compileWildcard } from '../wildcard.ts';

export interface Queue {
  readonly logicalId: string;
  readonly arn: string;
  readonly messageRetentionSeconds: number;
  readonly visibilityTimeoutSeconds: number;
}

// SQS's own defaults: four days, and thirty seconds.
const DEFAULT_RETENTION_SECONDS = 345_600;
const DEFAULT_VISIBILITY_TIMEOUT_SECONDS = 30;
const SUPPORTED = ['MessageRetentionPeriod', 'SqsManagedSseEnabled', 'Tags', 'VisibilityTimeout'];

/** The queues of the template, their policies read as well: none may deny what would be taken here. */
export function queuesOf(template: Template): Queue[] {
  for (const { properties } of resourcesOf(template, 'AWS::SQS::QueuePolicy')) checkPolicy(properties);
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

function checkPolicy(properties: Value): void {
  const document = properties.only(['PolicyDocument', 'Queues']).at('PolicyDocument');
  for (const statement of document.only(['Id', 'Statement', 'Version']).at('Statement').listOrOne()) {
    statement.only(['Action', 'Condition', 'Effect', 'Principal', 'Resource', 'Sid']);
    if (statement.at('Effect').oneOf(['Allow', 'Deny']) === 'Deny') checkDeny(statement);
  }
}

/** Whether a queue's policy lets EventBridge send to it for a rule: without that, the rule's dead letters are lost on AWS. */
export function takesFromEventBridge(template: Template, queueArn: string, ruleArn: string): boolean {
  const letsIn = (statement: Value): boolean =>
    statement.at('Effect').text() === 'Allow' &&
    texts(statement.at('Principal').at('Service')).includes('events.amazonaws.com') &&
    texts(statement.at('Action')).some((action) => /^(sqs:(SendMessage|\*)|\*)$/i.test(action)) &&
    texts(statement.at('Resource')).includes(queueArn) &&
    (statement.at('Condition').ifPresent((condition) => isMetBy(condition, ruleArn)) ?? true);
  const statements = resourcesOf(template, 'AWS::SQS::QueuePolicy')
    .filter(({ properties }) => isAttachedTo(properties.at('Queues'), queueArn))
    .flatMap(({ properties }) => properties.at('PolicyDocument').at('Statement').listOrOne());
  return statements.some(letsIn);
}

/** A queue's URL ends in its name, as its ARN does. */
function isAttachedTo(queues: Value, queueArn: string): boolean {
  const name = queueArn.slice(queueArn.lastIndexOf(':') + 1);
  return texts(queues).some((url) => url.endsWith(`/${name}`));
}

/** Whether a policy's condition lets EventBridge in, which says for which rule it comes. */
function isMetBy(condition: Value, ruleArn: string): boolean {
  const asked: Record<string, string> = { 'aws:SourceArn': ruleArn, 'aws:SourceAccount': ACCOUNT_ID };
  return condition
    .only(['ArnEquals', 'ArnLike', 'StringEquals', 'StringLike'])
    .entries()
    .every(([operator, keys]) =>
      keys
        .only(Object.keys(asked))
        .entries()
        .every(([key, wanted]) =>
          texts(wanted).some((text) =>
            operator === 'StringEquals' ? text === asked[key] : compileWildcard(text)(asked[key] ?? ''),
          ),
        ),
    );
}

const texts = (value: Value): string[] =>
  value.ifPresent((present) => present.listOrOne().map((item) => item.text())) ?? [];
