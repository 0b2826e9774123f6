/**
 * SNS: the standard topics of a template to which something here publishes, and their subscribers.
 *
 * Covers AWS::SNS::Topic, AWS::SNS::TopicPolicy as far as S3's notifications need it, and AWS::SNS::Subscription of
 * queues of the template; Subscribe (queues, and HTTP endpoints on this machine, which have to confirm),
 * ConfirmSubscription, Unsubscribe, ListSubscriptionsByTopic, ListTopics, GetTopicAttributes and Publish in the query
 * protocol; raw delivery; delivery at least once: a message is committed together with what it tells of, and delivered
 * again if the process dies. An HTTP endpoint that fails gets a message four times, 20 seconds apart.
 * Names at start: subscriptions of other protocols or of queues that do not run here. Topics to which nothing here
 * publishes, such as those of alarms, are left out with their policies and subscriptions.
 * Refuses by name: FIFO topics, filter policies, delivery policies, dead letters of subscriptions, message attributes,
 * every other call and parameter, and the protocols https, lambda, email and the others of Subscribe.
 * Follows the "Amazon SNS API Reference", and "Parsing message formats" and "Message delivery retries" (Amazon SNS
 * Developer Guide).
 */

export { createSns, type Sns, type SnsAnswer } from './service.ts';
export type { Subscription } from './subscriptions.ts';
export { silentSubscriptionsOf, subscriptionsOf } from './template-subscriptions.ts';
export { letsS3Publish, type Topic, topicsOf } from './topics.ts';
