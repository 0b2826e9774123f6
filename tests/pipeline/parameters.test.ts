import { expect } from 'chai';
import { paintUpright } from '../support/images.ts';
import { type PipelineUnderTest, startPipeline } from '../support/pipeline.ts';
import { describeLocally } from '../support/target.ts';

/** Every parameter but ApiAuth, with a value that is not its default. */
const PARAMETERS = [
  'AlarmEmail=operators@example.com',
  'AlarmInvocationsPerHour=13',
  'AcceptHeic=false',
  'ApiAccessLogs=true',
  'ApiBurst=9',
  'ApiRequestsPerDay=11',
  'ApiRequestsPerSecond=7',
  'Architecture=x86_64',
  'CorsOrigin=https://www.example.com',
  'DeploymentId=2026-11-28',
  'ExistingOriginalImagesBucket=originals-of-mine',
  'ExistingResizedImagesBucket=renditions-of-mine',
  'GradualDeployment=Canary10Percent5Minutes',
  'ImagesPerBatch=1',
  'KmsKeyArn=arn:aws:kms:us-east-1:000000000000:key/1234abcd',
  'LogRetentionDays=1',
  'MaxConcurrency=1',
  'MemorySize=2048',
  'RemoveWithOriginal=false',
  'ReservedConcurrency=5',
  'SetApiGatewayLogRole=true',
  'StateMachineLogData=true',
  'StateMachineLogLevel=ALL',
  'ToleratedFailurePercentage=0.0',
  'Tracing=true',
];

describeLocally(
  'With existing buckets, a KMS key, traces and every other parameter changed',
  'it needs a stack of its own',
  () => {
    let pipeline: PipelineUnderTest;
    before(async () => {
      pipeline = await startPipeline({ words: ['--parameter-overrides', ...PARAMETERS] });
    });
    after(() => pipeline.stop());

    it('An upload to ExistingOriginalImagesBucket is resized into ExistingResizedImagesBucket', async () => {
      expect(pipeline.addresses).to.include({
        originalImagesBucket: 'originals-of-mine',
        resizedImagesBucket: 'renditions-of-mine',
      });
      const manifest = await pipeline.uploadAndWait(
        'input/cat.png',
        await paintUpright(400, 300).png().toBuffer(),
      );
      expect(manifest).to.deep.include({ status: 'RESIZED' });
    });

    it('A bulk run with force resizes the images of existing buckets again', async () => {
      const execution = await pipeline.process({ force: true });
      expect(execution.status, execution.cause).to.equal('SUCCEEDED');
      expect(pipeline.runCounts(execution)).to.include({ resized: 1 });
    });
  },
);
