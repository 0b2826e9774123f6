import type { Principal } from '../../iam/index.ts';
import type { Json, JsonObject } from '../data/json.ts';
import type { Scope } from '../data/paths.ts';
import type { MapState, State } from '../definition/state-types.ts';
import type { Thread } from './history.ts';
import type { Clock } from './waiting.ts';

/** One service call of a Task. For a function ARN, `resource` is the ARN and `parameters` the function's event. */
export interface TaskCall {
  readonly resource: string;
  readonly parameters: unknown;
  readonly principal: Principal;
  readonly signal: AbortSignal;
  /** The time limits of the Task and its execution. A service stops them while the call waits as it would not on AWS. */
  readonly clock: Clock;
}

/**
 * Makes one service call and resolves to the state's result: `{Payload, StatusCode, …}` for `lambda:invoke`, the
 * function's own result for a plain ARN.
 * @throws TaskError with the error name and cause that Step Functions gives.
 */
export type CallService = (call: TaskCall) => Promise<unknown>;

/** One execution that is running: what all its states have in common. */
export interface Run {
  readonly machine: {
    readonly arn: string;
    readonly name: string;
    readonly role: string;
    readonly type: 'STANDARD' | 'EXPRESS';
  };
  readonly execution: {
    readonly arn: string;
    readonly name: string;
    readonly input: Json;
    readonly startedAt: Date;
  };
  readonly signal: AbortSignal;
  /** The execution's own time limit. */
  readonly clock: Clock;
  readonly services: Services;
  /** Gets the data between the steps of a state. Only a test of one state has it. */
  readonly inspect?: Inspect;
}

/** A step of a state's life, named as in TestState's InspectionData. */
export type Step =
  | 'afterInputPath'
  | 'afterParameters'
  | 'result'
  | 'afterResultSelector'
  | 'afterResultPath';

export type Inspect = (step: Step, data: Json) => void;

/** What a run uses of the services around it. */
export interface Services {
  readonly callService: CallService;
  readonly runDistributedMap: (work: DistributedWork) => Promise<Json>;
  readonly scaleWait: (ms: number) => number;
}

/** A distributed Map to run: its state, and the data that its fields are evaluated with. */
export interface DistributedWork {
  readonly state: MapState;
  readonly scope: Scope;
  readonly run: Run;
  readonly thread: Thread;
}

/** How an execution ended. */
export type Outcome =
  | { readonly status: 'SUCCEEDED'; readonly output: Json }
  | {
      readonly status: 'FAILED' | 'TIMED_OUT' | 'ABORTED';
      readonly error?: string | undefined;
      readonly cause?: string | undefined;
    };

/** The context object. Follows https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html */
export function contextOf(
  { execution, machine }: Run,
  thread: Thread,
  state: State,
  { enteredAt, retryCount }: { readonly enteredAt: Date; readonly retryCount: number },
): JsonObject {
  return {
    Execution: {
      Id: execution.arn,
      Input: execution.input,
      Name: execution.name,
      RoleArn: roleArn(machine.role),
      StartTime: execution.startedAt.toISOString(),
      // AWS: an EXPRESS execution, which nobody can redrive, does not have it.
      ...(machine.type === 'STANDARD' ? { RedriveCount: 0 } : {}),
    },
    StateMachine: { Id: machine.arn, Name: machine.name },
    State: {
      Name: state.name,
      EnteredTime: enteredAt.toISOString(),
      // AWS: the other states, which can have no Retry, do not have it.
      ...('retriers' in state ? { RetryCount: retryCount } : {}),
    },
    ...(thread.mapItem ? { Map: { Item: thread.mapItem } } : {}),
  };
}

/** @param role a logical id. */
export function roleArn(role: string): string {
  return `arn:aws:iam::000000000000:role/${role}`;
}
