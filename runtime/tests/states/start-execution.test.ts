import { expect } from 'chai';
import { arnOf, call, forever, PASS, refusal, SERVICE, TASK } from './calls.ts';
import { ADMINISTRATOR, given, MACHINE_ARN } from './machine.ts';

describe('StartExecution (AWS: API_StartExecution)', () => {
  it('StartExecution returns ARN and start date at once', async () => {
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

  it('a missing input is {}, and a missing name is generated', async () => {
    const states = given(PASS);
    const { body } = await call(states, 'StartExecution', { stateMachineArn: MACHINE_ARN });
    expect(body.executionArn).to.match(/:execution:Machine:[0-9a-f-]{36}$/);
    expect(
      (await call(states, 'DescribeExecution', { executionArn: body.executionArn })).body.input,
    ).to.equal('{}');
  });

  it('two calls with the same name and input start one execution while it runs', async () => {
    const states = given(TASK, { callService: forever });
    const request = { stateMachineArn: MACHINE_ARN, name: 'same', input: '{"a":1}' };
    const first = await call(states, 'StartExecution', request);
    expect(await call(states, 'StartExecution', request)).to.deep.equal(first);
    expect(await refusal(states, 'StartExecution', { ...request, input: '{"a":2}' })).to.equal(
      `${SERVICE}ExecutionAlreadyExists`,
    );
    await states.stop();
  });

  it('the name of an ended execution is refused as ExecutionAlreadyExists, even with the same input', async () => {
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
    it(`the name ${JSON.stringify(name)} is refused as InvalidName`, async () => {
      expect(await refusal(given(PASS), 'StartExecution', { stateMachineArn: MACHINE_ARN, name })).to.equal(
        `${SERVICE}InvalidName`,
      );
    });
  }

  it('a name of 80 characters in any script is accepted, and one of 81 or none is a ValidationException', async () => {
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
      'an integer that JavaScript cannot represent exactly',
      { stateMachineArn: MACHINE_ARN, input: '{"n":12345678901234567890}' },
      'InvalidExecutionInput',
    ],
    [
      'a number that is too large for JavaScript',
      { stateMachineArn: MACHINE_ARN, input: '[1e400]' },
      'InvalidExecutionInput',
    ],
    [
      'input of more than 256 KiB',
      { stateMachineArn: MACHINE_ARN, input: JSON.stringify('é'.repeat(131_072)) },
      'InvalidExecutionInput',
    ],
    ['an unknown machine', { stateMachineArn: `${MACHINE_ARN}2` }, 'StateMachineDoesNotExist'],
    ['a text that is no ARN', { stateMachineArn: 'Machine' }, 'InvalidArn'],
    ['another resource’s ARN', { stateMachineArn: arnOf('x') }, 'InvalidArn'],
  ] as const) {
    it(`${what} is refused as ${type}`, async () => {
      expect(await refusal(given(PASS), 'StartExecution', body)).to.equal(`${SERVICE}${type}`);
    });
  }

  it('each call for an EXPRESS machine starts another execution, which cannot be described', async () => {
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

  it('StartSyncExecution returns the result of an EXPRESS execution, and refuses a STANDARD machine', async () => {
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
