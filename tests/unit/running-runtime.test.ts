import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { join } from 'node:path';
import { expect } from 'chai';
import { findRunning, prepareAnnouncement } from '../../local/running-runtime.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('The runtime that gets the files of another command', () => {
  const running = prepareAnnouncement();
  const [listener = () => {}] = Object.values(running.listeners);

  /** What is found over a data folder whose address is that of a server. */
  async function find(answer: (folder: string) => RequestListener) {
    const folder = temporaryFolder('running');
    const server = createServer(answer(folder)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
    const addresses = {
      ...{ api: `${url}/prod`, s3: url, states: url, originalImagesBucket: 'a', resizedImagesBucket: 'b' },
      resizeImageStateMachineArn: 'arn',
      resizeUploadStateMachineArn: 'arn',
    };
    const withdraw = running.publish(folder, addresses);
    try {
      return { found: await findRunning(folder), addresses, folder, withdraw };
    } finally {
      server.close();
    }
  }

  it('The runtime that wrote the file of the data folder is found, until it withdraws the file', async () => {
    let asked = '';
    const { found, addresses, folder, withdraw } = await find(() => (request, response) => {
      asked = request.url ?? '';
      listener(request, response);
    });
    expect(asked).to.match(/^\/running\/.{36}$/);
    expect(found).to.deep.equal(addresses);
    withdraw();
    expect(await findRunning(folder)).to.equal(undefined);
  });

  it('The runtime does not tell its secret, and answers each question differently', async () => {
    const answers: string[] = [];
    const ask: RequestListener = (request, response) => {
      const end = response.end.bind(response);
      response.end = (text: unknown) => {
        answers.push(String(text));
        return end(text);
      };
      listener(request, response);
    };
    const { folder } = await find(() => ask);
    await find(() => ask);
    expect(statSync(join(folder, 'running', 'addresses.json')).mode & 0o777).to.equal(0o600);
    const { secret } = JSON.parse(readFileSync(join(folder, 'running', 'addresses.json'), 'utf8'));
    expect(secret).to.have.lengthOf(64);
    expect(answers).to.have.lengthOf(2);
    expect(answers).to.not.include(secret);
    expect(new Set(answers).size).to.equal(2);
  });

  for (const [what, answer] of [
    ['knows nothing', () => '{}'],
    ['echoes the question', (_: string, url: string) => url],
    ['has an older answer', () => 'a'.repeat(64)],
    [
      'has read nothing but the addresses of the file',
      (folder: string) =>
        JSON.stringify(JSON.parse(readFileSync(join(folder, 'running', 'addresses.json'), 'utf8')).addresses),
    ],
  ] as const)
    it(`A server on the same port that ${what} gets no file`, async () => {
      const { found } = await find(
        (folder) =>
          ({ url = '' }, response) =>
            void response.end(answer(folder, url)),
      );
      expect(found).to.equal(undefined);
    });

  it('A server on the same port that leads to one that knows the secret gets no file', async () => {
    const other = createServer((request, response) => listener(request, response)).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const { found } = await find(() => ({ url = '' }, response) => {
      const port = typeof address === 'object' && address ? address.port : 0;
      response.writeHead(307, { location: `http://127.0.0.1:${port}${url}` }).end();
    });
    other.close();
    expect(found).to.equal(undefined);
  });

  it('The runtime of a killed process, on whose port nobody listens, is not found', async () => {
    const { folder } = await find(() => listener);
    expect(await findRunning(folder)).to.equal(undefined);
  });
});
