import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { AccessDeniedError, type Principal } from '../../iam/index.ts';
import { type CallService, TaskError } from '../../states/index.ts';
import { call, forever, PASS } from './calls.ts';
import { FUNCTION_ARN, given, INVOKE, only, type Setup } from './machine.ts';

const ROLE = 'arn:aws:iam::000000000000:role/MachineRole';
const ERROR = { errorOutput: { error: 'Boom', cause: 'it broke' } };
const BRANCH = { StartAt: 'Inner', States: { Inner: { Type: 'Pass', End: true } } };
const LISTED = ['a', 'b', 'c'].map((Key) => ({ Key, Etag: '"e"', Size: 1 }));
/** A distributed Map over a listing, in batches. */
const LISTING = {
  Type: 'Map',
  ItemReader: {
    Resource: 'arn:aws:states:::s3:listObjectsV2',
    Parameters: { Bucket: 'originals', 'Prefix.$': '$.prefix' },
  },
  ItemSelector: { 'key.$': '$$.Map.Item.Value.Key', 'place.$': '$$.Map.Item.Index' },
  ItemBatcher: { MaxItemsPerBatchPath: '$.perBatch', BatchInput: { 'prefix.$': '$.prefix' } },
  ItemProcessor: { ...BRANCH, ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } },
  End: true,
};
/** A distributed Map over `$.values`. */
const VALUES = {
  Type: 'Map',
  ItemsPath: '$.values',
  ItemProcessor: { ...BRANCH, ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' } },
  End: true,
};

interface Body {
  readonly definition?: unknown;
  readonly input?: unknown;
  readonly mock?: Readonly<Record<string, unknown>>;
  readonly context?: unknown;
  readonly [member: string]: unknown;
}

function ask(body: Body, setup: Setup = {}) {
  return call(given(PASS, setup), 'TestState', asTexts(body));
}

/** Definition, input, mocked result and context as JSON texts, unless they are texts already. */
function asTexts(body: Body): Record<string, unknown> {
  const text = (value: unknown): unknown => (typeof value === 'string' ? value : JSON.stringify(value));
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => {
      if (['definition', 'input', 'context'].includes(name)) return [name, text(value)];
      if (name !== 'mock' || body.mock?.result === undefined) return [name, value];
      return [name, { ...body.mock, result: text(body.mock.result) }];
    }),
  );
}

/** The answer to a test, its JSON texts as values. Fails if the test is refused. */
async function tested(body: Body, setup: Setup = {}): Promise<Record<string, unknown>> {
  const answer = await ask({ inspectionLevel: 'DEBUG', ...body }, setup);
  expect(answer.status, JSON.stringify(answer.body)).to.equal(200);
  return Object.fromEntries(Object.entries(answer.body).map(([name, value]) => [name, parsed(name, value)]));
}

function parsed(name: string, value: unknown): unknown {
  if (name === 'inspectionData' && typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([inner, data]) => [inner, parsed('output', data)]));
  return name === 'output' && typeof value === 'string' ? JSON.parse(value) : value;
}

/** The error name and the message of a test that is refused. */
async function refused(body: Body, setup: Setup = {}): Promise<string> {
  const { status, body: answer } = await ask(body, setup);
  expect(status, JSON.stringify(answer)).to.equal(400);
  return `${String(answer.__type).replace(/^.*#/, '')}: ${answer.message ?? answer.Message}`;
}

describe('TestState: what it answers (AWS: API_TestState)', () => {
  it('TestState answers with the status, the output and the next state of a state that is tested alone', async () => {
    const definition = { Type: 'Pass', Parameters: { 'b.$': '$.a' }, Next: 'Other' };
    expect((await ask({ definition, input: { a: 1 } })).body).to.deep.equal({
      status: 'SUCCEEDED',
      output: '{"b":1}',
      nextState: 'Other',
    });
    expect((await ask({ definition: { Type: 'Succeed' } })).body).to.deep.equal({
      status: 'SUCCEEDED',
      output: '{}',
    });
  });

  it('a Fail ends FAILED with its error and cause, and a Choice without a match with States.NoChoiceMatched', async () => {
    const fail = { Type: 'Fail', Error: 'Boom', CausePath: '$.why' };
    expect(await tested({ definition: fail, input: { why: 'so' } })).to.deep.equal({
      status: 'FAILED',
      error: 'Boom',
      cause: 'so',
      inspectionData: { input: { why: 'so' }, afterInputPath: { why: 'so' } },
    });
    const choice = { Type: 'Choice', Choices: [{ Variable: '$.a', NumericEquals: 1, Next: 'One' }] };
    expect(await tested({ definition: choice, input: { a: 1 } })).to.deep.equal({
      status: 'SUCCEEDED',
      output: { a: 1 },
      nextState: 'One',
      inspectionData: { input: { a: 1 }, afterInputPath: { a: 1 } },
    });
    expect(await tested({ definition: choice, input: { a: 2 } })).to.include({
      status: 'FAILED',
      error: 'States.NoChoiceMatched',
    });
  });

  it('a state of a full definition is found by its name, in branches and item processors too', async () => {
    const inner = { Type: 'Pass', Parameters: { 'item.$': '$$.Map.Item' }, End: true };
    const map = { Type: 'Map', ItemProcessor: { StartAt: 'Inner', States: { Inner: inner } }, End: true };
    const parallel = { Type: 'Parallel', Branches: [{ StartAt: 'Map', States: { Map: map } }], End: true };
    const definition = { StartAt: 'Outer', States: { Outer: parallel } };
    expect(await tested({ definition, stateName: 'Inner', input: { k: 1 } })).to.deep.include({
      status: 'SUCCEEDED',
      output: { item: { Index: 0, Value: { k: 1 }, Source: 'STATE_DATA' } },
    });
    expect(await refused({ definition, stateName: 'Nobody' })).to.equal(
      'ValidationException: State not found in definition',
    );
  });

  it('the context object of a test is that of an EXPRESS execution whose input is the one of the state', async () => {
    const definition = { Type: 'Pass', Parameters: { 'context.$': '$$' }, End: true };
    const { output } = await tested({ definition, input: { in: 1 } });
    expect(output).to.have.nested.property('context.State.Name', 'StateName');
    expect(output).to.have.nested.property('context.Execution.RoleArn', null);
    expect(output).to.have.nested.property('context.Execution.Input').deep.equal({ in: 1 });
    expect(output)
      .to.have.nested.property('context.Execution.Id')
      .match(/:states:us-east-1:000000000000:express:/);
    const withRole = await tested({ definition, roleArn: ROLE });
    expect(withRole.output).to.have.nested.property('context.Execution.RoleArn', ROLE);
  });

  it('a test of a Wait waits, but a test that takes longer than its limit ends FAILED with States.Timeout, whatever Catch says', async () => {
    const waits: number[] = [];
    await tested({ definition: { Type: 'Wait', Seconds: 7, End: true } }, { waits });
    expect(waits).to.deep.equal([7000]);
    const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'Handle' }];
    const definition = { ...INVOKE, Catch, Next: 'Done' };
    const answer = await tested(
      { definition, roleArn: ROLE },
      { callService: forever, stateTestLimitMs: 50 },
    );
    expect(answer).to.include({ status: 'FAILED', error: 'States.Timeout' });
  });

  it('a test ends with a 503 when the runtime stops', async () => {
    const states = given(PASS, { callService: forever });
    const definition = JSON.stringify({ ...INVOKE, End: true });
    const answer = call(states, 'TestState', { definition, roleArn: ROLE });
    await sleep(10);
    await states.stop();
    expect((await answer).status).to.equal(503);
  });
});

describe('TestState: the data between the steps (AWS: API_InspectionData)', () => {
  const input = { payload: { foo: 'bar' } };

  it('INFO shows no inspection data; TRACE shows what DEBUG shows', async () => {
    const definition = { Type: 'Succeed' };
    expect((await ask({ definition })).body).not.to.have.property('inspectionData');
    expect((await ask({ definition, inspectionLevel: 'TRACE' })).body).to.deep.include({
      inspectionData: { input: '{}', afterInputPath: '{}' },
    });
  });

  it('a Pass shows its data after each field', async () => {
    const definition = {
      Type: 'Pass',
      InputPath: '$.payload',
      Parameters: { data: 1 },
      ResultPath: '$.result',
      OutputPath: '$.result.data',
      Next: 'Another',
    };
    expect(await tested({ definition, input })).to.deep.equal({
      status: 'SUCCEEDED',
      output: 1,
      nextState: 'Another',
      inspectionData: {
        input,
        afterInputPath: { foo: 'bar' },
        afterParameters: { data: 1 },
        afterResultSelector: { data: 1 },
        afterResultPath: { ...input, result: { data: 1 } },
      },
    });
  });

  it('a Pass with a Result shows the result instead of its effective input', async () => {
    const definition = { Type: 'Pass', Result: 1, ResultPath: '$.result', End: true };
    expect((await tested({ definition, input })).inspectionData).to.deep.equal({
      input,
      result: 1,
      afterResultSelector: 1,
      afterResultPath: { ...input, result: 1 },
    });
  });

  it('a Task shows its data after each field, and up to the failure if it fails', async () => {
    const definition = {
      ...INVOKE,
      InputPath: '$.payload',
      ResultSelector: { 'status.$': '$.StatusCode' },
      ResultPath: '$.result',
      End: true,
    };
    const before = {
      input,
      afterInputPath: { foo: 'bar' },
      afterParameters: { FunctionName: 'F', Payload: { foo: 'bar' } },
    };
    const success = await tested({ definition, input, mock: { result: { StatusCode: 200 } } });
    expect(success.inspectionData).to.deep.equal({
      ...before,
      result: { StatusCode: 200 },
      afterResultSelector: { status: 200 },
      afterResultPath: { ...input, result: { status: 200 } },
    });
    expect((await tested({ definition, input, mock: ERROR })).inspectionData).to.deep.equal(before);
    expect(
      await tested({ definition: { ...definition, InputPath: '$.none' }, input, mock: ERROR }),
    ).to.deep.include({
      status: 'FAILED',
      error: 'States.Runtime',
      inspectionData: { input },
    });
  });

  it('a Parallel shows its results only', async () => {
    const definition = { Type: 'Parallel', Branches: [BRANCH, BRANCH], ResultPath: '$.both', End: true };
    expect((await tested({ definition, input, mock: { result: [1, 2] } })).inspectionData).to.deep.equal({
      input,
      afterResultSelector: [1, 2],
      afterResultPath: { ...input, both: [1, 2] },
    });
  });

  it('a Map shows its items, and its limits as its fields or their paths give them', async () => {
    const values = { values: ['x', 'y'], most: 3 };
    const limits = { MaxConcurrencyPath: '$.most', ToleratedFailureCount: 1, ToleratedFailurePercentage: 50 };
    const plain = await tested({ definition: VALUES, input: values, mock: { result: [1, 2] } });
    expect(plain.inspectionData).to.deep.equal({
      input: values,
      afterInputPath: values,
      afterItemsPath: ['x', 'y'],
      maxConcurrency: 0,
      afterResultSelector: [1, 2],
      afterResultPath: [1, 2],
    });
    const limited = await tested({ definition: { ...VALUES, ...limits }, input: values, mock: ERROR });
    expect(limited.inspectionData).to.deep.equal({
      input: values,
      afterInputPath: values,
      afterItemsPath: ['x', 'y'],
      maxConcurrency: 3,
      toleratedFailureCount: 1,
      toleratedFailurePercentage: 50,
    });
  });

  it('a Map whose ItemsPath names no array ends FAILED with States.Runtime', async () => {
    const mock = { result: [] };
    expect(await tested({ definition: VALUES, input: { values: {} }, mock })).to.deep.include({
      status: 'FAILED',
      error: 'States.Runtime',
      inspectionData: { input: { values: {} }, afterInputPath: { values: {} } },
    });
  });

  it('a Map shows what ItemSelector makes of the listing in mapItemReaderData, and the batches of ItemBatcher', async () => {
    const stateConfiguration = { mapItemReaderData: JSON.stringify(LISTED) };
    const { inspectionData } = await tested({
      definition: LISTING,
      input: { prefix: 'p/', perBatch: 2 },
      mock: { result: [] },
      stateConfiguration,
    });
    const items = LISTED.map(({ Key }, place) => ({ key: Key, place }));
    expect(inspectionData).to.deep.include({
      afterItemSelector: items,
      afterItemBatcher: [
        { BatchInput: { prefix: 'p/' }, Items: items.slice(0, 2) },
        { BatchInput: { prefix: 'p/' }, Items: items.slice(2) },
      ],
    });
    expect(inspectionData).not.to.have.property('afterItemsPath');
  });

  it('MaxItems of a reader limits the items of mapItemReaderData', async () => {
    const ItemReader = { ...LISTING.ItemReader, ReaderConfig: { MaxItems: 1 } };
    const { inspectionData } = await tested({
      definition: { ...LISTING, ItemReader },
      input: { prefix: 'p/', perBatch: 2 },
      mock: { result: [] },
      stateConfiguration: { mapItemReaderData: JSON.stringify(LISTED) },
    });
    expect(inspectionData).to.deep.include({ afterItemSelector: [{ key: 'a', place: 0 }] });
  });
});

describe('TestState: Retry and Catch (AWS: Testing state machines with TestState API)', () => {
  const Retry = [
    { ErrorEquals: ['Other'] },
    { ErrorEquals: ['Boom'], IntervalSeconds: 2, MaxAttempts: 3, BackoffRate: 2, MaxDelaySeconds: 5 },
  ];
  const Catch = [
    { ErrorEquals: ['Other'], Next: 'Elsewhere' },
    { ErrorEquals: ['States.ALL'], ResultPath: '$.error', Next: 'Handle' },
  ];
  const task = { ...INVOKE, Next: 'Done' };
  const having = (retrierRetryCount: number) => ({ stateConfiguration: { retrierRetryCount } });

  it('an error that a retrier takes is RETRIABLE after as many seconds as its backoff has then', async () => {
    for (const [count, seconds] of [
      [0, 2],
      [1, 4],
      [2, 5],
    ] as const)
      expect(
        await tested({ definition: { ...task, Retry, Catch }, mock: ERROR, ...having(count) }),
      ).to.deep.include({
        status: 'RETRIABLE',
        error: 'Boom',
        cause: 'it broke',
        inspectionData: {
          input: {},
          afterInputPath: {},
          afterParameters: { FunctionName: 'F', Payload: {} },
          errorDetails: { retryIndex: 1, retryBackoffIntervalSeconds: seconds },
        },
      });
  });

  it('the backoff of a retrier with full jitter is a part of the one without', async () => {
    const jitter = [{ ErrorEquals: ['Boom'], IntervalSeconds: 10, JitterStrategy: 'FULL' }];
    for (let time = 0; time < 20; time += 1) {
      const { inspectionData } = await tested({ definition: { ...task, Retry: jitter }, mock: ERROR });
      expect(inspectionData)
        .to.have.nested.property('errorDetails.retryBackoffIntervalSeconds')
        .that.is.within(0, 10)
        .and.satisfies(Number.isInteger);
    }
  });

  it('an error whose retrier has no attempt left goes to its catcher, and ends FAILED without one', async () => {
    const caught = await tested({
      definition: { ...task, Retry, Catch },
      input: { a: 1 },
      mock: ERROR,
      ...having(3),
    });
    expect(caught).to.deep.include({
      status: 'CAUGHT_ERROR',
      error: 'Boom',
      cause: 'it broke',
      nextState: 'Handle',
      output: { a: 1, error: { Error: 'Boom', Cause: 'it broke' } },
    });
    expect(caught.inspectionData).to.deep.include({ errorDetails: { retryIndex: 1, catchIndex: 1 } });
    const failed = await tested({ definition: { ...task, Retry }, mock: ERROR, ...having(3) });
    expect(failed).to.include({ status: 'FAILED', error: 'Boom' }).and.not.have.property('output');
    expect(failed.inspectionData).to.deep.include({ errorDetails: { retryIndex: 1 } });
  });

  it('$$.State.RetryCount is retrierRetryCount', async () => {
    const definition = {
      ...task,
      Parameters: { FunctionName: 'F', 'Payload.$': '$$.State.RetryCount' },
      Retry,
    };
    expect((await tested({ definition, mock: ERROR, ...having(2) })).inspectionData).to.have.nested.property(
      'afterParameters.Payload',
      2,
    );
  });

  it('an output that a catcher cannot make ends the test FAILED', async () => {
    const definition = {
      ...task,
      Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.a.b', Next: 'Handle' }],
    };
    expect(await tested({ definition, input: { a: 1 }, mock: ERROR })).to.include({ status: 'FAILED' });
  });

  it('more failed items than a Map tolerates are States.ExceedToleratedFailureThreshold, which Retry and Catch can take', async () => {
    const threshold = { ErrorEquals: ['States.ExceedToleratedFailureThreshold'] };
    const of = (definition: object, mapIterationFailureCount: number) =>
      tested({
        definition: { ...VALUES, ...definition },
        input: { values: [1, 2, 3] },
        mock: { result: [0, 0, 1] },
        stateConfiguration: { mapIterationFailureCount },
      });
    const limit = { ToleratedFailureCount: 1 };
    expect(await of(limit, 1)).to.include({ status: 'SUCCEEDED' });
    expect(await of(limit, 2)).to.include({
      status: 'FAILED',
      error: 'States.ExceedToleratedFailureThreshold',
      cause: 'The specified tolerated failure threshold was exceeded',
    });
    expect(await of({ ...limit, Retry: [threshold] }, 2)).to.include({ status: 'RETRIABLE' });
    expect(await of({ ...limit, Catch: [{ ...threshold, Next: 'Handle' }] }, 2)).to.include({
      status: 'CAUGHT_ERROR',
      nextState: 'Handle',
    });
    expect(await of({ ToleratedFailurePercentage: 50 }, 2)).to.include({ status: 'FAILED' });
    expect(await of({}, 3), 'a Map without a limit').to.include({ status: 'SUCCEEDED' });
  });

  it('an error inside a Map or Parallel may name the state that it comes from, which must be inside', async () => {
    const parallel = { Type: 'Parallel', Branches: [BRANCH], Catch, Next: 'Done' };
    const from = (errorCausedByState: string) => ({
      definition: parallel,
      mock: ERROR,
      stateConfiguration: { errorCausedByState },
    });
    expect(await tested(from('Inner'))).to.include({ status: 'CAUGHT_ERROR', nextState: 'Handle' });
    expect(await refused(from('Nobody'))).to.match(/^ValidationException: .*errorCausedByState names Nobody/);
  });
});

describe('TestState: Tasks without a mock, and who may test (AWS: IAM permissions for using TestState API)', () => {
  const definition = { ...INVOKE, Retry: [{ ErrorEquals: ['Boom'], IntervalSeconds: 3 }], End: true };

  it('a Task without a mock calls the service once, with the permissions of roleArn', async () => {
    const calls: unknown[] = [];
    const callService: CallService = async ({ principal, resource, parameters }) => {
      calls.push({ principal, resource, parameters });
      return { Payload: 'done', StatusCode: 200 };
    };
    const answer = await tested({ definition, input: { a: 1 }, roleArn: ROLE }, { callService });
    expect(answer).to.deep.include({ status: 'SUCCEEDED', output: { Payload: 'done', StatusCode: 200 } });
    expect(calls).to.deep.equal([
      {
        principal: { role: 'MachineRole' },
        resource: 'arn:aws:states:::lambda:invoke',
        parameters: { FunctionName: 'F', Payload: { a: 1 } },
      },
    ]);
  });

  it('an error of the service is RETRIABLE, and the test does not wait for the retry', async () => {
    const waits: number[] = [];
    const callService: CallService = () => Promise.reject(new TaskError('Boom', 'it broke'));
    const answer = await tested({ definition, roleArn: ROLE }, { callService, waits });
    expect(answer).to.include({ status: 'RETRIABLE', error: 'Boom' });
    expect(waits).to.deep.equal([]);
  });

  it('a Task needs roleArn unless it has a mock, which calls no service', async () => {
    const callService: CallService = () => Promise.reject(new Error('called'));
    expect(await refused({ definition }, { callService })).to.equal(
      'ValidationException: RoleArn must be specified when testing a Task state',
    );
    expect(await tested({ definition, mock: { result: {} } }, { callService })).to.include({
      status: 'SUCCEEDED',
    });
  });

  it('roleArn must be the ARN of a role', async () => {
    expect(await refused({ definition, roleArn: 'MachineRole' })).to.equal(
      "InvalidArn: Invalid Role Arn: 'MachineRole'",
    );
  });

  it('the caller needs states:TestState, and iam:PassRole for a role that is used', async () => {
    const needed: string[] = [];
    const authorize = (_: Principal, action: string, resource: string) => {
      needed.push(`${action} ${resource}`);
      if (action === 'iam:PassRole') throw new AccessDeniedError('no');
    };
    expect(await refused({ definition, roleArn: ROLE }, { authorize })).to.equal('AccessDeniedException: no');
    expect(needed.splice(0)).to.deep.equal(['states:TestState *', `iam:PassRole ${ROLE}`]);
    await tested({ definition, roleArn: ROLE, mock: { result: {} } }, { authorize });
    expect(needed.splice(0)).to.deep.equal(['states:TestState *']);
    await tested({ definition: { Type: 'Succeed' }, revealSecrets: true }, { authorize });
    expect(needed).to.deep.equal(['states:TestState *', 'states:RevealSecrets *']);
  });
});

describe('TestState: what it refuses (AWS: API_MockInput, API_TestStateConfiguration)', () => {
  const task = { ...INVOKE, End: true };
  const queue = {
    Type: 'Task',
    Resource: 'arn:aws:states:::sqs:sendMessage',
    Parameters: { QueueUrl: 'u', MessageBody: 'm' },
    End: true,
  };
  const withWriter = {
    ...VALUES,
    ResultWriter: { Resource: 'arn:aws:states:::s3:putObject', Parameters: { Bucket: 'b' } },
  };
  const parallel = { Type: 'Parallel', Branches: [BRANCH, BRANCH], End: true };

  it('a Map or Parallel without a mock is an InvalidDefinition', async () => {
    for (const definition of [VALUES, parallel])
      expect(await refused({ definition })).to.equal(
        'InvalidDefinition: TestState API does not support Map or Parallel states. Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]',
      );
  });

  const withMock: readonly (readonly [string, object, Readonly<Record<string, unknown>>, string])[] = [
    ...['Pass', 'Wait', 'Succeed', 'Fail', 'Choice'].map(
      (type) =>
        [
          `a mock for a ${type}`,
          {
            Type: type,
            ...(type === 'Pass' ? { End: true } : {}),
            ...(type === 'Wait' ? { Seconds: 1, End: true } : {}),
            ...(type === 'Choice' ? { Choices: [{ Variable: '$', IsPresent: true, Next: 'N' }] } : {}),
          },
          ERROR,
          `State type '${type}' is not supported when a mock is specified`,
        ] as const,
    ),
    [
      'a mock with a result and an error',
      task,
      { result: {}, ...ERROR },
      'A test mock should have only one of the following fields: [result, errorOutput].',
    ],
    [
      'a mock with neither',
      task,
      {},
      'A test mock should have only one of the following fields: [result, errorOutput].',
    ],
    [
      'a result that is no JSON',
      task,
      { result: 'no JSON', fieldValidationMode: 'NONE' },
      'Mocked result must be valid JSON',
    ],
    ['an object as the result of a Map', VALUES, { result: {} }, 'Mocked result must be an array.'],
    [
      'an array as the result of a Map with ResultWriter',
      withWriter,
      { result: [] },
      'Mocked result must be a JSON object.',
    ],
    ['an object as the result of a Parallel', parallel, { result: {} }, 'Mocked result must be an array.'],
    [
      'fewer results than a Parallel has branches',
      parallel,
      { result: [1] },
      'Mocked result must contain the same number of items as number of Parallel branches.',
    ],
    [
      'a StatusCode that is text',
      task,
      { result: { StatusCode: '200' } },
      "Mock result schema validation error: Field 'StatusCode' must be a number",
    ],
    [
      'a Payload that is JSON',
      task,
      { result: { Payload: {} }, fieldValidationMode: 'PRESENT' },
      "Mock result schema validation error: Field 'Payload' must be a string",
    ],
    [
      'a MessageId that is a number',
      queue,
      { result: { MessageId: 1 } },
      "Mock result schema validation error: Field 'MessageId' must be a string",
    ],
  ];
  for (const [what, definition, mock, message] of withMock)
    it(`${what} is a ValidationException`, async () => {
      expect(await refused({ definition, mock })).to.equal(`ValidationException: ${message}`);
    });

  it('fieldValidationMode NONE, and a function as the Resource, take any result', async () => {
    const Payload = { status: 'RESIZED' };
    const mock = { result: { Payload }, fieldValidationMode: 'NONE' };
    expect(await tested({ definition: { ...task, OutputPath: '$.Payload' }, mock })).to.deep.include({
      output: Payload,
    });
    const definition = { Type: 'Task', Resource: FUNCTION_ARN, End: true };
    expect(await tested({ definition, mock: { result: { Payload } } })).to.include({ status: 'SUCCEEDED' });
    expect(await tested({ definition: queue, mock: { result: { random: 'json' } } })).to.include({
      status: 'SUCCEEDED',
    });
  });

  it('revealSecrets with a mock is a ValidationException', async () => {
    expect(await refused({ definition: task, mock: { result: {} }, revealSecrets: true })).to.equal(
      'ValidationException: TestState does not support RevealSecrets when a mock is specified.',
    );
  });

  it('context replaces the context object; it may lack any field', async () => {
    const definition = { ...task, Parameters: { FunctionName: 'F', 'Payload.$': '$$' } };
    for (const context of [{}, { Execution: {}, State: { RetryCount: 2 } }, { Execution: { Input: [1] } }])
      expect((await tested({ definition, mock: { result: {} }, context })).inspectionData)
        .to.have.nested.property('afterParameters.Payload')
        .deep.equal(context);
  });

  const contexts: readonly (readonly [unknown, string])[] = [
    [{ Execution: { Id: 1 } }, 'Execution.Id must be a string'],
    [{ State: { RetryCount: '1' } }, 'State.RetryCount must be a number'],
    [{ Execution: { pokemon: 'squirtle' } }, "Field 'pokemon' is not allowed"],
    [{ Pokedex: {} }, "Field 'Pokedex' is not allowed"],
    [{ Map: {} }, "'Map' field is not supported when mocking a Context object"],
    [
      { Task: { Token: 't' } },
      "Context object contains 'Task' when state is not a Task state with a '.sync' or '.waitForTaskToken' service integration pattern",
    ],
    [{ State: 1 }, 'State must be an object'],
    [[], 'the Context object must be an object'],
  ];
  for (const [context, message] of contexts)
    it(`the context ${JSON.stringify(context)} is a ValidationException`, async () => {
      expect(await refused({ definition: task, mock: { result: {} }, context })).to.equal(
        `ValidationException: Invalid Context object provided: ${message}`,
      );
    });

  it('context and stateConfiguration need a mock', async () => {
    const definition = { Type: 'Succeed' };
    expect(await refused({ definition, context: {} })).to.match(/^ValidationException: Context/);
    expect(await refused({ definition, stateConfiguration: { retrierRetryCount: 1 } })).to.equal(
      'ValidationException: stateConfiguration.retrierRetryCount is supported only for a state with a mock',
    );
  });

  const configurations: readonly (readonly [object, object, RegExp])[] = [
    [task, { mapIterationFailureCount: 1 }, /mapIterationFailureCount is supported only for a Map state/],
    [
      VALUES,
      { mapItemReaderData: '[]' },
      /mapItemReaderData is supported only for a Map state with an ItemReader/,
    ],
    [LISTING, { mapItemReaderData: '{}' }, /mapItemReaderData must be a JSON array/],
    [VALUES, { mapIterationFailureCount: 3 }, /mapIterationFailureCount is 3, but the Map has 2 items/],
    [task, { retrierRetryCount: -1 }, /at 'stateConfiguration.retrierRetryCount'/],
    [task, { retries: 1 }, /'stateConfiguration.retries' is not supported/],
  ];
  for (const [definition, stateConfiguration, message] of configurations)
    it(`the configuration ${JSON.stringify(stateConfiguration)} is refused where it means nothing`, async () => {
      const mock = { result: definition === task ? {} : [] };
      const said = await refused({ definition, input: { values: [1, 2] }, mock, stateConfiguration });
      expect(said)
        .to.match(/^ValidationException: /)
        .and.match(message);
    });

  it('a definition that cannot run here is an InvalidDefinition that names the place', async () => {
    expect(await refused({ definition: '{' })).to.match(
      /^InvalidDefinition: Invalid State Machine Definition: 'INVALID_JSON_DESCRIPTION: /,
    );
    expect(await refused({ definition: { ...task, QueryLanguage: 'JSONata' } })).to.match(
      /^InvalidDefinition: Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: definition: .*JSONPath/,
    );
    const machine = only({ Type: 'Pass', Nonsense: 1 });
    expect(await refused({ definition: machine, stateName: 'Only' })).to.include(
      'definition.States.Only: the field Nonsense is not supported here',
    );
    expect(await refused({ definition: machine }), 'a state machine as a state').to.match(
      /^InvalidDefinition/,
    );
  });

  it('an input that is no JSON is an InvalidExecutionInput', async () => {
    expect(await refused({ definition: { Type: 'Succeed' }, input: 'no JSON' })).to.match(
      /^InvalidExecutionInput: Invalid State Machine Execution Input: '/,
    );
  });

  it('variables, unknown members and unknown values are refused by name', async () => {
    const definition = { Type: 'Succeed' };
    expect(await refused({ definition, variables: '{}' })).to.include("'variables' is not supported");
    expect(await refused({ definition, inspectionLevel: 'ALL' })).to.include('[INFO, DEBUG, TRACE]');
    const mock = { ...ERROR, fieldValidationMode: 'LENIENT' };
    expect(await refused({ definition: task, mock })).to.include(
      "at 'mock.fieldValidationMode' failed to satisfy constraint",
    );
    expect(await refused({ definition: task, mock: { errorOutput: {} } })).to.include(
      "at 'mock.errorOutput.error' failed to satisfy constraint: Member must not be null",
    );
    expect(await refused({})).to.include("at 'definition' failed to satisfy");
  });
});
