import { BusyButton } from '../busy-button.tsx';
import type { QueueMessage } from '../calls/queue.ts';
import type { Entry } from '../executions/execution-list.ts';
import { JsonText } from '../graph/json-text.tsx';
import { hrefTo } from '../navigation.ts';
import { keyOfMessage, reasonOfMessage } from './message.ts';

interface Props {
  readonly message: QueueMessage;
  /** The newest one that failed with this key, if the log tells of one. */
  readonly execution: Entry | undefined;
  readonly isBusy: boolean;
  readonly onSend: () => void;
}

export function MessageCard({ message, execution, isBusy, onSend }: Props) {
  const { sentMs, receives, body } = message;
  const key = keyOfMessage(body);
  return (
    <article class="card queue-message" aria-label={key}>
      <div>
        <h2>{key}</h2>
        <p>
          <span class="mark warn">not processed</span>{' '}
          {execution ? <Cause execution={execution} /> : reasonOfMessage(body)}
        </p>
        <p class="quiet">
          since <time dateTime={new Date(sentMs).toISOString()}>{new Date(sentMs).toLocaleString()}</time>,
          received {receives} {receives === 1 ? 'time' : 'times'}
        </p>
      </div>
      <BusyButton onClick={onSend} isBusy={isBusy}>
        Send again<span class="visually-hidden"> {key}</span>
      </BusyButton>
      <details>
        <summary>Message</summary>
        <JsonText title="Event" text={body} />
      </details>
    </article>
  );
}

function Cause({ execution: { arn, error } }: { readonly execution: Entry }) {
  return (
    <>
      {error}, in <a href={hrefTo('executions', arn)}>this execution</a>
    </>
  );
}
