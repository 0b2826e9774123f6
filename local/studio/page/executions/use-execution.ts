import { useEffect, useState } from 'preact/hooks';
import { poll } from '../calls/poll.ts';
import {
  describeExecution,
  describeMapRun,
  type Execution,
  type HistoryEvent,
  listMapRuns,
  type MapRun,
  readHistory,
} from '../calls/states.ts';

interface Followed {
  readonly execution: Execution | undefined;
  readonly events: readonly HistoryEvent[];
  /** Of a bulk run. */
  readonly mapRun: MapRun | undefined;
  /** Why there is no execution, or no history: the local runtime keeps histories until it stops. */
  readonly problem: string | undefined;
  readonly historyProblem: string | undefined;
}

const NOTHING: Followed = {
  execution: undefined,
  events: [],
  mapRun: undefined,
  problem: undefined,
  historyProblem: undefined,
};

/** A STANDARD execution, followed until it ends. */
export function useExecution(arn: string): Followed {
  const [followed, setFollowed] = useState(NOTHING);
  useEffect(() => {
    const stop = new AbortController();
    let before = '';
    const ask = async () => {
      const now = await read(arn, stop.signal);
      const text = JSON.stringify([now.execution?.status, now.events.length, now.mapRun]);
      const hasChanged = text !== before;
      before = text;
      if (hasChanged) setFollowed(now);
      if (now.execution && now.execution.status !== 'RUNNING') stop.abort();
      return hasChanged;
    };
    void poll(ask, { fastMs: 400, slowMs: 5_000, signal: stop.signal });
    return () => stop.abort();
  }, [arn]);
  return followed;
}

async function read(arn: string, signal: AbortSignal): Promise<Followed> {
  try {
    // First: what ends after this answer is in the next one.
    const execution = await describeExecution(arn, signal);
    const [history, [mapRunArn]] = await Promise.all([
      readHistory(arn, signal).catch((error: Error) => error),
      listMapRuns(arn, signal),
    ]);
    return {
      execution,
      events: history instanceof Error ? [] : history,
      historyProblem: history instanceof Error ? history.message : undefined,
      mapRun: mapRunArn === undefined ? undefined : await describeMapRun(mapRunArn, signal),
      problem: undefined,
    };
  } catch (error) {
    signal.throwIfAborted();
    return { ...NOTHING, problem: error instanceof Error ? error.message : String(error) };
  }
}
