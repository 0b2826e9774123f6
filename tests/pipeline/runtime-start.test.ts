import { once } from 'node:events';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { expect } from 'chai';
import { copyCheckout } from '../support/checkout.ts';
import { paintUpright } from '../support/images.ts';
import { type Runtime, startRuntime } from '../support/runtime-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('The runtime', () => {
  const data = temporaryFolder('runtime-start');
  let runtime: Runtime;
  const started: Runtime[] = [];

  async function start(folder: string, words: readonly string[] = []): Promise<Runtime> {
    const added = await startRuntime(folder, { words });
    started.push(added);
    return added;
  }

  /** The error of a start that must fail. */
  const refusal = (folder: string, words: readonly string[] = []): Promise<string> =>
    start(folder, words).then(
      () => 'It started.',
      (error: unknown) => String(error),
    );

  before(async () => {
    runtime = await start(data);
  });
  after(async () => {
    for (const one of started) await one.killGroup();
  });

  it('Two runtimes with data folders of their own run side by side, and each processes its own images', async () => {
    const other = await start(temporaryFolder('runtime-start'));
    const picture = await paintUpright(64, 48).png().toBuffer();
    const made = await Promise.all(
      [runtime, other].map(({ pipeline }, index) => pipeline.uploadAndWait(`input/${index}.png`, picture)),
    );
    expect(made.map(({ source }) => source.key)).to.deep.equal(['input/0.png', 'input/1.png']);
    expect(await runtime.pipeline.manifest('input/1.png')).to.equal(undefined);
    expect(await other.pipeline.manifest('input/0.png')).to.equal(undefined);
  });

  it('The runtime does not start on a data folder that another runtime uses, and the other runtime keeps working', async () => {
    expect(await refusal(data)).to.contain(
      `The data folder ${data} is in use by another runtime. Stop that one, or choose another folder with --data.`,
    );
    const picture = await paintUpright(64, 48).png().toBuffer();
    expect(await runtime.pipeline.uploadAndWait('input/cat.png', picture)).to.have.property(
      'status',
      'RESIZED',
    );
  });

  for (const [flag, address] of [
    ['--port', 'states'],
    ['--s3-port', 's3'],
  ] as const)
    it(`The runtime does not start on a ${flag} that is in use, and names the flags that choose another port`, async () => {
      const { port } = new URL(runtime.pipeline.addresses[address]);
      expect(await refusal(temporaryFolder('runtime-start'), [flag, port])).to.contain(
        `Port ${port} is in use. Choose another with --port, --s3-port or --cloudfront-port; 0 picks a free one.`,
      );
    });

  it('The runtime does not start with a mistake in the renditions tables, and names its file and line', async () => {
    const checkout = copyCheckout({
      'functions/image-resize/renditions.ts': (text) => text.replace('width: 640', 'width: 0'),
    });
    const error = await startRuntime(temporaryFolder('runtime-start'), { checkout }).catch(String);
    expect(error).to.match(/renditions\.ts:\d+: input\/: row 2 \(small\): Expected a whole number/);
  });

  it('The runtime answers a request that it does not support with an error that names the operation', async () => {
    const { addresses } = runtime.pipeline;
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
    for (const [path, target, body, status, expected] of asked) {
      const answer = await ask(path, target, body);
      expect(answer.status, answer.body).to.equal(status);
      expect(answer.body).to.match(expected);
    }
  });

  it('The runtime accepts connections at 127.0.0.1 only, so that no other machine can reach it', async () => {
    const { pipeline } = runtime;
    const own = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses);
    const others = own.filter(({ address }) => address !== '127.0.0.1').map(({ address }) => address);
    // On Linux all of 127.0.0.0/8 is the loopback interface.
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
