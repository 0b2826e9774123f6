// What subscribers receive. Follows "Parsing message formats" (Amazon SNS Developer Guide).

import type { Subscription } from './subscriptions.ts';

export interface Message {
  readonly type: 'Notification' | 'SubscriptionConfirmation';
  readonly id: string;
  readonly subject: string | undefined;
  readonly text: string;
  /** ISO 8601, with milliseconds. */
  readonly sentAt: string;
}

/** Nothing is signed here. The fields are present, because receivers read them. */
const NOT_SIGNED = Buffer.from('not signed').toString('base64');

/**
 * The JSON text that contains a message.
 * @param url SNS's own, for the addresses in it.
 */
export function envelopeOf(message: Message, subscription: Subscription, url: string): string {
  const { type, id, subject, text, sentAt } = message;
  const { arn, topicArn, token } = subscription;
  const isNotification = type === 'Notification';
  const fields = {
    Type: type,
    MessageId: id,
    ...(!isNotification && { Token: token }),
    TopicArn: topicArn,
    Subject: subject,
    Message: text,
    ...(!isNotification && {
      SubscribeURL: `${url}/?Action=ConfirmSubscription&TopicArn=${topicArn}&Token=${token}`,
    }),
    Timestamp: sentAt,
    SignatureVersion: '1',
    Signature: NOT_SIGNED,
    SigningCertURL: `${url}/SimpleNotificationService-none.pem`,
    ...(isNotification && { UnsubscribeURL: `${url}/?Action=Unsubscribe&SubscriptionArn=${arn}` }),
  };
  return JSON.stringify(fields, null, 2);
}

/** The text that asks for a confirmation. */
export function confirmationText(topicArn: string): string {
  return `You have chosen to subscribe to the topic ${topicArn}.\nTo confirm the subscription, visit the SubscribeURL included in this message.`;
}

/** The headers of a message that is posted to an HTTP endpoint. */
export function headersOf({ type, id }: Message, { arn, topicArn, isRaw }: Subscription) {
  const isNotification = type === 'Notification';
  return {
    'content-type': 'text/plain; charset=UTF-8',
    'user-agent': 'Amazon Simple Notification Service Agent',
    'x-amz-sns-message-type': type,
    'x-amz-sns-message-id': id,
    'x-amz-sns-topic-arn': topicArn,
    ...(isNotification && { 'x-amz-sns-subscription-arn': arn }),
    ...(isNotification && isRaw && { 'x-amz-sns-rawdelivery': 'true' }),
  };
}
