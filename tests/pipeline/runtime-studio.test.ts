import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { expect } from 'chai';
import { paintUpright } from '../support/images.ts';
import { type PipelineUnderTest, startPipeline, until } from '../support/pipeline.ts';

interface Given {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Buffer;
}

describe('The studio of npm start', () => {
  let pipeline: PipelineUnderTest;
  let origin: string;
  let originals: string;
  before(async () => {
    pipeline = await startPipeline();
    origin = pipeline.addresses.states;
    originals = pipeline.addresses.originalImagesBucket;
  });
  after(() => pipeline?.stop());

  /** Sends the path as it is; fetch would take its dots for steps. */
  async function send(path: string, { method = 'GET', headers = {}, body }: Given = {}) {
    const { hostname, port } = new URL(origin);
    const sent = request({
      hostname,
      port,
      path,
      method,
      headers: body === undefined ? headers : { 'content-length': Buffer.byteLength(body), ...headers },
    });
    sent.end(body);
    const [answer]: IncomingMessage[] = await once(sent, 'response');
    const chunks = await answer?.toArray();
    return { status: answer?.statusCode, headers: answer?.headers ?? {}, body: Buffer.concat(chunks ?? []) };
  }

  const objectPath = (key: string) => `/studio/s3/${originals}/${encodeURIComponent(key)}`;

  it('is the page at /, which no other page can frame, beside everything else that the address serves', async () => {
    const page = await send('/');
    expect(String(page.body)).to.include('<div id="app">');
    expect(page.headers['content-security-policy']).to.equal("frame-ancestors 'none'");
    expect((await send('/studio/main.js')).headers['content-type']).to.include('text/javascript');
    expect((await send('/studio/main.ts')).status).to.equal(404);
  });

  for (const [type, text] of [
    ['text/html', '<script>alert(document.domain)</script>'],
    ['image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'],
  ] as const)
    it(`lets no upload of ${type} run as a page of the studio`, async () => {
      await pipeline.s3.send(
        new PutObjectCommand({ Bucket: originals, Key: 'input/evil', Body: text, ContentType: type }),
      );
      const { headers, body } = await send(objectPath('input/evil'));
      expect(String(body)).to.equal(text);
      expect(headers).to.include({
        'content-security-policy': 'sandbox',
        'x-content-type-options': 'nosniff',
        'cross-origin-resource-policy': 'same-origin',
      });
      expect(headers).to.not.have.property('access-control-allow-origin');
    });

  for (const key of [
    'input/../runs/x',
    'input/./a//b.jpg',
    'input/%2e%2e%2Fx',
    "input/a b+c&d=e?f#g;'(h)*!.jpg",
    'input/\u0001\u007f.jpg',
    'input/ü ☂ 😀.jpg',
    'input/\\..\\x',
  ])
    it(`stores and reads the key ${JSON.stringify(key)} as it is`, async () => {
      const stored = await send(objectPath(key), { method: 'PUT', body: key });
      expect(stored.status, String(stored.body)).to.equal(200);
      expect(String((await send(objectPath(key))).body)).to.equal(key);
    });

  it('reads a part of an object, and refuses content that has changed since', async () => {
    const stored = await send(objectPath('input/part.txt'), { method: 'PUT', body: '0123456789' });
    const etag = String(stored.headers.etag).replaceAll('"', '');
    const part = await send(objectPath('input/part.txt'), { headers: { range: 'bytes=2-4' } });
    expect([part.status, String(part.body)]).to.deep.equal([206, '234']);
    const named = await send(`${objectPath('input/part.txt')}?v=${etag}`);
    expect(named.headers['cache-control']).to.include('immutable');
    await send(objectPath('input/part.txt'), { method: 'PUT', body: 'changed' });
    expect((await send(`${objectPath('input/part.txt')}?v=${etag}`)).status).to.equal(412);
  });

  for (const [what, path, given] of [
    ['a bucket of somebody else', '/studio/s3/other/key', {}],
    ['the list of buckets', '/studio/s3/', {}],
    ['steps out of the path', '/studio/s3/../prod/process-image', {}],
    ['another service', '/studio/sns', { method: 'POST', body: '{}' }],
    ['another path of the API', '/studio/api/uploads', { method: 'POST', body: '{}' }],
    ['steps in a path of the API', '/studio/api/process-image/..%2f..%2fx', {}],
    ['a query of the API', '/studio/api/process-image?x=1', { method: 'POST', body: '{}' }],
    [
      'a message to send',
      '/studio/sqs',
      { method: 'POST', headers: { 'x-amz-target': 'AmazonSQS.SendMessage' }, body: '{}' },
    ],
    ['the host of somebody else', '/studio/stack.json', { headers: { host: 'evil.example' } }],
    ['a page of another site', '/studio/stack.json', { headers: { 'sec-fetch-site': 'cross-site' } }],
    [
      'a page on another port of this machine',
      '/studio/stack.json',
      { headers: { 'sec-fetch-site': 'same-site' } },
    ],
    [
      'a change by a page of another origin',
      '/studio/api/process-image',
      { method: 'POST', headers: { origin: 'https://evil.example' }, body: '{}' },
    ],
  ] as const)
    it(`refuses ${what}`, async () => {
      const before = await pipeline.newestExecution();
      const { status, body } = await send(path, given);
      expect(status, String(body)).to.equal(403);
      expect(JSON.parse(String(body)).message)
        .to.be.a('string')
        .and.not.equal('');
      expect(await pipeline.newestExecution()).to.equal(before);
    });

  it('refuses a call whose body is larger than any that it forwards', async () => {
    const body = `{"stateMachineArn":"${'x'.repeat(3_000_000)}"}`;
    const headers = { 'x-amz-target': 'AWSStepFunctions.ListExecutions' };
    expect((await send('/studio/states', { method: 'POST', headers, body })).status).to.equal(413);
  });

  it('shows what the EXPRESS execution of an upload did', async () => {
    await pipeline.uploadAndWait('input/seen.jpg', await paintUpright(90, 60).jpeg().toBuffer());
    const body = JSON.stringify({
      logGroupName: '/aws/vendedlogs/states/local-resize-upload',
      filterPattern: '"input/seen.jpg"',
    });
    const headers = { 'x-amz-target': 'Logs_20140328.FilterLogEvents' };
    const readNames = async (): Promise<unknown[]> => {
      const { events } = JSON.parse(
        String((await send('/studio/logs', { method: 'POST', headers, body })).body),
      );
      return events.map(({ message }: { message: string }) => JSON.parse(message).details.name);
    };
    // The execution ends after the manifest is written.
    await until(async () => (await readNames()).includes('ImageResized'), 'the end in the log', 10_000);
    expect(await readNames()).to.include.members(['ResizeImage', 'WasImageResized', 'ImageResized']);
  });

  it('passes 200 MB through in both directions without holding them', async function () {
    this.timeout(240_000);
    const pid = pipeline.processId;
    if (process.platform !== 'linux') return this.skip();
    const { hostname, port } = new URL(origin);
    const bytes = 200 * 1024 * 1024;
    const before = peakMb(pid);
    const sent = request({
      hostname,
      port,
      path: objectPath('input/large.bin'),
      method: 'PUT',
      headers: { 'content-length': bytes },
    });
    const chunk = Buffer.alloc(1024 * 1024);
    for (let written = 0; written < bytes; written += chunk.length)
      if (!sent.write(chunk)) await once(sent, 'drain');
    sent.end();
    const [stored]: IncomingMessage[] = await once(sent, 'response');
    expect(stored?.statusCode).to.equal(200);
    stored?.resume();
    const read = request({ hostname, port, path: objectPath('input/large.bin') });
    read.end();
    const [answer]: IncomingMessage[] = await once(read, 'response');
    let received = 0;
    for await (const part of answer ?? []) received += part.length;
    expect(received).to.equal(bytes);
    expect(peakMb(pid) - before).to.be.below(120);
  });

  it('outlives a client that goes away in the middle of an upload, which stores nothing', async () => {
    const { hostname, port } = new URL(origin);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    socket.write(
      `PUT ${objectPath('input/broken.jpg')} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Length: 100000\r\n\r\nabc`,
    );
    await new Promise((done) => setTimeout(done, 300));
    socket.destroy();
    await new Promise((done) => setTimeout(done, 300));
    expect((await send(objectPath('input/broken.jpg'))).status).to.equal(404);
    expect((await send('/studio/stack.json')).status).to.equal(200);
  });
});

/** The most memory that a process has ever had. */
function peakMb(pid: number): number {
  const [, kilobytes = '0'] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}
