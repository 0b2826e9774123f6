import './cost.css';
import type { StackCosts } from '../../stack-facts.ts';
import { formatDollars, formatMillion } from './format-dollars.ts';

interface Props {
  dollars: number;
  /** In words: `this upload`. */
  what: string;
  /** Dollars for one, if `what` is several. */
  one?: number;
  isLocal: boolean;
}

/** What something costs on AWS, and a million of it. */
export function Cost({ dollars, what, one = dollars, isLocal }: Props) {
  return (
    <p class="cost">
      <span class="cost-figure">{formatDollars(dollars)}</span> {isLocal ? 'on AWS ' : ''}for {what}; a
      million: <span class="cost-figure">{formatMillion(one)}</span>
    </p>
  );
}

export interface RunCounts {
  /** Images that were made, or that a dry run would make. */
  readonly made: number;
  readonly unchanged: number;
  readonly refused: number;
}

/** A bulk run: its images by what became of them. */
function costOfRun(costs: StackCosts, { made, unchanged, refused }: RunCounts): number {
  return made * costs.bulkImage + (unchanged + refused) * costs.unchangedImage;
}

/** What a bulk run cost, and would cost for a million images that all have to be made. */
export function RunCost({
  costs,
  counts,
  isLocal,
}: {
  costs: StackCosts;
  counts: RunCounts;
  isLocal: boolean;
}) {
  return (
    <p class="cost">
      <span class="cost-figure">{formatDollars(costOfRun(costs, counts))}</span> {isLocal ? 'on AWS ' : ''}for
      this run; a million images to make: <span class="cost-figure">{formatMillion(costs.bulkImage)}</span>, a
      million that are up to date: <span class="cost-figure">{formatMillion(costs.unchangedImage)}</span>
    </p>
  );
}
