import { expect } from 'chai';
import { distributed, failOn, numbers, recording, WRITER } from './distributed.ts';
import { useFakeS3 } from './fake-s3.ts';
import { given, MACHINE_ARN, outputOf, run } from './machine.ts';

describe('Distributed Map: its results (AWS: Using Map state in Distributed mode)', () => {
  const { s3, endpoint } = useFakeS3();

  describe('ResultWriter (AWS: ResultWriter)', () => {
    it('the writer writes a manifest and one file for each status, and the output of the state names them', async () => {
      const { callService } = failOn((n) => n === 1);
      const output = await outputOf(
        distributed({
          ItemsPath: '$',
          ToleratedFailurePercentage: 50,
          ResultWriter: WRITER,
          ResultPath: '$',
        }),
        numbers(3),
        { callService, s3Endpoint: endpoint() },
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

    it('PENDING_0.json lists the items that never started when the run fails', async () => {
      const { callService } = failOn((n) => n === 0);
      const result = await run(
        distributed({ ItemsPath: '$', MaxConcurrency: 1, ResultWriter: WRITER }),
        [0, 1, 2],
        { callService, s3Endpoint: endpoint() },
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
      it(`the files list every child execution, ended, aborted or never started, when the execution ${how}`, async () => {
        const machine = distributed({ ItemsPath: '$', MaxConcurrency: 2, ResultWriter: WRITER });
        const states = given(
          { ...machine, ...fields },
          {
            s3Endpoint: endpoint(),
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
        const listed = (status: string): unknown =>
          JSON.parse(JSON.stringify(s3.json(`/${status}_0.json`))).map(
            ({ Input, Status }: { Input: string; Status: string }) => `${Input} ${Status}`,
          );
        expect(listed('SUCCEEDED')).to.deep.equal(['0 SUCCEEDED']);
        expect(listed('FAILED')).to.have.members(['1 ABORTED', '2 ABORTED']);
        expect(listed('PENDING')).to.deep.equal(['3 PENDING', '4 PENDING']);
      });

    it('the Map fails with States.ResultWriterFailed before any child execution starts if the role may not write', async () => {
      s3.denied = 'PUT';
      const { seen, callService } = recording();
      const result = await run(distributed({ ItemsPath: '$', ResultWriter: WRITER }), [1], {
        callService,
        s3Endpoint: endpoint(),
      });
      expect(result).to.include({ error: 'States.ResultWriterFailed' });
      expect(result.cause).to.include('AccessDenied');
      expect(seen).to.have.length(0);
    });

    it('the writer writes thousands of results completely', async () => {
      const { callService } = recording((payload) => payload);
      await outputOf(distributed({ ItemsPath: '$', ResultWriter: WRITER }), numbers(3_000), {
        callService,
        s3Endpoint: endpoint(),
      });
      const results = JSON.parse(JSON.stringify(s3.json('/SUCCEEDED_0.json')));
      expect(new Set(results.map(({ Output }: { Output: string }) => Output)).size).to.equal(3_000);
    });

    it('without a ResultWriter, outputs of more than 256 KiB fail the Map with States.DataLimitExceeded', async () => {
      const { callService } = recording(() => 'x'.repeat(1_000));
      expect(await run(distributed({ ItemsPath: '$' }), numbers(300), { callService })).to.include({
        error: 'States.DataLimitExceeded',
      });
    });
  });
});
