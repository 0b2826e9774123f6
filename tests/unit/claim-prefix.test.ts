import { DescribeExecutionCommand, ExecutionDoesNotExist, SFNClient } from '@aws-sdk/client-sfn';
import { mockClient } from 'aws-sdk-client-mock';
import { expect } from 'chai';
import { claimPrefix } from '../../functions/image-resize/claim-prefix.ts';
import { createExecutions } from '../../functions/image-resize/executions.ts';
import type { ObjectStore } from '../../functions/image-resize/object-store.ts';
import { inMemoryPipeline } from '../support/in-memory-pipeline.ts';
import { mockS3 } from '../support/in-memory-s3.ts';

const FIRST = 'arn:aws:states:us-east-1:000000000000:execution:Machine:first';
const SECOND = 'arn:aws:states:us-east-1:000000000000:execution:Machine:second';

describe('A claim of a prefix', () => {
  const states = mockClient(SFNClient);
  let s3: ReturnType<typeof mockS3>;
  let resized: ObjectStore;
  beforeEach(() => {
    states.reset();
    s3 = mockS3();
    resized = inMemoryPipeline([]).resized;
  });
  afterEach(() => s3.client.restore());
  after(() => states.restore());

  const claim = (execution: string, prefix = 'input/') =>
    claimPrefix({ kind: 'claim', prefix, execution }, resized, createExecutions());
  const firstIs = (status: 'RUNNING' | 'SUCCEEDED' | 'ABORTED') =>
    states.on(DescribeExecutionCommand, { executionArn: FIRST }).resolves({ status });

  it('A claim of a prefix that no run has is granted, and asks Step Functions nothing', async () => {
    expect(await claim(FIRST)).to.deep.equal({});
    expect(states.calls()).to.have.length(0);
  });

  it('A claim of a prefix whose run still runs names that run', async () => {
    await claim(FIRST);
    firstIs('RUNNING');
    expect(await claim(SECOND)).to.deep.equal({ runningExecution: FIRST });
  });

  for (const status of ['SUCCEEDED', 'ABORTED'] as const)
    it(`A claim of a prefix whose run has ended as ${status} is granted`, async () => {
      await claim(FIRST);
      firstIs(status);
      expect(await claim(SECOND)).to.deep.equal({});
    });

  it('A claim of a prefix whose run Step Functions has forgotten is granted', async () => {
    await claim(FIRST);
    states
      .on(DescribeExecutionCommand)
      .rejects(new ExecutionDoesNotExist({ message: 'gone', $metadata: {} }));
    expect(await claim(SECOND)).to.deep.equal({});
  });

  it('A claim of a prefix is granted if its file is no claim', async () => {
    await claim(FIRST);
    for (const name of s3.objects.keys()) s3.objects.set(name, Buffer.from('no JSON'));
    expect(await claim(SECOND)).to.deep.equal({});
  });

  it('A claim that the state machine repeats is granted again', async () => {
    await claim(FIRST);
    firstIs('RUNNING');
    expect(await claim(FIRST)).to.deep.equal({});
  });

  it('A claim of another prefix is granted while the first run still runs', async () => {
    await claim(FIRST);
    firstIs('RUNNING');
    expect(await claim(SECOND, 'input/2026/')).to.deep.equal({});
  });

  it('Of claims at the same moment, exactly one is granted', async () => {
    firstIs('RUNNING');
    states.on(DescribeExecutionCommand, { executionArn: SECOND }).resolves({ status: 'RUNNING' });
    const claims = await Promise.all([claim(FIRST), claim(SECOND)]);
    expect(claims.filter(({ runningExecution }) => runningExecution === undefined)).to.have.length(1);
  });
});
