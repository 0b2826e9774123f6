import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { expect } from 'chai';
import { AccessDeniedError, type Authorize } from '../../iam/index.ts';
import type { CallService, States } from '../../states/index.ts';
import { arnOf, call, PASS, refusal, SERVICE, TASK } from './calls.ts';
import { ADMINISTRATOR, given, MACHINE_ARN } from './machine.ts';

describe('The other operations (AWS: Step Functions API reference)', () => {
  it('an operation or a member that is not supported is refused by name', async () => {
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

  it('DescribeExecution returns the output, or error and cause, and ExecutionDoesNotExist for a missing execution', async () => {
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

  it('ListExecutions lists the newest executions first, by status and page by page', async () => {
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

  it('StopExecution ends an execution as ABORTED with error and cause, and aborts its Task', async () => {
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

  it('ListStateMachines and DescribeStateMachine return the state machines', async () => {
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
    it(`${operation} needs states:${operation} on ${resource}, before it returns anything else`, async () => {
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

  it('the SDK starts, describes, lists and stops executions, reads their history, and gets faults by name', async () => {
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
