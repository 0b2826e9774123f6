import { allowsService } from '../iam/index.ts';
import type { Template } from '../template/index.ts';
import { checkDeny, nameOf, resourcesOf } from '../template/index.ts';

export interface Topic {
  readonly logicalId: string;
  readonly arn: string;
  readonly displayName: string;
}

// Encryption, traces and logs of deliveries have no effect on one machine.
const SUPPORTED = [
  'DeliveryStatusLogging',
  'DisplayName',
  'KmsMasterKeyId',
  'Subscription',
  'Tags',
  'TracingConfig',
];

/**
 * The template's topics.
 * @throws TemplateError
 */
export function topicsOf(template: Template): Topic[] {
  return resourcesOf(template, 'AWS::SNS::Topic').map(({ logicalId, properties }) => ({
    logicalId,
    arn: nameOf.topicArn(logicalId),
    displayName:
      properties
        .only(SUPPORTED)
        .at('DisplayName')
        .ifPresent((value) => value.text()) ?? '',
  }));
}

/**
 * Whether a topic's policy lets S3 publish for a bucket. Without that, S3 refuses the bucket's notifications.
 * @throws TemplateError if the policy denies anything but requests without TLS.
 */
export function letsS3Publish(template: Template, topicArn: string, bucketArn: string): boolean {
  const call = {
    service: 's3.amazonaws.com',
    action: 'sns:Publish',
    resource: topicArn,
    sourceArn: bucketArn,
  };
  const statements = resourcesOf(template, 'AWS::SNS::TopicPolicy')
    .map(({ properties }) => properties.only(['PolicyDocument', 'Topics']))
    .filter((properties) => {
      const topics = properties.at('Topics').list();
      return topics.some((topic) => topic.text() === topicArn);
    })
    .flatMap((properties) => properties.at('PolicyDocument').at('Statement').listOrOne());
  for (const statement of statements)
    if (statement.at('Effect').oneOf(['Allow', 'Deny']) === 'Deny') checkDeny(statement);
  return statements.some((statement) => allowsService(statement, call));
}
