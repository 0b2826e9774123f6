import { useCallback, useEffect, useState } from 'preact/hooks';
import { countMessages, HIDDEN_SECONDS, type QueueMessage, receiveMessages } from '../calls/queue.ts';

interface Known {
  /** Undefined until they were looked at. */
  readonly messages: readonly QueueMessage[] | undefined;
  /** How many there are besides those, which somebody else has received. */
  readonly hidden: number;
  readonly problem: string | undefined;
  readonly isLooking: boolean;
}

interface Messages extends Known {
  readonly look: () => Promise<void>;
  /** Takes one that was sent out of the list. */
  readonly forget: (message: QueueMessage) => void;
}

/** Until then, the page hides messages from itself. Milliseconds since 1970. */
let hiddenUntilMs = 0;

/** The messages of a queue. Each look counts as a receive of each message, so it is not repeated by itself. */
export function useMessages(queueUrl: string): Messages {
  const [known, setKnown] = useState<Known>({
    messages: undefined,
    hidden: 0,
    problem: undefined,
    isLooking: true,
  });
  const look = useCallback(async () => {
    setKnown((before) => ({ ...before, isLooking: true }));
    try {
      await new Promise((done) => setTimeout(done, Math.max(0, hiddenUntilMs - Date.now())));
      const { received } = await countMessages(queueUrl);
      const messages = await receiveMessages(queueUrl);
      if (messages.length > 0) hiddenUntilMs = Date.now() + HIDDEN_SECONDS * 1000;
      setKnown({ messages, hidden: received, problem: undefined, isLooking: false });
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      setKnown((before) => ({ ...before, problem, isLooking: false }));
    }
  }, [queueUrl]);
  const forget = ({ id }: QueueMessage) =>
    setKnown((before) => ({ ...before, messages: before.messages?.filter((one) => one.id !== id) }));
  useEffect(() => void look(), [look]);
  return { ...known, look, forget };
}
