/** How far each state of an execution is, from the execution's history. */
import type { HistoryEvent } from '../calls/history-event.ts';
import { readVisits, type Visit } from './visits.ts';

/**
 * `waiting`: not entered. `retried`: an attempt failed, and the next one has not begun. `caught`: it failed, and a Catch
 * passed it on. `stopped`: the execution ended while it ran.
 */
export type StatusWord = 'waiting' | 'running' | 'retried' | 'succeeded' | 'caught' | 'failed' | 'stopped';

export interface StateStatus {
  readonly word: StatusWord;
  /** Each time that the state was entered, in the order of time; a state inside of a Map has many. */
  readonly visits: readonly Visit[];
}

/** The word for several visits is that of the first kind here that one of them is of. */
const WEIGHT: readonly StatusWord[] = ['failed', 'retried', 'running', 'stopped', 'caught', 'succeeded'];

/**
 * @param events in the order of time, of GetExecutionHistory or of the log.
 * @returns the states that were entered, by name, in the order in which they first were.
 */
export function statusOf(events: readonly HistoryEvent[]): ReadonlyMap<string, StateStatus> {
  const visits = Map.groupBy(readVisits(events), ({ name }) => name);
  return new Map([...visits].map(([name, of]) => [name, { word: wordOfAll(of), visits: of }]));
}

function wordOfAll(visits: readonly Visit[]): StatusWord {
  const words = visits.map(wordOf);
  return WEIGHT.find((word) => words.includes(word)) ?? 'waiting';
}

export function wordOf({ end, attempts, haveContentsFailed }: Visit): StatusWord {
  if (end === 'exited') return attempts.at(-1)?.hasFailed || haveContentsFailed ? 'caught' : 'succeeded';
  if (end !== undefined) return end;
  return attempts.at(-1)?.hasFailed ? 'retried' : 'running';
}
