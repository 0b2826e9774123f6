import { expect } from 'chai';
import { type CallService, TaskError } from '../../states/index.ts';
import { INVOKE, only, outputOf, run } from './machine.ts';

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
  it('a retry waits IntervalSeconds, then BackoffRate times as long each time, at most MaxDelaySeconds', async () => {
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

  it('a retrier waits 1 second, doubles the wait and makes 3 attempts by default, then the state fails with the error', async () => {
    const waits: number[] = [];
    const result = await run(
      retrying({ ErrorEquals: ['Busy'] }),
      {},
      { callService: failing('Busy', 'Busy', 'Busy', 'Busy'), waits },
    );
    expect(result).to.include({ status: 'FAILED', error: 'Busy', cause: 'because of Busy' });
    expect(waits).to.deep.equal([1_000, 2_000, 4_000]);
  });

  it('with JitterStrategy FULL, a retry waits any time up to the delay', async () => {
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

  it('each retrier counts its own attempts as long as the execution stays in the state', async () => {
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

  it('a retrier with MaxAttempts 0 never retries', async () => {
    const retry = [{ ErrorEquals: ['A'], MaxAttempts: 0 }, { ErrorEquals: ['States.ALL'] }];
    expect(await run(retrying(...retry), {}, { callService: failing('A') })).to.include({ error: 'A' });
  });

  it('each attempt evaluates Parameters again, with $$.State.RetryCount counting up from 0', async () => {
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
    it(`${errors.join(' or ')} ${covered ? 'matches' : 'does not match'} ${error} in Retry and in Catch`, async () => {
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
    it(`${name} ${status === 'FAILED' ? 'does not match' : 'matches'} an error without a name`, async () => {
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

  it('a catcher passes Error and Cause to the next state, or puts them at ResultPath of the raw input', async () => {
    const error = { Error: 'Broken', Cause: 'because of Broken' };
    expect(await outputOf(catching({}), { x: 1 }, { callService: failing('Broken') })).to.deep.equal(error);
    expect(
      await outputOf(catching({ ResultPath: '$.error' }), { x: 1 }, { callService: failing('Broken') }),
    ).to.deep.equal({ x: 1, error });
    expect(
      await outputOf(catching({ ResultPath: null }), { x: 1 }, { callService: failing('Broken') }),
    ).to.deep.equal({ x: 1 });
  });

  it('a catcher gets an error only after all retries', async () => {
    const waits: number[] = [];
    const machine = catching({ ResultPath: '$.error' }, [{ ErrorEquals: ['Broken'], MaxAttempts: 2 }]);
    expect(
      await outputOf(machine, {}, { callService: failing('Broken', 'Broken', 'Broken'), waits }),
    ).to.have.property('error');
    expect(waits).to.have.length(2);
  });

  it('a catcher whose output is larger than 256 KiB fails with States.DataLimitExceeded', async () => {
    const callService = async () => {
      throw new TaskError('Broken', 'x'.repeat(1000));
    };
    const input = { payload: 'x'.repeat(261_500) };
    const { error, cause } = await run(catching({ ResultPath: '$.error' }), input, { callService });
    expect(error).to.equal('States.DataLimitExceeded');
    expect(cause).to.contain("'T' caught an error");
  });

  it('a catcher gets the error of an intrinsic function in Parameters', async () => {
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
