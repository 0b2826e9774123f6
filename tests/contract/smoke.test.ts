import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { expect } from 'chai';
import packageFile from '../../package.json' with { type: 'json' };
import { type PipelineUnderTest, startPipeline } from '../support/pipeline.ts';
import { serveStack } from '../support/stubbed-cloudformation.ts';

describe('npm run smoke -- --stack NAME', function () {
  this.timeout(300_000);
  let pipeline: PipelineUnderTest;
  afterEach(() => pipeline.stop());

  /** Runs the command against the local runtime, which a stub of CloudFormation shows as a stack. */
  async function runSmoke(
    parameters: Record<string, string>,
    { words = ['--stack', 'test-stack'], environment = {} }: { words?: string[]; environment?: object } = {},
  ) {
    const cloudFormation = await serveStack(pipeline, parameters);
    const [, ...script] = packageFile.scripts.smoke.split(' ');
    const child = spawn(process.execPath, [...script, ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, ...cloudFormation.environment, ...environment },
    });
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += chunk));
    const [code] = await once(child, 'close');
    cloudFormation.stop();
    const lines = printed.trimEnd().split('\n');
    for (const line of lines) expect(line.length, line).to.be.at.most(90);
    return { code, lines, printed };
  }

  /** Everything in both buckets, old versions and delete markers too. */
  async function leftInBuckets(): Promise<string[]> {
    const buckets = [pipeline.addresses.originalImagesBucket, pipeline.addresses.resizedImagesBucket];
    const listed = await Promise.all(
      buckets.map((Bucket) => pipeline.s3.send(new ListObjectVersionsCommand({ Bucket }))),
    );
    return listed.flatMap(({ Versions = [], DeleteMarkers = [] }) =>
      [...Versions, ...DeleteMarkers].map(({ Key = '' }) => Key),
    );
  }

  it('npm run smoke uploads, calls the API with a signature, is refused and removes, says what each cost, and leaves nothing', async () => {
    pipeline = await startPipeline({ words: ['--parameter-overrides', 'ApiAuth=AWS_IAM'] });
    const started = Date.now();
    const { code, lines, printed } = await runSmoke({ ApiAuth: 'AWS_IAM' });
    expect(Date.now() - started).to.be.below(60_000);
    const seconds = String.raw`\d+\.\d s`;
    const dollars = String.raw`\$0\.000\d{3}`;
    for (const [index, expected] of [
      'test-stack in us-east-1',
      '',
      `ok   upload       5 renditions after ${seconds}, ${dollars}\\.`,
      `ok   post         made again after ${seconds}, ${dollars}\\.`,
      `ok   refusal      UnsupportedImageError after ${seconds}, ${dollars}\\.`,
      `ok   removal      The outputs were gone after ${seconds}, ${dollars}\\.`,
      'ok   cleaning     Nothing of it is left\\.',
      '',
      `All is well after \\d+ s, for ${dollars} \\(docs/cost\\.md\\)\\.`,
    ].entries())
      expect(lines[index], printed).to.match(new RegExp(`^${expected}$`));
    expect(code).to.equal(0);
    expect(await leftInBuckets()).to.deep.equal([]);
    expect(await pipeline.unprocessed()).to.deep.equal([]);
  });

  it('npm run smoke leaves the objects of others alone, and deletes outputs itself that the stack keeps', async () => {
    pipeline = await startPipeline({
      words: ['--parameter-overrides', 'ApiAuth=API_KEY', 'RemoveWithOriginal=false', '--api-key', 'the-key'],
    });
    await pipeline.upload('input/smoke.txt', 'of somebody else');
    const { code, lines, printed } = await runSmoke(
      { ApiAuth: 'API_KEY', RemoveWithOriginal: 'false' },
      { environment: { API_KEY: 'the-key' } },
    );
    expect(lines, printed).to.include(
      'ok   removal      RemoveWithOriginal is false: the outputs were kept.',
    );
    expect(code, printed).to.equal(0);
    const left = await leftInBuckets();
    expect(left).to.include('input/smoke.txt');
    expect(left.filter((key) => key.includes('/smoke-'))).to.deep.equal([]);
  });

  it('npm run smoke says what is wrong, exits with 1 and still leaves nothing', async () => {
    pipeline = await startPipeline({
      words: ['--parameter-overrides', 'ApiAuth=API_KEY', '--api-key', 'the-key'],
    });
    const { code, lines, printed } = await runSmoke(
      { ApiAuth: 'API_KEY' },
      { environment: { API_KEY: 'another' } },
    );
    expect(lines, printed).to.include(
      'STOP post         Allow yourself execute-api:Invoke: the API answered 403.',
    );
    expect(lines.at(-1)).to.match(/^Something is wrong after \d+ s: docs\/operate\.md\.$/);
    expect(code).to.equal(1);
    expect(await leftInBuckets()).to.deep.equal([]);
  });

  it('npm run smoke refuses to begin without the name of a stack', async () => {
    pipeline = await startPipeline();
    const { code, printed } = await runSmoke({}, { words: [] });
    expect(printed).to.include('--stack: expected the name of a stack.');
    expect(code).to.equal(1);
  });
});
