import { useEffect, useState } from 'preact/hooks';
import { poll } from '../calls/poll.ts';
import { describeStateMachine, type StateMachine } from '../calls/states.ts';

/** For what is drawn at the same time. On one machine, a definition that is saved changes it while the page is open. */
const KEPT_MS = 500;

const asked = new Map<string, { readonly asking: Promise<StateMachine>; readonly atMs: number }>();

/** The state machine as it is now. A call that fails is made again. */
export function readStateMachine(arn: string): Promise<StateMachine> {
  const known = asked.get(arn);
  if (known && Date.now() - known.atMs < KEPT_MS) return known.asking;
  const asking = describeStateMachine(arn);
  asked.set(arn, { asking, atMs: Date.now() });
  asking.catch(() => asked.delete(arn));
  return asking;
}

interface Described {
  readonly machine: StateMachine | undefined;
  /** Why there is none. */
  readonly problem: string | undefined;
}

/** The state machine as it is when the component appears, asked for until it answers. */
export function useStateMachine(arn: string): Described {
  const [described, setDescribed] = useState<Described>({ machine: undefined, problem: undefined });
  useEffect(() => {
    const stop = new AbortController();
    const ask = async () => {
      try {
        const machine = await readStateMachine(arn);
        if (!stop.signal.aborted) setDescribed({ machine, problem: undefined });
        stop.abort();
      } catch (error) {
        const problem = error instanceof Error ? error.message : String(error);
        if (!stop.signal.aborted) setDescribed({ machine: undefined, problem });
        throw error;
      }
      return true;
    };
    void poll(ask, { fastMs: 1000, slowMs: 10_000, signal: stop.signal });
    return () => stop.abort();
  }, [arn]);
  return described;
}

/** What the log of a state machine does not tell, and the parameter of template.yaml that changes it; undefined: it tells all. */
export function missingLog({ logLevel, hasLogData, logGroup }: StateMachine): string | undefined {
  if (logGroup === undefined || logLevel !== 'ALL')
    return `The state machine's log level is ${logLevel}, so its executions cannot be seen here. Deploy with StateMachineLogLevel=ALL to see them.`;
  return hasLogData ? undefined : missingData();
}

function missingData(): string {
  return 'The log has no inputs and outputs. Deploy with StateMachineLogData=true to see them; they then are in CloudWatch Logs.';
}
