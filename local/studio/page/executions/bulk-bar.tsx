import type { Execution, MapRun } from '../calls/states.ts';
import { RunCost } from '../cost/cost.tsx';
import { useStack } from '../stack-context.ts';
import { type BulkPart, countsOf } from './bulk-counts.ts';

const TONES: Readonly<Record<BulkPart['name'], string>> = {
  made: 'good',
  'would be made': 'good',
  unchanged: 'none',
  refused: 'bad',
  'not processed': 'warn',
  done: 'run',
  stopped: 'warn',
};

/** How far a bulk run is, and what became of its images. */
export function BulkBar({ mapRun, execution }: { readonly mapRun: MapRun; readonly execution: Execution }) {
  const { total, done, toGo, isCounted, parts, refusals } = countsOf(mapRun, execution);
  const isRunning = execution.status === 'RUNNING';
  const { costs, isLocal } = useStack();
  const count = (name: BulkPart['name']) => parts.find((part) => part.name === name)?.count ?? 0;
  // A dry run looks at an image as a run does that finds it up to date.
  const unchanged = count('unchanged') + count('would be made');
  return (
    <section class="card bulk" aria-label="Bulk run">
      <h2>{isRunning ? `${done} of ${total} images done` : `${total} images`}</h2>
      <div
        class="bulk-bar"
        role="progressbar"
        aria-label="Images done"
        aria-valuemin={0}
        aria-valuemax={total}
        aria-valuenow={done}
      >
        {parts.map(({ name, count }) => (
          <span key={name} class={TONES[name]} style={{ width: `${(100 * count) / Math.max(1, total)}%` }} />
        ))}
      </div>
      <ul class="bulk-parts">
        {parts.map(({ name, count }) => (
          <li key={name}>
            <span class={`mark ${TONES[name]}`}>{name}</span> {count}
          </li>
        ))}
        {toGo > 0 && (
          <li>
            <span class="mark none">to go</span> {toGo}
          </li>
        )}
      </ul>
      {isRunning && <p class="quiet">What became of the images is counted when the last batch has ended.</p>}
      {!isRunning && !isCounted && (
        <p class="quiet">
          The run ended before anybody counted what became of its images. Send the same request again: without
          force, it skips what is up to date.
        </p>
      )}
      {isCounted && (
        <RunCost
          costs={costs}
          counts={{ made: count('made'), unchanged, refused: count('refused') }}
          isLocal={isLocal}
        />
      )}
      {refusals.length > 0 && (
        <p>Refused: {refusals.map(([name, count]) => `${count} ${name}`).join(', ')}</p>
      )}
    </section>
  );
}
