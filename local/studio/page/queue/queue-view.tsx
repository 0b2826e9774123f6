import './queue.css';
import { useState } from 'preact/hooks';
import { BusyButton } from '../busy-button.tsx';
import { HIDDEN_SECONDS, type QueueMessage } from '../calls/queue.ts';
import { useLogged } from '../executions/use-entries.ts';
import { useStack } from '../stack-context.ts';
import { keyOfMessage } from './message.ts';
import { MessageCard } from './message-card.tsx';
import { sendAgain } from './send-again.ts';
import { useMessages } from './use-messages.ts';

/** The messages of UnprocessedUploadsQueue. */
export function QueueView(_: { readonly rest: readonly string[] }) {
  const stack = useStack();
  const { messages, hidden, problem, isLooking, look, forget } = useMessages(
    stack.unprocessedUploadsQueueUrl,
  );
  const failed = useLogged(stack.resizeUploadStateMachineArn).filter(({ status }) => status === 'FAILED');
  const [said, setSaid] = useState('');
  const [isSending, setIsSending] = useState(false);
  const isBusy = isLooking || isSending;
  const send = async (wanted: readonly QueueMessage[]) => {
    setIsSending(true);
    setSaid('Sending…');
    const failures: string[] = [];
    // One that cannot be sent must not keep the others from it.
    for (const message of wanted)
      try {
        await sendAgain(stack, message);
        forget(message);
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error));
      }
    setSaid(sentText(wanted.length - failures.length, failures));
    setIsSending(false);
  };
  const lookAgain = () => {
    setSaid('');
    void look();
  };
  return (
    <>
      <header class="queue-head">
        <h1>Not processed</h1>
        <BusyButton onClick={lookAgain} isBusy={isBusy}>
          {isLooking ? 'Looking…' : 'Look again'}
        </BusyButton>
        {messages && messages.length > 1 && (
          <BusyButton isPrimary onClick={() => send(messages)} isBusy={isBusy}>
            Send all {messages.length} again
          </BusyButton>
        )}
      </header>
      <div>
        <p class="quiet">
          An upload or a removal that failed after all retries waits here for two weeks. Remove the cause,
          then send it again. Looking hides a message from others for {HIDDEN_SECONDS} seconds.
        </p>
        <p class="queue-said" aria-live="polite">
          {problem ?? said}
        </p>
      </div>
      {messages?.length === 0 && !isLooking && <Nothing hidden={hidden} />}
      {messages && messages.length > 0 && (
        <ul class="queue-list">
          {messages.map((message) => (
            <li key={message.id}>
              <MessageCard
                message={message}
                execution={failed.findLast(({ key }) => key === keyOfMessage(message.body))}
                isBusy={isBusy}
                onSend={() => send([message])}
              />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** @param failures the reasons of those that could not be sent. */
function sentText(sent: number, failures: readonly string[]): string {
  const [reason] = failures;
  const parts = [
    sent === 1 && 'Sent again. If it fails once more, it comes back here.',
    sent > 1 && `Sent ${sent} again. What fails once more comes back here.`,
    reason !== undefined && `${failures.length} could not be sent: ${reason}`,
  ];
  return parts.filter(Boolean).join(' ');
}

function Nothing({ hidden }: { readonly hidden: number }) {
  return (
    <p class="empty">
      {hidden > 0
        ? `Somebody else has received ${hidden} and not deleted them yet. Look again in a moment.`
        : 'Nothing is left over: every upload was processed or refused.'}
    </p>
  );
}
