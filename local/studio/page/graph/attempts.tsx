import { messageOfCause } from './cause.ts';
import { durationOf } from './durations.ts';
import type { Attempt } from './visits.ts';

/** The attempts of a Task, with the waits between them. One that succeeded at once needs no table. */
export function Attempts({ attempts }: { readonly attempts: readonly Attempt[] }) {
  if (attempts.length < 2 && !attempts.some(({ hasFailed }) => hasFailed)) return null;
  return (
    <table class="graph-attempts">
      <caption>Attempts</caption>
      <thead>
        <tr>
          <th scope="col">No.</th>
          <th scope="col">Waited</th>
          <th scope="col">Took</th>
          <th scope="col">Result</th>
        </tr>
      </thead>
      <tbody>
        {attempts.map((attempt, index) => (
          <tr key={attempt.startedMs}>
            <td>{index + 1}</td>
            <td>{waitBefore(attempt, attempts[index - 1])}</td>
            <td>{attempt.endedMs === undefined ? '…' : durationOf(attempt.endedMs - attempt.startedMs)}</td>
            <td>
              {resultOf(attempt)}
              {attempt.cause && <span class="quiet graph-cause">{messageOfCause(attempt.cause)}</span>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function waitBefore({ startedMs }: Attempt, before: Attempt | undefined): string {
  return before?.endedMs === undefined ? '–' : durationOf(startedMs - before.endedMs);
}

function resultOf({ hasFailed, error, endedMs }: Attempt): string {
  if (hasFailed) return error ?? 'failed';
  return endedMs === undefined ? 'running' : 'succeeded';
}
