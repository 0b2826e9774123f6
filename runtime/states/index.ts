/**
 * Step Functions: STANDARD and EXPRESS state machines in JSONPath mode, with their API.
 *
 * Covers every state type, Retry and Catch, the intrinsic functions, the inline Map, and the Distributed Map over an
 * array or `s3:listObjectsV2` with ItemBatcher, tolerated failures and ResultWriter. A Task may be a Lambda function,
 * `lambda:invoke` or `sqs:sendMessage`. The API: StartExecution, StartSyncExecution,
 * StopExecution, DescribeExecution, ListExecutions, GetExecutionHistory, DescribeMapRun, ListMapRuns,
 * ListStateMachines and DescribeStateMachine; TestState with mocks, retry counts, tolerated failures, read items, a
 * context object and all inspection data of JSONPath.
 * Refuses by name: JSONata, variables, `.sync`, `.waitForTaskToken`, activities, other service integrations, other item
 * readers, and every field and API member that it does not know. Not here: redrives, versions and aliases, tags.
 */
import type { Principal } from '../iam/index.ts';
import { answer } from './api/operations.ts';
import type { Answer } from './api/protocol.ts';
import { type ExecutionResult, type StatesOptions, StatesService } from './api/service.ts';
import type { Machines } from './definition/machines.ts';

export type { ExecutionResult } from './api/service.ts';
export { TaskError } from './data/errors.ts';
export { loadMachines, type Machines, type StateMachineResource } from './definition/machines.ts';
export { stateMachinesOf } from './definition/state-machines.ts';
export type { CallService, TaskCall } from './execution/run.ts';

export interface States {
  /** Answers `POST /` with an X-Amz-Target of `AWSStepFunctions.…`. */
  handle(target: string, body: unknown, principal: Principal): Promise<Answer>;
  /** Starts an execution as EventBridge does; resolves when it has ended, rejects if it cannot start or the runtime stops. */
  run(machineArn: string, input: unknown, principal: Principal, name?: string): Promise<ExecutionResult>;
  /** Restarts, from their beginning, the executions that an earlier process left running; resolves to their number. */
  resume(): Promise<number>;
  /** Serves other machines from now on; running executions keep their definitions. */
  replaceMachines(machines: Machines): void;
  /**
   * Starts no more executions, and leaves the running ones as RUNNING in the database, for the next process's `resume`;
   * resolves to their number.
   */
  stop(): Promise<number>;
}

/** Creates the Step Functions service. */
export function createStates(options: StatesOptions): States {
  const service = new StatesService(options);
  return {
    handle: (target, body, principal) => answer(service, target, body, principal),
    run: (machineArn, input, principal, name) => service.run(machineArn, input, principal, name),
    resume: () => service.resume(),
    replaceMachines: (machines) => {
      service.machines = machines;
    },
    stop: () => service.stop(),
  };
}
