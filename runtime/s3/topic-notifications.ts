// The notifications that a bucket sends to SNS topics. Follows "Event message structure", "Event notification types and
// destinations" and "Configuring event notifications using object key name filtering" (Amazon S3 User Guide).

import { letsS3Publish } from '../sns/index.ts';
import type { Template, Value } from '../template/index.ts';
import { ACCOUNT_ID, nameOf, REGION, topicOfArn } from '../template/index.ts';
import type { S3Event } from './change-events.ts';

/** Which of a bucket's events go to a topic. */
export interface TopicConfiguration {
  readonly id: string;
  readonly topicArn: string;
  /** Without the `s3:` in front: `ObjectCreated:*`. */
  readonly event: string;
  /** What a key starts with and ends in; empty for any. */
  readonly prefix: string;
  readonly suffix: string;
}

/** A message of S3 to a topic. */
interface Notification {
  readonly topicArn: string;
  readonly subject: string;
  /** JSON. */
  readonly text: string;
}

/** S3 names the event of a change after the request that caused it. */
const CREATED: Readonly<Record<Exclude<S3Event['reason'], 'DeleteObject'>, string>> = {
  PutObject: 'Put',
  CopyObject: 'Copy',
  CompleteMultipartUpload: 'CompleteMultipartUpload',
  'POST Object': 'Post',
};
const EVENTS = [
  's3:ObjectCreated:*',
  ...Object.values(CREATED).map((request) => `s3:ObjectCreated:${request}`),
  's3:ObjectRemoved:*',
  's3:ObjectRemoved:Delete',
  's3:ObjectRemoved:DeleteMarkerCreated',
];

/**
 * Reads the TopicConfigurations of a bucket.
 * @throws TemplateError, also for what S3 would refuse: a topic whose policy does not let it publish, and two
 *   configurations for one event.
 */
export function topicConfigurationsOf(
  template: Template,
  bucketId: string,
  configurations: Value,
): TopicConfiguration[] {
  const read: TopicConfiguration[] = [];
  for (const [index, configuration] of configurations.list().entries()) {
    configuration.only(['Event', 'Filter', 'Topic']);
    const topic = configuration.at('Topic');
    const one = {
      id: `${bucketId}-${index + 1}`,
      topicArn: topicArnOf(template, bucketId, topic),
      event: configuration.at('Event').oneOf(EVENTS).slice('s3:'.length),
      ...filterOf(configuration.at('Filter')),
    };
    if (read.some((other) => overlap(one, other)))
      configuration.fail('an event, a prefix or a suffix that no other configuration of the bucket covers');
    read.push(one);
  }
  return read;
}

function topicArnOf(template: Template, bucketId: string, arn: Value): string {
  const topicId = topicOfArn(arn);
  const topic = template.resources.get(topicId);
  if (topic?.type !== 'AWS::SNS::Topic' || topic.isLeftOut || arn.text() !== nameOf.topicArn(topicId))
    arn.fail('the ARN of a topic of this template');
  if (!letsS3Publish(template, arn.text(), nameOf.bucketArn(bucketId)))
    arn.fail(
      `a topic whose AWS::SNS::TopicPolicy lets s3.amazonaws.com call sns:Publish for ${bucketId}`,
      'none that does',
    );
  return arn.text();
}

function filterOf(filter: Value): Pick<TopicConfiguration, 'prefix' | 'suffix'> {
  const rules = filter.ifPresent((value) =>
    value.only(['S3Key']).at('S3Key').only(['Rules']).at('Rules').list(),
  );
  const parts = { prefix: '', suffix: '' };
  for (const rule of rules ?? []) {
    const name = rule.only(['Name', 'Value']).at('Name').oneOf(['prefix', 'suffix', 'Prefix', 'Suffix']);
    parts[name === 'prefix' || name === 'Prefix' ? 'prefix' : 'suffix'] = rule.at('Value').text();
  }
  return parts;
}

/** Whether one event could match both. */
function overlap(one: TopicConfiguration, other: TopicConfiguration): boolean {
  return (
    (covers(one.event, other.event) || covers(other.event, one.event)) &&
    (one.prefix.startsWith(other.prefix) || other.prefix.startsWith(one.prefix)) &&
    (one.suffix.endsWith(other.suffix) || other.suffix.endsWith(one.suffix))
  );
}

/** Whether a configured event, which may end in `*`, includes another one. */
function covers(event: string, other: string): boolean {
  return event.endsWith('*') ? other.startsWith(event.slice(0, -1)) : event === other;
}

/** The messages that an event causes. */
export function notificationsOf(
  event: S3Event,
  configurations: readonly TopicConfiguration[],
): Notification[] {
  const name = eventNameOf(event);
  return configurations
    .filter(({ event: wanted }) => covers(wanted, name))
    .filter(({ prefix, suffix }) => event.key.startsWith(prefix) && event.key.endsWith(suffix))
    .map(({ id, topicArn }) => ({
      topicArn,
      subject: 'Amazon S3 Notification',
      text: JSON.stringify({ Records: [recordOf(event, name, id)] }),
    }));
}

function eventNameOf({ reason, deletionType }: S3Event): string {
  if (reason !== 'DeleteObject') return `ObjectCreated:${CREATED[reason]}`;
  return `ObjectRemoved:${deletionType === 'Delete Marker Created' ? 'DeleteMarkerCreated' : 'Delete'}`;
}

function recordOf(event: S3Event, eventName: string, configurationId: string) {
  const { bucket, key, size, etag, versionId, sequencer } = event;
  const object = {
    key: encodeKey(key),
    ...(event.type === 'Object Created' && { size }),
    ...(event.deletionType !== 'Permanently Deleted' && { eTag: etag }),
    ...(versionId !== undefined && { versionId }),
    sequencer,
  };
  return {
    eventVersion: '2.1',
    eventSource: 'aws:s3',
    awsRegion: REGION,
    eventTime: new Date(event.time).toISOString(),
    eventName,
    userIdentity: { principalId: `AWS:${ACCOUNT_ID}` },
    requestParameters: { sourceIPAddress: event.sourceIp },
    responseElements: { 'x-amz-request-id': event.requestId, 'x-amz-id-2': event.requestId },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId,
      bucket: { name: bucket, ownerIdentity: { principalId: ACCOUNT_ID }, arn: `arn:aws:s3:::${bucket}` },
      object,
    },
  };
}

/** As a form field is encoded, with `+` for a space; S3 leaves slashes as they are. */
function encodeKey(key: string): string {
  return encodeURIComponent(key)
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
    .replaceAll('%2F', '/');
}
