import { useEffect, useRef, useState } from 'preact/hooks';
import { Attempts } from './attempts.tsx';
import { messageOfCause } from './cause.ts';
import type { State } from './definition.ts';
import { durationOf } from './durations.ts';
import { JsonText } from './json-text.tsx';
import { type StateStatus, wordOf } from './status.ts';
import { SAYINGS } from './status-words.ts';
import type { Visit } from './visits.ts';

interface Props {
  readonly state: State;
  readonly status: StateStatus | undefined;
  readonly isInChildren: boolean;
  readonly dataNote: string | undefined;
  readonly onClose: () => void;
}

/** What a state got, did and made. */
export function StatePanel({ state, status, isInChildren, dataNote, onClose }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const [number, setNumber] = useState(1);
  const visit = status?.visits[number - 1];
  return (
    <section
      class="graph-panel"
      aria-label={`State ${state.name}`}
      onKeyDown={(event) => event.key === 'Escape' && onClose()}
    >
      <header>
        <h3 ref={heading} tabIndex={-1}>
          {state.name}
        </h3>
        <button type="button" onClick={onClose}>
          Close
        </button>
      </header>
      <p class="quiet">
        {state.type}
        {state.comment && `. ${state.comment}`}
      </p>
      {status && status.visits.length > 1 && (
        <label class="graph-visit">
          Entered {status.visits.length} times; show{' '}
          <input
            type="number"
            min="1"
            max={status.visits.length}
            value={number}
            onInput={({ currentTarget: { value } }) =>
              setNumber(Math.min(Math.max(1, Number(value)), status.visits.length))
            }
          />
        </label>
      )}
      {visit ? (
        <VisitDetails visit={visit} dataNote={dataNote} />
      ) : (
        <NotReached isInChildren={isInChildren} />
      )}
    </section>
  );
}

function NotReached({ isInChildren }: { readonly isInChildren: boolean }) {
  return (
    <p>
      {isInChildren
        ? 'It runs in the child executions of a distributed Map. Their histories are their own: this one counts only how many images are done.'
        : 'The execution has not come here.'}
    </p>
  );
}

function VisitDetails({ visit, dataNote }: { readonly visit: Visit; readonly dataNote: string | undefined }) {
  const { text, tone } = SAYINGS[wordOf(visit)];
  const { enteredMs, endedMs, iterations } = visit;
  return (
    <>
      <p>
        <span class={`mark ${tone}`}>{text}</span>{' '}
        {endedMs !== undefined && `after ${durationOf(endedMs - enteredMs)}, `}
        entered at {new Date(enteredMs).toLocaleTimeString()}
      </p>
      {visit.error !== undefined && <Failure error={visit.error} cause={visit.cause} />}
      {iterations.started > 0 && (
        <p>
          {iterations.started} begun, {iterations.succeeded} succeeded, {iterations.failed} failed
        </p>
      )}
      <Attempts attempts={visit.attempts} />
      {visit.input === undefined && dataNote !== undefined && <p class="quiet">{dataNote}</p>}
      <JsonText title="Input" text={visit.input} />
      <JsonText title="Output" text={visit.output} />
    </>
  );
}

/** An error by its name, and its cause, which may be long. */
export function Failure({ error, cause }: { readonly error: string; readonly cause: string | undefined }) {
  return (
    <p class="graph-failure">
      <strong>{error}</strong>
      {cause && <span>{messageOfCause(cause)}</span>}
    </p>
  );
}
