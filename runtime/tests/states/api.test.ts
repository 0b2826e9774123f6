import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { expect } from 'chai';
import { AccessDeniedError, type Authorize } from '../../iam/permissions.ts';
import type { States } from '../../states/api/service.ts';
import { type CallService, TaskError } from '../../states/definition/resources.ts';
import { Histories } from '../../states/execution/history.ts';
import { ADMINISTRATOR, FUNCTION_ARN, given, MACHINE_ARN, only } from './machine.ts';

const PASS = only({ Type: 'Pass' });
const TASK = only({ Type: 'Task', Resource: FUNCTION_ARN });
const SERVICE = 'com.amazonaws.swf.service.v2.model#';
const forever: CallService = () => new Promise(() => {});

function call(
  states: States,
  operation: string,
  body: unknown,
): Promise<{ status: number; body: Record<string, unknown> }> {
  return states
    .handle(`AWSStepFunctions.${operation}`, body, ADMINISTRATOR)
    .then(({ status, body: answer }) => ({ status, body: JSON.parse(JSON.stringify(answer)) }));
}

function arnOf(name: string): string {
  return `arn:aws:states:us-east-1:000000000000:execution:Machine:${name}`;
}

async function refusal(states: States, operation: string, body: unknown): Promise<unknown> {
  const answer = await call(states, operation, body);
  expect(answer.status).to.equal(400);
  return answer.body.__type;
}

describe('StartExecution (AWS: API_StartExecution)', () => {
  it('answers ARN and start date at once, and the execution runs', async () => {
    const states = given(PASS);
    const { status, body } = await call(states, 'StartExecution', {
      stateMachineArn: MACHINE_ARN,
      name: 'one',
      input: '{"a":1}',
    });
    expect(status).to.equal(200);
    expect(body).to.have.all.keys('executionArn', 'startDate');
    expect(body.executionArn).to.equal(arnOf('one'));
    expect(body.startDate).to.be.closeTo(Date.now() / 1000, 5);
  });

  it('takes {} for a missing input, and makes up a missing name', async () => {
    const states = given(PASS);
    const { body } = await call(states, 'StartExecution', { stateMachineArn: MACHINE_ARN });
    expect(body.executionArn).to.match(/:execution:Machine:[0-9a-f-]{36}$/);
    expect(
      (await call(states, 'DescribeExecution', { executionArn: body.executionArn })).body.input,
    ).to.equal('{}');
  });

  it('with the same name and input is one execution while it runs', async () => {
    const states = given(TASK, { callService: forever });
    const request = { stateMachineArn: MACHINE_ARN, name: 'same', input: '{"a":1}' };
    const first = await call(states, 'StartExecution', request);
    expect(await call(states, 'StartExecution', request)).to.deep.equal(first);
    expect(await refusal(states, 'StartExecution', { ...request, input: '{"a":2}' })).to.equal(
      `${SERVICE}ExecutionAlreadyExists`,
    );
    await states.stop();
  });

  it('with the name of an execution that has ended is ExecutionAlreadyExists, with the same input too', async () => {
    const states = given(PASS);
    await states.run(MACHINE_ARN, {}, ADMINISTRATOR, 'used');
    const answer = await call(states, 'StartExecution', {
      stateMachineArn: MACHINE_ARN,
      name: 'used',
      input: '{}',
    });
    expect(answer).to.deep.equal({
      status: 400,
      body: {
        __type: `${SERVICE}ExecutionAlreadyExists`,
        message: `Execution Already Exists: '${arnOf('used')}'`,
      },
    });
  });

  for (const name of [
    'with space',
    'a/b',
    'a:b',
    'a*',
    'a?',
    '<a',
    'a{',
    'a[',
    'a"',
    'a#',
    'a%',
    'a\\',
    'a^',
    'a|',
    'a~',
    'a`',
    'a$',
    'a&',
    'a,',
    'a;',
    'a\u0001',
    'a\u0085',
    'a\uffff',
    'a\ud800',
    'a🐈',
  ]) {
    it(`refuses the name ${JSON.stringify(name)} as InvalidName`, async () => {
      expect(await refusal(given(PASS), 'StartExecution', { stateMachineArn: MACHINE_ARN, name })).to.equal(
        `${SERVICE}InvalidName`,
      );
    });
  }

  it('takes names of 80 characters in any script, and refuses 81 or none as the API’s model does', async () => {
    const states = given(PASS);
    expect(
      await call(states, 'StartExecution', { stateMachineArn: MACHINE_ARN, name: "é-_.@'".padEnd(80, '日') }),
    ).to.include({ status: 200 });
    for (const name of ['x'.repeat(81), '']) {
      expect(await refusal(states, 'StartExecution', { stateMachineArn: MACHINE_ARN, name })).to.equal(
        'com.amazon.coral.validate#ValidationException',
      );
    }
  });

  for (const [what, body, type] of [
    ['input that is no JSON', { stateMachineArn: MACHINE_ARN, input: '{' }, 'InvalidExecutionInput'],
    [
      'an integer that would be kept as another',
      { stateMachineArn: MACHINE_ARN, input: '{"n":12345678901234567890}' },
      'InvalidExecutionInput',
    ],
    ['a number beyond all', { stateMachineArn: MACHINE_ARN, input: '[1e400]' }, 'InvalidExecutionInput'],
    [
      'input of more than 256 KiB',
      { stateMachineArn: MACHINE_ARN, input: JSON.stringify('é'.repeat(131_072)) },
      'InvalidExecutionInput',
    ],
    ['an unknown machine', { stateMachineArn: `${MACHINE_ARN}2` }, 'StateMachineDoesNotExist'],
    ['what is no ARN', { stateMachineArn: 'Machine' }, 'InvalidArn'],
    ['another resource’s ARN', { stateMachineArn: arnOf('x') }, 'InvalidArn'],
  ] as const) {
    it(`refuses ${what} as ${type}`, async () => {
      expect(await refusal(given(PASS), 'StartExecution', body)).to.equal(`${SERVICE}${type}`);
    });
  }

  it('of an EXPRESS machine starts another execution for each call, which cannot be described', async () => {
    const states = given(PASS, { type: 'EXPRESS' });
    const request = { stateMachineArn: MACHINE_ARN, name: 'same' };
    const [one, two] = [
      await call(states, 'StartExecution', request),
      await call(states, 'StartExecution', request),
    ];
    expect(one.body.executionArn)
      .to.match(/^arn:aws:states:us-east-1:000000000000:express:Machine:same:[0-9a-f-]{36}$/)
      .and.not.equal(two.body.executionArn);
    expect(await refusal(states, 'DescribeExecution', { executionArn: one.body.executionArn })).to.equal(
      `${SERVICE}InvalidArn`,
    );
    expect(await refusal(states, 'ListExecutions', { stateMachineArn: MACHINE_ARN })).to.equal(
      `${SERVICE}StateMachineTypeNotSupported`,
    );
  });

  it('StartSyncExecution answers with the end of an EXPRESS execution, and refuses a STANDARD machine', async () => {
    const { body } = await call(given(PASS, { type: 'EXPRESS' }), 'StartSyncExecution', {
      stateMachineArn: MACHINE_ARN,
      input: '5',
    });
    expect(body).to.include({ status: 'SUCCEEDED', output: '5', input: '5' });
    expect(await refusal(given(PASS), 'StartSyncExecution', { stateMachineArn: MACHINE_ARN })).to.equal(
      `${SERVICE}StateMachineTypeNotSupported`,
    );
  });
});

describe('What else is asked (AWS: Step Functions API reference)', () => {
  it('is refused by name where it is not served, operations and members alike', async () => {
    const states = given(PASS);
    for (const operation of ['CreateStateMachine', 'SendTaskSuccess', 'RedriveExecution', 'toString']) {
      const { status, body } = await call(states, operation, {});
      expect(status).to.equal(400);
      expect(body.__type).to.equal('com.amazon.coral.service#UnknownOperationException');
      expect(JSON.stringify(body)).to.include(operation);
    }
    const { body } = await call(states, 'ListExecutions', { mapRunArn: 'arn' });
    expect(body.message).to.include("The member 'mapRunArn' is not supported");
  });

  it('DescribeExecution tells output, or error and cause, and what is not there does not exist', async () => {
    const states = given({
      StartAt: 'C',
      States: {
        C: { Type: 'Choice', Choices: [{ Variable: '$.bad', IsPresent: true, Next: 'F' }], Default: 'S' },
        F: { Type: 'Fail', Error: 'E', Cause: 'C' },
        S: { Type: 'Succeed' },
      },
    });
    await states.run(MACHINE_ARN, { good: 1 }, ADMINISTRATOR, 'good');
    await states.run(MACHINE_ARN, { bad: 1 }, ADMINISTRATOR, 'bad');
    expect((await call(states, 'DescribeExecution', { executionArn: arnOf('good') })).body).to.include({
      status: 'SUCCEEDED',
      input: '{"good":1}',
      output: '{"good":1}',
      name: 'good',
      stateMachineArn: MACHINE_ARN,
    });
    const { body } = await call(states, 'DescribeExecution', { executionArn: arnOf('bad') });
    expect(body).to.include({ status: 'FAILED', error: 'E', cause: 'C' }).and.not.to.have.property('output');
    expect(await refusal(states, 'DescribeExecution', { executionArn: arnOf('other') })).to.equal(
      `${SERVICE}ExecutionDoesNotExist`,
    );
  });

  it('ListExecutions lists the newest first, by status, page by page', async () => {
    const states = given(PASS);
    for (const name of ['a', 'b', 'c']) await states.run(MACHINE_ARN, {}, ADMINISTRATOR, name);
    const list = async (more: object): Promise<Record<string, unknown>> =>
      (await call(states, 'ListExecutions', { stateMachineArn: MACHINE_ARN, ...more })).body;
    const names = ({ executions }: Record<string, unknown>): unknown =>
      JSON.parse(JSON.stringify(executions)).map(({ name }: { name: string }) => name);
    const first = await list({ maxResults: 2 });
    expect(names(first)).to.deep.equal(['c', 'b']);
    await states.run(MACHINE_ARN, {}, ADMINISTRATOR, 'between-two-pages');
    const second = await list({ maxResults: 2, nextToken: first.nextToken });
    expect(names(second)).to.deep.equal(['a']);
    expect(second).not.to.have.property('nextToken');
    expect(names(await list({ statusFilter: 'FAILED' }))).to.deep.equal([]);
    expect(
      await refusal(states, 'ListExecutions', { stateMachineArn: MACHINE_ARN, nextToken: '?' }),
    ).to.equal(`${SERVICE}InvalidToken`);
  });

  it('StopExecution ends an execution as ABORTED, with error and cause, and aborts its task', async () => {
    let wasAborted = false;
    const callService: CallService = ({ signal }) => {
      signal.addEventListener('abort', () => {
        wasAborted = true;
      });
      return new Promise(() => {});
    };
    const states = given(TASK, { callService });
    await call(states, 'StartExecution', { stateMachineArn: MACHINE_ARN, name: 'long' });
    const tooLong = { executionArn: arnOf('long'), error: 'x'.repeat(257) };
    expect(await refusal(states, 'StopExecution', tooLong)).to.include('ValidationException');
    const { body } = await call(states, 'StopExecution', {
      executionArn: arnOf('long'),
      error: 'Stopped',
      cause: 'by hand',
    });
    expect(body).to.have.all.keys('stopDate');
    expect((await call(states, 'DescribeExecution', { executionArn: arnOf('long') })).body).to.include({
      status: 'ABORTED',
      error: 'Stopped',
      cause: 'by hand',
    });
    expect(wasAborted).to.equal(true);
  });

  it('state machines are listed and described', async () => {
    const states = given(PASS);
    expect((await call(states, 'ListStateMachines', {})).body).to.have.nested.include({
      'stateMachines[0].stateMachineArn': MACHINE_ARN,
    });
    const { body } = await call(states, 'DescribeStateMachine', { stateMachineArn: MACHINE_ARN });
    expect(JSON.parse(String(body.definition))).to.deep.equal(PASS);
    expect(body).to.include({
      name: 'Machine',
      type: 'STANDARD',
      status: 'ACTIVE',
      roleArn: 'arn:aws:iam::000000000000:role/MachineRole',
    });
  });

  for (const [operation, body, resource] of [
    ['StartExecution', { stateMachineArn: MACHINE_ARN }, MACHINE_ARN],
    ['DescribeExecution', { executionArn: arnOf('x') }, arnOf('x')],
    ['StopExecution', { executionArn: arnOf('x') }, arnOf('x')],
    ['GetExecutionHistory', { executionArn: arnOf('x') }, arnOf('x')],
    ['ListMapRuns', { executionArn: arnOf('x') }, arnOf('x')],
    ['ListExecutions', { stateMachineArn: MACHINE_ARN }, MACHINE_ARN],
    ['DescribeStateMachine', { stateMachineArn: MACHINE_ARN }, MACHINE_ARN],
    [
      'DescribeMapRun',
      { mapRunArn: 'arn:aws:states:us-east-1:000000000000:mapRun:Machine/Each:1' },
      'arn:aws:states:us-east-1:000000000000:mapRun:Machine/Each:1',
    ],
    ['ListStateMachines', {}, '*'],
  ] as const) {
    it(`${operation} is authorized as states:${operation} on ${resource}, before anything else is told`, async () => {
      const authorize: Authorize = (principal, action, on) => {
        throw new AccessDeniedError(`${JSON.stringify(principal)} may not ${action} on ${on}`);
      };
      const { status, body: answer } = await given(PASS, { authorize }).handle(
        `AWSStepFunctions.${operation}`,
        body,
        { role: 'R' },
      );
      expect(status).to.equal(400);
      expect(answer).to.deep.equal({
        __type: 'com.amazon.coral.service#AccessDeniedException',
        Message: `{"role":"R"} may not states:${operation} on ${resource}`,
      });
    });
  }
});

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

  it('tells each event with its kind, number and details, as AWS does', async () => {
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

  it('tells each attempt of a retried function, and the execution’s failure', async () => {
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
    it(`of ${'ItemProcessor' in state && 'ProcessorConfig' in state.ItemProcessor ? 'a distributed ' : ''}${state.Type} has ${types.join(', ')}`, async () => {
      const events = await eventsOf(only(state), async () => ({}), { items: [1] });
      expect(events.map(({ type }) => type)).to.deep.equal(['ExecutionStarted', ...types]);
    });
  }

  it('goes backwards, page by page, and without data, as asked', async () => {
    const [last] = await eventsOf(
      PASS,
      async () => ({}),
      { a: 1 },
      { reverseOrder: true, maxResults: 1, includeExecutionData: false },
    );
    expect(last).to.deep.include({ type: 'ExecutionSucceeded', id: 4, executionSucceededEventDetails: {} });
  });
});

describe('Histories', () => {
  const append = (histories: Histories, arn: string, type: string, size: number) => {
    const history = histories.find(arn) ?? histories.open(arn);
    history.append(type, 0, { input: 'x'.repeat(size) });
    return history;
  };

  it('make room by forgetting the oldest that have ended, and by nothing else', () => {
    const histories = new Histories(10_000);
    append(histories, 'running', 'PassStateEntered', 2000);
    append(histories, 'ended', 'ExecutionAborted', 2000);
    append(histories, 'ended later', 'ExecutionAborted', 2000);
    append(histories, 'new', 'PassStateEntered', 4000);
    expect(histories.find('ended')).to.equal(undefined);
    for (const arn of ['running', 'ended later', 'new'])
      expect(histories.find(arn)?.events).to.have.length(1);
  });

  it('leave payloads out of the events of what runs, and say so, where there is no room', () => {
    const histories = new Histories(10_000);
    append(histories, 'loop', 'PassStateEntered', 9000);
    const { events } = append(histories, 'loop', 'PassStateEntered', 9000);
    expect(events.map((event) => event.stateEnteredEventDetails)).to.deep.equal([
      { input: JSON.stringify('x'.repeat(9000)), inputDetails: { truncated: false } },
      { inputDetails: { truncated: true } },
    ]);
  });
});

describe('A restart', () => {
  it('leaves executions described as they ended, and starts again what was running', async () => {
    const database = new DatabaseSync(':memory:');
    const before = given(TASK, { database, callService: forever });
    await call(before, 'StartExecution', { stateMachineArn: MACHINE_ARN, name: 'cut', input: '{"a":1}' });
    await before.stop();
    expect((await call(before, 'DescribeExecution', { executionArn: arnOf('cut') })).body).to.include({
      status: 'RUNNING',
    });

    const inputs: unknown[] = [];
    const after = given(TASK, {
      database,
      callService: async ({ parameters }) => {
        inputs.push(parameters);
        return 'done';
      },
    });
    expect(await after.resume()).to.equal(1);
    expect(await after.resume()).to.equal(0);
    await new Promise((resolve) => setImmediate(resolve));
    expect((await call(after, 'DescribeExecution', { executionArn: arnOf('cut') })).body).to.include({
      status: 'SUCCEEDED',
      output: '"done"',
    });
    expect(inputs).to.deep.equal([{ a: 1 }]);

    const later = given(TASK, { database });
    expect((await call(later, 'DescribeExecution', { executionArn: arnOf('cut') })).body).to.include({
      status: 'SUCCEEDED',
    });
    const { body } = await call(later, 'GetExecutionHistory', { executionArn: arnOf('cut') });
    expect(body.message).to.include('keeps histories in memory');
  });

  it('starts an EXPRESS execution again that was accepted, until it has ended', async () => {
    const database = new DatabaseSync(':memory:');
    const cut = given(TASK, { type: 'EXPRESS', database, callService: forever });
    await call(cut, 'StartExecution', { stateMachineArn: MACHINE_ARN, input: '{"a":1}' });
    expect(await cut.stop()).to.equal(1);

    const inputs: unknown[] = [];
    const callService: CallService = async ({ parameters }) => inputs.push(parameters);
    const after = given(TASK, { type: 'EXPRESS', database, callService });
    expect(await after.resume()).to.equal(1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(inputs).to.deep.equal([{ a: 1 }]);
    expect(await given(TASK, { type: 'EXPRESS', database }).resume()).to.equal(0);
  });

  it('ends what this runtime cannot run, instead of failing with it again and again', async () => {
    const database = new DatabaseSync(':memory:');
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    const states = given(PASS, { database });
    await call(states, 'StartExecution', { stateMachineArn: MACHINE_ARN, name: 'deep', input: deep });
    database.exec("UPDATE states_executions SET status = 'RUNNING'");
    const after = given(PASS, { database });
    expect(await after.resume()).to.equal(1);
    await new Promise((resolve) => setImmediate(resolve));
    const { body } = await call(after, 'DescribeExecution', { executionArn: arnOf('deep') });
    expect(body).to.include({ status: 'FAILED', error: 'States.Runtime' });
  });

  it('ends what waits without calling it done: an EXPRESS run is rejected, and nothing new starts', async () => {
    const states = given(TASK, { type: 'EXPRESS', callService: forever });
    const running = states.run(MACHINE_ARN, {}, ADMINISTRATOR).then(
      () => 'done',
      (error: Error) => error.name,
    );
    await states.stop();
    expect(await running).to.equal('Interrupted');
    expect(await call(states, 'StartExecution', { stateMachineArn: MACHINE_ARN })).to.include({
      status: 503,
    });
  });
});

describe('The AWS SDK', () => {
  let server: Server;
  let client: SFNClient;
  let states: States;
  before(async () => {
    states = given(TASK, {
      callService: async ({ parameters }) =>
        JSON.stringify(parameters) === '"wait"' ? new Promise(() => {}) : parameters,
    });
    server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk) => {
        text += chunk;
      });
      request.on('end', async () => {
        const { status, body } = await states.handle(
          String(request.headers['x-amz-target']),
          JSON.parse(text),
          ADMINISTRATOR,
        );
        response
          .writeHead(status, { 'content-type': 'application/x-amz-json-1.0' })
          .end(JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    client = new SFNClient({
      endpoint: `http://127.0.0.1:${port}`,
      region: 'us-east-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    });
  });
  after(async () => {
    client.destroy();
    await states.stop();
    server.closeAllConnections();
    server.close();
  });

  it('starts, describes, lists and stops executions, reads their history, and knows the faults by name', async () => {
    const { executionArn, startDate } = await client.send(
      new StartExecutionCommand({ stateMachineArn: MACHINE_ARN, name: 'sdk', input: '{"a":1}' }),
    );
    expect(startDate).to.be.a('date');
    const described = await client.send(new DescribeExecutionCommand({ executionArn }));
    expect(described).to.include({ status: 'SUCCEEDED', output: '{"a":1}' });
    const { events = [] } = await client.send(new GetExecutionHistoryCommand({ executionArn }));
    expect(events.at(-1)).to.have.nested.include({
      type: 'ExecutionSucceeded',
      'executionSucceededEventDetails.output': '{"a":1}',
    });
    await client.send(
      new StartExecutionCommand({ stateMachineArn: MACHINE_ARN, name: 'waiting', input: '"wait"' }),
    );
    await client.send(new StopExecutionCommand({ executionArn: arnOf('waiting') }));
    const { executions = [] } = await client.send(
      new ListExecutionsCommand({ stateMachineArn: MACHINE_ARN, statusFilter: 'ABORTED' }),
    );
    expect(executions.map(({ name }) => name)).to.deep.equal(['waiting']);
    const again = await client
      .send(new StartExecutionCommand({ stateMachineArn: MACHINE_ARN, name: 'sdk' }))
      .catch((error: Error) => error.name);
    expect(again).to.equal('ExecutionAlreadyExists');
  });
});
