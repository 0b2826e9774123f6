import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { expect } from 'chai';
import { type PipelineUnderTest, startPipeline } from '../support/pipeline.ts';

describe('npm test -- --stack NAME', function () {
  this.timeout(300_000);
  let pipeline: PipelineUnderTest;
  let cloudFormation: Server;
  beforeEach(async () => {
    pipeline = await startPipeline({ words: ['--parameter-overrides', 'ApiAuth=AWS_IAM'] });
    cloudFormation = createServer(async (request, response) => {
      const asked = new URLSearchParams(String(Buffer.concat(await request.toArray())));
      response.end(describeStacks(asked.get('StackName') ?? '', pipeline));
    }).listen(0, '127.0.0.1');
    await once(cloudFormation, 'listening');
  });
  afterEach(async () => {
    cloudFormation.close();
    await pipeline.stop();
  });

  /** Runs Mocha as npm test does. The local runtime and a stub of CloudFormation with its outputs replace AWS. */
  async function runMocha(...words: string[]): Promise<{ code: unknown; said: string }> {
    const address = cloudFormation.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const { STACK: _, ...env } = process.env;
    const child = spawn(
      process.execPath,
      ['node_modules/mocha/bin/mocha.js', '--stack', 'test-stack', ...words],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          ...env,
          AWS_ENDPOINT_URL_CLOUDFORMATION: `http://127.0.0.1:${port}`,
          AWS_ENDPOINT_URL_S3: pipeline.addresses.s3,
          AWS_ENDPOINT_URL_SFN: pipeline.addresses.states,
          AWS_REGION: 'us-east-1',
          AWS_ACCESS_KEY_ID: 'anybody',
          AWS_SECRET_ACCESS_KEY: 'anything',
        },
      },
    );
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
    const [code] = await once(child, 'close');
    return { code, said };
  }

  it('npm test -- --stack NAME runs the pipeline tests against the outputs of a stack with signed calls and leaves its buckets empty', async () => {
    const { code, said } = await runMocha();
    expect(code, said).to.equal(0);
    for (const title of ['An upload', 'POST /process-image', 'Removing an original'])
      expect(said).to.match(new RegExp(`^ {2}${title}$`, 'm'));
    for (const why of ['it kills processes', 'it changes the function', 'it needs a stack of its own'])
      expect(said).to.include(`(only here: ${why})`);
    expect(Number(/(\d+) passing/.exec(said)?.[1]), said).to.be.above(100);
    expect(await pipeline.outputs('')).to.deep.equal([]);
  });

  it('npm test -- --stack NAME refuses a stack whose buckets contain objects', async () => {
    await pipeline.upload('input/precious.jpg', 'precious');
    const { code, said } = await runMocha('tests/pipeline/removal.test.ts');
    expect(code).not.to.equal(0);
    expect(said).to.match(
      /Expected a stack for tests, with empty buckets, but .*originalimagesbucket has objects/,
    );
  });
});

/** CloudFormation's answer to DescribeStacks, in its Query protocol. */
function describeStacks(name: string, { addresses }: PipelineUnderTest): string {
  const outputs = {
    ProcessImageUrl: `${addresses.api}/process-image`,
    OriginalImagesBucketName: addresses.originalImagesBucket,
    ResizedImagesBucketName: addresses.resizedImagesBucket,
    ResizeImageStateMachineArn: addresses.resizeImageStateMachineArn,
  };
  const members = Object.entries(outputs)
    .map(
      ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
    )
    .join('');
  return `<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks><member>
    <StackName>${name}</StackName><StackStatus>CREATE_COMPLETE</StackStatus><CreationTime>2026-11-24T00:00:00Z</CreationTime>
    <Parameters><member><ParameterKey>ApiAuth</ParameterKey><ParameterValue>AWS_IAM</ParameterValue></member></Parameters>
    <Outputs>${members}</Outputs>
  </member></Stacks></DescribeStacksResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></DescribeStacksResponse>`;
}
