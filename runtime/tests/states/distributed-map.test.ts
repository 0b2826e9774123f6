import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { AccessDeniedError, type Authorize } from '../../iam/permissions.ts';
import { type CallService, TaskError } from '../../states/definition/resources.ts';
import { exceedsTolerance } from '../../states/map/distributed-map.ts';
import { given, MACHINE_ARN, only, outputOf, run, type Setup } from './machine.ts';

/** The two calls of S3 that a Map makes, over a Map of keys, with pages of 1,000. */
class FakeS3 {
  readonly written = new Map<string, string>();
  readonly callers = new Set<string>();
  keys: string[] = [];
  denied: 'GET' | 'PUT' | undefined;
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://s3');
      this.callers.add(/Credential=([^/]+)/.exec(request.headers.authorization ?? '')?.[1] ?? '');
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        if (request.method === this.denied) {
          response
            .writeHead(403, { 'content-type': 'application/xml' })
            .end('<Error><Code>AccessDenied</Code><Message>role may not</Message></Error>');
        } else if (request.method === 'PUT') {
          this.written.set(decodeURIComponent(url.pathname), body);
          response.writeHead(200).end();
        } else
          response.writeHead(200, { 'content-type': 'application/xml' }).end(this.#page(url.searchParams));
      });
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  reset(): void {
    this.written.clear();
    this.callers.clear();
    this.denied = undefined;
    this.keys = [];
  }

  json(suffix: string): unknown {
    const [, text = 'null'] = [...this.written].find(([path]) => path.endsWith(suffix)) ?? [];
    return JSON.parse(text);
  }

  #page(query: URLSearchParams): string {
    const matching = this.keys.filter((key) => key.startsWith(query.get('prefix') ?? ''));
    const from = Number(query.get('continuation-token') ?? 0);
    const more = from + 1_000 < matching.length;
    const contents = matching
      .slice(from, from + 1_000)
      .map(
        (key) =>
          `<Contents><Key>${key}</Key><ETag>&quot;e-${key}&quot;</ETag><Size>${key.length}</Size><LastModified>2026-01-01T00:00:00.000Z</LastModified><StorageClass>STANDARD</StorageClass></Contents>`,
      );
    return `<ListBucketResult><IsTruncated>${more}</IsTruncated>${more ? `<NextContinuationToken>${from + 1_000}</NextContinuationToken>` : ''}${contents.join('')}</ListBucketResult>`;
  }
}

const INVOKE = {
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Parameters: { FunctionName: 'F', 'Payload.$': '$' },
  OutputPath: '$.Payload',
  End: true,
};
const PROCESSOR = {
  ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'EXPRESS' },
  StartAt: 'Work',
  States: { Work: INVOKE },
};
const READER = {
  Resource: 'arn:aws:states:::s3:listObjectsV2',
  Parameters: { Bucket: 'originals', 'Prefix.$': '$.prefix' },
};
const WRITER = {
  Resource: 'arn:aws:states:::s3:putObject',
  Parameters: { Bucket: 'results', Prefix: 'runs/one' },
};

function distributed(fields: object, processor: object = PROCESSOR): object {
  return only({ Type: 'Map', Label: 'Each', ItemProcessor: processor, ...fields });
}

/** Counts what each child was given. */
function recording(answer: (payload: unknown) => unknown = () => 'ok'): {
  seen: unknown[];
  callService: CallService;
} {
  const seen: unknown[] = [];
  return {
    seen,
    callService: async ({ parameters }) => {
      const payload =
        parameters !== null && typeof parameters === 'object' && 'Payload' in parameters
          ? parameters.Payload
          : undefined;
      seen.push(payload);
      return { Payload: answer(payload) };
    },
  };
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

const failOn = (bad: (n: number) => boolean) =>
  recording((payload) => {
    if (typeof payload === 'number' && bad(payload)) throw new TaskError('Broken', `item ${payload}`);
    return payload;
  });

describe('Distributed Map (AWS: Using Map state in Distributed mode)', () => {
  const s3 = new FakeS3();
  let s3Endpoint = '';
  before(async () => {
    s3Endpoint = await s3.listen();
  });
  after(() => s3.close());
  beforeEach(() => s3.reset());

  describe('ItemReader s3:listObjectsV2 (AWS: ItemReader)', () => {
    it('reads beyond the first page of 1,000 keys, with the machine’s role, and gives each object as AWS spells it', async () => {
      s3.keys = numbers(2_300).map((n) => `input/${n}.jpg`);
      const { seen, callService } = recording();
      await outputOf(distributed({ ItemReader: READER }), { prefix: 'input/' }, { callService, s3Endpoint });
      expect(seen).to.have.length(2_300);
      expect(seen[0]).to.deep.equal({
        Etag: '"e-input/0.jpg"',
        Key: 'input/0.jpg',
        LastModified: 1767225600,
        Size: 11,
        StorageClass: 'STANDARD',
      });
      expect([...s3.callers]).to.deep.equal(['MachineRole']);
    });

    for (const config of [{ MaxItems: 1_001 }, { MaxItemsPath: '$.most' }]) {
      it(`takes ${Object.keys(config)[0]}`, async () => {
        s3.keys = numbers(1_500).map((n) => `input/${n}`);
        const { seen, callService } = recording();
        await outputOf(
          distributed({ ItemReader: { ...READER, ReaderConfig: config } }),
          { prefix: '', most: 1_001 },
          { callService, s3Endpoint },
        );
        expect(seen).to.have.length(1_001);
      });
    }

    it('fails with States.ItemReaderFailed where the role may not list, and a Catch can take it', async () => {
      s3.denied = 'GET';
      const result = await run(distributed({ ItemReader: READER }), { prefix: '' }, { s3Endpoint });
      expect(result).to.include({ status: 'FAILED', error: 'States.ItemReaderFailed' });
      expect(result.cause).to.include('AccessDenied: role may not');
    });

    it('tells where an item is from, with the default Transformation too (AWS: Context object)', async () => {
      s3.keys = ['input/a'];
      const { seen, callService } = recording();
      const map = distributed({
        ItemReader: { ...READER, ReaderConfig: { Transformation: 'NONE' } },
        ItemSelector: { 'key.$': '$$.Map.Item.Value.Key', 'from.$': '$$.Map.Item.Source' },
      });
      await outputOf(map, { prefix: '' }, { callService, s3Endpoint });
      expect(seen).to.deep.equal([{ key: 'input/a', from: `S3://${READER.Parameters.Bucket}` }]);
    });

    it('of an empty folder starts nothing and succeeds', async () => {
      const { seen, callService } = recording();
      expect(
        await outputOf(distributed({ ItemReader: READER }), { prefix: 'none/' }, { callService, s3Endpoint }),
      ).to.deep.equal([]);
      expect(seen).to.have.length(0);
    });
  });

  describe('ItemSelector and ItemBatcher (AWS: ItemSelector, ItemBatcher)', () => {
    it('batches selected items, with BatchInput beside them', async () => {
      const { seen, callService } = recording();
      const map = distributed({
        ItemsPath: '$.items',
        ItemSelector: { 'i.$': '$$.Map.Item.Index', 'v.$': '$$.Map.Item.Value' },
        ItemBatcher: { MaxItemsPerBatchPath: '$.size', BatchInput: { 'force.$': '$.force' } },
      });
      await outputOf(map, { items: ['a', 'b', 'c'], size: 2, force: true }, { callService });
      expect(seen).to.deep.equal([
        {
          BatchInput: { force: true },
          Items: [
            { i: 0, v: 'a' },
            { i: 1, v: 'b' },
          ],
        },
        { BatchInput: { force: true }, Items: [{ i: 2, v: 'c' }] },
      ]);
    });

    for (const bound of [{ MaxInputBytesPerBatch: 60 }, { MaxInputBytesPerBatchPath: '$.bytes' }]) {
      it(`cuts batches by ${Object.keys(bound)[0]}, each as full as it may be`, async () => {
        const { seen, callService } = recording();
        await outputOf(
          distributed({ ItemsPath: '$.items', ItemBatcher: bound }),
          { items: numbers(50).map((n) => `item ${n}`), bytes: 60 },
          { callService },
        );
        const sizes = seen.map((payload) => Buffer.byteLength(JSON.stringify(payload)));
        expect(Math.max(...sizes)).to.be.within(50, 60);
        // Ten items of 8 bytes by fives, forty of 9 by fours: a fifth would make 61.
        expect(seen.length).to.equal(12);
      });
    }

    it('fills batches up to 256 KiB where nothing says how many bytes they may have', async () => {
      const { seen, callService } = recording();
      const map = distributed({ ItemsPath: '$.items', ItemBatcher: { MaxItemsPerBatch: 1_000 } });
      const wide = distributed({
        ItemsPath: '$.items',
        ItemSelector: { 'n.$': '$$.Map.Item.Value', wide: 'x'.repeat(999) },
        ItemBatcher: { MaxItemsPerBatch: 1_000 },
      });
      await outputOf(map, { items: numbers(600) }, { callService });
      await outputOf(wide, { items: numbers(600) }, { callService });
      const sizes = seen.map((payload) => Buffer.byteLength(JSON.stringify(payload)));
      expect(sizes).to.have.length(1 + 3);
      expect(Math.max(...sizes)).to.be.within(261_000, 262_144);
    });

    it('fails with States.DataLimitExceeded before any child where an input cannot fit', async () => {
      const { seen, callService } = recording();
      const map = distributed({
        ItemsPath: '$.items',
        ItemSelector: { 'all.$': '$.items', 'more.$': '$.items' },
      });
      expect(await run(map, { items: ['x'.repeat(150_000)] }, { callService })).to.include({
        error: 'States.DataLimitExceeded',
      });
      expect(seen).to.have.length(0);
    });
  });

  describe('child executions (AWS: Distributed Map state)', () => {
    it('are executions of their own: names, inputs and context are theirs', async () => {
      const pass = {
        ...PROCESSOR,
        StartAt: 'Look',
        States: { Look: { Type: 'Pass', Parameters: { 'c.$': '$$' }, End: true } },
      };
      const output = await outputOf(distributed({ ItemsPath: '$' }, pass), ['a']);
      const { Execution, StateMachine } = JSON.parse(JSON.stringify(output))[0].c;
      expect(Execution.Id).to.match(
        /^arn:aws:states:us-east-1:000000000000:express:Machine\/Each:[0-9a-f-]{36}:[0-9a-f-]{36}$/,
      );
      expect(Execution.Input).to.equal('a');
      expect(StateMachine.Id).to.equal(`${MACHINE_ARN}/Each`);
    });

    it('run MaxConcurrency at once, by number or Path, and their outputs keep the items’ order', async () => {
      for (const fields of [{ MaxConcurrency: 3 }, { MaxConcurrencyPath: '$.n' }]) {
        let running = 0;
        let most = 0;
        const callService: CallService = async ({ parameters }) => {
          running += 1;
          most = Math.max(most, running);
          await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
          running -= 1;
          return parameters;
        };
        const output = await outputOf(
          distributed({ ItemsPath: '$.items', ...fields }),
          { items: numbers(20), n: 3 },
          { callService },
        );
        expect(output).to.deep.equal(numbers(20));
        expect(most).to.equal(3);
      }
    });

    it('need the machine’s role to hold states:StartExecution on the machine', async () => {
      const asked: unknown[] = [];
      const authorize: Authorize = (principal, action, resource) => {
        if (principal === 'administrator') return;
        asked.push([principal, action, resource]);
        throw new AccessDeniedError(`MachineRole may not ${action} on ${resource}`);
      };
      const { seen, callService } = recording();
      const result = await run(distributed({ ItemsPath: '$' }), [1], { authorize, callService });
      expect(result).to.include({ status: 'FAILED', error: 'States.Permissions' });
      expect(result.cause)
        .to.include('AccessDenied')
        .and.to.include(`MachineRole may not states:StartExecution on ${MACHINE_ARN}`);
      expect(asked).to.deep.equal([[{ role: 'MachineRole' }, 'states:StartExecution', MACHINE_ARN]]);
      expect(seen).to.have.length(0);
    });
  });

  describe('tolerated failures (AWS: Setting failure thresholds for Distributed Map states)', () => {
    it('are none by default; a count, a percentage, or whichever is passed first', () => {
      expect(exceedsTolerance(1, 100, { count: undefined, percentage: undefined })).to.equal(true);
      expect(exceedsTolerance(5, 100, { count: 5, percentage: undefined })).to.equal(false);
      expect(exceedsTolerance(6, 100, { count: 5, percentage: 50 })).to.equal(true);
      expect(exceedsTolerance(2, 30, { count: undefined, percentage: 6.7 })).to.equal(false);
      expect(exceedsTolerance(2, 30, { count: undefined, percentage: 6.6 })).to.equal(true);
      expect(exceedsTolerance(100, 100, { count: undefined, percentage: 100 })).to.equal(false);
    });

    for (const fields of [
      { ToleratedFailureCount: 2 },
      { ToleratedFailureCountPath: '$.count' },
      { ToleratedFailurePercentage: 20 },
      { ToleratedFailurePercentagePath: '$.percentage' },
    ]) {
      it(`${Object.keys(fields)[0]}: 2 of 10 may fail, 3 may not`, async () => {
        const map = distributed({ ItemsPath: '$.items', ...fields });
        const input = { items: numbers(10), count: 2, percentage: 20 };
        expect(await run(map, input, { callService: failOn((n) => n < 2).callService })).to.include({
          status: 'SUCCEEDED',
        });
        expect(await run(map, input, { callService: failOn((n) => n < 3).callService })).to.include({
          error: 'States.ExceedToleratedFailureThreshold',
          cause: 'The specified tolerated failure threshold was exceeded',
        });
      });
    }

    it('a failed child counts for every item of its batch', async () => {
      const callService: CallService = async () => {
        throw new TaskError('Broken', 'batch');
      };
      const map = (count: number): object =>
        distributed({ ItemsPath: '$', ItemBatcher: { MaxItemsPerBatch: 3 }, ToleratedFailureCount: count });
      expect(await run(map(2), numbers(3), { callService })).to.include({
        error: 'States.ExceedToleratedFailureThreshold',
      });
      expect(await run(map(3), numbers(3), { callService })).to.include({ status: 'SUCCEEDED' });
    });

    it('once exceeded no further child starts, and Retry and Catch see the state’s error', async () => {
      const { seen, callService } = failOn((n) => n === 1);
      const states = {
        Each: {
          Type: 'Map',
          MaxConcurrency: 1,
          ItemsPath: '$',
          ItemProcessor: PROCESSOR,
          Catch: [{ ErrorEquals: ['States.ExceedToleratedFailureThreshold'], Next: 'Caught' }],
          End: true,
        },
        Caught: { Type: 'Succeed' },
      };
      expect(await run({ StartAt: 'Each', States: states }, numbers(10), { callService })).to.include({
        status: 'SUCCEEDED',
      });
      expect(seen).to.deep.equal([0, 1]);
    });
  });

  describe('ResultWriter (AWS: ResultWriter)', () => {
    it('writes a manifest and one file a status, and the state’s output says where', async () => {
      const { callService } = failOn((n) => n === 1);
      const output = await outputOf(
        distributed({
          ItemsPath: '$',
          ToleratedFailurePercentage: 50,
          ResultWriter: WRITER,
          ResultPath: '$',
        }),
        numbers(3),
        { callService, s3Endpoint },
      );
      const { MapRunArn, ResultWriterDetails } = JSON.parse(JSON.stringify(output));
      const [, id] =
        /^arn:aws:states:us-east-1:000000000000:mapRun:Machine\/Each:([0-9a-f-]{36})$/.exec(MapRunArn) ?? [];
      expect(ResultWriterDetails).to.deep.equal({ Bucket: 'results', Key: `runs/one/${id}/manifest.json` });
      const size = (name: string): number =>
        Buffer.byteLength(s3.written.get(`/results/runs/one/${id}/${name}`) ?? '');
      expect(s3.json('/manifest.json')).to.deep.equal({
        DestinationBucket: 'results',
        MapRunArn,
        ResultFiles: {
          FAILED: [{ Key: `runs/one/${id}/FAILED_0.json`, Size: size('FAILED_0.json') }],
          PENDING: [],
          SUCCEEDED: [{ Key: `runs/one/${id}/SUCCEEDED_0.json`, Size: size('SUCCEEDED_0.json') }],
        },
      });
      const [first] = JSON.parse(JSON.stringify(s3.json('/SUCCEEDED_0.json')));
      expect(first).to.include({
        Input: '0',
        Output: '0',
        Status: 'SUCCEEDED',
        RedriveCount: 0,
        StateMachineArn: `${MACHINE_ARN}/Each`,
      });
      expect(first).to.have.all.keys(
        'ExecutionArn',
        'Input',
        'InputDetails',
        'Name',
        'Output',
        'OutputDetails',
        'RedriveCount',
        'RedriveStatus',
        'RedriveStatusReason',
        'StartDate',
        'StateMachineArn',
        'Status',
        'StopDate',
      );
      const [failed] = JSON.parse(JSON.stringify(s3.json('/FAILED_0.json')));
      expect(failed).to.include({ Error: 'Broken', Cause: 'item 1', Input: '1', Status: 'FAILED' });
    });

    it('tells of what never started, in PENDING_0.json, when the run fails', async () => {
      const { callService } = failOn((n) => n === 0);
      const result = await run(
        distributed({ ItemsPath: '$', MaxConcurrency: 1, ResultWriter: WRITER }),
        [0, 1, 2],
        { callService, s3Endpoint },
      );
      expect(result).to.include({ error: 'States.ExceedToleratedFailureThreshold' });
      expect(s3.json('/PENDING_0.json')).to.deep.equal(
        ['1', '2'].map((Input) => ({ Input, InputDetails: { Included: true }, Status: 'PENDING' })),
      );
    });

    for (const [how, fields] of [
      ['is stopped', {}],
      ['runs out of time', { TimeoutSeconds: 1 }],
    ] as const)
      it(`tells of every child when the execution ${how}: ended, aborted, never started`, async () => {
        const machine = distributed({ ItemsPath: '$', MaxConcurrency: 2, ResultWriter: WRITER });
        const states = given(
          { ...machine, ...fields },
          {
            s3Endpoint,
            callService: ({ parameters }) =>
              JSON.stringify(parameters).includes('"Payload":0')
                ? Promise.resolve({ Payload: 0 })
                : new Promise(() => {}),
          },
        );
        const ended = states.run(MACHINE_ARN, numbers(5), 'administrator', 'stopped');
        const executionArn = `${MACHINE_ARN.replace('stateMachine', 'execution')}:stopped`;
        if (how === 'is stopped') {
          await new Promise((resolve) => setTimeout(resolve, 300));
          await states.handle('AWSStepFunctions.StopExecution', { executionArn }, 'administrator');
        }
        expect((await ended).status).to.equal(how === 'is stopped' ? 'ABORTED' : 'TIMED_OUT');
        const told = (status: string): unknown =>
          JSON.parse(JSON.stringify(s3.json(`/${status}_0.json`))).map(
            ({ Input, Status }: { Input: string; Status: string }) => `${Input} ${Status}`,
          );
        expect(told('SUCCEEDED')).to.deep.equal(['0 SUCCEEDED']);
        expect(told('FAILED')).to.have.members(['1 ABORTED', '2 ABORTED']);
        expect(told('PENDING')).to.deep.equal(['3 PENDING', '4 PENDING']);
      });

    it('that may not write fails with States.ResultWriterFailed before any child runs', async () => {
      s3.denied = 'PUT';
      const { seen, callService } = recording();
      const result = await run(distributed({ ItemsPath: '$', ResultWriter: WRITER }), [1], {
        callService,
        s3Endpoint,
      });
      expect(result).to.include({ error: 'States.ResultWriterFailed' });
      expect(result.cause).to.include('AccessDenied');
      expect(seen).to.have.length(0);
    });

    it('writes thousands of results whole', async () => {
      const { callService } = recording((payload) => payload);
      await outputOf(distributed({ ItemsPath: '$', ResultWriter: WRITER }), numbers(3_000), {
        callService,
        s3Endpoint,
      });
      const results = JSON.parse(JSON.stringify(s3.json('/SUCCEEDED_0.json')));
      expect(new Set(results.map(({ Output }: { Output: string }) => Output)).size).to.equal(3_000);
    });

    it('without one, the outputs themselves may not exceed 256 KiB', async () => {
      const { callService } = recording(() => 'x'.repeat(1_000));
      expect(await run(distributed({ ItemsPath: '$' }), numbers(300), { callService })).to.include({
        error: 'States.DataLimitExceeded',
      });
    });
  });

  describe('DescribeMapRun (AWS: DescribeMapRun)', () => {
    const describing = {
      StartAt: 'Each',
      States: {
        Each: {
          Type: 'Map',
          ItemsPath: '$',
          ItemBatcher: { MaxItemsPerBatch: 2 },
          ToleratedFailurePercentage: 100,
          ItemProcessor: PROCESSOR,
          ResultWriter: WRITER,
          Next: 'Count',
        },
        Count: {
          Type: 'Task',
          Resource: 'arn:aws:states:::aws-sdk:sfn:describeMapRun',
          Parameters: { 'MapRunArn.$': '$.MapRunArn' },
          End: true,
        },
      },
    };
    const setup = (): Setup => ({
      s3Endpoint,
      callService: recording((payload) => {
        if (JSON.stringify(payload).includes('[0,1]')) throw new TaskError('Broken', '');
        return 1;
      }).callService,
    });

    it('as a Task counts items and executions, in the SDK integration’s capitals', async () => {
      const output = await outputOf(describing, numbers(5), setup());
      expect(output).to.deep.include({
        Status: 'SUCCEEDED',
        MaxConcurrency: 0,
        ToleratedFailurePercentage: 100,
        ToleratedFailureCount: 0,
      });
      expect(output).to.have.nested.include({
        'ItemCounts.Total': 5,
        'ItemCounts.Failed': 2,
        'ItemCounts.Succeeded': 3,
        'ItemCounts.Pending': 0,
        'ItemCounts.ResultsWritten': 5,
      });
      expect(output).to.have.nested.include({
        'ExecutionCounts.Total': 3,
        'ExecutionCounts.Failed': 1,
        'ExecutionCounts.Succeeded': 2,
        'ExecutionCounts.TimedOut': 0,
      });
      expect(output).to.have.property('StopDate').that.matches(/Z$/);
    });

    it('as a Task needs states:DescribeMapRun on the Map Run', async () => {
      const authorize: Authorize = (_principal, action, resource) => {
        if (action === 'states:DescribeMapRun') throw new AccessDeniedError(`no ${action} on ${resource}`);
      };
      const result = await run(describing, numbers(2), { ...setup(), authorize });
      expect(result).to.include({ status: 'FAILED', error: 'Sfn.SfnException' });
      expect(result.cause).to.match(
        /no states:DescribeMapRun on arn:aws:states:us-east-1:000000000000:mapRun:Machine\/Each:/,
      );
    });

    it('as a call, and ListMapRuns, tell the same in lower case and seconds', async () => {
      const states = given(describing, setup());
      const { executionArn } = await states.run(MACHINE_ARN, numbers(5), 'administrator');
      const list = await states.handle('AWSStepFunctions.ListMapRuns', { executionArn }, 'administrator');
      const { mapRuns } = JSON.parse(JSON.stringify(list.body));
      expect(mapRuns).to.have.length(1);
      expect(mapRuns[0]).to.include({ executionArn, stateMachineArn: `${MACHINE_ARN}/Each` });
      const { body } = await states.handle(
        'AWSStepFunctions.DescribeMapRun',
        { mapRunArn: mapRuns[0].mapRunArn },
        'administrator',
      );
      expect(body).to.deep.include({ executionArn, status: 'SUCCEEDED', redriveCount: 0 });
      expect(body).to.have.nested.include({ 'itemCounts.total': 5, 'itemCounts.failed': 2 });
    });
  });
});
