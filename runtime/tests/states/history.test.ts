import { expect } from 'chai';
import { Histories } from '../../states/execution/history.ts';
import { type CallService, TaskError } from '../../states/index.ts';
import { arnOf, call, PASS } from './calls.ts';
import { ADMINISTRATOR, FUNCTION_ARN, given, MACHINE_ARN, only } from './machine.ts';

describe('GetExecutionHistory (AWS: API_GetExecutionHistory)', () => {
  async function eventsOf(
    definition: object,
    callService: CallService,
    input: unknown = {},
    more: object = {},
  ): Promise<Record<string, unknown>[]> {
    const states = given(definition, { callService });
    await states.run(MACHINE_ARN, input, ADMINISTRATOR, 'h');
    const { body } = await call(states, 'GetExecutionHistory', { executionArn: arnOf('h'), ...more });
    return JSON.parse(JSON.stringify(body.events));
  }

  it('each event has its type, its number and its details', async () => {
    const invoke = {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Parameters: { FunctionName: 'F' },
      TimeoutSeconds: 65,
    };
    const events = await eventsOf(only(invoke), async () => ({ Payload: 1 }), { a: 1 });
    expect(events.map(({ type, id, previousEventId }) => [type, id, previousEventId])).to.deep.equal([
      ['ExecutionStarted', 1, 0],
      ['TaskStateEntered', 2, 0],
      ['TaskScheduled', 3, 2],
      ['TaskStarted', 4, 3],
      ['TaskSucceeded', 5, 4],
      ['TaskStateExited', 6, 5],
      ['ExecutionSucceeded', 7, 6],
    ]);
    expect(events[0]?.executionStartedEventDetails).to.deep.equal({
      input: '{"a":1}',
      inputDetails: { truncated: false },
      roleArn: 'arn:aws:iam::000000000000:role/MachineRole',
    });
    expect(events[2]?.taskScheduledEventDetails).to.deep.equal({
      resourceType: 'lambda',
      resource: 'invoke',
      region: 'us-east-1',
      parameters: '{"FunctionName":"F"}',
      timeoutInSeconds: 65,
    });
    expect(events[4]?.taskSucceededEventDetails).to.deep.equal({
      resourceType: 'lambda',
      resource: 'invoke',
      output: '{"Payload":1}',
      outputDetails: { truncated: false },
    });
    expect(events[5]?.stateExitedEventDetails).to.deep.equal({
      name: 'Only',
      output: '{"Payload":1}',
      outputDetails: { truncated: false },
    });
  });

  it('the history contains each attempt of a retried function and the failure of the execution', async () => {
    const task = only({
      Type: 'Task',
      Resource: FUNCTION_ARN,
      Retry: [{ ErrorEquals: ['Busy'], MaxAttempts: 1 }],
    });
    const events = await eventsOf(task, async () => {
      throw new TaskError('Busy', 'full');
    });
    const attempt = ['LambdaFunctionScheduled', 'LambdaFunctionStarted', 'LambdaFunctionFailed'];
    expect(events.map(({ type }) => type)).to.deep.equal([
      'ExecutionStarted',
      'TaskStateEntered',
      ...attempt,
      ...attempt,
      'ExecutionFailed',
    ]);
    expect(events.at(-1)?.executionFailedEventDetails).to.deep.equal({ error: 'Busy', cause: 'full' });
  });

  for (const [state, types] of [
    [{ Type: 'Succeed' }, ['SucceedStateEntered', 'SucceedStateExited', 'ExecutionSucceeded']],
    [{ Type: 'Fail' }, ['FailStateEntered', 'ExecutionFailed']],
    [{ Type: 'Wait', Seconds: 1 }, ['WaitStateEntered', 'WaitStateExited', 'ExecutionSucceeded']],
    [
      {
        Type: 'Map',
        ItemsPath: '$.items',
        ItemProcessor: { StartAt: 'P', States: { P: { Type: 'Pass', End: true } } },
      },
      [
        'MapStateEntered',
        'MapStateStarted',
        'MapIterationStarted',
        'PassStateEntered',
        'PassStateExited',
        'MapIterationSucceeded',
        'MapStateSucceeded',
        'MapStateExited',
        'ExecutionSucceeded',
      ],
    ],
    [
      {
        Type: 'Map',
        ItemsPath: '$.items',
        ItemProcessor: {
          ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'EXPRESS' },
          StartAt: 'P',
          States: { P: { Type: 'Pass', End: true } },
        },
      },
      [
        'MapStateEntered',
        'MapStateStarted',
        'MapRunStarted',
        'MapRunSucceeded',
        'MapStateSucceeded',
        'MapStateExited',
        'ExecutionSucceeded',
      ],
    ],
    [
      { Type: 'Parallel', Branches: [{ StartAt: 'P', States: { P: { Type: 'Pass', End: true } } }] },
      [
        'ParallelStateEntered',
        'ParallelStateStarted',
        'PassStateEntered',
        'PassStateExited',
        'ParallelStateSucceeded',
        'ParallelStateExited',
        'ExecutionSucceeded',
      ],
    ],
  ] as const) {
    it(`the history of ${'ItemProcessor' in state && 'ProcessorConfig' in state.ItemProcessor ? 'a Distributed ' : ''}${state.Type} is ${types.join(', ')}`, async () => {
      const events = await eventsOf(only(state), async () => ({}), { items: [1] });
      expect(events.map(({ type }) => type)).to.deep.equal(['ExecutionStarted', ...types]);
    });
  }

  it('the history can be read backwards, page by page and without data', async () => {
    const [last] = await eventsOf(
      PASS,
      async () => ({}),
      { a: 1 },
      { reverseOrder: true, maxResults: 1, includeExecutionData: false },
    );
    expect(last).to.deep.include({ type: 'ExecutionSucceeded', id: 4, executionSucceededEventDetails: {} });
  });
});

describe('Histories in memory', () => {
  const append = (histories: Histories, arn: string, type: string, size: number) => {
    const history = histories.find(arn) ?? histories.open(arn);
    history.append(type, 0, { input: 'x'.repeat(size) });
    return history;
  };

  it('the oldest history of an ended execution is dropped when memory runs short, and no other', () => {
    const histories = new Histories(10_000);
    append(histories, 'running', 'PassStateEntered', 2000);
    append(histories, 'ended', 'ExecutionAborted', 2000);
    append(histories, 'ended later', 'ExecutionAborted', 2000);
    append(histories, 'new', 'PassStateEntered', 4000);
    expect(histories.find('ended')).to.equal(undefined);
    for (const arn of ['running', 'ended later', 'new'])
      expect(histories.find(arn)?.events).to.have.length(1);
  });

  it('payloads of a running execution are left out and marked as truncated when memory runs short', () => {
    const histories = new Histories(10_000);
    append(histories, 'loop', 'PassStateEntered', 9000);
    const { events } = append(histories, 'loop', 'PassStateEntered', 9000);
    expect(events.map((event) => event.stateEnteredEventDetails)).to.deep.equal([
      { input: JSON.stringify('x'.repeat(9000)), inputDetails: { truncated: false } },
      { inputDetails: { truncated: true } },
    ]);
  });
});
