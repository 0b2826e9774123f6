import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { AccessDeniedError, type Authorize } from '../../iam/index.ts';
import { FunctionPool, type LambdaFunction } from '../../lambda/index.ts';
import type { Invocation } from '../../lambda/pool.ts';
import { createServiceCalls } from '../../service-calls.ts';
import { createSqs } from '../../sqs/index.ts';
import { FUNCTION_ARN, only, outputOf, run } from '../states/machine.ts';

const MB = 1024 * 1024;
const noClock = { stop: () => {}, start: () => {} };

const pools: FunctionPool[] = [];
const folder = mkdtempSync(join(tmpdir(), 'lambda-'));
/** A copy, because a function's log is written beside its code. */
const FIXTURE = join(folder, 'faulty-function');
cpSync(fileURLToPath(new URL('./faulty-function', import.meta.url)), FIXTURE, { recursive: true });
writeFileSync(join(FIXTURE, 'package.json'), '{ "type": "module" }');

/** The fixture as a function of a template. */
const FUNCTION: LambdaFunction = {
  logicalId: 'Work',
  arn: FUNCTION_ARN,
  role: 'WorkRole',
  handler: 'handler.handler',
  codeUri: '.',
  timeoutSeconds: 10,
  memorySizeMb: 256,
  reservedConcurrency: undefined,
  environment: { COLOUR: 'red' },
  build: { entryPoints: [], external: [], minify: false, sourcemap: false, target: '' },
};

/** Makes a pool for the function with other settings. It is stopped after the tests. */
function given(settings: Partial<LambdaFunction> = {}, directory = FIXTURE): FunctionPool {
  const code = { directory, layerDirectory: '/layer' };
  const pool = new FunctionPool({ ...FUNCTION, ...settings }, code, {
    AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
  });
  pools.push(pool);
  return pool;
}

function invoke(pool: FunctionPool, payload: unknown, invocation: Partial<Invocation> = {}) {
  const { signal } = new AbortController();
  return pool.invoke({ payload, caller: 'NoteRole', signal, clock: noClock, ...invocation });
}

function callsTo(pool: FunctionPool, arn: string, authorize: Authorize) {
  const sqs = createSqs(
    new DatabaseSync(':memory:'),
    [],
    () => {},
    () => '',
  );
  return createServiceCalls({
    authorize,
    functions: [{ lambda: { ...FUNCTION, arn }, pool }],
    functionsLeftOut: [
      { logicalId: 'CountWords', type: 'AWS::Serverless::Function' },
      {
        logicalId: 'Report',
        type: 'AWS::Serverless::Function',
        reason: 'template.yaml:7: VpcConfig is not supported',
      },
    ],
    queues: [],
    sqs,
  });
}

/** Invokes the function with one Task of a state machine. @returns how the execution ended. */
async function runTask(pool: FunctionPool, payload: object) {
  const callService = callsTo(pool, FUNCTION_ARN, () => {});
  const { status, error, cause } = await run(only({ Type: 'Task', Resource: FUNCTION_ARN }), payload, {
    callService,
  });
  return { status, error, cause: cause ?? '' };
}

describe('Lambda', () => {
  after(() => {
    for (const pool of pools) pool.stop();
    rmSync(folder, { recursive: true });
  });

  it('a function is invoked by its ARN or name, with or without its alias, as far as the role may use that ARN', async () => {
    const pool = given();
    const invokeAs = async (FunctionName: string, allowed: RegExp) => {
      const callService = callsTo(pool, `${FUNCTION_ARN}:live`, (_principal, action, resource) => {
        if (!allowed.test(resource)) throw new AccessDeniedError(`no ${action} on ${resource}`);
      });
      const Parameters = { FunctionName, Payload: { act: 'answer', value: 1 } };
      const task = only({ Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', Parameters });
      return (await run(task, {}, { callService })).error;
    };
    for (const name of [`${FUNCTION_ARN}:live`, FUNCTION_ARN, 'Work', 'Work:live'])
      expect(await invokeAs(name, /./)).to.equal(undefined);
    expect(await invokeAs('Work:live', /:live$/)).to.equal(undefined);
    expect(await invokeAs(FUNCTION_ARN, /:live$/)).to.equal('Lambda.AWSLambdaException');
    expect(await invokeAs('Other', /./)).to.equal('Lambda.ResourceNotFoundException');
  });

  it('an invocation of a function that is left out fails with Lambda.ResourceNotFoundException, which names it', async () => {
    const callService = callsTo(given(), FUNCTION_ARN, () => {});
    const invoking = async (FunctionName: string) => {
      const Parameters = { FunctionName };
      const task = only({ Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', Parameters });
      const { error, cause } = await run(task, {}, { callService });
      return { error, cause };
    };
    const arn = 'arn:aws:lambda:us-east-1:000000000000:function:CountWords';
    for (const name of ['CountWords', arn, `${arn}:live`]) {
      const { error, cause } = await invoking(name);
      expect(error).to.equal('Lambda.ResourceNotFoundException');
      expect(cause)
        .to.include(`Function not found: ${arn}`)
        .and.match(/CountWords\b.*\bBuildMethod: esbuild/);
    }
    expect((await invoking('Report')).cause).to.include(
      'Report: template.yaml:7: VpcConfig is not supported',
    );
    expect((await invoking('Nobody')).cause)
      .to.include('function:Nobody')
      .and.not.include('BuildMethod');
  });

  it('lambda:invoke returns the metadata of the HTTP answer too', async () => {
    const callService = callsTo(given(), FUNCTION_ARN, () => {});
    const Parameters = { FunctionName: FUNCTION_ARN, Payload: { act: 'answer', value: 1 } };
    const task = only({ Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', Parameters });
    const output = await outputOf(task, {}, { callService });
    expect(output).to.deep.include({ ExecutedVersion: '$LATEST', Payload: 1, StatusCode: 200 });
    expect(output).to.have.nested.property('SdkHttpMetadata.HttpStatusCode', 200);
    expect(output).to.have.nested.property('SdkHttpMetadata.HttpHeaders.Content-Type', 'application/json');
    expect(output).to.have.nested.property('SdkResponseMetadata.RequestId').that.is.a('string');
  });

  describe('errors that Step Functions gets', () => {
    let small: FunctionPool;
    let hasty: FunctionPool;
    before(() => {
      small = given({ memorySizeMb: 160 });
      hasty = given({ timeoutSeconds: 1 });
    });

    const faults: readonly [string, object, string, RegExp][] = [
      ['a thrown error', { act: 'throw' }, 'ThrottledError', /^S3 throttles$/],
      ['a rejection with a text', { act: 'rejectText' }, 'string', /^only a text$/],
      ['a thrown object', { act: 'throwObject' }, 'object', /^\[object Object\]$/],
      [
        'a circular answer',
        { act: 'circular' },
        'Runtime.JSONStringifyError',
        /^Unable to stringify response body$/,
      ],
      [
        'a function as the answer',
        { act: 'function' },
        'Runtime.JSONStringifyError',
        /^Unable to stringify response body$/,
      ],
      [
        'a bigint in the answer',
        { act: 'bigint' },
        'Runtime.JSONStringifyError',
        /^Unable to stringify response body$/,
      ],
      [
        'an answer of 7 MB',
        { act: 'large', bytes: 7 * MB },
        'Function.ResponseSizeTooLarge',
        /^Response payload size exceeded maximum allowed payload size \(6291556 bytes\)\.$/,
      ],
      [
        'an exit',
        { act: 'exit', code: 0 },
        'Runtime.ExitError',
        /^RequestId: [\w-]+ Error: Runtime exited without providing a reason$/,
      ],
      [
        'an exit with a code',
        { act: 'exit', code: 3 },
        'Runtime.ExitError',
        /^RequestId: [\w-]+ Error: Runtime exited with error: exit status 3$/,
      ],
      [
        'a segmentation fault',
        { act: 'signal', name: 'SIGSEGV' },
        'Runtime.ExitError',
        /^RequestId: [\w-]+ Error: Runtime exited with error: signal: segmentation fault$/,
      ],
      ['an abort by V8', { act: 'signal', name: 'SIGABRT' }, 'Runtime.ExitError', /signal: aborted$/],
      [
        'a process that needs too much memory',
        { act: 'outgrow' },
        'Runtime.OutOfMemory',
        /^RequestId: [\w-]+ Error: Runtime exited with error: signal: killed$/,
      ],
      [
        'a process that needs too much memory together with its child process',
        { act: 'outgrowInChild' },
        'Runtime.OutOfMemory',
        /^RequestId: [\w-]+ Error: Runtime exited with error: signal: killed$/,
      ],
      [
        'a busy hang',
        { act: 'hang' },
        'Sandbox.Timedout',
        /^RequestId: [\w-]+ Error: Task timed out after 1\.00 seconds$/,
      ],
      ['an idle hang', { act: 'never' }, 'Sandbox.Timedout', /Task timed out after 1\.00 seconds$/],
      [
        'an unhandled rejection',
        { act: 'rejectUnhandled' },
        'Runtime.UnhandledPromiseRejection',
        /^Error: nobody listens$/,
      ],
      ['an uncaught exception', { act: 'throwUnhandled' }, 'RangeError', /^nobody catches$/],
    ];
    for (const [what, event, name, message] of faults)
      it(`${what} fails the Task with ${name}, and the next invocation works`, async () => {
        const pool = name === 'Sandbox.Timedout' ? hasty : small;
        const { status, error, cause } = await runTask(pool, event);
        expect({ status, error }).to.deep.equal({ status: 'FAILED', error: name });
        const { errorType, errorMessage } = JSON.parse(cause);
        expect(errorType).to.equal(name);
        expect(errorMessage).to.match(message);
        expect(await invoke(pool, { act: 'answer', value: 5 })).to.equal(5);
      });

    it('an invocation beyond ReservedConcurrentExecutions fails the Task with Lambda.TooManyRequestsException', async () => {
      const reserved = given({ reservedConcurrency: 1 });
      const file = join(folder, 'reserved');
      const first = invoke(reserved, { act: 'waitFor', file });
      expect(await runTask(reserved, {})).to.include({ error: 'Lambda.TooManyRequestsException' });
      writeFileSync(file, '');
      expect(await first).to.equal(file);
      expect(await invoke(reserved, { act: 'answer', value: 'free again' })).to.equal('free again');
    });

    it('an initialization that fails is repeated by each invocation, and fails the Task each time', async () => {
      writeFileSync(join(folder, 'package.json'), '{}');
      writeFileSync(join(folder, 'needs.js'), "require('not-in-any-layer');");
      writeFileSync(join(folder, 'broken.js'), 'exports.handler = async () => {');
      writeFileSync(join(folder, 'throws.js'), "throw new TypeError('no bucket is set');");
      writeFileSync(join(folder, 'exits.js'), 'process.exit(7);');
      writeFileSync(
        join(folder, 'calls-back.js'),
        'exports.handler = (event, context, callback) => callback();',
      );
      const expected: readonly [string, string, RegExp][] = [
        ['needs.handler', 'Runtime.ImportModuleError', /Cannot find module 'not-in-any-layer'/],
        ['nowhere.handler', 'Runtime.ImportModuleError', /Cannot find module/],
        ['broken.handler', 'Runtime.UserCodeSyntaxError', /SyntaxError/],
        ['throws.handler', 'TypeError', /^no bucket is set$/],
        ['exits.handler', 'Runtime.ExitError', /exit status 7/],
        ['calls-back.handler', 'Runtime.CallbackHandlerDeprecated', /removed support for callback-based/],
        ['handler', 'Runtime.MalformedHandlerName', /^Bad handler$/],
      ];
      for (const [handler, name, message] of expected) {
        const broken = given({ handler }, folder);
        for (const _ of ['first', 'second']) {
          const { error, cause } = await runTask(broken, {});
          expect(error, handler).to.equal(name);
          expect(JSON.parse(cause).errorMessage, handler).to.match(message);
        }
      }
      const { error, cause } = await runTask(given({ handler: 'handler.absent' }), {});
      expect(error).to.equal('Runtime.HandlerNotFound');
      expect(JSON.parse(cause).errorMessage).to.equal('handler.absent is undefined or not exported');
    });
  });

  it('an answer may have exactly 6,291,556 bytes, and undefined is null', async () => {
    const pool = given();
    expect(await invoke(pool, { act: 'large', bytes: 6_291_556 })).to.have.length(6_291_554);
    expect(await invoke(pool, { act: 'answer' })).to.equal(null);
  });

  it('a handler may be a member of an object that its module exports', async () => {
    writeFileSync(join(folder, 'deep.js'), 'exports.all = { first: async () => 1 };');
    expect(await invoke(given({ handler: 'deep.all.first' }, folder), {})).to.equal(1);
  });

  it('a function works in the folder of its bundle, and cannot send messages to the runtime', async () => {
    expect(await invoke(given(), { act: 'surroundings' })).to.deep.equal({
      folder: FIXTURE,
      parent: 'undefined',
    });
  });

  it("a function has the template's environment variables and Lambda's own, and none of the runtime's process", async () => {
    process.env.SECRET_OF_THE_TERMINAL = 'secret';
    const environment = await invoke(
      given({ memorySizeMb: 512, environment: { COLOUR: 'red', TZ: 'Europe/Berlin' } }),
      { act: 'environment' },
    );
    delete process.env.SECRET_OF_THE_TERMINAL;
    expect(environment).to.include({
      COLOUR: 'red',
      TZ: 'Europe/Berlin',
      LANG: 'en_US.UTF-8',
      AWS_LAMBDA_FUNCTION_NAME: 'Work',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
      AWS_ACCESS_KEY_ID: 'WorkRole',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
      AWS_REGION: 'us-east-1',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      LAMBDA_TASK_ROOT: FIXTURE,
      NODE_PATH: '/layer',
    });
    expect(environment).to.not.have.any.keys('SECRET_OF_THE_TERMINAL', 'HOME', 'NODE_OPTIONS');
  });

  it("V8's old space is limited to nine tenths of the memory", async () => {
    const limitMb = async (memorySizeMb: number) =>
      Number(await invoke(given({ memorySizeMb }), { act: 'heapLimitMb' }));
    expect((await limitMb(600)) - (await limitMb(400))).to.equal(180);
  });

  it('the output of a function, errors included, is appended to its log', async () => {
    await invoke(given(), { act: 'say', text: 'for the log' });
    const log = readFileSync(join(FIXTURE, 'function.log'), 'utf8');
    expect(log).to.include('log for the log\n').and.include('error for the log\n');
  });

  it('a function gets its context', async () => {
    const context = await invoke(given(), { act: 'context' });
    expect(context).to.include({
      functionName: 'Work',
      functionVersion: '$LATEST',
      invokedFunctionArn: FUNCTION_ARN,
      memoryLimitInMB: '256',
    });
    expect(context)
      .to.have.property('awsRequestId')
      .that.matches(/^[\w-]{36}$/);
    expect(context).to.have.property('remainingMs').that.is.within(0, 10_000);
  });

  it('processes are used again, and one caller gets at most one more than there are cores', async () => {
    const pool = given();
    const first = await invoke(pool, { act: 'processId' });
    expect(await invoke(pool, { act: 'processId' })).to.equal(first);
    const many = Array.from({ length: 20 }, () => invoke(pool, { act: 'processId' }));
    expect(new Set(await Promise.all(many)).size).to.be.at.most(availableParallelism() + 1);
  });

  it('a single invocation does not wait for a batch of another caller that keeps every process busy', async () => {
    const pool = given();
    const file = join(folder, 'batch');
    const batch = Array.from({ length: 20 }, () =>
      invoke(pool, { act: 'waitFor', file }, { caller: 'BatchRole' }),
    );
    expect(await invoke(pool, { act: 'answer', value: 'made' })).to.equal('made');
    writeFileSync(file, '');
    expect(await Promise.all(batch)).to.have.length(20);
  });

  it('a process that this machine cannot start fails the Task with Lambda.ServiceException', async () => {
    const pool = given({}, join(folder, 'nowhere'));
    for (const _again of [1, 2]) {
      const { error, cause } = await runTask(pool, {});
      expect(error).to.equal('Lambda.ServiceException');
      expect(cause).to.contain('ENOENT');
    }
  });

  it('the clock of a Task stands still while it waits for a process, and an execution that has ended no longer waits', async () => {
    const pool = given();
    const file = join(folder, 'clock');
    const running = Array.from({ length: availableParallelism() + 1 }, () =>
      invoke(pool, { act: 'waitFor', file }),
    );
    const calls: string[] = [];
    const clock = { stop: () => calls.push('stop'), start: () => calls.push('start') };
    const waiting = invoke(pool, { act: 'answer', value: 'at last' }, { clock });
    const ended = new AbortController();
    const forgotten = invoke(pool, { act: 'exit', code: 1 }, { signal: ended.signal });
    ended.abort(new Error('ended'));
    expect(calls).to.deep.equal(['stop']);
    writeFileSync(file, '');
    expect(await waiting).to.equal('at last');
    expect(calls).to.deep.equal(['stop', 'start']);
    expect(await forgotten.catch(String)).to.equal('Error: ended');
    await Promise.all(running);
  });

  it('the processes of a retired pool end when their invocations have ended', async () => {
    const pool = given();
    const idle = Number(await invoke(pool, { act: 'processId' }));
    const file = join(folder, 'retired');
    const running = invoke(pool, { act: 'waitFor', file });
    pool.retire();
    writeFileSync(file, '');
    expect(await running).to.equal(file);
    await untilGone(idle);
  });

  it('a killed runtime leaves no process behind, not even one that hangs', async () => {
    const script = `
      import { FunctionPool } from ${JSON.stringify(new URL('../../lambda/pool.ts', import.meta.url).href)};
      const lambda = { arn: 'arn', role: 'role', handler: 'handler.handler', timeoutSeconds: 60, memorySizeMb: 256, environment: {} };
      const pool = new FunctionPool(lambda, { directory: ${JSON.stringify(FIXTURE)}, layerDirectory: '' }, {});
      const call = { caller: 'role', signal: new AbortController().signal, clock: { stop() {}, start() {} } };
      console.log(await pool.invoke({ payload: { act: 'processId' }, ...call }));
      await pool.invoke({ payload: { act: 'hang' }, ...call });`;
    const runtime = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const [line] = await once(createInterface(runtime.stdout), 'line');
    await sleep(100);
    runtime.kill('SIGKILL');
    await untilGone(Number(line));
  });
});

/** Waits until the process has ended. A test that waits too long fails by its time-out. */
async function untilGone(processId: number): Promise<void> {
  for (;;) {
    try {
      process.kill(processId, 0);
    } catch {
      return;
    }
    await sleep(20);
  }
}
