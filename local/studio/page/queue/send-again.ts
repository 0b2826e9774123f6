import type { StackFacts } from '../../stack-facts.ts';
import { deleteMessage, type QueueMessage } from '../calls/queue.ts';
import { startExecution } from '../calls/states.ts';

type Stack = Pick<StackFacts, 'unprocessedUploadsQueueUrl' | 'resizeUploadStateMachineArn'>;

/**
 * Starts an execution with the body of a message, and deletes the message then: docs/operate.md. If somebody else has it
 * by now, the image is processed twice, which changes nothing.
 * @throws StackUnreachableError, CallError; the message stays on the queue.
 */
export async function sendAgain(stack: Stack, { body, receipt }: QueueMessage): Promise<void> {
  await startExecution(stack.resizeUploadStateMachineArn, body);
  await deleteMessage(stack.unprocessedUploadsQueueUrl, receipt);
}
