import { durationOf } from '../graph/durations.ts';
import { hrefTo } from '../navigation.ts';
import { type Entry, sayEntry } from './execution-list.ts';

interface Props {
  readonly entries: readonly Entry[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

export function ExecutionTable({ entries, now }: Props) {
  return (
    <table class="execution-table">
      <thead>
        <tr>
          <th scope="col">What</th>
          <th scope="col">Status</th>
          <th scope="col">Started</th>
          <th scope="col">Took</th>
        </tr>
      </thead>
      <tbody>
        {entries.map((entry) => (
          <Row key={entry.arn} entry={entry} now={now} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ entry, now }: { readonly entry: Entry; readonly now: number }) {
  const { arn, name, kind, key, title, status, startedMs, stoppedMs, error } = entry;
  const { text, tone } = sayEntry(entry);
  return (
    <tr>
      <td>
        <a href={hrefTo('executions', arn)}>{key ?? title ?? name}</a>
        <span class="quiet">{kind === 'upload' ? 'upload or removal' : `request ${name}`}</span>
      </td>
      <td>
        <span class={`mark ${tone}`}>{text}</span>
        {error !== undefined && <span class="quiet">{error}</span>}
      </td>
      <td>
        <time dateTime={new Date(startedMs).toISOString()}>{whenOf(startedMs)}</time>
      </td>
      <td>{status === 'END_UNKNOWN' ? '' : durationOf((stoppedMs ?? now) - startedMs)}</td>
    </tr>
  );
}

/** The time of today, and the day of other days. */
export function whenOf(ms: number): string {
  const date = new Date(ms);
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday ? date.toLocaleTimeString() : date.toLocaleString();
}
