import { useEffect, useState } from 'preact/hooks';
import { describeStateMachine, type StateMachine } from '../calls/states.ts';

const asked = new Map<string, Promise<StateMachine>>();

/** A state machine changes only by a deployment: it is asked for once. A call that fails is made again. */
export function readStateMachine(arn: string): Promise<StateMachine> {
  const known = asked.get(arn);
  if (known) return known;
  const asking = describeStateMachine(arn);
  asked.set(arn, asking);
  asking.catch(() => asked.delete(arn));
  return asking;
}

interface Described {
  readonly machine: StateMachine | undefined;
  /** Why there is none. */
  readonly problem: string | undefined;
}

export function useStateMachine(arn: string): Described {
  const [described, setDescribed] = useState<Described>({ machine: undefined, problem: undefined });
  useEffect(() => {
    let isCurrent = true;
    readStateMachine(arn).then(
      (machine) => isCurrent && setDescribed({ machine, problem: undefined }),
      (error: Error) => isCurrent && setDescribed({ machine: undefined, problem: error.message }),
    );
    return () => {
      isCurrent = false;
    };
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
