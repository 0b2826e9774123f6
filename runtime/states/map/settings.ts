/**
 * A Map's limits, as its fields or their paths give them for one input.
 * Follows https://docs.aws.amazon.com/step-functions/latest/dg/maprun-fail-threshold.html
 */
import { readAmount } from '../data/amounts.ts';
import type { Scope } from '../data/paths.ts';
import type { MapState } from '../definition/state-types.ts';

/** The failures that a distributed Map tolerates; undefined where its definition has no such field. */
export interface Tolerance {
  /** Items. */
  readonly count: number | undefined;
  /** Percent of all items. */
  readonly percentage: number | undefined;
}

interface Settings extends Tolerance {
  /** 0 is no limit of the definition's. */
  readonly maxConcurrency: number;
}

/** @throws StateError States.Runtime if a path leads to no number within the bounds. */
export function settingsOf({ maxConcurrency, distributed }: MapState, scope: Scope): Settings {
  const { toleratedCount, toleratedPercentage } = distributed ?? {};
  return {
    maxConcurrency: maxConcurrency ? readAmount(maxConcurrency, scope) : 0,
    count: toleratedCount && readAmount(toleratedCount, scope),
    percentage: toleratedPercentage && readAmount(toleratedPercentage, scope),
  };
}

/** Whether more items have failed than the Map tolerates; without a setting it tolerates none. */
export function exceedsTolerance(failed: number, total: number, { count, percentage }: Tolerance): boolean {
  if (count === undefined && percentage === undefined) return failed > 0;
  return (
    (count !== undefined && failed > count) || (percentage !== undefined && failed * 100 > percentage * total)
  );
}
