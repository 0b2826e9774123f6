import type { Principal } from '../../iam/permissions.ts';
import type { Json, JsonObject } from '../data/json.ts';
import type { Scope } from '../data/paths.ts';
import type { MapState } from '../definition/map.ts';
import type { CallService } from '../definition/resources.ts';
import type { Thread } from './history.ts';
import type { Clock } from './waiting.ts';

/** One execution under way: what all its states share. */
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
}

/** What a run reaches beyond itself. */
export interface Services {
  readonly callService: CallService;
  readonly describeMapRun: (mapRunArn: string, principal: Principal) => Json;
  readonly runDistributedMap: (work: DistributedWork) => Promise<Json>;
  readonly scaleWait: (ms: number) => number;
}

/** A distributed Map to run: its state, and what its fields are evaluated over. */
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

/** The context object. After https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html */
export function contextOf(run: Run, thread: Thread, state: JsonObject): JsonObject {
  const { execution, machine } = run;
  return {
    Execution: {
      Id: execution.arn,
      Input: execution.input,
      Name: execution.name,
      RoleArn: roleArn(machine.role),
      StartTime: execution.startedAt.toISOString(),
      RedriveCount: 0,
    },
    StateMachine: { Id: machine.arn, Name: machine.name },
    State: state,
    ...(thread.mapItem ? { Map: { Item: thread.mapItem } } : {}),
  };
}

/** The ARN of the role with that logical id. */
export function roleArn(role: string): string {
  return `arn:aws:iam::000000000000:role/${role}`;
}
