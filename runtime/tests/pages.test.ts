import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Runtime, type RuntimeOptions, startRuntime } from '../index.ts';
import { FIXTURE } from './support/template-file.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const start = (pages: NonNullable<RuntimeOptions['pages']>): Promise<Runtime> =>
  startRuntime({
    templateFile: FIXTURE,
    dataDirectory: temporaryFolder('pages-data'),
    port: 0,
    s3Port: 0,
    parameterOverrides: { ApiAuth: 'NONE' },
    layerDirectory: '/layer',
    apiKey: 'key',
    pages,
    warn: () => {},
  });

/** A folder with pages, beside a file that is not among them. */
function writePages(): string {
  const outer = temporaryFolder('pages');
  const folder = join(outer, 'page');
  mkdirSync(join(folder, 'empty'), { recursive: true });
  mkdirSync(join(folder, 'sub'));
  mkdirSync(join(folder, '.git'));
  for (const [name, text] of Object.entries({
    'index.html': '<!doctype html><title>Pages</title>',
    'sub/index.html': '<!doctype html><title>Below</title>',
    'a b é+%.html': 'odd',
    'main.js': 'export {};',
    'style.css': 'p {}',
    'logo.svg': '<svg/>',
    'photo.png': '',
    'photo.jpg': '',
    'photo.avif': '',
    'photo.webp': '',
    'data.json': '{}',
    '.secret': 'secret',
    '.git/config': 'secret',
    '../secret.txt': 'secret',
    '../page-secret/secret.txt': 'secret',
  })) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  symlinkSync(join(outer, 'secret.txt'), join(folder, 'link.txt'));
  symlinkSync(join(outer, 'page-secret'), join(folder, 'linked'));
  symlinkSync(join(folder, 'main.js'), join(folder, 'inner.js'));
  return folder;
}

describe('Pages', () => {
  let runtime: Runtime;
  let folder: string;
  before(async () => {
    folder = writePages();
    runtime = await start({ '/page/': folder, '/nowhere/': join(folder, 'nowhere') });
  });
  after(() => runtime.stop());

  interface Given {
    readonly method?: string;
    readonly headers?: Record<string, string>;
  }

  /** Sends a request whose path is not normalized, unlike with fetch. */
  function send(path: string, { method = 'GET', headers = {} }: Given = {}) {
    return new Promise<{ status: number | undefined; headers: NodeJS.Dict<string | string[]>; body: string }>(
      (done, fail) => {
        const { port } = new URL(runtime.statesUrl);
        const sent = request({ host: '127.0.0.1', port, path, method, headers }, (response) => {
          let body = '';
          response.on('data', (chunk) => {
            body += chunk;
          });
          response.on('end', () => done({ status: response.statusCode, headers: response.headers, body }));
        });
        sent.on('error', fail);
        sent.end();
      },
    );
  }

  for (const [file, contentType] of [
    ['', 'text/html'],
    ['index.html', 'text/html'],
    ['main.js', '(text|application)/javascript'],
    ['style.css', 'text/css'],
    ['logo.svg', 'image/svg\\+xml'],
    ['photo.png', 'image/png'],
    ['photo.jpg', 'image/jpeg'],
    ['photo.avif', 'image/avif'],
    ['photo.webp', 'image/webp'],
    ['data.json', 'application/json'],
    ['inner.js', '(text|application)/javascript'],
  ] as const)
    it(`GET /page/${file} answers the file with the content type ${contentType} and is asked for anew every time`, async () => {
      const { status, headers } = await send(`/page/${file}`);
      expect(status).to.equal(200);
      expect(headers['content-type']).to.match(new RegExp(`^${contentType}(;|$)`));
      expect(headers).to.include({ 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' });
    });

  it('a file with odd characters in its name is reached by its percent-encoded path', async () => {
    expect(await send(`/page/${encodeURIComponent('a b é+%.html')}?x=%25`)).to.include({
      status: 200,
      body: 'odd',
    });
  });

  it('a path of a folder without its slash leads to the folder', async () => {
    for (const path of ['/page', '/page/sub']) {
      const { status, headers } = await send(path);
      expect(status).to.be.oneOf([301, 302]);
      expect(headers.location).to.equal(`${path}/`);
    }
    expect((await send('/page/sub/')).body).to.include('Below');
  });

  it('another name of this machine leads to 127.0.0.1, so that all pages have one origin', async () => {
    const { port } = new URL(runtime.statesUrl);
    for (const name of ['localhost', '[::1]', 'page.localhost']) {
      const { status, headers } = await send('/page/main.js?x=1', { headers: { host: `${name}:${port}` } });
      expect(status, name).to.equal(307);
      expect(headers.location).to.equal(`http://127.0.0.1:${port}/page/main.js?x=1`);
    }
  });

  it('HEAD answers the headers only, and GET with the ETag answers 304', async () => {
    const { status, headers, body } = await send('/page/main.js', { method: 'HEAD' });
    expect({ status, length: headers['content-length'], body }).to.deep.equal({
      status: 200,
      length: '10',
      body: '',
    });
    const again = await send('/page/main.js', { headers: { 'if-none-match': String(headers.etag) } });
    expect(again.status).to.equal(304);
  });

  it('no other site can show a page in a frame', async () => {
    const { headers } = await send('/page/index.html');
    expect(headers['content-security-policy']).to.equal("frame-ancestors 'none'");
  });

  it('a changed file is served anew', async () => {
    writeFileSync(join(folder, 'changing.js'), 'one');
    expect((await send('/page/changing.js')).body).to.equal('one');
    writeFileSync(join(folder, 'changing.js'), 'another');
    expect((await send('/page/changing.js')).body).to.equal('another');
  });

  for (const path of [
    '/page/nobody.html',
    '/page/empty/',
    '/page/.secret',
    '/page/%2Esecret',
    '/page/.git/config',
    '/page/../secret.txt',
    '/page/..%2Fsecret.txt',
    '/page/%2e%2e/secret.txt',
    '/page/%2e%2e%2fsecret.txt',
    '/page/%252e%252e%252fsecret.txt',
    '/page/..%5Csecret.txt',
    '/page/../page-secret/secret.txt',
    '/page//../../secret.txt',
    '/page/sub/../../secret.txt',
    '/page/main.js%00',
    '/page/%E0%A4%A',
    '/page/link.txt',
    '/page/linked/secret.txt',
    '/nowhere/index.html',
    '/pages/index.html',
    '/',
  ])
    it(`GET ${path} answers no file`, async () => {
      const { status, body } = await send(path);
      expect(status).to.be.oneOf([400, 403, 404]);
      expect(body).to.not.match(/^secret|empty/);
    });

  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])
    it(`${method} /page/main.js answers 404`, async () => {
      expect((await send('/page/main.js', { method })).status).to.equal(404);
    });

  it('the API, Step Functions and SQS are served beside the pages', async () => {
    const answer = await fetch(`${runtime.apiUrl}/renderings`, {
      method: 'POST',
      body: '{"key":5}',
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.status).to.equal(400);
    expect((await fetch(runtime.statesUrl, { method: 'POST' })).status).to.equal(400);
  });

  it('a page at / is its index.html alone, beside everything else that / answers', async () => {
    const home = await start({ '/': folder });
    try {
      const answer = await fetch(home.statesUrl);
      expect(await answer.text()).to.equal('<!doctype html><title>Pages</title>');
      expect(answer.headers.get('content-type')).to.include('text/html');
      expect((await fetch(`${home.statesUrl}/main.js`)).status).to.equal(404);
      expect(
        (await fetch(`${home.statesUrl}/?Action=ConfirmSubscription`)).headers.get('content-type'),
      ).to.include('text/xml');
      expect((await fetch(home.statesUrl, { method: 'POST' })).status).to.equal(400);
    } finally {
      await home.stop();
    }
  });

  it('a path that is not like /page/ is refused', async () => {
    for (const path of ['page/', '/page', '//', '/../', '/a b/'])
      expect(String(await start({ [path]: folder }).catch((error: unknown) => error)), path).to.match(
        /expected a path such as \/page\/ but received/,
      );
  });
});
