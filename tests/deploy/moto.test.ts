import { DatabaseSync } from 'node:sqlite';
import {
  createStates,
  loadMachines,
  readTemplate,
  type StateMachineResource,
  stateMachinesOf,
  type TaskCall,
  TaskError,
} from 'aws-on-one-machine';
import { expect } from 'chai';
import { REAL_TEMPLATE } from '../support/template-file.ts';
import { type Ending, FunctionFailure, MotoServer, type StubFunction } from './moto.ts';

/** The Python interpreter of `.ci/run`'s virtual environment, which also has moto_server. */
const { SAM_PYTHON } = process.env;

const ORIGINALS = 'local-originalimagesbucket';
const KEYS = ['input/', 'input/cat.jpg', 'input/text.jpg', 'input/2026/dog.jpg', 'input/2026/owl.jpg'];
const POISON_KEY = 'input/poison/poison.jpg';

type Machine = 'ResizeImageStateMachine' | 'ResizeUploadStateMachine';

interface Engine {
  run(machine: Machine, input: unknown): Promise<Ending>;
  /** Receives and deletes the messages on UnprocessedUploadsQueue. */
  takeMessages(): Promise<unknown[]>;
}

/** The part of the function's payload that the state machines determine. */
interface Invocation {
  readonly state: unknown;
  readonly retryCount: unknown;
  readonly force: unknown;
  readonly followsFailure: unknown;
  readonly keys: readonly string[];
}

describe('On moto and on the local runtime alike,', () => {
  let moto: MotoServer;
  let engines: Readonly<Record<'moto' | 'local', Engine>>;
  const invocations: Invocation[] = [];
  /** The name of the execution that each invocation received. */
  const executions: unknown[] = [];
  const resizedKeys: string[] = [];

  before(async function () {
    if (!SAM_PYTHON) {
      console.log('    Skipped: set SAM_PYTHON to a Python with moto[server], as .ci/run does.');
      return this.skip();
    }
    moto = await MotoServer.start(SAM_PYTHON, resize);
    await moto.createBucket(ORIGINALS, [...KEYS, POISON_KEY]);
    await moto.createBucket('local-resizedimagesbucket', []);
    const queueUrl = await moto.createQueue('UnprocessedUploadsQueue');
    const template = readTemplate({
      file: REAL_TEMPLATE,
      parameterOverrides: {},
      queueUrl: () => queueUrl,
    });
    const machines = stateMachinesOf(template);
    engines = {
      moto: await createMotoEngine(moto, machines, queueUrl),
      local: createLocalEngine(moto.url, resize, machines),
    };
  });
  after(() => moto?.stop());

  /** Replaces the function: words in an image's key decide its result. */
  function resize(payload: unknown): unknown {
    if (at(payload, 'claim')) return {};
    const invocation = readInvocation(payload);
    // moto's result files are empty, so the stub counts what it has resized itself.
    if (at(payload, 'results'))
      return { images: { resized: resizedKeys.splice(0).length }, isTolerated: true };
    invocations.push(invocation);
    const event = at(payload, 'failed') ?? payload;
    executions.push(at(event, 'execution') ?? at(at(event, 'BatchInput'), 'execution'));
    const { keys } = invocation;
    const fails = (word: string) => keys.some((key) => key.includes(word));
    if (at(payload, 'failed'))
      return { status: 'REJECTED', error: { name: 'FunctionEndedError', message: 'It ended.' } };
    if (fails('exits')) throw new FunctionFailure('Runtime.ExitError', 'The process exited.');
    if (fails('poison')) throw new FunctionFailure('StorageUnavailableError', 'S3 is away.');
    if (fails('throttled')) throw new FunctionFailure('StorageThrottledError', 'S3 asked to slow down.');
    if (fails('forbidden')) throw new FunctionFailure('AccessDenied', 'The role may not.');
    if (at(payload, 'Items')) {
      resizedKeys.push(...keys);
      return { resized: keys.length, unchanged: 0, rejected: [], notBegun: [], isOutOfTime: false };
    }
    if (fails('text'))
      return { status: 'REJECTED', error: { name: 'UnsupportedImageError', message: 'No image.' } };
    return { status: 'RESIZED' };
  }

  /** Runs an input on both engines and compares moto's run with the local one. */
  async function runOnBoth(machine: Machine, input: unknown) {
    const runOn = async (engine: Engine) => {
      const ending = await engine.run(machine, input);
      const [execution, ...others] = new Set(executions.splice(0));
      expect(execution, 'one name for all that an execution does').to.match(/^[\w-]+$/);
      expect(others).to.deep.equal([]);
      return { ending, messages: await engine.takeMessages(), invocations: invocations.splice(0) };
    };
    const local = await runOn(engines.local);
    const { ending, messages, invocations: made } = await runOn(engines.moto);
    expect(comparable(ending)).to.deep.equal(comparable(local.ending));
    expect(messages).to.deep.equal(local.messages);
    return { ending, messages, made, madeLocally: local.invocations };
  }

  const upload = (key: string) => ({
    'detail-type': 'Object Created',
    detail: { bucket: { name: ORIGINALS }, object: { key, etag: 'e1' } },
  });

  for (const [machine, state, request] of [
    ['ResizeImageStateMachine', 'ResizeImage', (key: string) => ({ key })],
    ['ResizeUploadStateMachine', 'ResizeImage', upload],
  ] as const)
    describe(machine, () => {
      it(`On moto and locally, ${machine} ends as SUCCEEDED in ImageResized for an image that was resized`, async () => {
        const { ending, messages, made, madeLocally } = await runOnBoth(machine, request('input/cat.jpg'));
        expect(ending).to.deep.equal({ status: 'SUCCEEDED', output: { status: 'RESIZED' } });
        expect(messages).to.deep.equal([]);
        const first = { state, retryCount: 0, force: undefined, followsFailure: undefined };
        expect(made).to.deep.equal([{ ...first, keys: ['input/cat.jpg'] }]);
        expect(made).to.deep.equal(madeLocally);
      });

      it(`On moto and locally, ${machine} ends as FAILED in ImageRejected, under the error's own name, for an image that was rejected`, async () => {
        const { ending, messages } = await runOnBoth(machine, request('input/text.jpg'));
        expect(ending).to.deep.equal({
          status: 'FAILED',
          error: 'UnsupportedImageError',
          cause: 'No image.',
        });
        expect(messages).to.deep.equal([]);
      });

      it(`On moto and locally, ${machine} ends as FAILED under the function's own error name, without a retry, for a permanent failure`, async () => {
        const { ending, made } = await runOnBoth(machine, request('input/forbidden.jpg'));
        expect(ending).to.deep.equal({
          status: 'FAILED',
          error: 'AccessDenied',
          cause: '{"errorType":"AccessDenied","errorMessage":"The role may not."}',
        });
        expect(made).to.have.length(1);
      });
    });

  it('On moto and locally, an upload that keeps failing is tried twice, sent to the queue as its event with followsFailure, and ends as FAILED', async () => {
    const event = upload('input/throttled.jpg');
    const { ending, messages, made, madeLocally } = await runOnBoth('ResizeUploadStateMachine', event);
    expect(ending).to.include({ status: 'FAILED', error: 'StorageThrottledError' });
    expect(messages).to.deep.equal([{ ...event, followsFailure: true }]);
    expect(made.map(({ retryCount }) => retryCount)).to.deep.equal([0, 1]);
    expect(made).to.deep.equal(madeLocally);
  });

  it('On moto and locally, a bulk run passes every object under the prefix to the function once and counts the objects', async () => {
    const { ending, made, madeLocally } = await runOnBoth('ResizeImageStateMachine', {
      prefix: 'input/2026/',
      force: true,
    });
    expect(at(ending.output, 'images')).to.deep.equal({ resized: 2 });
    expect(keysOf(made)).to.deep.equal(['input/2026/dog.jpg', 'input/2026/owl.jpg']);
    expect(keysOf(made)).to.deep.equal(keysOf(madeLocally));
    for (const { force } of made) expect(force).to.equal(true);
  });

  for (const [machine, request] of [
    ['ResizeImageStateMachine', (key: string) => ({ key })],
    ['ResizeUploadStateMachine', upload],
  ] as const)
    it(`On moto and locally, ${machine} has the failure recorded of an image that ends the function at each attempt`, async () => {
      const { ending, messages, made } = await runOnBoth(machine, request('input/exits.jpg'));
      expect(ending).to.include({ status: 'FAILED', error: 'FunctionEndedError' });
      expect(messages).to.deep.equal([]);
      expect(new Set(keysOf(made))).to.deep.equal(new Set(['input/exits.jpg']));
    });

  it('On moto and locally, a bulk run sends an image that kills the process to the queue and succeeds', async () => {
    const { ending, messages, made } = await runOnBoth('ResizeImageStateMachine', {});
    expect(at(ending.output, 'images')).to.deep.equal({ resized: 5 });
    expect(messages).to.have.length(1);
    const object = at(at(messages[0], 'detail'), 'object');
    expect(object).to.deep.include({ key: POISON_KEY, size: POISON_KEY.length });
    const alone = made.filter(({ followsFailure }) => followsFailure === true);
    expect(alone.map(({ keys }) => keys)).to.deep.equal([[POISON_KEY], [POISON_KEY]]);
    const inBatches = made.filter(({ followsFailure }) => followsFailure === undefined);
    expect(keysOf(inBatches)).to.deep.equal([...KEYS, POISON_KEY].sort());
  });
});

/** moto's engine, with the definitions that moto accepts; the queue and the buckets are moto's too. */
async function createMotoEngine(
  moto: MotoServer,
  machines: readonly StateMachineResource[],
  queueUrl: string,
): Promise<Engine> {
  const arns = new Map<string, string>();
  for (const { name, type, definition } of machines)
    arns.set(name, await moto.createStateMachine(name, type, withoutWhatMotoLacks(name, definition)));
  return {
    run: (machine, input) => moto.run(arns.get(machine) ?? '', input),
    takeMessages: () => moto.takeMessages(queueUrl),
  };
}

/** The local runtime's engine, with the unchanged definitions, the stub function and moto's buckets. */
function createLocalEngine(
  s3Endpoint: string,
  resize: StubFunction,
  machines: readonly StateMachineResource[],
): Engine {
  const messages: unknown[] = [];
  const callService = async ({ resource, parameters }: TaskCall) => {
    if (resource.endsWith(':sqs:sendMessage')) {
      // SQS carries a message as text.
      messages.push(JSON.parse(JSON.stringify(at(parameters, 'MessageBody'))));
      return { MessageId: 'm' };
    }
    try {
      return { StatusCode: 200, Payload: resize(at(parameters, 'Payload')) };
    } catch (error) {
      if (!(error instanceof FunctionFailure)) throw error;
      throw new TaskError(error.errorType, JSON.stringify(error.payload));
    }
  };
  const states = createStates({
    database: new DatabaseSync(':memory:'),
    machines: loadMachines(machines),
    authorize: () => {},
    callService,
    s3Endpoint: () => s3Endpoint,
    scaleWait: () => 0,
  });
  return {
    run: async (machine, input) => {
      const arn = machines.find(({ name }) => name === machine)?.arn ?? '';
      const { status, error, cause, output } = await states.run(arn, input, 'administrator');
      return {
        status,
        ...(error !== undefined && { error }),
        ...(cause !== undefined && { cause }),
        ...(output !== undefined && { output: JSON.parse(output) }),
      };
    },
    takeMessages: async () => messages.splice(0),
  };
}

/**
 * Features that moto's executor lacks, by the member of a definition that is changed for them. Each member must exist:
 * a feature that moto gained, or that a file no longer uses, must be deleted here. Three more differences are not tested:
 * moto writes empty result files, fails for a prefix without objects, and ignores the tolerated failure percentage.
 */
const LACKING: Readonly<Record<string, Readonly<Record<string, (value: object) => unknown>>>> = {
  ResizeUploadStateMachine: {},
  ResizeImageStateMachine: {
    // moto's parser has no ItemBatcher: an ItemSelector makes batches of one. Its reader returns ETag where AWS has Etag.
    ResizeEveryImage: (map) => ({
      // moto's parser takes a percentage with decimals only.
      ...without(without(map, 'ItemBatcher'), 'ToleratedFailurePercentage'),
      ItemSelector: {
        Items: [
          {
            'Key.$': '$$.Map.Item.Value.Key',
            'Etag.$': '$$.Map.Item.Value.ETag',
            'Size.$': '$$.Map.Item.Value.Size',
          },
        ],
        BatchInput: at(at(map, 'ItemBatcher'), 'BatchInput'),
      },
    }),
    // moto's parser has no ExecutionType EXPRESS.
    ProcessorConfig: (config) =>
      at(config, 'ExecutionType') === 'EXPRESS' ? without(config, 'ExecutionType') : config,
  },
};

function withoutWhatMotoLacks(name: string, definition: unknown): unknown {
  const changes = new Map(Object.entries(LACKING[name] ?? {}));
  const unused = new Set(changes.keys());
  const changed: unknown = JSON.parse(JSON.stringify(definition), (member, value: unknown) => {
    const change = changes.get(member);
    if (!change || typeof value !== 'object' || value === null) return value;
    unused.delete(member);
    return change(value);
  });
  expect([...unused], `members of ${name} that moto lacks`).to.deep.equal([]);
  return changed;
}

function without(from: object, member: string): object {
  expect(from).to.have.property(member);
  return Object.fromEntries(Object.entries(from).filter(([name]) => name !== member));
}

function readInvocation(payload: unknown): Invocation {
  const items = at(payload, 'Items');
  const event = at(payload, 'failed') ?? payload;
  const key = at(event, 'key') ?? at(at(at(event, 'detail'), 'object'), 'key');
  const keys = Array.isArray(items) ? items.map((item: unknown) => at(item, 'Key')) : [key];
  return {
    state: at(payload, 'Name'),
    retryCount: at(payload, 'RetryCount'),
    followsFailure: at(payload, 'followsFailure'),
    force: at(payload, 'force') ?? at(at(payload, 'BatchInput'), 'force'),
    keys: keys.map(String),
  };
}

function keysOf(invocations: readonly Invocation[]): string[] {
  return invocations.flatMap(({ keys }) => keys).sort();
}

/** The part of an ending that both engines must agree on: a bulk run's output also contains names of its own map run and files. */
function comparable(ending: Ending): unknown {
  const images = at(ending.output, 'images');
  return images ? { status: ending.status, images } : ending;
}

function at(value: unknown, member: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.getOwnPropertyDescriptor(value, member)?.value
    : undefined;
}
