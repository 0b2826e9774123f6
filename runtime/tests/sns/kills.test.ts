import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { expect } from 'chai';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { clientsOf, start } from './running.ts';
import { BUCKET, writeDrafts } from './template.ts';

const START = fileURLToPath(new URL('../../start.ts', import.meta.url));

/** Starts the runtime in a process of its own, writes objects, and kills it after that many acknowledgements. */
async function writeUntilKilled(template: string, data: string, acknowledged: Set<string>, writes: number) {
  const flags = ['--template', template, '--data', data, '--port', '0', '--s3-port', '0'];
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', START, ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(child, 'exit');
  const [line] = await once(createInterface(child.stdout), 'line');
  const { s3 } = clientsOf({ s3Url: String(line).split(/ +/)[1] ?? '', statesUrl: 'http://127.0.0.1' });
  const until = acknowledged.size + writes;
  let next = acknowledged.size * 10;
  const writer = async () => {
    for (;;) {
      const Key = `drafts/${next++}.md`;
      await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: Key }));
      acknowledged.add(Key);
      if (acknowledged.size === until) child.kill('SIGKILL');
    }
  };
  await Promise.allSettled(Array.from({ length: 8 }, writer));
  await gone;
  s3.destroy();
}

describe('SNS: a kill -9', () => {
  it('while objects are written, every object that is stored is told to the queue at least once, and nothing else', async () => {
    const template = writeDrafts();
    const data = temporaryFolder('sns-kill');
    const acknowledged = new Set<string>();
    for (const writes of [3, 40]) await writeUntilKilled(template, data, acknowledged, writes);

    const running = await start(template, data);
    const { s3 } = clientsOf(running.runtime);
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
    const stored = Contents.map(({ Key }) => Key);
    expect(stored).to.include.members([...acknowledged]);
    const told = new Set<string>();
    while (told.size < stored.length)
      for (const body of await running.take('Inbox', 1))
        told.add(JSON.parse(JSON.parse(body).Message).Records[0].s3.object.key);
    expect([...told]).to.have.members(stored);
    s3.destroy();
    await running.stop();
  });
});
