import { expect } from 'chai';
import { freePort, runWebhook, subscribeWebhook, type Webhook } from '../support/announcements.ts';
import { paintUpright } from '../support/images.ts';
import { type PipelineUnderTest, startPipeline, until } from '../support/pipeline.ts';
import { startRuntime } from '../support/runtime-process.ts';
import { describeLocally } from '../support/target.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ANNOUNCE = ['--parameter-overrides', 'Announce=true'];
const picture = await paintUpright(64, 48).jpeg().toBuffer();

const manifestOf = (key: string): string => `${key.replace(/^input\//, 'output/')}/manifest.json`;

describeLocally('With Announce=true', 'it needs a stack of its own', () => {
  let pipeline: PipelineUnderTest;
  let webhook: Webhook;
  before(async () => {
    pipeline = await startPipeline({ words: ANNOUNCE });
    // The receiver of docs/announcements.md, which reads the manifest and prints status and key.
    webhook = await runWebhook(pipeline);
    await subscribeWebhook(webhook, pipeline);
    await pipeline.uploadAndWait('input/warm up.jpg', picture);
  });
  after(async () => {
    await webhook?.close();
    await pipeline?.stop();
  });

  /** Kills every process of the function as soon as an image's manifest has been written or deleted. */
  async function killOnceWritten(key: string, before: string | undefined): Promise<void> {
    const processes = await until(async () => {
      const running = pipeline.functionProcesses();
      return running.length > 0 && running;
    }, 'a process of the function');
    const isWritten = async () => (await pipeline.resizedEtag(manifestOf(key))) !== before;
    await until(isWritten, `a change of the manifest of ${key}`, undefined, 0);
    // Listing the processes takes longer than what the function still has to do.
    for (const process of processes) pipeline.kill(process);
    for (const process of pipeline.functionProcesses()) pipeline.kill(process);
  }

  /** Does something, and waits for an announcement that leads to this status of the image. */
  async function announces(
    key: string,
    status: string,
    act: () => Promise<unknown>,
    isKilled: boolean,
  ): Promise<void> {
    const before = await pipeline.resizedEtag(manifestOf(key));
    const seen = webhook.lines.length;
    const killed = isKilled ? killOnceWritten(key, before) : undefined;
    await act();
    await killed;
    const isAnnounced = async () => webhook.lines.slice(seen).includes(`${status} ${key}`);
    await until(isAnnounced, () => `${status} ${key} among ${webhook.lines.slice(seen).join(', ')}`);
  }

  const upload = (key: string, isKilled: boolean) =>
    announces(key, 'RESIZED', () => pipeline.upload(key, picture), isKilled);

  for (const isKilled of [false, true]) {
    const kill = isKilled ? ', also if the function is killed right after it has written the manifest' : '';
    const folder = isKilled ? 'input/killed' : 'input';

    it(`An upload is announced as RESIZED${kill}`, () => upload(`${folder}/cat (1) + é.jpg`, isKilled));

    it(`A rejected upload is announced as REJECTED${kill}`, () => {
      const key = `${folder}/note.txt`;
      return announces(key, 'REJECTED', () => pipeline.upload(key, 'This is no image.'), isKilled);
    });

    it(`A bulk run with force announces an image that was up to date${kill}`, async () => {
      const key = `${folder}/forced/cat.jpg`;
      await upload(key, false);
      const force = () => pipeline.process({ prefix: `${folder}/forced/`, force: true });
      await announces(key, 'RESIZED', force, isKilled);
    });

    it(`An event that is sent again announces the image that it makes${kill}`, async () => {
      const key = `${folder}/redriven.jpg`;
      await upload(key, false);
      const etag = (await pipeline.manifest(key))?.source.etag;
      await announces(key, 'REMOVED', () => pipeline.loseManifest(key), false);
      const bucket = { name: pipeline.addresses.originalImagesBucket };
      const event = { 'detail-type': 'Object Created', detail: { bucket, object: { key, etag } } };
      await announces(key, 'RESIZED', () => pipeline.redrive(event), isKilled);
    });

    it(`The removal of an original is announced as REMOVED${kill}`, async () => {
      const key = `${folder}/gone.jpg`;
      await upload(key, false);
      await announces(key, 'REMOVED', () => pipeline.remove(key), isKilled);
    });
  }

  it('Nothing but manifests is announced: no rendition, no result of a bulk run, and no image that is up to date', async () => {
    const key = 'input/quiet/cat.jpg';
    await upload(key, false);
    const seen = webhook.lines.length;
    await pipeline.process({ prefix: 'input/quiet/' });
    await upload('input/later.jpg', false);
    const others = webhook.lines.slice(seen).filter((line) => line !== 'RESIZED input/later.jpg');
    expect(others).to.deep.equal([]);
  });
});

describeLocally('With Announce=true, when the runtime is killed', 'it kills the runtime', () => {
  it('An image whose manifest was just written when everything was killed is announced after the next start', async () => {
    const data = temporaryFolder('announcements');
    // The same port for both lives, so that the receiver finds S3 in the second one too.
    const words = [...ANNOUNCE, '--s3-port', String(await freePort())];
    const first = await startRuntime(data, { words });
    const before = await runWebhook(first.pipeline);
    await subscribeWebhook(before, first.pipeline);
    await before.close();
    await first.pipeline.upload('input/cat.jpg', picture);
    const isWritten = () => first.pipeline.resizedEtag(manifestOf('input/cat.jpg'));
    await until(isWritten, 'the manifest', undefined, 0);
    await first.killGroup();

    const after = await runWebhook(first.pipeline, Number(new URL(before.url).port));
    const second = await startRuntime(data, { words });
    await until(async () => after.statusesOf('input/cat.jpg').includes('RESIZED'), 'the announcement');
    await after.close();
    await second.killGroup();
  });
});
