// Distributed Maps, for the tests of their parts.

import { type CallService, TaskError } from '../../states/index.ts';
import { INVOKE, only } from './machine.ts';

export const PROCESSOR = {
  ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'EXPRESS' },
  StartAt: 'Work',
  States: { Work: { ...INVOKE, OutputPath: '$.Payload', End: true } },
};
export const READER = {
  Resource: 'arn:aws:states:::s3:listObjectsV2',
  Parameters: { Bucket: 'notes', 'Prefix.$': '$.prefix' },
};
export const WRITER = {
  Resource: 'arn:aws:states:::s3:putObject',
  Parameters: { Bucket: 'results', Prefix: 'runs/one' },
};

export function distributed(fields: object, processor: object = PROCESSOR): object {
  return only({ Type: 'Map', Label: 'Each', ItemProcessor: processor, ...fields });
}

/** A service that records the payload of each child execution. */
export function recording(answer: (payload: unknown) => unknown = () => 'ok'): {
  seen: unknown[];
  callService: CallService;
} {
  const seen: unknown[] = [];
  return {
    seen,
    callService: async ({ parameters }) => {
      const payload =
        parameters !== null && typeof parameters === 'object' && 'Payload' in parameters
          ? parameters.Payload
          : undefined;
      seen.push(payload);
      return { Payload: answer(payload) };
    },
  };
}

export function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

export const failOn = (bad: (n: number) => boolean) =>
  recording((payload) => {
    if (typeof payload === 'number' && bad(payload)) throw new TaskError('Broken', `item ${payload}`);
    return payload;
  });
