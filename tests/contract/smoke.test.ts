import { ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { expect } from 'chai';
import { RENDITIONS } from '../../functions/image-resize/renditions.ts';
import { type PipelineUnderTest, startPipeline } from '../support/pipeline.ts';
import { runScript } from '../support/run-script.ts';
import { type StubbedCloudFormation, serveStack } from '../support/stubbed-cloudformation.ts';

describe('npm run smoke -- --stack NAME', function () {
  this.timeout(300_000);
  let pipeline: PipelineUnderTest | undefined;
  let cloudFormation: StubbedCloudFormation | undefined;
  afterEach(async () => {
    cloudFormation?.stop();
    await pipeline?.stop();
    cloudFormation = undefined;
    pipeline = undefined;
  });

  /** Starts the local runtime, which a stub of CloudFormation shows as a stack. */
  async function startStack(parameters: Record<string, string>, ...words: string[]) {
    const overrides = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
    const started = await startPipeline({ words: ['--parameter-overrides', ...overrides, ...words] });
    pipeline = started;
    const stubbed = await serveStack(started, parameters);
    cloudFormation = stubbed;
    return {
      pipeline: started,
      smoke: (environment: Record<string, string> = {}) =>
        runScript('smoke', ['--stack', 'test-stack'], { ...stubbed.environment, ...environment }),
    };
  }

  /** Everything in both buckets, old versions and delete markers too. */
  async function leftInBuckets({ s3, addresses }: PipelineUnderTest): Promise<string[]> {
    const listed = await Promise.all(
      [addresses.originalImagesBucket, addresses.resizedImagesBucket].map((Bucket) =>
        s3.send(new ListObjectVersionsCommand({ Bucket })),
      ),
    );
    return listed.flatMap(({ Versions = [], DeleteMarkers = [] }) =>
      [...Versions, ...DeleteMarkers].map(({ Key = '' }) => Key),
    );
  }

  it('npm run smoke uploads, calls the API with a signature, is refused and removes, says what each cost, and leaves nothing', async () => {
    const { pipeline, smoke } = await startStack({ ApiAuth: 'AWS_IAM' });
    const started = Date.now();
    const { code, lines, printed } = await smoke();
    expect(Date.now() - started).to.be.below(60_000);
    const seconds = String.raw`\d+\.\d s`;
    const dollars = String.raw`\$0\.000\d{3}`;
    const expected = [
      'test-stack in us-east-1',
      '',
      `ok   upload       ${RENDITIONS.length} renditions after ${seconds}, ${dollars}\\.`,
      `ok   post         made again after ${seconds}, ${dollars}\\.`,
      `ok   refusal      UnsupportedImageError after ${seconds}, ${dollars}\\.`,
      `ok   removal      The outputs were gone after ${seconds}, ${dollars}\\.`,
      'ok   cleaning     Nothing of it is left\\.',
      '',
      `All is well after \\d+ s, for ${dollars} \\(docs/cost\\.md\\)\\.`,
    ];
    expect(lines.join('\n'), printed).to.match(new RegExp(`^${expected.join('\n')}$`));
    for (const line of lines) expect(line.length, line).to.be.at.most(80);
    expect(code).to.equal(0);
    expect(await leftInBuckets(pipeline)).to.deep.equal([]);
    expect(await pipeline.unprocessed()).to.deep.equal([]);
  });

  it('npm run smoke deletes also what the stack keeps, but nothing of others, and exits with 1 if a step fails', async () => {
    const { pipeline, smoke } = await startStack(
      { ApiAuth: 'API_KEY', RemoveWithOriginal: 'false' },
      '--api-key',
      'the-key',
    );
    await pipeline.upload('input/smoke.txt', 'of somebody else');
    const well = await smoke({ API_KEY: 'the-key' });
    expect(well.lines, well.printed).to.include(
      'ok   removal      RemoveWithOriginal is false: the outputs were kept.',
    );
    expect(well.code, well.printed).to.equal(0);
    const ill = await smoke({ API_KEY: 'another' });
    expect(ill.lines, ill.printed).to.include(
      'STOP post         Allow yourself execute-api:Invoke: the API answered 403.',
    );
    expect(ill.lines.at(-1)).to.match(/^Something is wrong after \d+ s: docs\/operate\.md\.$/);
    expect(ill.code).to.equal(1);
    const left = await leftInBuckets(pipeline);
    expect(left).to.include('input/smoke.txt');
    expect(left.filter((key) => key.includes('/smoke-'))).to.deep.equal([]);
  });

  it('npm run smoke does not begin without the name of a stack', async () => {
    const { code, printed } = await runScript('smoke', []);
    expect(printed).to.include('--stack: expected the name of a stack.');
    expect(code).to.equal(1);
  });
});
