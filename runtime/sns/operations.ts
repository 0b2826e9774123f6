// The operations, each after its page of the Amazon SNS API Reference.

import { randomUUID } from 'node:crypto';
import type { Principal } from '../iam/index.ts';
import { ACCOUNT_ID, REGION } from '../template/index.ts';
import type { XmlContent } from '../xml.ts';
import { confirmationText, type Message } from './messages.ts';
import { Fields, invalid, mapContent, SnsFault, unsupported } from './protocol.ts';
import type { Subscription, Subscriptions } from './subscriptions.ts';
import type { Topic } from './topics.ts';

/** What every operation works with. */
export interface Service {
  readonly topics: () => readonly Topic[];
  readonly subscriptions: Subscriptions;
  readonly hasQueue: (arn: string) => boolean;
  /** Records a message for one subscriber, and starts to deliver it. */
  readonly send: (subscription: Subscription, message: Message) => void;
  /** Records a message for every confirmed subscriber of a topic, in one transaction, and starts to deliver it. */
  readonly publish: (topicArn: string, message: Message) => void;
  /** @throws AccessDeniedError */
  readonly authorize: (principal: Principal, action: string, resource: string) => void;
}

interface Operation {
  /** Its fields, and the names of its maps. */
  readonly accepts: readonly string[];
  /** @returns the result; undefined if the answer has none. */
  readonly run: (service: Service, fields: Fields, principal: Principal) => XmlContent;
}

const MAX_MESSAGE_BYTES = 262_144;
const MAX_SUBJECT_CHARACTERS = 100;
const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

const OPERATIONS: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  [
    'Subscribe',
    { accepts: ['Attributes', 'Endpoint', 'Protocol', 'ReturnSubscriptionArn', 'TopicArn'], run: subscribe },
  ],
  ['ConfirmSubscription', { accepts: ['Token', 'TopicArn'], run: confirmSubscription }],
  ['Unsubscribe', { accepts: ['SubscriptionArn'], run: unsubscribe }],
  ['ListSubscriptionsByTopic', { accepts: ['TopicArn'], run: listSubscriptionsByTopic }],
  ['ListTopics', { accepts: [], run: listTopics }],
  ['GetTopicAttributes', { accepts: ['TopicArn'], run: getTopicAttributes }],
  ['Publish', { accepts: ['Message', 'Subject', 'TopicArn'], run: publish }],
]);

/** @throws SnsFault; AccessDeniedError */
export function runOperation(service: Service, values: URLSearchParams, principal: Principal): XmlContent {
  const action = values.get('Action') ?? '';
  const operation = OPERATIONS.get(action);
  if (!operation) throw unsupported(action || 'a request without an Action');
  return operation.run(service, new Fields(values, operation.accepts), principal);
}

function subscribe(service: Service, fields: Fields, principal: Principal): XmlContent {
  const topicArn = topicOf(service, fields.text('TopicArn')).arn;
  service.authorize(principal, 'sns:Subscribe', topicArn);
  const protocol = fields.text('Protocol');
  if (protocol !== 'http' && protocol !== 'sqs') throw unsupported(`the protocol ${protocol}`);
  const endpoint = checkEndpoint(service, protocol, fields.text('Endpoint'));
  const isRaw = readAttributes(fields.map('Attributes'));
  const existing = service.subscriptions
    .of(topicArn)
    .find((one) => one.protocol === protocol && one.endpoint === endpoint);
  if (existing && existing.isRaw !== isRaw)
    throw invalid(
      'Attributes Reason: Subscription already exists with different attributes; unsubscribe it first',
    );
  const subscription = existing ?? service.subscriptions.add({ topicArn, protocol, endpoint, isRaw });
  if (subscription.token === undefined) return { SubscriptionArn: subscription.arn };
  service.send(subscription, newMessage('SubscriptionConfirmation', undefined, confirmationText(topicArn)));
  const isShown = fields.boolean('ReturnSubscriptionArn');
  return { SubscriptionArn: isShown ? subscription.arn : 'pending confirmation' };
}

function checkEndpoint({ hasQueue }: Service, protocol: Subscription['protocol'], endpoint: string): string {
  if (protocol === 'sqs') {
    if (hasQueue(endpoint)) return endpoint;
    throw invalid(`Endpoint Reason: expected the ARN of a queue that runs here but received ${endpoint}`);
  }
  const url = URL.parse(endpoint);
  const isHere = url?.protocol === 'http:' && LOOPBACK.includes(url.hostname) && url.username === '';
  if (isHere) return endpoint;
  throw invalid(
    `Endpoint Reason: expected an http:// address of this machine, such as http://127.0.0.1:8000/, but received ${endpoint}`,
  );
}

/** @returns whether the subscriber gets messages without their envelope. */
function readAttributes(attributes: ReadonlyMap<string, string>): boolean {
  const other = [...attributes.keys()].find((name) => name !== 'RawMessageDelivery');
  if (other !== undefined) throw unsupported(`the attribute ${other} of a subscription`);
  return attributes.get('RawMessageDelivery')?.toLowerCase() === 'true';
}

function confirmSubscription(service: Service, fields: Fields, principal: Principal): XmlContent {
  const topicArn = topicOf(service, fields.text('TopicArn')).arn;
  service.authorize(principal, 'sns:ConfirmSubscription', topicArn);
  const token = fields.text('Token');
  const subscription = service.subscriptions.of(topicArn).find((one) => one.token === token);
  if (!subscription) throw invalid('Token');
  service.subscriptions.confirm(subscription);
  return { SubscriptionArn: subscription.arn };
}

function unsubscribe(service: Service, fields: Fields, principal: Principal): XmlContent {
  const arn = fields.text('SubscriptionArn');
  const subscription = service.subscriptions.find(arn);
  if (!subscription) throw new SnsFault(404, 'NotFound', 'Subscription does not exist');
  service.authorize(principal, 'sns:Unsubscribe', subscription.topicArn);
  if (service.subscriptions.isDeclared(subscription))
    throw invalid('SubscriptionArn Reason: the template declares this subscription; delete it there');
  service.subscriptions.remove(subscription);
  return undefined;
}

function listSubscriptionsByTopic(service: Service, fields: Fields, principal: Principal): XmlContent {
  const { arn } = topicOf(service, fields.text('TopicArn'));
  service.authorize(principal, 'sns:ListSubscriptionsByTopic', arn);
  const members = service.subscriptions.of(arn).map((one) => ({
    SubscriptionArn: one.token === undefined ? one.arn : 'PendingConfirmation',
    Owner: ACCOUNT_ID,
    Protocol: one.protocol,
    Endpoint: one.endpoint,
    TopicArn: arn,
  }));
  return { Subscriptions: { member: members } };
}

function listTopics(service: Service, _fields: Fields, principal: Principal): XmlContent {
  service.authorize(principal, 'sns:ListTopics', `arn:aws:sns:${REGION}:${ACCOUNT_ID}:*`);
  return { Topics: { member: service.topics().map(({ arn }) => ({ TopicArn: arn })) } };
}

function getTopicAttributes(service: Service, fields: Fields, principal: Principal): XmlContent {
  const { arn, displayName } = topicOf(service, fields.text('TopicArn'));
  service.authorize(principal, 'sns:GetTopicAttributes', arn);
  const all = service.subscriptions.of(arn);
  const pending = all.filter(({ token }) => token !== undefined).length;
  return {
    Attributes: mapContent({
      TopicArn: arn,
      Owner: ACCOUNT_ID,
      DisplayName: displayName,
      SubscriptionsConfirmed: all.length - pending,
      SubscriptionsPending: pending,
      SubscriptionsDeleted: 0,
    }),
  };
}

function publish(service: Service, fields: Fields, principal: Principal): XmlContent {
  const { arn } = topicOf(service, fields.text('TopicArn'));
  service.authorize(principal, 'sns:Publish', arn);
  const text = fields.text('Message');
  const subject = fields.optional('Subject');
  if (Buffer.byteLength(text) > MAX_MESSAGE_BYTES) throw invalid('Message too long');
  if (subject !== undefined && (subject === '' || subject.length > MAX_SUBJECT_CHARACTERS))
    throw invalid('Subject');
  const message = newMessage('Notification', subject, text);
  service.publish(arn, message);
  return { MessageId: message.id };
}

export function newMessage(type: Message['type'], subject: string | undefined, text: string): Message {
  return { type, id: randomUUID(), subject, text, sentAt: new Date().toISOString() };
}

function topicOf({ topics }: Service, arn: string): Topic {
  const topic = topics().find((one) => one.arn === arn);
  if (topic) return topic;
  throw new SnsFault(404, 'NotFound', 'Topic does not exist');
}
