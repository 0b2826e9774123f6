// Each state of both state machines, alone, by TestState: here on the local pipeline, and with
// `npm run test:states -- --aws` on AWS, with the credentials and the region of the environment. Tasks are mocked, so that a
// test needs no role and calls nothing. The caller needs states:TestState.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { SFNClient, TestStateCommand, type TestStateInput, type TestStateOutput } from '@aws-sdk/client-sfn';
import { readTemplate, stateMachinesOf } from 'aws-on-one-machine';
import { expect } from 'chai';
import { type PipelineUnderTest, startPipeline } from '../support/pipeline.ts';
import { REAL_TEMPLATE } from '../support/template-file.ts';
import {
  ANY_TEXT,
  type Expected,
  QUEUE_URL,
  RESIZE_IMAGE,
  RESIZE_UPLOAD,
  type RetryRow,
  type Row,
  type Table,
} from './single-states.ts';

/** `--aws`, set by .mocharc.js. */
const { STATES_ON_AWS, SAM_PYTHON } = process.env;

/** A state as the definition has it. */
interface Written {
  readonly Type: string;
  readonly Default?: string;
  readonly Choices?: readonly { readonly Next: string }[];
  readonly Retry?: readonly { readonly ErrorEquals: readonly string[]; readonly MaxAttempts: number }[];
  readonly Catch?: readonly { readonly Next: string }[];
  readonly ItemProcessor?: Machine;
}
interface Machine {
  readonly States: Readonly<Record<string, Written>>;
}

const TABLES: Readonly<Record<string, Table>> = {
  ResizeImageStateMachine: RESIZE_IMAGE,
  ResizeUploadStateMachine: RESIZE_UPLOAD,
};
const DEFINITIONS = new Map(
  stateMachinesOf(
    readTemplate({ file: REAL_TEMPLATE, parameterOverrides: {}, queueUrl: () => QUEUE_URL }),
  ).map(({ name, definition }) => [name, JSON.stringify(definition)]),
);

function definitionOf(machine: string): string {
  const definition = DEFINITIONS.get(machine);
  if (definition === undefined) throw new Error(`Expected the state machine ${machine}, found none.`);
  return definition;
}

/** All states of a machine, those of item processors too, by name. */
function statesOf(machine: Machine): [string, Written][] {
  return Object.entries(machine.States).flatMap(([name, state]) => [
    [name, state],
    ...(state.ItemProcessor ? statesOf(state.ItemProcessor) : []),
  ]);
}

/** A random part of the wait is the wait on average only: without jitter, it is the whole. */
const withoutJitter = (definition: string): string => definition.replaceAll(',"JitterStrategy":"FULL"', '');

/** The model of `lambda:invoke` has Payload as bytes, so STRICT refuses the JSON that a Task's result has. */
function modeOf(result: unknown): 'STRICT' | 'NONE' {
  return typeof result === 'object' && result !== null && 'Payload' in result ? 'NONE' : 'STRICT';
}

/** The request of a test. */
function requestOf(
  definition: string,
  { state, input, context, configuration, error, result }: Omit<Row, 'shows' | 'expected'>,
): TestStateInput {
  return {
    definition,
    stateName: state,
    input: JSON.stringify(input),
    inspectionLevel: 'DEBUG',
    ...(context === undefined ? {} : { context: JSON.stringify(context) }),
    ...(configuration === undefined ? {} : { stateConfiguration: configuration }),
    ...(error === undefined ? {} : { mock: { errorOutput: error } }),
    ...(result === undefined
      ? {}
      : { mock: { result: JSON.stringify(result), fieldValidationMode: modeOf(result) } }),
  };
}

/** JSON texts as values; the entries of a list of items may be JSON texts themselves, as AWS's guide has it. */
function valueIn(data: unknown): unknown {
  if (typeof data !== 'string') return data;
  const value: unknown = JSON.parse(data);
  return Array.isArray(value)
    ? value.map((entry) => (typeof entry === 'string' ? parseIfJson(entry) : entry))
    : value;
}

function parseIfJson(text: string): unknown {
  return /^[[{]/.test(text) ? JSON.parse(text) : text;
}

/** A value with ANY_TEXT wherever the expected one has it and the value has a text. */
function blurred(value: unknown, expected: unknown): unknown {
  if (expected === ANY_TEXT) return typeof value === 'string' && value !== '' ? ANY_TEXT : value;
  if (typeof value !== 'object' || value === null || typeof expected !== 'object' || expected === null)
    return value;
  const wanted = new Map(Object.entries(expected));
  const entries = Object.entries(value).map(([key, inner]) => [key, blurred(inner, wanted.get(key))]);
  return Array.isArray(value) ? entries.map(([, inner]) => inner) : Object.fromEntries(entries);
}

function expectSame(actual: unknown, expected: unknown, what: string): void {
  expect(blurred(actual, expected), what).to.deep.equal(expected);
}

/** Compares an answer with a row. */
function expectAnswer(
  answer: TestStateOutput,
  { next, output, error, cause, catcher, data = {} }: Expected,
): void {
  const failure = catcher === undefined ? 'FAILED' : 'CAUGHT_ERROR';
  const { nextState, inspectionData } = answer;
  expect(
    { status: answer.status, nextState, error: answer.error, cause: answer.cause },
    JSON.stringify(answer),
  ).to.deep.equal({ status: error === undefined ? 'SUCCEEDED' : failure, nextState: next, error, cause });
  expect(inspectionData?.errorDetails?.catchIndex, 'catchIndex').to.equal(catcher);
  if (output !== undefined) expectSame(valueIn(answer.output), output, 'output');
  const shown = new Map(Object.entries(inspectionData ?? {}));
  for (const [step, expected] of Object.entries(data)) expectSame(valueIn(shown.get(step)), expected, step);
}

/** Calls TestState, and keeps every request and answer. */
class Tester {
  readonly exchanges: { readonly request: TestStateInput; readonly answer: TestStateOutput }[] = [];
  readonly #client: SFNClient;

  constructor(client: SFNClient) {
    this.#client = client;
  }

  async ask(request: TestStateInput): Promise<TestStateOutput> {
    const { $metadata: _, ...answer } = await this.#client.send(new TestStateCommand(request));
    this.exchanges.push({ request, answer });
    return answer;
  }
}

describe(`The states of this pipeline, one by one, ${STATES_ON_AWS ? 'on AWS' : 'on the local pipeline'}`, function () {
  // About 340 calls, which AWS may throttle.
  if (STATES_ON_AWS) this.timeout(600_000);
  let pipeline: PipelineUnderTest | undefined;
  let tester: Tester;
  before(async () => {
    if (STATES_ON_AWS) tester = new Tester(new SFNClient({ retryMode: 'adaptive', maxAttempts: 20 }));
    else {
      pipeline = await startPipeline();
      tester = new Tester(
        new SFNClient({
          endpoint: pipeline.addresses.states,
          disableHostPrefix: true,
          region: 'us-east-1',
          credentials: { accessKeyId: 'anybody', secretAccessKey: 'anything' },
        }),
      );
    }
  });
  after(() => pipeline?.stop());

  for (const [machine, { rows, retries }] of Object.entries(TABLES))
    describe(machine, () => {
      const definition = definitionOf(machine);

      for (const row of rows)
        it(`${row.state}: ${row.shows}`, async () => {
          expectAnswer(await tester.ask(requestOf(definition, row)), row.expected);
        });

      for (const row of retries)
        it(`${row.state}: ${titleOf(row)}`, async () => {
          await expectRetries(tester, definition, row);
        });
    });

  // In a suite of its own, because Mocha runs it after those above.
  describe('TestState', () => {
    it('every request and every answer is valid by the model of the API that botocore has', async function () {
      if (!SAM_PYTHON) {
        console.log('    Skipped: set SAM_PYTHON to a Python with botocore, as .ci/run does.');
        return this.skip();
      }
      const wrong = {
        request: { definition: '{}', mocks: {} },
        answer: { state: 'SUCCEEDED', status: 'DONE' },
      };
      const found = await validate(SAM_PYTHON, [...tester.exchanges, wrong]);
      // The last exchange, which is wrong, shows that the check finds mistakes.
      expect(found.splice(-1).join()).to.include('mocks').and.include('"state"').and.include('DONE');
      expect(found.filter((mistakes) => mistakes !== '')).to.deep.equal([]);
      expect(tester.exchanges).to.have.length.above(300);
    });
  });
});

describe('The table of the states of this pipeline', () => {
  for (const [machine, { rows, retries }] of Object.entries(TABLES)) {
    const states = statesOf(JSON.parse(definitionOf(machine)));
    const rowsOf = (name: string) => rows.filter(({ state }) => state === name);

    it(`each state of ${machine} has a row, and each row a state`, () => {
      const names = states.map(([name]) => name);
      expect([...new Set(rows.map(({ state }) => state))]).to.have.members(names);
      for (const { state } of retries) expect(names).to.include(state);
    });

    it(`each way out of a Choice of ${machine} has a row`, () => {
      for (const [name, { Type, Choices = [], Default }] of states) {
        if (Type !== 'Choice') continue;
        const ways = [...Choices.map(({ Next }) => Next), Default];
        expect(new Set(rowsOf(name).map(({ expected }) => expected.next)), name).to.deep.equal(new Set(ways));
      }
    });

    it(`each error of each Retry of ${machine} has a row with as many waits as there are attempts`, () => {
      for (const [name, { Retry = [] }] of states)
        for (const [index, { ErrorEquals, MaxAttempts }] of Retry.entries()) {
          const here = retries.filter(({ state, retrier }) => state === name && retrier === index);
          expect(
            here.flatMap(({ errors }) => errors),
            `${name}, retrier ${index}`,
          ).to.have.members(ErrorEquals);
          for (const { waits } of here) expect(waits, name).to.have.length(MaxAttempts);
        }
    });

    it(`each Catch of ${machine} has a row`, () => {
      for (const [name, { Catch = [] }] of states) {
        const caught = new Set([
          ...rowsOf(name).map(({ expected }) => expected.catcher),
          ...retries.map(({ state, afterwards }) =>
            state === name && afterwards !== 'FAILED' ? afterwards.catcher : undefined,
          ),
        ]);
        for (const index of Catch.keys()) expect(caught, name).to.include(index);
      }
    });
  }
});

function titleOf({ when, waits, afterwards }: RetryRow): string {
  const end = afterwards === 'FAILED' ? 'the execution fails' : `${afterwards.next} follows`;
  return `if ${when}, it is tried again after ${waits.join(', ')} s, then ${end}`;
}

/** Each error is retried at first and not after the last attempt; the first error shows every wait. */
async function expectRetries(tester: Tester, definition: string, row: RetryRow): Promise<void> {
  const { retrier, errors, waits, afterwards } = row;
  const exact = withoutJitter(definition);
  const ask = (text: string, error: string, retrierRetryCount: number) =>
    tester.ask(
      requestOf(text, { ...row, error: { error, cause: '{}' }, configuration: { retrierRetryCount } }),
    );
  for (const [place, error] of errors.entries()) {
    for (const [count, seconds] of waits.entries()) {
      if (count > 0 && place > 0) continue;
      const { status, inspectionData } = await ask(exact, error, count);
      expect({ status, ...inspectionData?.errorDetails }, `${error} after ${count} retries`).to.deep.equal({
        status: 'RETRIABLE',
        retryIndex: retrier,
        retryBackoffIntervalSeconds: seconds,
      });
    }
    const last = await ask(exact, error, waits.length);
    expectAnswer(last, {
      error,
      cause: '{}',
      ...(afterwards === 'FAILED' ? {} : afterwards),
    });
  }
  const [first = 0] = waits;
  const { status, inspectionData } = await ask(definition, errors[0] ?? '', 0);
  expect(status).to.equal('RETRIABLE');
  expect(inspectionData?.errorDetails?.retryBackoffIntervalSeconds, 'with jitter').to.be.within(0, first);
}

/** What botocore finds wrong with each exchange; an empty text if nothing. */
async function validate(python: string, exchanges: readonly unknown[]): Promise<string[]> {
  const child = spawn(python, ['tests/contract/single-states.py'], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify(exchanges));
  const [printed] = await Promise.all([child.stdout.toArray(), once(child, 'close')]);
  return JSON.parse(String(Buffer.concat(printed)));
}
