/**
 * SQS: the standard queues of a template, and those that clients create.
 *
 * Covers SendMessage, ReceiveMessage, DeleteMessage, GetQueueUrl, GetQueueAttributes, ListQueues, CreateQueue and
 * DeleteQueue in the JSON protocol; retention and visibility time-outs; queue policies as far as EventBridge's dead letters and SNS need them. A long
 * poll returns at once.
 * Refuses by name: every other call and request member (message attributes, delays), FIFO queues, redrive policies.
 * Follows the "Amazon SQS API Reference".
 */
export { letsSend, policyLetsSend, queuesOf } from './queues.ts';
export { createSqs, type Queue, type ServiceAnswer, type Sqs } from './service.ts';
