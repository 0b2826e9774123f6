import { DatabaseSync } from 'node:sqlite';
import type { Authorize, Principal } from '../../iam/index.ts';
import { type Json, parseJson } from '../../states/data/json.ts';
import {
  type CallService,
  createStates,
  type ExecutionResult,
  loadMachines,
  type StateMachineResource,
  type States,
} from '../../states/index.ts';

export const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:Work';
export const MACHINE_ARN = 'arn:aws:states:us-east-1:000000000000:stateMachine:Machine';
export const ADMINISTRATOR: Principal = 'administrator';

/** A Task that invokes a function with the state's input. */
export const INVOKE = {
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Parameters: { FunctionName: 'F', 'Payload.$': '$' },
};

export interface Setup {
  readonly type?: 'STANDARD' | 'EXPRESS';
  readonly callService?: CallService;
  readonly authorize?: Authorize;
  readonly s3Endpoint?: string;
  readonly database?: DatabaseSync;
  /** The text that the definition was read from. */
  readonly text?: string;
  /** How long a test of one state may take. */
  readonly stateTestLimitMs?: number;
  /** Gets the milliseconds of every wait of Wait and Retry, which then takes no time. */
  readonly waits?: number[];
}

/** A machine named Machine, whose tasks do what `callService` does. */
export function given(definition: object, setup: Setup = {}): States {
  const machine: StateMachineResource = {
    name: 'Machine',
    arn: MACHINE_ARN,
    type: setup.type ?? 'STANDARD',
    definition,
    source: 'machine.asl.json',
    role: 'MachineRole',
    ...(setup.text === undefined ? {} : { text: setup.text }),
  };
  return createStates({
    database: setup.database ?? new DatabaseSync(':memory:'),
    machines: loadMachines([machine]),
    authorize: setup.authorize ?? (() => {}),
    callService: setup.callService ?? (async () => ({})),
    s3Endpoint: () => setup.s3Endpoint ?? 'http://127.0.0.1:9',
    ...(setup.stateTestLimitMs === undefined ? {} : { stateTestLimitMs: setup.stateTestLimitMs }),
    scaleWait: (ms) => {
      setup.waits?.push(ms);
      return 0;
    },
  });
}

/** Runs a definition once, to its end. */
export function run(definition: object, input: unknown = {}, setup: Setup = {}): Promise<ExecutionResult> {
  return given(definition, setup).run(MACHINE_ARN, input, ADMINISTRATOR);
}

/** The output of an execution that succeeds. */
export async function outputOf(definition: object, input: unknown = {}, setup: Setup = {}): Promise<Json> {
  const { output, status, error, cause } = await run(definition, input, setup);
  if (output === undefined) throw new Error(`The execution ended ${status}: ${error} ${cause}`);
  return parseJson(output);
}

/** A machine of one state, which ends it. */
export function only(state: object): object {
  return {
    StartAt: 'Only',
    States: {
      Only: {
        ...state,
        ...('Type' in state && ['Succeed', 'Fail', 'Choice'].includes(String(state.Type))
          ? {}
          : { End: true }),
      },
    },
  };
}

/** What a payload template makes of an input. */
export function shaped(parameters: object, input: unknown = {}): Promise<Json> {
  return outputOf(only({ Type: 'Pass', Parameters: parameters }), input);
}
