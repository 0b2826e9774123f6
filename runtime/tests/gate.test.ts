// Which requests get in: what a web page that is open in a browser on this machine may do, and what it may not. Browsers
// write the headers Host, Origin and Sec-Fetch-Site; a page cannot change them.

import { mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect } from 'chai';
import { type Runtime, type RuntimeOptions, readRuntimeFlags, startRuntime } from '../index.ts';
import { TEMPLATE as DISTRIBUTION } from './cloudfront/distribution.ts';
import { fixtureWith } from './support/template-file.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const CORS_ORIGIN = 'https://www.example.com';
const PHOTOS = 'https://photos.example.com';
const ALLOWED = 'http://dev.example:5173';
const EVIL = 'https://evil.example';

/** An API, state machines and queues, a bucket with a CorsConfiguration, and a distribution in front of another bucket. */
const template = (): string =>
  fixtureWith({
    'Resources:\n': `${DISTRIBUTION.replace('[http://127.0.0.1:3000]', `['${CORS_ORIGIN}']`)}
  Uploads:
    Type: AWS::S3::Bucket
    Properties:
      CorsConfiguration:
        CorsRules: [{ AllowedOrigins: ['${PHOTOS}'], AllowedMethods: [PUT, POST], AllowedHeaders: ['*'] }]

`,
  });

interface Given {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

/** Sends a request exactly as it is given. */
function send(url: string, { method = 'GET', headers = {}, body = '' }: Given = {}): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const { port, pathname, search } = new URL(url);
  const length = body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const options = { host: '127.0.0.1', port, path: pathname + search, method };
  const sent = request({ ...options, headers: { ...length, ...headers } }, async (answer) =>
    resolve({
      status: answer.statusCode ?? 0,
      headers: answer.headers,
      body: String(await buffer(answer)),
    }),
  );
  sent.on('error', reject);
  sent.end(body);
  return promise;
}

/** Sends lines and reads until the server closes the connection. */
async function sendLines(url: string, lines: readonly string[]): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.write(`${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`);
  return String(await buffer(socket));
}

const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);

describe('The gate of the runtime', () => {
  let runtime: Runtime;
  const started: Runtime[] = [];
  const start = async (options: Partial<RuntimeOptions> = {}): Promise<Runtime> => {
    const page = join(temporaryFolder('gate-page'), 'page');
    mkdirSync(page);
    writeFileSync(join(page, 'index.html'), '<!doctype html><title>Page</title>');
    const made = await startRuntime({
      templateFile: template(),
      dataDirectory: temporaryFolder('gate-data'),
      port: 0,
      s3Port: 0,
      parameterOverrides: { ApiAuth: 'NONE', CorsOrigin: CORS_ORIGIN },
      layerDirectory: '/layer',
      apiKey: 'key',
      pages: { '/page/': page },
      warn: () => {},
      ...options,
    });
    started.push(made);
    return made;
  };
  before(async () => {
    runtime = await start({ allowHosts: ['dev.example', 'tunnel.example:443'], allowOrigins: [ALLOWED] });
    await send(object(), { method: 'PUT', body: 'stored' });
    await send(`${runtime.s3Url}/local-uploads/a.txt`, { method: 'PUT', body: 'stored' });
  });
  after(() => Promise.all(started.map((one) => one.stop())));

  const object = () => `${runtime.s3Url}/local-pages/site/a.txt`;
  const distribution = () => `${runtime.distributions[0]?.url}/a.txt`;
  const page = () => `${runtime.statesUrl}/page/`;
  const renderings = () => `${runtime.apiUrl}/renderings`;
  const portOf = (url: string) => new URL(url).port;
  /** The executions that the API has started. */
  const executions = async (): Promise<number> => {
    const { body } = await send(runtime.statesUrl, {
      method: 'POST',
      headers: { 'x-amz-target': 'AWSStepFunctions.ListExecutions' },
      body: JSON.stringify({
        stateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:RenderNotesStateMachine',
      }),
    });
    return JSON.parse(body).executions.length;
  };

  describe('for the name by which a request calls this machine', () => {
    for (const [port, url] of [
      ['the pages', page],
      ['S3', object],
      ['the distribution', distribution],
    ] as const) {
      it(`the port of ${port} answers a request that names this machine and the port`, async () => {
        const own = portOf(url());
        // Pages under another name than 127.0.0.1 lead to it.
        for (const host of [`127.0.0.1:${own}`, `localhost:${own}`, `LocalHost:${own}`, `[::1]:${own}`])
          expect((await send(url(), { headers: { host } })).status, host).to.be.oneOf([200, 307]);
      });

      it(`the port of ${port} refuses every other name with 403: a page could have made it lead to this machine`, async () => {
        const own = portOf(url());
        for (const host of [
          'evil.example',
          `evil.example:${own}`,
          `localhost.evil.example:${own}`,
          `127.0.0.1.evil.example:${own}`,
          `evil.example/localhost:${own}`,
          `localhost@evil.example:${own}`,
          `127.0.0.10:${own}`,
          `0.0.0.0:${own}`,
          `10.0.0.1:${own}`,
          `evillocalhost:${own}`,
          'localhost',
          'localhost:1',
          '127.0.0.1',
        ]) {
          const { status, body } = await send(url(), { headers: { host } });
          expect(status, host).to.equal(403);
          expect(body, host).to.not.match(/stored|<title>Page/);
        }
      });

      it(`the port of ${port} answers the names that --allow-host gives, and no other port of one that has a port`, async () => {
        for (const host of [
          'dev.example',
          `dev.example:${portOf(url())}`,
          'DEV.example:1',
          'tunnel.example:443',
        ])
          expect((await send(url(), { headers: { host } })).status, host).to.equal(200);
        for (const host of ['tunnel.example', 'tunnel.example:444', 'a.dev.example'])
          expect((await send(url(), { headers: { host } })).status, host).to.equal(403);
      });

      it(`the port of ${port} answers a request of HTTP/1.0, which has no Host header, and refuses two of them`, async () => {
        const { pathname } = new URL(url());
        expect(statusOf(await sendLines(url(), [`GET ${pathname} HTTP/1.0`]))).to.equal(200);
        expect(statusOf(await sendLines(url(), [`GET ${pathname} HTTP/1.1`]))).to.equal(400);
        const host = `Host: 127.0.0.1:${portOf(url())}`;
        const twice = await sendLines(url(), [`GET ${pathname} HTTP/1.1`, host, 'Host: evil.example']);
        expect(statusOf(twice)).to.equal(400);
      });

      it(`the port of ${port} takes the name from a target that is a whole URL, and not from the Host header (RFC 9112, 3.2.2)`, async () => {
        const whole = (target: string, host: string) =>
          sendLines(url(), [`GET ${target} HTTP/1.1`, `Host: ${host}`]);
        const answer = await whole(url(), 'evil.example');
        expect(statusOf(answer)).to.equal(200);
        expect(answer).to.match(/stored|<title>Page/);
        const evil = url().replace('127.0.0.1', 'evil.example');
        expect(statusOf(await whole(evil, new URL(url()).host))).to.equal(403);
        expect(statusOf(await whole(url().replace('http:', 'https:'), new URL(url()).host))).to.equal(421);
        expect(statusOf(await sendLines(url(), [`GET ${url()} HTTP/1.0`]))).to.equal(200);
      });
    }

    it('S3 takes the bucket from the name, and stores the key of a whole URL as it is', async () => {
      const host = `local-pages.localhost:${portOf(runtime.s3Url)}`;
      expect((await send(`${runtime.s3Url}/site/a.txt`, { headers: { host } })).body).to.equal('stored');
      const key = '/local-pages//a/../%2e/b%20c';
      await sendLines(runtime.s3Url, [
        `PUT ${runtime.s3Url}${key}?x-id=PutObject HTTP/1.1`,
        'Host: any',
        'Content-Length: 0',
      ]);
      const { body } = await send(`${runtime.s3Url}/local-pages?list-type=2&prefix=/a`);
      expect(body).to.include('<Key>/a/.././b c</Key>');
    });

    it('each port refuses as its service does, and says what to do', async () => {
      const headers = { host: 'evil.example' };
      const remedy = 'To allow it, start with --allow-host evil.example.';
      const json = JSON.parse((await send(renderings(), { method: 'POST', headers, body: '{}' })).body);
      expect(json).to.have.property('__type', 'AccessDeniedException');
      expect(json.message).to.match(
        /^Expected the Host header 127\.0\.0\.1:\d+, localhost:\d+, .* but received "evil\.example"\. /,
      );
      expect(json.message).to.include(remedy);
      const { headers: types, body: xml } = await send(object(), { headers });
      expect(types['content-type']).to.equal('application/xml');
      expect(xml).to.include('<Code>AccessDenied</Code>').and.include(remedy);
      expect((await send(distribution(), { headers })).body)
        .to.match(/^<!DOCTYPE html>/)
        .and.include(remedy);
      expect((await send(object(), { method: 'HEAD', headers })).status).to.equal(403);
    });
  });

  describe('for requests that change something', () => {
    const text = (origin: string) => ({ origin, 'sec-fetch-site': 'cross-site' });

    it('a page of another origin cannot start executions, whatever content type it sends', async () => {
      const before = await executions();
      for (const type of [undefined, 'text/plain', 'application/json', 'application/x-www-form-urlencoded']) {
        const headers = { ...text(EVIL), ...(type !== undefined && { 'content-type': type }) };
        const { status, headers: answered } = await send(renderings(), {
          method: 'POST',
          headers,
          body: '{}',
        });
        expect(status, type).to.equal(403);
        expect(answered).to.not.have.property('access-control-allow-origin');
      }
      expect(await executions()).to.equal(before);
    });

    it('a page of another origin can call neither Step Functions nor SQS nor SNS', async () => {
      for (const headers of [
        { 'x-amz-target': 'AWSStepFunctions.ListStateMachines' },
        { 'x-amz-target': 'AmazonSQS.ListQueues' },
        { 'content-type': 'application/x-www-form-urlencoded', authorization: 'Credential=a/' },
      ])
        expect(
          (await send(runtime.statesUrl, { method: 'POST', headers: { ...headers, ...text(EVIL) } })).status,
        ).to.equal(403);
    });

    it('a page of another origin can neither store nor delete objects, not even by a form', async () => {
      for (const [method, url] of [
        ['PUT', object()],
        ['DELETE', object()],
        ['POST', `${runtime.s3Url}/local-pages`],
        ['POST', `${runtime.s3Url}/local-pages?delete`],
        ['PUT', `${runtime.s3Url}/local-uploads/a.txt`],
        ['PUT', `${runtime.s3Url}/local-nothing/%FF`],
      ] as const) {
        const { status, body } = await send(url, { method, headers: text(EVIL), body: 'evil' });
        expect(status, `${method} ${url}`).to.equal(403);
        expect(body).to.include(`${method} by a page of ${EVIL} is refused`);
      }
      expect((await send(object())).body).to.equal('stored');
    });

    it('a page whose origin the browser does not tell is refused, by Sec-Fetch-Site if there is no Origin', async () => {
      for (const headers of [
        { origin: 'null' },
        { origin: 'null', 'sec-fetch-site': 'same-origin' },
        { 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site' },
      ] as const) {
        const { status, body } = await send(renderings(), { method: 'POST', headers, body: '{}' });
        expect(status, JSON.stringify(headers)).to.equal(403);
        expect(JSON.parse(body).message).to.include('a page whose origin the browser does not tell');
      }
    });

    it('a page of another port of this machine is a page of another origin', async () => {
      for (const origin of [
        'http://127.0.0.1',
        'http://127.0.0.1:1',
        'http://localhost:5173',
        runtime.s3Url,
        String(runtime.distributions[0]?.url),
      ]) {
        expect(
          (await send(renderings(), { method: 'POST', headers: { origin }, body: '{}' })).status,
        ).to.equal(403);
        expect((await send(object(), { method: 'PUT', headers: { origin }, body: 'x' })).status).to.equal(
          403,
        );
      }
    });

    it('the refusal says how to allow the origin', async () => {
      const { body } = await send(renderings(), { method: 'POST', headers: text(EVIL), body: '{}' });
      expect(JSON.parse(body).message).to.equal(
        `POST by a page of ${EVIL} is refused: any page that is open in a browser on this machine could send it. To allow it, start with --allow-origin ${EVIL}, or let the template's CORS configuration name it.`,
      );
    });

    it('clients that are no browsers have no Origin, and notice nothing', async () => {
      expect((await send(renderings(), { method: 'POST', body: '{}' })).status).to.equal(200);
      expect((await send(object(), { method: 'PUT', body: 'stored' })).status).to.equal(200);
      const { status } = await fetch(object(), { method: 'PUT', body: 'stored' });
      expect(status).to.equal(200);
    });

    it('pages that the runtime serves may do everything, by every name of this machine', async () => {
      for (const host of ['127.0.0.1', 'localhost', 'my.localhost', '[::1]', 'dev.example']) {
        const origin = `http://${host}:${portOf(runtime.statesUrl)}`;
        const headers = { origin, 'sec-fetch-site': 'same-origin' };
        expect((await send(renderings(), { method: 'POST', headers, body: '{}' })).status, host).to.equal(
          200,
        );
        const stored = await send(object(), { method: 'PUT', headers, body: 'stored' });
        expect(stored.status, host).to.equal(200);
        expect(stored.headers['access-control-allow-origin']).to.equal(origin);
      }
    });

    it('the page that CorsOrigin names may call the API, and nothing else', async () => {
      const headers = { ...text(CORS_ORIGIN), 'content-type': 'application/json' };
      const { status, headers: answered } = await send(renderings(), { method: 'POST', headers, body: '{}' });
      expect(status).to.equal(200);
      expect(answered['access-control-allow-origin']).to.equal(CORS_ORIGIN);
      for (const url of [`${runtime.apiUrl}/nothing`, runtime.statesUrl, page()])
        expect((await send(url, { method: 'POST', headers, body: '{}' })).status, url).to.equal(403);
      expect((await send(object(), { method: 'PUT', headers, body: 'x' })).status).to.equal(403);
    });

    it('the page that the CorsConfiguration of a bucket names may send what it allows to this bucket', async () => {
      const write = (method: string, url: string) =>
        send(url, { method, headers: text(PHOTOS), body: 'stored' });
      const stored = await write('PUT', `${runtime.s3Url}/local-uploads/b.txt`);
      expect(stored.status).to.equal(200);
      expect(stored.headers['access-control-allow-origin']).to.equal(PHOTOS);
      expect((await write('DELETE', `${runtime.s3Url}/local-uploads/b.txt`)).status).to.equal(403);
      expect((await write('PUT', object())).status).to.equal(403);
      const host = `local-uploads.localhost:${portOf(runtime.s3Url)}`;
      const virtual = { method: 'PUT', headers: { ...text(PHOTOS), host }, body: 'stored' };
      expect((await send(`${runtime.s3Url}/c.txt`, virtual)).status).to.equal(200);
    });

    it('a page of an origin that --allow-origin gives may send every request and read every answer', async () => {
      const json = { ...text(ALLOWED), 'content-type': 'application/json' };
      for (const [method, url, headers, body] of [
        ['POST', renderings(), json, '{}'],
        ['POST', runtime.statesUrl, { ...text(ALLOWED), 'x-amz-target': 'AmazonSQS.ListQueues' }, '{}'],
        ['PUT', object(), json, 'stored'],
        ['PUT', `${runtime.s3Url}/local-uploads/a.txt`, json, 'stored'],
        ['GET', distribution(), json, ''],
      ] as const) {
        const preflight = {
          ...text(ALLOWED),
          'access-control-request-method': method,
          'access-control-request-headers': 'content-type,x-amz-target',
        };
        const asked = await send(url, { method: 'OPTIONS', headers: preflight });
        expect(asked.status, url).to.equal(204);
        expect(asked.headers).to.include({
          'access-control-allow-origin': ALLOWED,
          'access-control-allow-methods': method,
          'access-control-allow-headers': 'content-type,x-amz-target',
        });
        const answer = await send(url, { method, headers, body });
        expect(answer.status, url).to.equal(200);
        expect(answer.headers, url).to.include({
          'access-control-allow-origin': ALLOWED,
          'access-control-expose-headers': '*',
        });
        expect(String(answer.headers.vary).split(', '), url).to.include('Origin');
      }
    });
  });

  it('a page of another origin may load images, but read no answer', async () => {
    for (const url of [object(), distribution(), `${renderings()}/none`, page()]) {
      const { status, headers } = await send(url, {
        headers: { origin: EVIL, 'sec-fetch-site': 'cross-site' },
      });
      expect(status, url).to.be.oneOf([200, 404]);
      expect(headers['access-control-allow-origin'], url).to.be.oneOf([undefined, CORS_ORIGIN]);
    }
  });

  it('a name or an origin that no request can have is refused before anything starts', async () => {
    const refusalOf = (options: Partial<RuntimeOptions>) =>
      start(options).then(
        () => 'started',
        (error: unknown) => String(error),
      );
    for (const host of ['', 'http://dev.example', 'a b', '*', 'dev.example:', 'dev.example/path'])
      expect(await refusalOf({ allowHosts: [host] }), host).to.include(
        `--allow-host: expected a name such as images.example or images.example:8000 but received "${host}".`,
      );
    for (const origin of [
      '',
      '*',
      'null',
      'dev.example',
      'http://dev.example/',
      'HTTP://dev.example',
      'http://a b',
    ])
      expect(await refusalOf({ allowOrigins: [origin] }), origin).to.match(
        /--allow-origin: expected an origin such as http:\/\/localhost:5173, without a slash at its end, but received/,
      );
  });

  it('the command line takes both options more than once', () => {
    const flags = { port: '0', 's3-port': '0', 'cloudfront-port': '0', data: '.local', 'api-key': 'key' };
    const names = ['a.example', 'b.example'];
    expect(
      readRuntimeFlags({ ...flags, 'allow-host': names, 'allow-origin': [ALLOWED, EVIL] }, []),
    ).to.deep.include({
      allowHosts: names,
      allowOrigins: [ALLOWED, EVIL],
    });
    expect(readRuntimeFlags(flags, [])).to.deep.include({ allowHosts: [], allowOrigins: [] });
  });
});
