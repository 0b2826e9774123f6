import { useEffect, useState } from 'preact/hooks';
import { poll } from '../calls/poll.ts';
import { listExecutions } from '../calls/states.ts';
import { executionLogOf } from '../graph/execution-log.ts';
import { type Entry, entryOfListed, entryOfLogged } from './execution-list.ts';

/** How far back the log is read for uploads. */
export const LOG_HOURS = 3;

/** The executions of the STANDARD state machine, the newest hundred of them, kept up to date. */
export function useListed(stateMachineArn: string): {
  readonly entries: readonly Entry[] | undefined;
  readonly problem: string | undefined;
} {
  const [entries, setEntries] = useState<readonly Entry[]>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    const stop = new AbortController();
    let before = '';
    const ask = async () => {
      const { executions } = await listExecutions(stateMachineArn, { signal: stop.signal });
      const now = JSON.stringify(executions);
      const hasChanged = now !== before;
      before = now;
      setProblem(undefined);
      if (hasChanged) setEntries(executions.map(entryOfListed));
      return hasChanged;
    };
    const askOrSay = () =>
      ask().catch((error: Error) => {
        if (!stop.signal.aborted) setProblem(error.message);
        throw error;
      });
    void poll(askOrSay, { fastMs: 1_000, slowMs: 10_000, signal: stop.signal });
    return () => stop.abort();
  }, [stateMachineArn]);
  return { entries, problem };
}

/** The executions that the log of the EXPRESS state machine tells of, kept up to date. */
export function useLogged(stateMachineArn: string): readonly Entry[] {
  const [entries, setEntries] = useState<readonly Entry[]>([]);
  useEffect(
    () =>
      executionLogOf(stateMachineArn).follow(Date.now() - LOG_HOURS * 3_600_000, (executions) =>
        setEntries([...executions.values()].map(entryOfLogged)),
      ),
    [stateMachineArn],
  );
  return entries;
}
