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
import { AccessDeniedError, type Authorize } from '../../iam/permissions.ts';
import type { LambdaFunction } from '../../lambda/functions.ts';
import { FunctionPool, type Invocation } from '../../lambda/pool.ts';
import { createServiceCalls } from '../../service-calls.ts';
import { createSqs } from '../../sqs/service.ts';
import { FUNCTION_ARN, only, outputOf, run } from '../states/machine.ts';

const MB = 1024 * 1024;
const noClock = { stop: () => {}, start: () => {} };

const pools: FunctionPool[] = [];
const folder = mkdtempSync(join(tmpdir(), 'lambda-'));
/** A copy: a function's log is written beside its code. */
const FIXTURE = join(folder, 'faulty-function');
cpSync(fileURLToPath(new URL('./faulty-function', import.meta.url)), FIXTURE, { recursive: true });
writeFileSync(join(FIXTURE, 'package.json'), '{ "type": "module" }');

/** The fixture as a function of the template. */
const FUNCTION: LambdaFunction = {
  logicalId: 'Resize',
  arn: FUNCTION_ARN,
  role: 'ResizeRole',
  handler: 'handler.handler',
  codeUri: '.',
  timeoutSeconds: 10,
  memorySizeMb: 256,
  reservedConcurrency: undefined,
  environment: { COLOUR: 'red' },
  build: { entryPoints: [], external: [], minify: false, sourcemap: false, target: '' },
};

/** The function with settings of its own; every pool ends with the tests. */
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
  return pool.invoke({ payload, caller: 'UploadRole', signal, clock: noClock, ...invocation });
}

function callsTo(pool: FunctionPool, arn: string, authorize: Authorize) {
  const sqs = createSqs(new DatabaseSync(':memory:'), [], () => {});
  return createServiceCalls({
    authorize,
    functions: [{ lambda: { ...FUNCTION, arn }, pool }],
    queues: [],
    sqs,
  });
}

/** One Task of a state machine that invokes the function: what Step Functions makes of the answer. */
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

  it('is found by its ARN or name, with the alias or without, as far as the role may invoke it so', async () => {
    const pool = given();
    const invokeAs = async (FunctionName: string, allowed: RegExp) => {
      const callService = callsTo(pool, `${FUNCTION_ARN}:live`, (_principal, action, resource) => {
        if (!allowed.test(resource)) throw new AccessDeniedError(`no ${action} on ${resource}`);
      });
      const Parameters = { FunctionName, Payload: { act: 'answer', value: 1 } };
      const task = only({ Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', Parameters });
      return (await run(task, {}, { callService })).error;
    };
    for (const name of [`${FUNCTION_ARN}:live`, FUNCTION_ARN, 'Resize', 'Resize:live'])
      expect(await invokeAs(name, /./)).to.equal(undefined);
    expect(await invokeAs('Resize:live', /:live$/)).to.equal(undefined);
    expect(await invokeAs(FUNCTION_ARN, /:live$/)).to.equal('Lambda.AWSLambdaException');
    expect(await invokeAs('Other', /./)).to.equal('Lambda.ResourceNotFoundException');
  });

  it('answers lambda:invoke with what AWS tells of its HTTP answer too', async () => {
    const callService = callsTo(given(), FUNCTION_ARN, () => {});
    const Parameters = { FunctionName: FUNCTION_ARN, Payload: { act: 'answer', value: 1 } };
    const task = only({ Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', Parameters });
    const output = await outputOf(task, {}, { callService });
    expect(output).to.deep.include({ ExecutedVersion: '$LATEST', Payload: 1, StatusCode: 200 });
    expect(output).to.have.nested.property('SdkHttpMetadata.HttpStatusCode', 200);
    expect(output).to.have.nested.property('SdkHttpMetadata.HttpHeaders.Content-Type', 'application/json');
    expect(output).to.have.nested.property('SdkResponseMetadata.RequestId').that.is.a('string');
  });

  describe('gives Step Functions the error of', () => {
    let small: FunctionPool;
    let hasty: FunctionPool;
    before(() => {
      small = given({ memorySizeMb: 160 });
      hasty = given({ timeoutSeconds: 1 });
    });

    const faults: readonly [string, object, string, RegExp][] = [
      ['an error', { act: 'throw' }, 'StorageThrottledError', /^S3 throttles$/],
      ['a rejection that is a text', { act: 'rejectText' }, 'string', /^only a text$/],
      ['a thrown object', { act: 'throwObject' }, 'object', /^\[object Object\]$/],
      [
        'an answer that is no JSON',
        { act: 'circular' },
        'Runtime.JSONStringifyError',
        /^Unable to stringify response body$/,
      ],
      [
        'a function',
        { act: 'function' },
        'Runtime.JSONStringifyError',
        /^Unable to stringify response body$/,
      ],
      ['a bigint', { act: 'bigint' }, 'Runtime.JSONStringifyError', /^Unable to stringify response body$/],
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
      ["V8's own end", { act: 'signal', name: 'SIGABRT' }, 'Runtime.ExitError', /signal: aborted$/],
      [
        'too much memory',
        { act: 'outgrow' },
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
      it(`${what}: ${name}; and the next invocation works`, async () => {
        const pool = name === 'Sandbox.Timedout' ? hasty : small;
        const { status, error, cause } = await runTask(pool, event);
        expect({ status, error }).to.deep.equal({ status: 'FAILED', error: name });
        const { errorType, errorMessage } = JSON.parse(cause);
        expect(errorType).to.equal(name);
        expect(errorMessage).to.match(message);
        expect(await invoke(pool, { act: 'answer', value: 5 })).to.equal(5);
      });

    it('one invocation too many: Lambda.TooManyRequestsException', async () => {
      const reserved = given({ reservedConcurrency: 1 });
      const file = join(folder, 'reserved');
      const first = invoke(reserved, { act: 'waitFor', file });
      expect(await runTask(reserved, {})).to.include({ error: 'Lambda.TooManyRequestsException' });
      writeFileSync(file, '');
      expect(await first).to.equal(file);
      expect(await invoke(reserved, { act: 'answer', value: 'free again' })).to.equal('free again');
    });

    it('an init that fails, by each invocation anew', async () => {
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

  it('takes an answer of exactly its limit, and undefined for null', async () => {
    const pool = given();
    expect(await invoke(pool, { act: 'large', bytes: 6_291_556 })).to.have.length(6_291_554);
    expect(await invoke(pool, { act: 'answer' })).to.equal(null);
  });

  it('finds a handler deep in what its module exports', async () => {
    writeFileSync(join(folder, 'deep.js'), 'exports.all = { first: async () => 1 };');
    expect(await invoke(given({ handler: 'deep.all.first' }, folder), {})).to.equal(1);
  });

  it('works in the folder of its bundle, and has no parent to talk to', async () => {
    expect(await invoke(given(), { act: 'surroundings' })).to.deep.equal({
      folder: FIXTURE,
      parent: 'undefined',
    });
  });

  it("gives the function the template's variables and Lambda's own, and none of this process's", async () => {
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
      AWS_LAMBDA_FUNCTION_NAME: 'Resize',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
      AWS_ACCESS_KEY_ID: 'ResizeRole',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
      AWS_REGION: 'us-east-1',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      LAMBDA_TASK_ROOT: FIXTURE,
      NODE_PATH: '/layer',
    });
    expect(environment).to.not.have.any.keys('SECRET_OF_THE_TERMINAL', 'HOME', 'NODE_OPTIONS');
  });

  it("bounds V8's old space by nine tenths of the memory", async () => {
    const limitMb = async (memorySizeMb: number) =>
      Number(await invoke(given({ memorySizeMb }), { act: 'heapLimitMb' }));
    expect((await limitMb(600)) - (await limitMb(400))).to.equal(180);
  });

  it('keeps what the function says, errors too, in its log', async () => {
    await invoke(given(), { act: 'say', text: 'for the log' });
    const log = readFileSync(join(FIXTURE, 'function.log'), 'utf8');
    expect(log).to.include('log for the log\n').and.include('error for the log\n');
  });

  it('tells the function its context', async () => {
    const context = await invoke(given(), { act: 'context' });
    expect(context).to.include({
      functionName: 'Resize',
      functionVersion: '$LATEST',
      invokedFunctionArn: FUNCTION_ARN,
      memoryLimitInMB: '256',
    });
    expect(context)
      .to.have.property('awsRequestId')
      .that.matches(/^[\w-]{36}$/);
    expect(context).to.have.property('remainingMs').that.is.within(0, 10_000);
  });

  it('uses a process again, and starts no more of them than cores and one for a caller', async () => {
    const pool = given();
    const first = await invoke(pool, { act: 'processId' });
    expect(await invoke(pool, { act: 'processId' })).to.equal(first);
    const many = Array.from({ length: 20 }, () => invoke(pool, { act: 'processId' }));
    expect(new Set(await Promise.all(many)).size).to.be.at.most(availableParallelism() + 1);
  });

  it('lets a single upload pass a bulk run that keeps every process busy', async () => {
    const pool = given();
    const file = join(folder, 'bulk');
    const bulk = Array.from({ length: 20 }, () =>
      invoke(pool, { act: 'waitFor', file }, { caller: 'BulkRole' }),
    );
    expect(await invoke(pool, { act: 'answer', value: 'made' })).to.equal('made');
    writeFileSync(file, '');
    expect(await Promise.all(bulk)).to.have.length(20);
  });

  it('lets a single upload compute before a bulk run, but two bulk runs alike', async () => {
    const pool = given();
    const file = join(folder, 'priority');
    const many = (caller: string, event: object) =>
      Array.from({ length: 20 }, () => invoke(pool, event, { caller }));
    const bulk = many('BulkRole', { act: 'nicenessAfter', file });
    const singleFile = join(folder, 'single');
    const single = invoke(pool, { act: 'nicenessAfter', file: singleFile });
    bulk.push(...many('BulkRole', { act: 'nicenessAfter', file }));
    writeFileSync(singleFile, '');
    expect(await single).to.equal(0);
    const uploads = many('UploadRole', { act: 'nicenessAfter', file });
    writeFileSync(file, '');
    const first = await Promise.all([bulk[0], uploads[0]]);
    expect(new Set(first)).to.have.length(1);
    expect(first[0]).to.be.above(0);
    await Promise.all([...bulk, ...uploads]);
  });

  it('answers for a process that this machine cannot start with Lambda.ServiceException, as for a fault of its own', async () => {
    const pool = given({}, join(folder, 'nowhere'));
    for (const _again of [1, 2]) {
      const { error, cause } = await runTask(pool, {});
      expect(error).to.equal('Lambda.ServiceException');
      expect(cause).to.contain('ENOENT');
    }
  });

  it('stops the clock of a Task that waits for a process, and forgets one whose execution has ended', async () => {
    const pool = given();
    const file = join(folder, 'clock');
    const running = Array.from({ length: availableParallelism() + 1 }, () =>
      invoke(pool, { act: 'waitFor', file }),
    );
    const told: string[] = [];
    const clock = { stop: () => told.push('stop'), start: () => told.push('start') };
    const waiting = invoke(pool, { act: 'answer', value: 'at last' }, { clock });
    const ended = new AbortController();
    const forgotten = invoke(pool, { act: 'exit', code: 1 }, { signal: ended.signal });
    ended.abort(new Error('ended'));
    expect(told).to.deep.equal(['stop']);
    writeFileSync(file, '');
    expect(await waiting).to.equal('at last');
    expect(told).to.deep.equal(['stop', 'start']);
    expect(await forgotten.catch(String)).to.equal('Error: ended');
    await Promise.all(running);
  });

  it('ends the processes of a retired pool when they have finished what they do', async () => {
    const pool = given();
    const idle = Number(await invoke(pool, { act: 'processId' }));
    const file = join(folder, 'retired');
    const running = invoke(pool, { act: 'waitFor', file });
    pool.retire();
    writeFileSync(file, '');
    expect(await running).to.equal(file);
    await untilGone(idle);
  });

  it('leaves no process behind when the runtime is killed, not even one that hangs', async () => {
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

/** Waits until there is no such process; a test that waits too long fails by its own limit. */
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
