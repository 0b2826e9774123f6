import type { ComponentChildren } from 'preact';
import { durationOf } from '../graph/durations.ts';
import { Failure } from '../graph/state-panel.tsx';
import { Refusal } from '../images/refusal.tsx';
import { isRefusal } from '../images/refusal-reasons.ts';
import { useStack } from '../stack-context.ts';
import { atTime, type Entry, sayEntry } from './execution-list.ts';
import { whenOf } from './execution-table.tsx';
import { useClock } from './use-clock.ts';

interface Props {
  readonly entry: Entry;
  readonly title: string;
  readonly cause: string | undefined;
  readonly children?: ComponentChildren;
}

/** What an execution is about, and how it is. */
export function ExecutionHead({ entry, title, cause, children }: Props) {
  const { name, startedMs, stoppedMs, error } = entry;
  const now = useClock(stoppedMs === undefined);
  const current = atTime(entry, now);
  const { text, tone } = sayEntry(current);
  return (
    <header class="execution-head">
      <h1>{title}</h1>
      {title !== name && <p class="quiet">{name}</p>}
      <p aria-live="polite">
        <span class={`mark ${tone}`}>{text}</span>
      </p>
      <p>
        {current.status !== 'END_UNKNOWN' &&
          `${stoppedMs === undefined ? 'for' : 'after'} ${durationOf((stoppedMs ?? now) - startedMs)}, `}
        started at {whenOf(startedMs)}
      </p>
      {error !== undefined && <Reason error={error} cause={cause} />}
      {children}
    </header>
  );
}

/** A refusal is told in plain words, and any other error as it is. */
function Reason({ error, cause }: { readonly error: string; readonly cause: string | undefined }) {
  const { acceptHeic } = useStack();
  if (!isRefusal(error)) return <Failure error={error} cause={cause} />;
  return <Refusal error={{ name: error, message: cause ?? '' }} acceptHeic={acceptHeic} />;
}
