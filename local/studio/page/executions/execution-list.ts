import type { ExecutionStatus, ListedExecution } from '../calls/states.ts';
import type { LoggedExecution } from '../graph/execution-log.ts';
import type { Tone } from '../graph/status-words.ts';
import { keyOf } from '../graph/upload-execution.ts';
import { isRefusal } from '../images/refusal-reasons.ts';

/** `END_UNKNOWN`: the log has lost the end, or nobody wrote it, because the runtime was killed. */
type EntryStatus = ExecutionStatus | 'END_UNKNOWN';

/** An execution of either state machine, as the list shows it. */
export interface Entry {
  readonly arn: string;
  readonly name: string;
  readonly kind: 'request' | 'upload';
  /** The key of an upload; undefined where the log has no data. */
  readonly key: string | undefined;
  /** What a request asked for, in words, once it is known. */
  readonly title?: string | undefined;
  readonly status: EntryStatus;
  readonly startedMs: number;
  readonly stoppedMs: number | undefined;
  readonly error: string | undefined;
}

export const STATUS_TONES: Readonly<Record<EntryStatus, { text: string; tone: Tone }>> = {
  RUNNING: { text: 'running', tone: 'run' },
  SUCCEEDED: { text: 'succeeded', tone: 'good' },
  FAILED: { text: 'failed', tone: 'bad' },
  TIMED_OUT: { text: 'timed out', tone: 'bad' },
  ABORTED: { text: 'stopped', tone: 'warn' },
  END_UNKNOWN: { text: 'end not logged', tone: 'none' },
  PENDING_REDRIVE: { text: 'waits to go on', tone: 'warn' },
};

/** A refused image is a result, not a fault of the pipeline. */
export function sayEntry({ status, error }: Entry): { readonly text: string; readonly tone: Tone } {
  const wasRefused = status === 'FAILED' && error !== undefined && isRefusal(error);
  return wasRefused ? { text: 'refused', tone: 'bad' } : STATUS_TONES[status];
}

/** The last event of an execution, and the status that it stands for. */
const ENDS: Readonly<Record<string, ExecutionStatus>> = {
  ExecutionSucceeded: 'SUCCEEDED',
  ExecutionFailed: 'FAILED',
  ExecutionTimedOut: 'TIMED_OUT',
  ExecutionAborted: 'ABORTED',
};

export function entryOfListed({ arn, name, status, startedMs, stoppedMs }: ListedExecution): Entry {
  return { arn, name, kind: 'request', key: undefined, status, startedMs, stoppedMs, error: undefined };
}

export function entryOfLogged({ arn, events }: LoggedExecution): Entry {
  const [first, last] = [events[0], events.at(-1)];
  const status = ENDS[last?.type ?? ''];
  const error = last?.details.error;
  return {
    arn,
    // An EXPRESS execution's ARN ends in its name and a number for each start.
    name: arn.split(':')[7] ?? arn,
    kind: 'upload',
    key: first && keyOf(first),
    status: status ?? 'RUNNING',
    startedMs: first?.atMs ?? 0,
    stoppedMs: status === undefined ? undefined : last?.atMs,
    error: typeof error === 'string' ? error : undefined,
  };
}

/** AWS ends an EXPRESS execution after five minutes; its log may tell of that a minute later. */
const LONGEST_UPLOAD_MS = 6 * 60_000;

/** An upload or a removal that could not run any more at this time does not. */
export function atTime(entry: Entry, nowMs: number): Entry {
  const { kind, status, startedMs } = entry;
  const isLost = kind === 'upload' && status === 'RUNNING' && nowMs - startedMs > LONGEST_UPLOAD_MS;
  return isLost ? { ...entry, status: 'END_UNKNOWN' } : entry;
}

export interface Filter {
  readonly kind: Entry['kind'] | 'all';
  readonly status: ExecutionStatus | 'all';
  /** Part of a key, of what was requested, of a name or of an error, in any case. */
  readonly text: string;
}

/** The entries that a filter lets through, the newest first. */
export function filtered(entries: readonly Entry[], { kind, status, text }: Filter): Entry[] {
  const wanted = text.trim().toLowerCase();
  return entries
    .filter(
      (entry) =>
        (kind === 'all' || entry.kind === kind) &&
        (status === 'all' || entry.status === status) &&
        [entry.key, entry.title, entry.name, entry.error].some((part) =>
          part?.toLowerCase().includes(wanted),
        ),
    )
    .sort((one, other) => other.startedMs - one.startedMs);
}
