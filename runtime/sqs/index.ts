/**
 * SQS: the standard queues of a template.
 *
 * Covers SendMessage, ReceiveMessage, DeleteMessage, GetQueueUrl, GetQueueAttributes and ListQueues in the JSON
 * protocol; retention and visibility time-outs; queue policies as far as EventBridge's dead letters and SNS need them. A long
 * poll returns at once.
 * Refuses by name: every other call and request member (message attributes, delays), FIFO queues, redrive policies.
 * Follows the "Amazon SQS API Reference".
 */
export { letsSend, queuesOf } from './queues.ts';
export { createSqs, type Queue, type ServiceAnswer, type Sqs } from './service.ts';
