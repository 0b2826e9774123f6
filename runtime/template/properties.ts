import { nameOf } from './names.ts';
import type { Template } from './template.ts';
import { Value } from './value.ts';

/** The resources of one type that are run here, with their properties and metadata still to be checked. */
export function resourcesOf(
  template: Template,
  type: string,
): { logicalId: string; properties: Value; metadata: Value }[] {
  return [...template.resources.values()]
    .filter((resource) => resource.type === type && !resource.isLeftOut)
    .map(({ logicalId, properties, metadata }) => ({
      logicalId,
      properties: new Value(properties, ['Resources', logicalId, 'Properties'], template),
      metadata: new Value(metadata, ['Resources', logicalId, 'Metadata'], template),
    }));
}

/** The properties of the policies of buckets that run here. */
export function bucketPoliciesOf(template: Template): Value[] {
  const isLeftOut = (bucket: Value) =>
    template.leftOut.some(
      ({ logicalId, type }) => type === 'AWS::S3::Bucket' && bucket.raw === nameOf.bucket(logicalId),
    );
  return resourcesOf(template, 'AWS::S3::BucketPolicy')
    .map(({ properties }) => properties)
    .filter((properties) => !isLeftOut(properties.at('Bucket')));
}

const ROLE_ARN = /^arn:aws:iam::\d{12}:role\/(.+)$/;

/**
 * The logical id of the role that an ARN names.
 * @throws TemplateError if it is no role's ARN.
 */
export function roleOfArn(arn: Value): string {
  return ROLE_ARN.exec(arn.text())?.[1] ?? arn.fail('the ARN of a role of this template');
}

const QUEUE_ARN = /^arn:aws:sqs:[^:]+:\d{12}:(.+)$/;

/**
 * The logical id of the queue that an ARN names.
 * @throws TemplateError if it is no queue's ARN.
 */
export function queueOfArn(arn: Value): string {
  return QUEUE_ARN.exec(arn.text())?.[1] ?? arn.fail('the ARN of a queue of this template');
}

const TOPIC_ARN = /^arn:aws:sns:[^:]+:\d{12}:([^:]+)$/;

/**
 * The logical id of the topic that an ARN names.
 * @throws TemplateError if it is no topic's ARN.
 */
export function topicOfArn(arn: Value): string {
  return TOPIC_ARN.exec(arn.text())?.[1] ?? arn.fail('the ARN of a topic of this template');
}

/**
 * Checks a Deny statement: it may deny only requests without TLS, which has no effect on one machine.
 * @throws TemplateError
 */
export function checkDeny(statement: Value): void {
  const condition = statement.at('Condition').only(['Bool']).at('Bool').only(['aws:SecureTransport']);
  if (condition.at('aws:SecureTransport').boolean()) condition.fail('aws:SecureTransport: false');
}
