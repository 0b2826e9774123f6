import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'chai';
import { type PipelineUnderTest, startPipeline } from '../support/pipeline.ts';
import { type StubbedCloudFormation, serveStack } from '../support/stubbed-cloudformation.ts';

/** What it runs, and what it prints: everything in CI, which also looks for faults, and two files otherwise. */
const { files, titles, reasons, tests } = process.env.FAULTS
  ? {
      files: [],
      titles: ['An upload', 'POST /process-image', 'Removing an original'],
      reasons: ['it kills the runtime', 'it changes the function', 'it needs a stack of its own'],
      tests: 100,
    }
  : {
      files: ['tests/pipeline/removal.test.ts', 'tests/pipeline/focal-point.test.ts'],
      titles: ['Removing an original'],
      reasons: ['it changes the function', 'it needs a stack of its own'],
      tests: 0,
    };

describe('npm test -- --stack NAME', function () {
  this.timeout(300_000);
  let pipeline: PipelineUnderTest;
  let cloudFormation: StubbedCloudFormation;
  beforeEach(async () => {
    pipeline = await startPipeline({ words: ['--parameter-overrides', 'ApiAuth=AWS_IAM'] });
    cloudFormation = await serveStack(pipeline, { ApiAuth: 'AWS_IAM' });
  });
  afterEach(async () => {
    cloudFormation.stop();
    await pipeline.stop();
  });

  /** Runs Mocha as npm test does. The local runtime and a stub of CloudFormation with its outputs replace AWS. */
  async function runMocha(...words: string[]): Promise<{ code: unknown; said: string }> {
    const { STACK: _, ...env } = process.env;
    const child = spawn(
      process.execPath,
      ['node_modules/mocha/bin/mocha.js', '--stack', 'test-stack', ...words],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...env, ...cloudFormation.environment },
      },
    );
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
    const [code] = await once(child, 'close');
    return { code, said };
  }

  it('npm test -- --stack NAME runs the pipeline tests against the outputs of a stack with signed calls and leaves its buckets empty', async () => {
    const { code, said } = await runMocha(...files);
    expect(code, said).to.equal(0);
    for (const title of titles) expect(said).to.match(new RegExp(`^ {2}${title}$`, 'm'));
    for (const why of reasons) expect(said).to.include(`(only here: ${why})`);
    expect(Number(/(\d+) passing/.exec(said)?.[1]), said).to.be.above(tests);
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
