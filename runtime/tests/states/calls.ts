// Calls of the Step Functions API, as the tests of several operations make them.

import { expect } from 'chai';
import type { CallService, States } from '../../states/index.ts';
import { ADMINISTRATOR, FUNCTION_ARN, only } from './machine.ts';

export const PASS = only({ Type: 'Pass' });
export const TASK = only({ Type: 'Task', Resource: FUNCTION_ARN });
/** The namespace of the faults in `__type`. */
export const SERVICE = 'com.amazonaws.swf.service.v2.model#';
/** A service that never answers. */
export const forever: CallService = () => new Promise(() => {});

/** Calls an operation as the administrator. */
export function call(
  states: States,
  operation: string,
  body: unknown,
): Promise<{ status: number; body: Record<string, unknown> }> {
  return states
    .handle(`AWSStepFunctions.${operation}`, body, ADMINISTRATOR)
    .then(({ status, body: answer }) => ({ status, body: JSON.parse(JSON.stringify(answer)) }));
}

/** The ARN of an execution of the STANDARD machine. */
export function arnOf(name: string): string {
  return `arn:aws:states:us-east-1:000000000000:execution:Machine:${name}`;
}

/** The `__type` of a call that must be refused. */
export async function refusal(states: States, operation: string, body: unknown): Promise<unknown> {
  const answer = await call(states, operation, body);
  expect(answer.status).to.equal(400);
  return answer.body.__type;
}
