// The subscriptions that a template declares, as resources of their own or in the property Subscription of a topic.

import { createHash } from 'node:crypto';
import { letsSend } from '../sqs/index.ts';
import type { LeftOut, Template, Value } from '../template/index.ts';
import { nameOf, resourcesOf } from '../template/index.ts';
import type { Subscription } from './subscriptions.ts';
import { topicsOf } from './topics.ts';

interface Declared {
  /** The logical id of the subscription, or of the topic that contains it. */
  readonly logicalId: string;
  readonly topicArn: string;
  readonly properties: Value;
}

/**
 * The template's subscriptions of its queues.
 * @throws TemplateError
 */
export function subscriptionsOf(template: Template): Subscription[] {
  return declaredIn(template)
    .filter(({ properties }) => isDelivered(template, properties))
    .map(({ topicArn, properties }) => {
      properties.only(['Endpoint', 'Protocol', 'RawMessageDelivery', 'TopicArn']);
      const queueArn = properties.at('Endpoint');
      const sender = { service: 'sns.amazonaws.com', sourceArn: topicArn };
      if (!letsSend(template, queueArn.text(), sender))
        queueArn.fail(
          `a queue whose AWS::SQS::QueuePolicy lets sns.amazonaws.com call sqs:SendMessage for ${topicArn}`,
          'none that does',
        );
      return {
        arn: `${topicArn}:${uuidOf(queueArn.text())}`,
        topicArn,
        protocol: 'sqs',
        endpoint: queueArn.text(),
        isRaw: properties.at('RawMessageDelivery').ifPresent((value) => value.boolean()) ?? false,
      };
    });
}

/** The template's subscriptions to which nothing is delivered here. */
export function silentSubscriptionsOf(template: Template): LeftOut[] {
  return declaredIn(template)
    .filter(({ properties }) => !isDelivered(template, properties))
    .map(({ logicalId, properties }) => ({
      logicalId,
      type: 'AWS::SNS::Subscription',
      reason: `${template.name}:${properties.line}: a template's messages are delivered only to its queues here`,
    }));
}

/** The subscriptions of topics that run here. */
function declaredIn(template: Template): Declared[] {
  const topics = topicsOf(template);
  const own = resourcesOf(template, 'AWS::SNS::Subscription').flatMap(({ logicalId, properties }) => {
    const { raw } = properties.at('TopicArn');
    const topic = topics.find(({ arn }) => arn === raw);
    return topic ? [{ logicalId, topicArn: topic.arn, properties }] : [];
  });
  const inside = resourcesOf(template, 'AWS::SNS::Topic').flatMap(({ logicalId, properties }) => {
    const entries = properties.at('Subscription').ifPresent((value) => value.list()) ?? [];
    return entries.map((entry) => ({ logicalId, topicArn: nameOf.topicArn(logicalId), properties: entry }));
  });
  return [...own, ...inside];
}

function isDelivered(template: Template, subscription: Value): boolean {
  const queues = resourcesOf(template, 'AWS::SQS::Queue').map(({ logicalId }) => nameOf.queueArn(logicalId));
  const { raw: endpoint } = subscription.at('Endpoint');
  return subscription.at('Protocol').raw === 'sqs' && queues.some((arn) => arn === endpoint);
}

/** A UUID that is the same at every start: messages that wait for a subscription contain its ARN. */
function uuidOf(text: string): string {
  const digits = createHash('sha256').update(text).digest('hex');
  return [
    [0, 8],
    [8, 12],
    [12, 16],
    [16, 20],
    [20, 32],
  ]
    .map(([from, to]) => digits.slice(from, to))
    .join('-');
}
