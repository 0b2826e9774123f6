import { DatabaseSync } from 'node:sqlite';
import { expect } from 'chai';
import type { CallService } from '../../states/index.ts';
import { arnOf, call, forever, PASS, TASK } from './calls.ts';
import { ADMINISTRATOR, given, MACHINE_ARN } from './machine.ts';

describe('A restart of Step Functions', () => {
  it('ended executions are described as they ended, and running ones start again', async () => {
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

  it('an EXPRESS execution that StartExecution accepted starts again until it has ended', async () => {
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

  it('an execution whose input this runtime cannot read ends as FAILED, so that it does not fail at every start', async () => {
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

  it('a stop rejects the EXPRESS executions that somebody waits for, and refuses new executions', async () => {
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
