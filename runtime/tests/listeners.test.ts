import { expect } from 'chai';
import { type Runtime, startRuntime } from '../index.ts';
import { FIXTURE } from './support/template-file.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

describe('A listener under a path', () => {
  let runtime: Runtime;
  before(async () => {
    runtime = await startRuntime({
      templateFile: FIXTURE,
      dataDirectory: temporaryFolder('listeners-data'),
      port: 0,
      s3Port: 0,
      parameterOverrides: { ApiAuth: 'NONE' },
      layerDirectory: '/layer',
      apiKey: 'key',
      listeners: { '/own/': ({ method, url }, response) => response.end(`${method} ${url}`) },
      warn: () => {},
    });
  });
  after(() => runtime?.stop());

  it('answers every method and everything below its path, as it was asked', async () => {
    const answer = await fetch(`${runtime.statesUrl}/own/a%2Fb?c=d`, { method: 'PUT', body: 'e' });
    expect(await answer.text()).to.equal('PUT /own/a%2Fb?c=d');
  });

  it('leaves everything else to the services', async () => {
    expect((await fetch(`${runtime.statesUrl}/own`)).status).to.equal(404);
    expect((await fetch(runtime.statesUrl, { method: 'POST' })).status).to.equal(400);
  });

  it('is behind the gate: a page of another origin can change nothing by it', async () => {
    const headers = { origin: 'https://evil.example' };
    const answer = await fetch(`${runtime.statesUrl}/own/a`, { method: 'POST', headers });
    expect(answer.status).to.equal(403);
  });
});
