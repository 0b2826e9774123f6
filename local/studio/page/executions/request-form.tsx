import './request.css';
import { useState } from 'preact/hooks';
import { processImage } from '../calls/api.ts';
import { CopyButton } from '../copy-button.tsx';
import { Failure } from '../graph/state-panel.tsx';
import { hrefTo } from '../navigation.ts';
import { useStack } from '../stack-context.ts';
import { bodyOf, type Choice, curlOf, problemOf } from './request.ts';
import { RequestFields } from './request-fields.tsx';

type Answer =
  | { readonly executionArn: string }
  | { readonly name: string; readonly message: string }
  | undefined;

/** Every body of POST /process-image, with the command that sends it. */
export function RequestForm() {
  const stack = useStack();
  const [choice, setChoice] = useState<Choice>({
    what: 'all',
    key: 'input/',
    prefix: 'input/',
    force: false,
    dryRun: false,
  });
  const [answer, setAnswer] = useState<Answer>();
  const [isSending, setIsSending] = useState(false);
  const body = bodyOf(choice);
  const problem = problemOf(choice);
  const send = async (event: Event) => {
    event.preventDefault();
    if (isSending) return;
    setIsSending(true);
    setAnswer(undefined);
    try {
      setAnswer(await processImage(body));
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      setAnswer({ name, message });
    }
    setIsSending(false);
  };
  const command = curlOf(body, stack);
  return (
    <form class="card request-form" onSubmit={send} aria-label="Request">
      <div>
        <h2>Make renditions again</h2>
        <p class="quiet">
          An upload is processed by itself. A request makes what is missing or out of date; what is up to date
          costs next to nothing.
        </p>
      </div>
      <RequestFields choice={choice} onChange={setChoice} />
      <div class="request-command">
        <code>{command}</code>
        <CopyButton text={command} what="command" />
      </div>
      <div class="request-send">
        {/* One that is disabled while it is busy would lose the focus. */}
        <button
          type="submit"
          class="primary"
          disabled={problem !== undefined}
          aria-disabled={problem !== undefined || isSending}
        >
          Send
        </button>
        <div aria-live="polite">
          {problem ?? (isSending ? 'Sending…' : '')}
          {answer && <AnswerLine answer={answer} />}
        </div>
      </div>
    </form>
  );
}

function AnswerLine({ answer }: { readonly answer: NonNullable<Answer> }) {
  if ('message' in answer) return <Failure error={answer.name} cause={answer.message} />;
  const { executionArn } = answer;
  return (
    <>
      Started: <a href={hrefTo('executions', executionArn)}>{executionArn.split(':').at(-1)}</a>
    </>
  );
}
