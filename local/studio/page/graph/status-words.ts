import type { State } from './definition.ts';
import { durationOf } from './durations.ts';
import type { StateStatus, StatusWord } from './status.ts';

/** The classes of `.mark` in style.css. */
export type Tone = 'good' | 'bad' | 'warn' | 'run' | 'none';

interface Saying {
  readonly text: string;
  readonly tone: Tone;
  /** Drawn in the graph: no status is told by its colour alone. */
  readonly sign: string;
}

export const SAYINGS: Readonly<Record<StatusWord, Saying>> = {
  waiting: { text: 'not reached', tone: 'none', sign: '' },
  running: { text: 'running', tone: 'run', sign: '●' },
  retried: { text: 'failed, will be tried again', tone: 'warn', sign: '↻' },
  succeeded: { text: 'succeeded', tone: 'good', sign: '✓' },
  caught: { text: 'failed, error caught', tone: 'warn', sign: '!' },
  failed: { text: 'failed', tone: 'bad', sign: '✕' },
  stopped: { text: 'stopped', tone: 'bad', sign: '■' },
};

/** What a screen reader says of a state: `ResizeImage, Task, succeeded after 1.2 s, 2 attempts`. */
export function sayState(state: State, status: StateStatus | undefined, isInChildren: boolean): string {
  return [state.name, state.type, ...sayStatus(status, isInChildren)].join(', ');
}

/** The parts of the line below a state's name. */
function sayStatus(status: StateStatus | undefined, isInChildren: boolean): string[] {
  if (!status) return [isInChildren ? 'runs in child executions' : SAYINGS.waiting.text];
  const { word, visits } = status;
  const attempts = Math.max(...visits.map((visit) => visit.attempts.length));
  const spent = timeOf(status);
  return [
    `${SAYINGS[word].text}${spent === undefined ? '' : ` after ${spent}`}`,
    ...(visits.length > 1 ? [`${visits.length} times`] : []),
    ...(attempts > 1 ? [`${attempts} attempts`] : []),
  ];
}

/** From the first entry to the last end; undefined while it runs. */
function timeOf({ visits }: StateStatus): string | undefined {
  const [first] = visits;
  const ends = visits.map(({ endedMs }) => endedMs);
  if (!first || ends.includes(undefined)) return undefined;
  const last = Math.max(...ends.map(Number));
  return durationOf(last - first.enteredMs);
}
