import './executions.css';
import { useEffect, useState } from 'preact/hooks';
import { missingLog, useStateMachine } from '../graph/state-machine.ts';
import { hrefTo } from '../navigation.ts';
import { useStack } from '../stack-context.ts';
import { useChanges } from '../use-changes.ts';
import { atTime, type Entry, type Filter, filtered } from './execution-list.ts';
import { ExecutionTable } from './execution-table.tsx';
import { ExecutionView } from './execution-view.tsx';
import { FilterBar } from './filter-bar.tsx';
import { RequestForm } from './request-form.tsx';
import { requests } from './requests.ts';
import { useClock } from './use-clock.ts';
import { LOG_HOURS, useListed, useLogged } from './use-entries.ts';

/** @param rest of the address: the ARN of the execution that is shown. */
export function ExecutionsView({ rest: [arn] }: { readonly rest: readonly string[] }) {
  return arn === undefined ? <Executions /> : <ExecutionView key={arn} arn={arn} />;
}

/** So many rows are drawn first, and so many more each time. */
const ROWS = 50;

function Executions() {
  const { resizeImageStateMachineArn, resizeUploadStateMachineArn } = useStack();
  const { entries: listed, problem } = useListed(resizeImageStateMachineArn);
  const logged = useLogged(resizeUploadStateMachineArn);
  const { machine } = useStateMachine(resizeUploadStateMachineArn);
  const [filter, setFilter] = useState<Filter>({ kind: 'all', status: 'all', text: '' });
  const [rows, setRows] = useState(ROWS);
  useEffect(() => setRows(ROWS), [filter]);
  useChanges(requests);
  const known = [...(listed ?? []), ...logged];
  const now = useClock(known.some(({ status }) => status === 'RUNNING'));
  const entries = known.map((entry) => requests.tell(atTime(entry, now)));
  const found = filtered(entries, filter);
  const shown = found.slice(0, rows);
  // A text is looked for in all of them, also in those that have no row.
  const wanted = filter.text.trim() === '' ? shown : entries;
  useEffect(() => requests.want(wanted));
  const missing = machine && missingLog(machine);
  return (
    <>
      <h1>Executions</h1>
      <RequestForm />
      <section class="executions" aria-label="List of executions">
        <FilterBar filter={filter} onChange={setFilter} count={found.length} />
        {problem !== undefined && (
          <p class="notice" role="alert">
            {problem}
          </p>
        )}
        {missing !== undefined && <p class="notice">Of uploads: {missing}</p>}
        {found.length > 0 && <ExecutionTable entries={shown} now={now} />}
        {found.length > rows && (
          <button type="button" onClick={() => setRows(rows + ROWS)}>
            Show {Math.min(ROWS, found.length - rows)} more of {found.length}
          </button>
        )}
        {found.length === 0 && listed && <Nothing entries={entries} />}
        <p class="quiet">
          Requests: the newest hundred. Uploads and removals: those of the last {LOG_HOURS} hours.
        </p>
      </section>
    </>
  );
}

function Nothing({ entries }: { readonly entries: readonly Entry[] }) {
  return (
    <p class="empty">
      {entries.length > 0 ? (
        'No execution is like that. Choose another status, or clear the text.'
      ) : (
        <>
          Nothing has run yet. <a href={hrefTo('images')}>Drop an image</a>, or send a request above.
        </>
      )}
    </p>
  );
}
