import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { type CallService, TaskError } from '../../states/definition/resources.ts';
import { executionLimitMs } from '../../states/execution/run-machine.ts';
import { FUNCTION_ARN, given, MACHINE_ARN, only, outputOf, run } from './machine.ts';

const INVOKE = {
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Parameters: { FunctionName: 'F', 'Payload.$': '$' },
};

/** A service that fails with these errors, one after the other, then answers. */
function failing(...errors: string[]): CallService {
  return async () => {
    const error = errors.shift();
    if (error !== undefined) throw new TaskError(error, `because of ${error}`);
    return { Payload: 'done' };
  };
}

function retrying(...retry: object[]): object {
  return only({ ...INVOKE, Retry: retry, OutputPath: '$.Payload' });
}

describe('Retry (AWS: Handling errors in Step Functions workflows)', () => {
  it('waits IntervalSeconds, then BackoffRate times as long each time, at most MaxDelaySeconds', async () => {
    const waits: number[] = [];
    const retry = {
      ErrorEquals: ['Busy'],
      IntervalSeconds: 2,
      BackoffRate: 3,
      MaxAttempts: 4,
      MaxDelaySeconds: 20,
    };
    expect(
      await outputOf(retrying(retry), {}, { callService: failing('Busy', 'Busy', 'Busy', 'Busy'), waits }),
    ).to.equal('done');
    expect(waits).to.deep.equal([2_000, 6_000, 18_000, 20_000]);
  });

  it('has defaults of 1 second, 2.0 and 3 attempts, then fails with the error itself', async () => {
    const waits: number[] = [];
    const result = await run(
      retrying({ ErrorEquals: ['Busy'] }),
      {},
      { callService: failing('Busy', 'Busy', 'Busy', 'Busy'), waits },
    );
    expect(result).to.include({ status: 'FAILED', error: 'Busy', cause: 'because of Busy' });
    expect(waits).to.deep.equal([1_000, 2_000, 4_000]);
  });

  it('with JitterStrategy FULL waits anything up to the delay', async () => {
    const waits: number[] = [];
    const errors = Array.from({ length: 50 }, () => 'Busy');
    const retry = {
      ErrorEquals: ['Busy'],
      IntervalSeconds: 10,
      BackoffRate: 1,
      MaxAttempts: 50,
      JitterStrategy: 'FULL',
    };
    await outputOf(retrying(retry), {}, { callService: failing(...errors), waits });
    expect(Math.max(...waits)).to.be.at.most(10_000);
    expect(new Set(waits).size).to.be.above(40);
    expect(Math.min(...waits)).to.be.below(5_000);
  });

  it('counts each retrier for itself, for as long as the execution stays in the state', async () => {
    const retries = [
      { ErrorEquals: ['A'], MaxAttempts: 1 },
      { ErrorEquals: ['States.ALL'], MaxAttempts: 2 },
    ];
    expect(await outputOf(retrying(...retries), {}, { callService: failing('B', 'A', 'B') })).to.equal(
      'done',
    );
    expect(await run(retrying(...retries), {}, { callService: failing('A', 'B', 'A') })).to.include({
      status: 'FAILED',
      error: 'A',
    });
  });

  it('with MaxAttempts 0 never retries', async () => {
    const retry = [{ ErrorEquals: ['A'], MaxAttempts: 0 }, { ErrorEquals: ['States.ALL'] }];
    expect(await run(retrying(...retry), {}, { callService: failing('A') })).to.include({ error: 'A' });
  });

  it('evaluates Parameters anew, with $$.State.RetryCount counting up from 0', async () => {
    const counts: unknown[] = [];
    const task = {
      ...INVOKE,
      Parameters: { FunctionName: 'F', 'Payload.$': '$$.State.RetryCount' },
      Retry: [{ ErrorEquals: ['States.ALL'] }],
    };
    const fail = failing('A', 'B');
    await outputOf(
      only(task),
      {},
      {
        callService: (call) => {
          counts.push(call.parameters);
          return fail(call);
        },
      },
    );
    expect(counts).to.deep.equal([0, 1, 2].map((Payload) => ({ FunctionName: 'F', Payload })));
  });

  for (const [errors, error, covered] of [
    [['States.ALL'], 'Anything', true],
    [['States.ALL'], 'States.Timeout', true],
    [['States.ALL'], 'States.DataLimitExceeded', false],
    [['States.ALL'], 'States.Runtime', false],
    [['States.Runtime'], 'States.Runtime', false],
    [['States.DataLimitExceeded'], 'States.DataLimitExceeded', true],
    [['States.TaskFailed'], 'Anything', true],
    [['States.TaskFailed'], 'States.Timeout', false],
    [['States.TaskFailed'], 'States.Runtime', false],
    [['Other', 'Anything'], 'Anything', true],
    [['anything'], 'Anything', false],
  ] as const) {
    it(`${errors.join(', ')} ${covered ? 'covers' : 'does not cover'} ${error}, in Retry and in Catch`, async () => {
      const retried = await run(retrying({ ErrorEquals: errors }), {}, { callService: failing(error) });
      expect(retried.status).to.equal(covered ? 'SUCCEEDED' : 'FAILED');
      const catching = {
        StartAt: 'T',
        States: {
          T: { ...INVOKE, Catch: [{ ErrorEquals: errors, Next: 'Caught' }], End: true },
          Caught: { Type: 'Succeed' },
        },
      };
      const caught = await run(catching, {}, { callService: failing(error) });
      expect(caught.status).to.equal(covered ? 'SUCCEEDED' : 'FAILED');
    });
  }

  for (const [name, status] of [
    ['States.ALL', 'SUCCEEDED'],
    ['States.TaskFailed', 'FAILED'],
  ] as const)
    it(`${name} is ${status === 'FAILED' ? 'not ' : ''}for what fails without a name`, async () => {
      const branch = { StartAt: 'F', States: { F: { Type: 'Fail' } } };
      const catching = {
        StartAt: 'P',
        States: {
          P: {
            Type: 'Parallel',
            Branches: [branch],
            Catch: [{ ErrorEquals: [name], Next: 'Caught' }],
            End: true,
          },
          Caught: { Type: 'Succeed' },
        },
      };
      expect((await run(catching)).status).to.equal(status);
    });
});

describe('Catch (AWS: Fallback states)', () => {
  function catching(catcher: object, retry: object[] = []): object {
    return {
      StartAt: 'T',
      States: {
        T: {
          ...INVOKE,
          Retry: retry,
          Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught', ...catcher }],
          End: true,
        },
        Caught: { Type: 'Pass', End: true },
      },
    };
  }

  it('gives {Error, Cause} to the next state, or puts it at ResultPath of the raw input', async () => {
    const error = { Error: 'Broken', Cause: 'because of Broken' };
    expect(await outputOf(catching({}), { x: 1 }, { callService: failing('Broken') })).to.deep.equal(error);
    expect(
      await outputOf(catching({ ResultPath: '$.error' }), { x: 1 }, { callService: failing('Broken') }),
    ).to.deep.equal({ x: 1, error });
    expect(
      await outputOf(catching({ ResultPath: null }), { x: 1 }, { callService: failing('Broken') }),
    ).to.deep.equal({ x: 1 });
  });

  it('comes only after the retries', async () => {
    const waits: number[] = [];
    const machine = catching({ ResultPath: '$.error' }, [{ ErrorEquals: ['Broken'], MaxAttempts: 2 }]);
    expect(
      await outputOf(machine, {}, { callService: failing('Broken', 'Broken', 'Broken'), waits }),
    ).to.have.property('error');
    expect(waits).to.have.length(2);
  });

  it('may not give on more than 256 KiB either', async () => {
    const callService = async () => {
      throw new TaskError('Broken', 'x'.repeat(1000));
    };
    const input = { payload: 'x'.repeat(261_500) };
    const { error, cause } = await run(catching({ ResultPath: '$.error' }), input, { callService });
    expect(error).to.equal('States.DataLimitExceeded');
    expect(cause).to.contain("'T' caught an error");
  });

  it('catches what an intrinsic function of the Task fails with', async () => {
    const machine = {
      StartAt: 'T',
      States: {
        T: {
          ...INVOKE,
          Parameters: { FunctionName: 'F', 'Payload.$': "States.StringToJson('{')" },
          Catch: [{ ErrorEquals: ['States.IntrinsicFailure'], Next: 'C' }],
          End: true,
        },
        C: { Type: 'Succeed' },
      },
    };
    expect(await run(machine)).to.include({ status: 'SUCCEEDED' });
  });
});

describe('Tasks (AWS: Task workflow state)', () => {
  it('are carried out with the machine’s own role', async () => {
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

  it('that outlast TimeoutSeconds end with States.Timeout, and their call is aborted', async () => {
    let wasAborted = false;
    const callService: CallService = ({ signal }) => {
      signal.addEventListener('abort', () => {
        wasAborted = true;
      });
      return new Promise(() => {});
    };
    for (const timeout of [{ TimeoutSeconds: 1 }, { TimeoutSecondsPath: '$.seconds' }]) {
      expect(await run(only({ ...INVOKE, ...timeout }), { seconds: 1 }, { callService })).to.include({
        status: 'FAILED',
        error: 'States.Timeout',
      });
    }
    expect(wasAborted).to.equal(true);
  });

  it('that a service lets wait have all their TimeoutSeconds from their turn on', async () => {
    const callService: CallService = async ({ clock }) => {
      clock.stop();
      await sleep(1200);
      clock.start();
      return 'done';
    };
    const task = only({ ...INVOKE, TimeoutSeconds: 1 });
    expect(await run(task, {}, { callService })).to.include({ status: 'SUCCEEDED' });
    const tooSlow: CallService = (call) => callService(call).then(() => sleep(2000));
    expect(await run(task, {}, { callService: tooSlow })).to.include({ error: 'States.Timeout' });
  });

  it('may not take or give more than 256 KiB of UTF-8', async () => {
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

  it('a fault of the runtime itself fails the execution, and no Catch hides it', async () => {
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
  it('Fail ends with its Error and Cause, or with what their Paths name', async () => {
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
    expect(await run(paths, { error: { name: 'NotAnImage', message: 'text' } })).to.include({
      error: 'NotAnImage',
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

  it('Fail with a path to no string fails with States.Runtime', async () => {
    expect(await run(only({ Type: 'Fail', ErrorPath: '$.n' }), { n: 5 })).to.include({
      error: 'States.Runtime',
    });
  });

  it('Wait waits Seconds, SecondsPath, or until Timestamp or TimestampPath', async () => {
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

  it('Succeed gives what InputPath and OutputPath leave', async () => {
    expect(
      await outputOf(only({ Type: 'Succeed', InputPath: '$.a', OutputPath: '$.b' }), { a: { b: 1 } }),
    ).to.equal(1);
  });
});

describe('Parallel and inline Map (AWS: Parallel and Map workflow states)', () => {
  const pass = (fields: object): object => ({
    StartAt: 'P',
    States: { P: { Type: 'Pass', ...fields, End: true } },
  });

  it('Parallel gives each branch the input, and the outputs in the branches’ order', async () => {
    const parallel = only({
      Type: 'Parallel',
      Parameters: { 'v.$': '$.x' },
      Branches: [
        pass({ OutputPath: '$.v' }),
        { StartAt: 'Q', States: { Q: { Type: 'Pass', Result: 'b', End: true } } },
      ],
      ResultPath: '$.both',
    });
    expect(await outputOf(parallel, { x: 1 })).to.deep.equal({ x: 1, both: [1, 'b'] });
  });

  it('the first branch that fails fails the state with its own error, and the others are aborted', async () => {
    let wasAborted = false;
    const callService: CallService = async ({ signal, parameters }) => {
      if (JSON.stringify(parameters).includes('fail')) throw new TaskError('Broken', 'one branch');
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          wasAborted = true;
          reject(new TaskError('Late', 'not this one'));
        });
      });
    };
    const task = (name: string): object => ({
      StartAt: name,
      States: { [name]: { ...INVOKE, Parameters: { FunctionName: name }, End: true } },
    });
    const parallel = {
      Type: 'Parallel',
      Branches: [task('wait'), task('fail')],
      Catch: [{ ErrorEquals: ['Broken'], Next: 'Caught' }],
      End: true,
    };
    expect(
      await outputOf(
        { StartAt: 'Both', States: { Both: parallel, Caught: { Type: 'Pass', End: true } } },
        {},
        { callService },
      ),
    ).to.deep.equal({ Error: 'Broken', Cause: 'one branch' });
    expect(wasAborted).to.equal(true);
  });

  it('Map runs its ItemProcessor on each item of ItemsPath, made by ItemSelector, and keeps the order', async () => {
    const map = only({
      Type: 'Map',
      ItemsPath: '$.items',
      ItemSelector: {
        'i.$': '$$.Map.Item.Index',
        'v.$': '$$.Map.Item.Value.n',
        'from.$': '$$.Map.Item.Source',
        'whole.$': '$.common',
      },
      ItemProcessor: pass({ Parameters: { 'item.$': '$', 'again.$': '$$.Map.Item.Index' } }),
    });
    expect(await outputOf(map, { common: 'c', items: [{ n: 'a' }, { n: 'b' }] })).to.deep.equal([
      { item: { i: 0, v: 'a', from: 'STATE_DATA', whole: 'c' }, again: 0 },
      { item: { i: 1, v: 'b', from: 'STATE_DATA', whole: 'c' }, again: 1 },
    ]);
  });

  it('Map runs MaxConcurrency at once, given as a number or by its Path, and 40 at most', async () => {
    let running = 0;
    let most = 0;
    const callService: CallService = async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return {};
    };
    const items = Array.from({ length: 100 }, (_, i) => i);
    const processor = { StartAt: 'T', States: { T: { ...INVOKE, End: true } } };
    for (const [fields, expected] of [
      [{ MaxConcurrency: 3 }, 3],
      [{ MaxConcurrencyPath: '$.n' }, 2],
      [{}, 40],
    ] as const) {
      most = 0;
      await outputOf(
        only({ Type: 'Map', ItemsPath: '$.items', ItemProcessor: processor, ResultPath: null, ...fields }),
        { items, n: 2 },
        { callService },
      );
      expect(most).to.equal(expected);
    }
  });

  it('Map takes the older names Iterator and Parameters, and refuses items that are no array', async () => {
    const map = only({
      Type: 'Map',
      ItemsPath: '$.items',
      Parameters: { 'v.$': '$$.Map.Item.Value' },
      Iterator: pass({}),
    });
    expect(await outputOf(map, { items: [1] })).to.deep.equal([{ v: 1 }]);
    expect(await run(map, { items: 'text' })).to.include({ error: 'States.Runtime' });
    expect((await run(map, { items: { a: 1 } })).cause).to.contain('not iterated here');
  });
});

describe('The context object (AWS: Accessing execution data from the Context object)', () => {
  it('tells of the execution, the machine and the state', async () => {
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
    expect(context.State).to.include({ Name: 'Only', RetryCount: 0 });
    expect(context.State.EnteredTime).to.match(/^\d{4}-\d\d-\d\dT.*Z$/);
    expect(context).not.to.have.property('Map');
  });

  it('can be given on whole, by InputPath and with JsonMerge', async () => {
    const machine = only({
      Type: 'Pass',
      InputPath: '$$.Execution.Input',
      Parameters: { 'm.$': 'States.JsonMerge($, $$.State, false)' },
    });
    expect(await outputOf(machine, { in: 1 })).to.have.nested.include({ 'm.in': 1, 'm.RetryCount': 0 });
  });
});

describe('An execution’s own limits (AWS: Step Functions service quotas)', () => {
  it('ends TIMED_OUT after the machine’s TimeoutSeconds, which no Catch sees', async () => {
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

  it('does not count what a service lets its Tasks wait', async () => {
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
    const waited = await run(machine, {}, { callService: waitThenWork(1300, 0) });
    expect(waited.status).to.equal('SUCCEEDED');
    const worked = await run(machine, {}, { callService: waitThenWork(100, 1300) });
    expect(worked.status).to.equal('TIMED_OUT');
  });

  it('an EXPRESS execution has five minutes, or less', () => {
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

  it('end a loop that waits for nothing too', async () => {
    const { status } = await run({ ...endless, TimeoutSeconds: 1 }, {}, { type: 'EXPRESS' });
    expect(status).to.equal('TIMED_OUT');
  });

  it('end inline Maps within Maps that wait for nothing too', async () => {
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

  it('a STANDARD execution’s history ends at 25,000 events', async () => {
    const result = await run(endless);
    expect(result).to.include({ status: 'FAILED', error: 'States.Runtime' });
    expect(result.cause).to.include('25000');
  });
});
