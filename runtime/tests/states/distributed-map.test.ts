import { expect } from 'chai';
import { AccessDeniedError, type Authorize } from '../../iam/index.ts';
import { type CallService, TaskError } from '../../states/index.ts';
import { exceedsTolerance } from '../../states/map/settings.ts';
import { distributed, failOn, numbers, PROCESSOR, recording, WRITER } from './distributed.ts';
import { useFakeS3 } from './fake-s3.ts';
import { given, MACHINE_ARN, outputOf, run, type Setup } from './machine.ts';

describe('Distributed Map (AWS: Using Map state in Distributed mode)', () => {
  const { endpoint } = useFakeS3();

  describe('child executions (AWS: Distributed Map state)', () => {
    it('a child execution has its own name, input and context', async () => {
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

    it('MaxConcurrency child executions run at once, by number or Path, and the outputs keep the order of the items', async () => {
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

    it('child executions start only if the role of the state machine has states:StartExecution on it', async () => {
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
    it('no failure is tolerated by default, and with a count and a percentage the lower limit counts', () => {
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
      it(`with ${Object.keys(fields)[0]}, a run in which 2 of 10 items fail succeeds, and one in which 3 fail does not`, async () => {
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

    it('a failed child execution counts once for every item of its batch', async () => {
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

    it('no further child execution starts once too many have failed, and Catch gets the error of the state', async () => {
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
          End: true,
        },
      },
    };
    const setup = (): Setup => ({
      s3Endpoint: endpoint(),
      callService: recording((payload) => {
        if (JSON.stringify(payload).includes('[0,1]')) throw new TaskError('Broken', '');
        return 1;
      }).callService,
    });

    it('the API operations DescribeMapRun and ListMapRuns count items and executions', async () => {
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
      expect(body).to.deep.include({
        executionArn,
        status: 'SUCCEEDED',
        maxConcurrency: 0,
        toleratedFailurePercentage: 100,
        toleratedFailureCount: 0,
        redriveCount: 0,
      });
      expect(body).to.have.nested.include({
        'itemCounts.total': 5,
        'itemCounts.failed': 2,
        'itemCounts.succeeded': 3,
        'itemCounts.pending': 0,
        'itemCounts.resultsWritten': 5,
      });
      expect(body).to.have.nested.include({
        'executionCounts.total': 3,
        'executionCounts.failed': 1,
        'executionCounts.succeeded': 2,
        'executionCounts.timedOut': 0,
      });
    });
  });
});
