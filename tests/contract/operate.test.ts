import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { hasAwsCli, runCommands } from '../support/aws-cli.ts';
import { paintUpright } from '../support/images.ts';
import { type PipelineUnderTest, startPipeline, until } from '../support/pipeline.ts';

const PAGE = readFileSync('docs/operate.md', 'utf8');

describe('docs/operate.md', () => {
  let pipeline: PipelineUnderTest;

  before(async function () {
    if (!hasAwsCli()) return this.skip();
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
    return runCommands(`${variables}\n${commands}`, pipeline.addresses);
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
