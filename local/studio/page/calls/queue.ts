import { at, listAt, textAt } from './call.ts';
import { callService } from './service.ts';

export interface QueueMessage {
  readonly id: string;
  /** With what it is deleted; good for as long as nobody receives the message again. */
  readonly receipt: string;
  /** The input of the execution that did not process it. */
  readonly body: string;
  readonly sentMs: number;
  readonly receives: number;
}

/** Long enough to receive all of them once, short enough not to keep them from somebody who sends them again. */
export const HIDDEN_SECONDS = 5;
const MOST_MESSAGES = 100;

/**
 * Looks at the messages of UnprocessedUploadsQueue, at most 100 of them; others do not receive them for five seconds.
 * @throws StackUnreachableError, CallError: as all functions of this file.
 */
export async function receiveMessages(queueUrl: string, signal?: AbortSignal): Promise<QueueMessage[]> {
  const found = new Map<string, QueueMessage>();
  while (found.size < MOST_MESSAGES) {
    const body = {
      QueueUrl: queueUrl,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: HIDDEN_SECONDS,
      WaitTimeSeconds: 0,
      MessageSystemAttributeNames: ['SentTimestamp', 'ApproximateReceiveCount'],
    };
    const answer = await callService('sqs', 'AmazonSQS.ReceiveMessage', body, signal);
    const messages = listAt(answer, 'Messages').map(messageOf);
    for (const message of messages) found.set(message.id, message);
    if (messages.length === 0) break;
  }
  return [...found.values()].sort((one, other) => one.sentMs - other.sentMs);
}

export async function deleteMessage(queueUrl: string, receipt: string): Promise<void> {
  await callService('sqs', 'AmazonSQS.DeleteMessage', { QueueUrl: queueUrl, ReceiptHandle: receipt });
}

/** @returns how many messages are on the queue, and how many of them somebody has received and not deleted. */
export async function countMessages(
  queueUrl: string,
  signal?: AbortSignal,
): Promise<{ readonly waiting: number; readonly received: number }> {
  const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
  const body = { QueueUrl: queueUrl, AttributeNames: names };
  const attributes = at(await callService('sqs', 'AmazonSQS.GetQueueAttributes', body, signal), 'Attributes');
  const [waiting, received] = names.map((name) => Number(textAt(attributes, name)));
  return { waiting: waiting ?? 0, received: received ?? 0 };
}

function messageOf(value: unknown): QueueMessage {
  const attributes = at(value, 'Attributes');
  return {
    id: textAt(value, 'MessageId'),
    receipt: textAt(value, 'ReceiptHandle'),
    body: textAt(value, 'Body'),
    sentMs: Number(textAt(attributes, 'SentTimestamp')),
    receives: Number(textAt(attributes, 'ApproximateReceiveCount')),
  };
}
