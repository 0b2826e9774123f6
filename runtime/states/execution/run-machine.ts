/**
 * One execution from its start to its end, with its time limit; run-states.ts runs the states.
 * Follows https://docs.aws.amazon.com/step-functions/latest/dg/concepts-state-machine-executions.html
 */

import { Interrupted, StateError } from '../data/errors.ts';
import type { StateMachine } from '../definition/state-types.ts';
import type { Thread } from './history.ts';
import { type Outcome, type Run, roleArn } from './run.ts';
import { runStates } from './run-states.ts';
import { deadline } from './waiting.ts';

/** AWS: an EXPRESS execution lasts five minutes at most. */
const EXPRESS_LIMIT_SECONDS = 300;

/** How long an execution may last; undefined stands for AWS's year, which is not enforced here. */
export function executionLimitMs(
  type: 'STANDARD' | 'EXPRESS',
  timeoutSeconds: number | undefined,
): number | undefined {
  const seconds = Math.min(
    timeoutSeconds ?? Number.POSITIVE_INFINITY,
    type === 'EXPRESS' ? EXPRESS_LIMIT_SECONDS : Number.POSITIVE_INFINITY,
  );
  return Number.isFinite(seconds) ? seconds * 1000 : undefined;
}

/**
 * Runs a machine to its end; a failure is an outcome.
 * @throws Interrupted SUSPENDED if the runtime stops.
 */
export async function runMachine(
  machine: StateMachine,
  run: Omit<Run, 'clock'>,
  thread: Thread,
): Promise<Outcome> {
  const { arn, role } = run.machine;
  const limit = deadline(
    run.signal,
    executionLimitMs(run.machine.type, machine.timeoutSeconds),
    new Interrupted('TIMED_OUT'),
  );
  try {
    thread.start('ExecutionStarted', { input: run.execution.input, roleArn: roleArn(role) });
    const output = await runStates(
      machine,
      { ...run, signal: limit.signal, clock: limit },
      run.execution.input,
      thread,
    );
    thread.add('ExecutionSucceeded', { output });
    return { status: 'SUCCEEDED', output };
  } catch (error) {
    const outcome = endedBy(error, arn);
    thread.add(EXECUTION_ENDS[outcome.status], { error: outcome.error, cause: outcome.cause });
    return outcome;
  } finally {
    limit.stop();
  }
}

const EXECUTION_ENDS = {
  FAILED: 'ExecutionFailed',
  TIMED_OUT: 'ExecutionTimedOut',
  ABORTED: 'ExecutionAborted',
} as const;

function endedBy(error: unknown, arn: string): Exclude<Outcome, { status: 'SUCCEEDED' }> {
  if (error instanceof StateError) return { status: 'FAILED', error: error.error, cause: error.cause };
  if (error instanceof Interrupted && error.outcome !== 'SUSPENDED')
    return { status: error.outcome, error: error.error, cause: error.cause };
  if (error instanceof Interrupted) throw error;
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    status: 'FAILED',
    error: 'States.Runtime',
    cause: `The local runtime failed in ${arn}: ${reason}`,
  };
}
