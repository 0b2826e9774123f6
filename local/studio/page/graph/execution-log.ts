import type { HistoryEvent } from '../calls/history-event.ts';
import { readLogEvents } from '../calls/logs.ts';
import { poll } from '../calls/poll.ts';
import { readStateMachine } from './state-machine.ts';

/** An EXPRESS execution as far as the log tells of it. */
export interface LoggedExecution {
  readonly arn: string;
  /** In the order of their numbers. A new array after each change. */
  readonly events: readonly HistoryEvent[];
}

type Listener = (executions: ReadonlyMap<string, LoggedExecution>) => void;

/** CloudWatch Logs may show a line some seconds after a later one. */
const OVERLAP_MS = 10_000;
/** A page shows no more, and needs memory for each. */
const MOST_EXECUTIONS = 2_000;

/** The executions that a state machine logs, read once for all that look at them, while somebody does. */
class ExecutionLog {
  readonly #stateMachineArn: string;
  readonly #listeners = new Set<Listener>();
  readonly #executions = new Map<string, LoggedExecution>();
  /** Undefined until it is known, and while the state machine logs nothing. */
  #logGroup: string | undefined;
  #sinceMs = Number.POSITIVE_INFINITY;
  #stop: AbortController | undefined;

  constructor(stateMachineArn: string) {
    this.#stateMachineArn = stateMachineArn;
  }

  /** Calls a listener with the executions since a time, now and after each change. @returns what ends it. */
  follow(sinceMs: number, listener: Listener): () => void {
    this.#sinceMs = Math.min(this.#sinceMs, sinceMs);
    this.#listeners.add(listener);
    listener(this.#executions);
    if (!this.#stop) {
      this.#stop = new AbortController();
      const options = { fastMs: 500, slowMs: 5_000, signal: this.#stop.signal };
      void poll(() => this.#read(options.signal), options);
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#stop?.abort();
      this.#stop = undefined;
    };
  }

  async #read(signal: AbortSignal): Promise<boolean> {
    this.#logGroup ??= (await readStateMachine(this.#stateMachineArn)).logGroup;
    if (this.#logGroup === undefined) return false;
    const logged = await readLogEvents(this.#logGroup, { sinceMs: this.#sinceMs, signal });
    let hasChanged = false;
    for (const { executionArn, event } of logged) hasChanged = this.#add(executionArn, event) || hasChanged;
    const newest = logged.at(-1);
    if (newest) this.#sinceMs = Math.max(this.#sinceMs, newest.event.atMs - OVERLAP_MS);
    for (const arn of this.#executions.keys()) {
      if (this.#executions.size <= MOST_EXECUTIONS) break;
      this.#executions.delete(arn);
    }
    if (hasChanged) for (const listener of this.#listeners) listener(this.#executions);
    return hasChanged;
  }

  #add(arn: string, event: HistoryEvent): boolean {
    const { events = [] } = this.#executions.get(arn) ?? {};
    if (events.some(({ id }) => id === event.id)) return false;
    const sorted = [...events, event].sort((one, other) => one.id - other.id);
    this.#executions.set(arn, { arn, events: sorted });
    return true;
  }
}

const logs = new Map<string, ExecutionLog>();

export function executionLogOf(stateMachineArn: string): ExecutionLog {
  const log = logs.get(stateMachineArn) ?? new ExecutionLog(stateMachineArn);
  logs.set(stateMachineArn, log);
  return log;
}
