import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { executionLimitMs } from '../../states/execution/run-machine.ts';
import type { CallService } from '../../states/index.ts';
import { FUNCTION_ARN, given, INVOKE, MACHINE_ARN, only, outputOf, run } from './machine.ts';

describe('Tasks (AWS: Task workflow state)', () => {
  it('a Task is called with the role of its state machine', async () => {
    const principals: unknown[] = [];
    const callService: CallService = async ({ principal, resource, parameters }) => {
      principals.push({ principal, resource, parameters });
      return null;
    };
    await outputOf(only({ Type: 'Task', Resource: FUNCTION_ARN }), { key: 'k' }, { callService });
    expect(principals).to.deep.equal([
      { principal: { role: 'MachineRole' }, resource: FUNCTION_ARN, parameters: { key: 'k' } },
    ]);
  });

  it('a Task that takes longer than TimeoutSeconds fails with States.Timeout, and its call is aborted', async () => {
    let aborted = 0;
    const callService: CallService = ({ signal }) => {
      signal.addEventListener('abort', () => {
        aborted += 1;
      });
      return new Promise(() => {});
    };
    const results = await Promise.all(
      [{ TimeoutSeconds: 1 }, { TimeoutSecondsPath: '$.seconds' }].map((timeout) =>
        run(only({ ...INVOKE, ...timeout }), { seconds: 1 }, { callService }),
      ),
    );
    for (const result of results) expect(result).to.include({ status: 'FAILED', error: 'States.Timeout' });
    expect(aborted).to.equal(2);
  });

  it('the TimeoutSeconds of a Task do not include the time that it waits for a free process', async () => {
    const callService: CallService = async ({ clock }) => {
      clock.stop();
      await sleep(1200);
      clock.start();
      return 'done';
    };
    const tooSlow: CallService = (call) => callService(call).then(() => sleep(2000));
    const task = only({ ...INVOKE, TimeoutSeconds: 1 });
    const [inTime, late] = await Promise.all([
      run(task, {}, { callService }),
      run(task, {}, { callService: tooSlow }),
    ]);
    expect(inTime).to.include({ status: 'SUCCEEDED' });
    expect(late).to.include({ error: 'States.Timeout' });
  });

  it('a Task with more than 256 KiB of input or output fails with States.DataLimitExceeded', async () => {
    const half = 'é'.repeat(131_072 - 20);
    const callService: CallService = async () => ({ Payload: half });
    expect(await run(only(INVOKE), {}, { callService })).to.include({ status: 'SUCCEEDED' });
    const tooMuch: CallService = async () => ({ Payload: `${half}${'é'.repeat(20)}` });
    expect(await run(only(INVOKE), {}, { callService: tooMuch })).to.include({
      status: 'FAILED',
      error: 'States.DataLimitExceeded',
    });
    const doubled = only({ Type: 'Pass', Parameters: { 'a.$': '$', 'b.$': '$' } });
    expect(await run(doubled, 'x'.repeat(150_000))).to.include({ error: 'States.DataLimitExceeded' });
  });

  it('a fault of the runtime itself fails the execution with States.Runtime, which is not retried', async () => {
    const callService: CallService = () => Promise.reject(new TypeError('a bug'));
    const result = await run(
      only({ ...INVOKE, Retry: [{ ErrorEquals: ['States.ALL'] }] }),
      {},
      { callService },
    );
    expect(result).to.include({ status: 'FAILED', error: 'States.Runtime' });
    expect(result.cause).to.include('a bug');
  });
});

describe('Fail, Succeed and Wait (AWS: Workflow states)', () => {
  it('Fail ends the execution with its Error and Cause, or with those that its Paths select', async () => {
    expect(await run(only({ Type: 'Fail', Error: 'E', Cause: 'C' }))).to.include({
      status: 'FAILED',
      error: 'E',
      cause: 'C',
    });
    const paths = only({
      Type: 'Fail',
      ErrorPath: '$.error.name',
      CausePath: "States.Format('It was {}', $.error.message)",
    });
    expect(await run(paths, { error: { name: 'NotANote', message: 'text' } })).to.include({
      error: 'NotANote',
      cause: 'It was text',
    });
    expect(await run(only({ Type: 'Fail' }))).to.have.all.keys(
      'executionArn',
      'stateMachineArn',
      'name',
      'input',
      'status',
      'startDate',
      'stopDate',
    );
  });

  it('Fail with an ErrorPath that selects no text fails with States.Runtime', async () => {
    expect(await run(only({ Type: 'Fail', ErrorPath: '$.n' }), { n: 5 })).to.include({
      error: 'States.Runtime',
    });
  });

  it('Wait waits for Seconds or SecondsPath, or until Timestamp or TimestampPath', async () => {
    const waits: number[] = [];
    await outputOf(only({ Type: 'Wait', Seconds: 5 }), {}, { waits });
    await outputOf(only({ Type: 'Wait', SecondsPath: '$.s' }), { s: 7 }, { waits });
    await outputOf(only({ Type: 'Wait', Timestamp: '2020-01-01T00:00:00Z' }), {}, { waits });
    await outputOf(
      only({ Type: 'Wait', TimestampPath: '$.t' }),
      { t: new Date(Date.now() + 60_000).toISOString() },
      { waits },
    );
    expect(waits.slice(0, 3)).to.deep.equal([5_000, 7_000, 0]);
    expect(waits[3]).to.be.within(50_000, 60_000);
    expect(await run(only({ Type: 'Wait', SecondsPath: '$.s' }), { s: 'soon' })).to.include({
      error: 'States.Runtime',
    });
  });

  it('Succeed returns what InputPath and OutputPath select', async () => {
    expect(
      await outputOf(only({ Type: 'Succeed', InputPath: '$.a', OutputPath: '$.b' }), { a: { b: 1 } }),
    ).to.equal(1);
  });
});

describe('The context object (AWS: Accessing execution data from the Context object)', () => {
  it('the context object describes the execution, the state machine and the state', async () => {
    const states = given(only({ Type: 'Pass', Parameters: { 'context.$': '$$' } }));
    const { output = '', startDate } = await states.run(MACHINE_ARN, { in: 1 }, 'administrator', 'name-1');
    const { context } = JSON.parse(output);
    expect(context.Execution).to.deep.equal({
      Id: 'arn:aws:states:us-east-1:000000000000:execution:Machine:name-1',
      Input: { in: 1 },
      Name: 'name-1',
      RoleArn: 'arn:aws:iam::000000000000:role/MachineRole',
      StartTime: startDate.toISOString(),
      RedriveCount: 0,
    });
    expect(context.StateMachine).to.deep.equal({ Id: MACHINE_ARN, Name: 'Machine' });
    expect(context.State).to.have.keys('Name', 'EnteredTime');
    expect(context.State.Name).to.equal('Only');
    expect(context.State.EnteredTime).to.match(/^\d{4}-\d\d-\d\dT.*Z$/);
    expect(context).not.to.have.property('Map');
  });

  it('only STANDARD executions have $$.Execution.RedriveCount', async () => {
    const machine = only({ Type: 'Pass', InputPath: '$$.Execution' });
    expect(await outputOf(machine)).to.have.property('RedriveCount', 0);
    expect(await outputOf(machine, {}, { type: 'EXPRESS' })).to.have.keys(
      'Id',
      'Input',
      'Name',
      'RoleArn',
      'StartTime',
    );
  });

  it('only the states that can have Retry have $$.State.RetryCount', async () => {
    const branch = { StartAt: 'P', States: { P: { Type: 'Pass', End: true } } };
    const selector = { ResultSelector: { 'state.$': '$$.State' } };
    for (const state of [
      { Type: 'Task', Resource: FUNCTION_ARN },
      { Type: 'Parallel', Branches: [branch] },
      { Type: 'Map', ItemsPath: '$.items', ItemProcessor: branch },
    ])
      expect(
        await outputOf(only({ ...state, ...selector }), { items: [] }),
        state.Type,
      ).to.have.nested.property('state.RetryCount', 0);
    const pass = only({ Type: 'Pass', Parameters: { 'state.$': '$$.State' } });
    expect(await outputOf(pass)).not.to.have.nested.property('state.RetryCount');
  });

  it('InputPath and intrinsic functions can use the context object', async () => {
    const machine = only({
      Type: 'Pass',
      InputPath: '$$.Execution.Input',
      Parameters: { 'm.$': 'States.JsonMerge($, $$.State, false)' },
    });
    expect(await outputOf(machine, { in: 1 })).to.have.nested.include({ 'm.in': 1, 'm.Name': 'Only' });
  });
});

describe('The limits of an execution (AWS: Step Functions service quotas)', () => {
  it('an execution ends as TIMED_OUT after the TimeoutSeconds of its state machine, which no Catch gets', async () => {
    const machine = {
      TimeoutSeconds: 1,
      StartAt: 'T',
      States: {
        T: { ...INVOKE, Catch: [{ ErrorEquals: ['States.ALL'], Next: 'S' }], End: true },
        S: { Type: 'Succeed' },
      },
    };
    const result = await run(machine, {}, { callService: () => new Promise(() => {}) });
    expect(result.status).to.equal('TIMED_OUT');
  });

  it('the TimeoutSeconds of a state machine do not include the time that its Tasks wait for a free process', async () => {
    const waitThenWork =
      (waitMs: number, workMs: number): CallService =>
      async ({ clock }) => {
        clock.stop();
        await sleep(waitMs);
        clock.start();
        await sleep(workMs);
      };
    const branch = (name: string) => ({ StartAt: name, States: { [name]: { ...INVOKE, End: true } } });
    const machine = {
      TimeoutSeconds: 1,
      StartAt: 'Both',
      States: { Both: { Type: 'Parallel', Branches: [branch('A'), branch('B')], End: true } },
    };
    const [waited, worked] = await Promise.all([
      run(machine, {}, { callService: waitThenWork(1300, 0) }),
      run(machine, {}, { callService: waitThenWork(100, 1300) }),
    ]);
    expect(waited.status).to.equal('SUCCEEDED');
    expect(worked.status).to.equal('TIMED_OUT');
  });

  it('an EXPRESS execution has five minutes, or less if TimeoutSeconds says so', () => {
    expect(executionLimitMs('EXPRESS', undefined)).to.equal(300_000);
    expect(executionLimitMs('EXPRESS', 270)).to.equal(270_000);
    expect(executionLimitMs('EXPRESS', 900)).to.equal(300_000);
    expect(executionLimitMs('STANDARD', 900)).to.equal(900_000);
    expect(executionLimitMs('STANDARD', undefined)).to.equal(undefined);
  });

  const endless = {
    StartAt: 'A',
    States: {
      A: { Type: 'Pass', Next: 'B' },
      B: { Type: 'Choice', Choices: [{ Variable: '$.stop', IsPresent: true, Next: 'C' }], Default: 'A' },
      C: { Type: 'Succeed' },
    },
  };

  it('a loop that never waits is ended by TimeoutSeconds too', async () => {
    const { status } = await run({ ...endless, TimeoutSeconds: 1 }, {}, { type: 'EXPRESS' });
    expect(status).to.equal('TIMED_OUT');
  });

  it('nested inline Maps that never wait are ended by TimeoutSeconds too', async () => {
    const nested = ['Outer', 'Middle', 'Inner'].reduceRight<object>(
      (processor, name) => ({
        StartAt: name,
        States: {
          [name]: { Type: 'Map', ItemsPath: '$$.Execution.Input', ItemProcessor: processor, End: true },
        },
      }),
      { StartAt: 'Leaf', States: { Leaf: { Type: 'Pass', End: true } } },
    );
    const items = Array.from({ length: 1000 }, (_, index) => index);
    const { status } = await run({ ...nested, TimeoutSeconds: 1 }, items, { type: 'EXPRESS' });
    expect(status).to.equal('TIMED_OUT');
  });

  it('a STANDARD execution fails after 25,000 events of history', async () => {
    const result = await run(endless);
    expect(result).to.include({ status: 'FAILED', error: 'States.Runtime' });
    expect(result.cause).to.include('25000');
  });
});
