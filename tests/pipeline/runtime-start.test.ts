import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { paintUpright } from '../support/images.ts';
import { type Runtime, startRuntime } from '../support/runtime-process.ts';

describe('Runtimes on one machine', () => {
  const folders: string[] = [];
  const runtimes: Runtime[] = [];

  async function start(data: string, words: readonly string[] = []): Promise<Runtime> {
    const runtime = await startRuntime(data, { words });
    runtimes.push(runtime);
    return runtime;
  }

  function newFolder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'runtime-start-'));
    folders.push(folder);
    return folder;
  }

  /** What a start that must not succeed says. */
  const refusal = (data: string, words: readonly string[] = []): Promise<string> =>
    start(data, words).then(
      () => 'It started.',
      (error: unknown) => String(error),
    );

  afterEach(async () => {
    for (const runtime of runtimes.splice(0)) await runtime.killGroup();
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  it('live side by side, two on two data folders, each with its own images', async () => {
    const [one, other] = await Promise.all([start(newFolder()), start(newFolder())]);
    const picture = await paintUpright(64, 48).png().toBuffer();
    const made = await Promise.all(
      [one, other].map(({ pipeline }, index) => pipeline.uploadAndWait(`input/${index}.png`, picture)),
    );
    expect(made.map(({ source }) => source.key)).to.deep.equal(['input/0.png', 'input/1.png']);
    expect(await one?.pipeline.manifest('input/1.png')).to.equal(undefined);
    expect(await other?.pipeline.manifest('input/0.png')).to.equal(undefined);
  });

  it('are one too many with one data folder: the second says so, and the first goes on', async () => {
    const data = newFolder();
    const { pipeline } = await start(data);
    expect(await refusal(data)).to.contain(
      `The data folder ${data} is in use by another runtime. Stop that one, or choose another folder with --data.`,
    );
    const picture = await paintUpright(64, 48).png().toBuffer();
    expect(await pipeline.uploadAndWait('input/cat.png', picture)).to.have.property('status', 'RESIZED');
  });

  for (const [flag, address] of [
    ['--port', 'states'],
    ['--s3-port', 's3'],
  ] as const)
    it(`are one too many with one ${flag}: the second says what to do`, async () => {
      const { pipeline } = await start(newFolder());
      const { port } = new URL(pipeline.addresses[address]);
      expect(await refusal(newFolder(), [flag, port])).to.contain(
        `Port ${port} is in use. Choose another with --port or --s3-port; 0 picks a free one.`,
      );
    });

  it('answer what they do not serve by saying what they do', async () => {
    const { addresses } = (await start(newFolder())).pipeline;
    const ask = async (path: string, target: string, body: string) => {
      const headers = { 'x-amz-target': target };
      const answer = await fetch(`${addresses.states}${path}`, { method: 'POST', headers, body });
      return { status: answer.status, body: await answer.text() };
    };
    const asked: readonly [string, string, string, number, RegExp][] = [
      ['/', 'AWSStepFunctions.StartExecution', '{bad', 400, /SerializationException/],
      ['/', 'AmazonSQS.SendMessage', '{bad', 400, /SerializationException/],
      ['/', 'AWSStepFunctions.RedriveExecution', '{}', 400, /RedriveExecution is not supported/],
      ['/', '', 'Action=GetCallerIdentity', 400, /without X-Amz-Target is not supported/],
      ['/prod/process-image/%E2%82', '', '{}', 403, /^\{"message":"Missing Authentication Token"\}$/],
      ['/2015-03-31/functions/F/invocations', '', '{}', 404, /invocations is not served here, only the API/],
    ];
    for (const [path, target, body, status, told] of asked) {
      const answer = await ask(path, target, body);
      expect(answer.status, answer.body).to.equal(status);
      expect(answer.body).to.match(told);
    }
  });

  it('can be reached from this machine alone', async () => {
    const { pipeline } = await start(newFolder());
    const own = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses);
    const others = own.filter(({ address }) => address !== '127.0.0.1').map(({ address }) => address);
    // Linux takes every 127.x.y.z for this machine.
    if (process.platform === 'linux') others.push('127.0.0.2');
    for (const url of [pipeline.addresses.api, pipeline.addresses.s3, pipeline.addresses.states]) {
      const { hostname, port } = new URL(url);
      expect(hostname).to.equal('127.0.0.1');
      for (const host of others)
        expect(await canConnect(host, Number(port)), `${host}:${port}`).to.equal(false);
    }
  });
});

async function canConnect(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
