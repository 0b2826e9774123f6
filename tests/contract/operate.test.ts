import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { paintUpright } from '../support/images.ts';
import { type PipelineUnderTest, startPipeline, until } from '../support/pipeline.ts';

/** A Python interpreter in the same folder as the AWS CLI; `.ci/run` installs both. */
const { SAM_PYTHON = '' } = process.env;
const PAGE = readFileSync('docs/operate.md', 'utf8');

/** PyPI has only version 1 of the AWS CLI, which ignores AWS_ENDPOINT_URL for SQS and calls a legacy endpoint. */
const AS_VERSION_2 =
  'aws() { if [ "$1" = sqs ]; then command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; else command aws "$@"; fi; }';

describe('docs/operate.md', () => {
  let pipeline: PipelineUnderTest;

  before(async function () {
    if (!existsSync(join(dirname(SAM_PYTHON), 'aws'))) {
      console.log('    Skipped: set SAM_PYTHON to a Python with awscli, as .ci/run does.');
      return this.skip();
    }
    pipeline = await startPipeline();
  });
  after(() => pipeline?.stop());

  /** The first block of shell commands in a section of the page. */
  function commandsOf(title: string): string {
    const section = PAGE.split(/^## /m).find((text) => text.startsWith(`${title}\n`));
    const commands = /```sh\n(.*?)```/s.exec(section ?? '')?.[1];
    if (!commands) throw new Error(`Expected commands under "${title}" but there are none.`);
    return commands;
  }

  /** Runs commands with the page's variables for `npm start`, at the ports of this test's pipeline. */
  function run(commands: string): string {
    const variables = /work with these:\n\n```sh\n(.*?)```/s.exec(PAGE)?.[1] ?? '';
    const { states, s3 } = pipeline.addresses;
    const script = `set -e\n${AS_VERSION_2}\n${variables}\n${commands}`
      // In one pass, because the port that replaces 3000 may begin with 4566.
      .replaceAll(/http:\/\/127\.0\.0\.1:(3000|4566)\b/g, (_url, port) => (port === '3000' ? states : s3));
    const { status, stdout, stderr } = spawnSync('bash', ['-c', script], {
      encoding: 'utf8',
      env: { PATH: `${dirname(SAM_PYTHON)}:${process.env.PATH}`, AWS_PAGER: '', HOME: '/nowhere' },
    });
    expect(status, stderr).to.equal(0);
    return stdout;
  }

  it('docs/operate.md has a command that prints the manifest of an image with its execution', async () => {
    await pipeline.uploadAndWait('input/cat.jpg', await paintUpright(64, 48).jpeg().toBuffer());
    const manifest = JSON.parse(run(commandsOf('Find what happened to an image')));
    expect(manifest).to.deep.equal(await pipeline.manifest('input/cat.jpg'));
    expect(manifest.execution).to.be.a('string');
  });

  it('docs/operate.md has commands that process every message on the queue again and leave the queue empty', async () => {
    const keys = ['input/cat.jpg', 'input/d\'or "été" \\ (1).jpg'];
    for (const key of keys) {
      await pipeline.uploadAndWait(key, await paintUpright(64, 48).jpeg().toBuffer());
      await pipeline.loseManifest(key);
      const message = JSON.parse(readFileSync('events/unprocessed-upload.json', 'utf8'));
      message.detail.bucket.name = pipeline.addresses.originalImagesBucket;
      message.detail.object.key = key;
      await pipeline.leaveUnprocessed(message);
    }
    run(commandsOf('Send again what lies on the queue'));
    for (const key of keys) await until(() => pipeline.manifest(key), `the manifest of ${key}`);
    expect(await pipeline.takeUnprocessed()).to.deep.equal([]);
  });

  it('docs/operate.md has commands that run a backfill, print its status and list its results', async () => {
    const commands = commandsOf('Backfill');
    const ends =
      'until [ "$(aws stepfunctions describe-execution --execution-arn "$run" --output text --query status)" != RUNNING ]; do sleep 1; done';
    const [start = '', rest = ''] = commands.split(/(?<=executionArn\)\n)/);
    const said = run(`${start}${ends}\n${rest}`);
    expect(said).to.match(/mapRun:ResizeImageStateMachine/);
    expect(said).to.match(/^SUCCEEDED$/m);
    expect(said).to.match(/runs\/.*\/manifest\.json$/m);
  });
});
