// How objects are sent to viewers. The page of the Amazon CloudFront Developer Guide that a test follows stands behind
// its title.

import { once } from 'node:events';
import { connect } from 'node:net';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { useDistribution } from './distribution.ts';

const JSON_TEXT = JSON.stringify(Array.from({ length: 200 }, (_, index) => ({ index })));
const FRESH = { 'cache-control': 'max-age=300' };

describe('The answers of a distribution', () => {
  const { put, get, ask, url, forwarded, warnings } = useDistribution();

  it('an answer has the headers of the object, those of CloudFront, and none that S3 only means for its own callers', async () => {
    await put('site/a', 'one', { ...FRESH, 'content-type': 'image/avif', 'x-amz-meta-title': 'One' });
    const { headers } = await get('/a');
    expect(headers).to.include({
      'content-type': 'image/avif',
      'content-length': '3',
      'cache-control': 'max-age=300',
      'accept-ranges': 'bytes',
      'x-amz-meta-title': 'One',
      'x-amz-server-side-encryption': 'AES256',
      'x-content-type-options': 'nosniff',
      via: '1.1 local.cloudfront.net (CloudFront)',
      'x-cache': 'Miss from cloudfront',
    });
    expect(headers).to.include.keys('date', 'last-modified', 'etag', 'x-amz-cf-id');
    expect(headers).not.to.have.any.keys('x-amz-request-id', 'vary', 'age', 'access-control-allow-origin');
    expect(warnings()).to.deep.equal([]);
  });

  describe('conditional requests', () => {
    it('a viewer that has the object gets a 304, from the origin and from the cache', async () => {
      await put('site/a', 'one', FRESH);
      const { etag = '', 'last-modified': modified = '' } = (await get('/a')).headers;
      for (const condition of [
        { 'if-none-match': etag },
        { 'if-none-match': `W/${etag}` },
        { 'if-none-match': `"other", ${etag}` },
        { 'if-none-match': '*' },
        { 'if-modified-since': modified },
      ]) {
        const { status, headers, body } = await get('/a', condition);
        expect({ status, body: body.length }, JSON.stringify(condition)).to.deep.equal({
          status: 304,
          body: 0,
        });
        expect(headers).to.include({
          etag,
          'cache-control': 'max-age=300',
          'x-cache': 'Hit from cloudfront',
        });
        expect(headers).not.to.have.any.keys('content-length', 'content-type');
      }
      expect((await get('/a?v=other', { 'if-none-match': etag })).status).to.equal(304);
    });

    it('a viewer that has another one gets the object; an ETag counts before a date', async () => {
      await put('site/a', 'one', FRESH);
      const { 'last-modified': modified = '' } = (await get('/a')).headers;
      const conditions = { 'if-none-match': '"other"', 'if-modified-since': modified };
      expect((await get('/a', conditions)).status).to.equal(200);
      expect((await get('/a', { 'if-modified-since': new Date(0).toUTCString() })).status).to.equal(200);
    });
  });

  describe('ranges (How CloudFront processes partial requests for an object)', () => {
    for (const [range, status, contentRange, body] of [
      ['bytes=2-4', 206, 'bytes 2-4/10', '234'],
      ['bytes=7-', 206, 'bytes 7-9/10', '789'],
      ['bytes=-2', 206, 'bytes 8-9/10', '89'],
      ['bytes=0-99', 206, 'bytes 0-9/10', '0123456789'],
      ['bytes=10-', 416, 'bytes */10', ''],
      ['bytes=-0', 416, 'bytes */10', ''],
      ['bytes=4-2', 200, undefined, '0123456789'],
      ['bytes=0-1,4-5', 200, undefined, '0123456789'],
      ['lines=0-1', 200, undefined, '0123456789'],
    ] as const)
      it(`Range: ${range} is answered with ${status}, from the origin and from the cache`, async () => {
        await put('site/a', '0123456789', FRESH);
        for (let round = 0; round < 2; round += 1) {
          const answer = await get('/a', { range });
          expect({
            status: answer.status,
            contentRange: answer.headers['content-range'],
            length: answer.headers['content-length'],
            body: String(answer.body),
          }).to.deep.equal({ status, contentRange, length: String(body.length), body });
        }
        expect(forwarded()).to.have.length(1);
      });

    it('a range is sent only if the ETag in If-Range is that of the object', async () => {
      await put('site/a', '0123456789', FRESH);
      const { etag = '' } = (await get('/a')).headers;
      const range = 'bytes=0-1';
      expect((await get('/a', { range, 'if-range': etag })).status).to.equal(206);
      expect((await get('/a', { range, 'if-range': '"other"' })).status).to.equal(200);
    });
  });

  describe('compression (Serve compressed files)', () => {
    const accept = (encodings: string) => ({ 'accept-encoding': encodings });
    const encodingOf = async (path: string, headers = {}) =>
      (await get(path, headers)).headers['content-encoding'];

    it('a viewer gets JSON in the best format that it accepts, with a weak ETag that revalidates', async () => {
      await put('site/a.json', JSON_TEXT, { ...FRESH, 'content-type': 'application/json' });
      const { etag } = (await get('/a.json')).headers;
      const brotli = await get('/a.json', accept('gzip, deflate, br, zstd'));
      expect(brotli.headers).to.include({
        'content-encoding': 'br',
        etag: `W/${etag}`,
        vary: 'Accept-Encoding',
        'content-length': String(brotli.body.length),
      });
      expect(brotliDecompressSync(brotli.body).toString()).to.equal(JSON_TEXT);
      const gzip = await get('/a.json', accept('gzip'));
      expect(gzip.headers['content-encoding']).to.equal('gzip');
      expect(gunzipSync(gzip.body).toString()).to.equal(JSON_TEXT);
      const again = await get('/a.json', { ...accept('br'), 'if-none-match': `W/${etag}` });
      expect(again.status).to.equal(304);
    });

    it('each set of accepted formats has an entry of its own in the cache, and other formats do not count', async () => {
      await put('site/a.json', JSON_TEXT, { ...FRESH, 'content-type': 'application/json' });
      const results = [];
      for (const encodings of [
        'gzip, br',
        'br;q=1.0, gzip;q=0.8, *;q=0.1',
        'gzip',
        'gzip, deflate',
        'identity',
        'zstd',
      ])
        results.push(String((await get('/a.json', accept(encodings))).headers['x-cache']).split(' ')[0]);
      expect(results).to.deep.equal(['Miss', 'Hit', 'Miss', 'Hit', 'Miss', 'Hit']);
    });

    it('images, small and compressed objects, ranges, and answers to viewers that do not ask for it stay as they are', async () => {
      await put('site/a.json', JSON_TEXT, { ...FRESH, 'content-type': 'application/json; charset=utf-8' });
      await put('site/a.jpg', JSON_TEXT, { ...FRESH, 'content-type': 'image/jpeg' });
      await put('site/small.json', '{}', { ...FRESH, 'content-type': 'application/json' });
      await put('site/999', 'x'.repeat(999), { ...FRESH, 'content-type': 'text/plain' });
      await put('site/1000', 'x'.repeat(1000), { ...FRESH, 'content-type': 'text/plain' });
      await put('site/a.gz', JSON_TEXT, {
        ...FRESH,
        'content-type': 'text/plain',
        'content-encoding': 'gzip',
      });
      const all = accept('gzip, br');
      expect(await encodingOf('/a.json', all)).to.equal('br');
      expect(await encodingOf('/1000', all)).to.equal('br');
      expect(await encodingOf('/a.gz', all)).to.equal('gzip');
      for (const path of ['/a.jpg', '/small.json', '/999'])
        expect(await encodingOf(path, all)).to.equal(undefined);
      expect(await encodingOf('/a.json')).to.equal(undefined);
      expect(await encodingOf('/a.json', accept('gzip;q=0, br;q=0.0'))).to.equal(undefined);
      const part = await get('/a.json', { ...all, range: 'bytes=0-9' });
      expect(part.headers['content-encoding']).to.equal(undefined);
      expect(String(part.body)).to.equal(JSON_TEXT.slice(0, 10));
    });
  });

  describe('response headers policies (Understand response headers policies)', () => {
    it('a page of an allowed origin can read objects and errors, from the origin and from the cache', async () => {
      await put('site/a', 'one', FRESH);
      for (const path of ['/a', '/a', '/missing', '/missing']) {
        const { headers } = await get(path, { origin: 'http://127.0.0.1:3000' });
        expect(headers, path).to.include({
          'access-control-allow-origin': 'http://127.0.0.1:3000',
          'access-control-expose-headers': 'ETag',
          vary: 'Origin',
          'x-content-type-options': 'nosniff',
        });
      }
    });

    it('a page of another origin can read nothing', async () => {
      await put('site/a', 'one', FRESH);
      await get('/a', { origin: 'http://127.0.0.1:3000' });
      const { headers } = await get('/a', { origin: 'http://evil.example' });
      expect(headers).not.to.have.any.keys('access-control-allow-origin', 'access-control-expose-headers');
      expect(headers['x-content-type-options']).to.equal('nosniff');
    });
  });

  describe('requests that CloudFront answers itself', () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND'])
      it(`${method} is refused with 403 and does not reach the bucket (HTTP methods)`, async () => {
        const { status, headers } = await ask(method, '/a', {}, method === 'OPTIONS' ? '' : 'text');
        expect({ status, cache: headers['x-cache'] }).to.deep.equal({
          status: 403,
          cache: 'Error from cloudfront',
        });
        expect(forwarded()).to.deep.equal([]);
      });

    it('GET with a body is refused with 403 (GET requests that include a body)', async () => {
      expect((await ask('GET', '/a', {}, 'text')).status).to.equal(403);
    });

    it('a URL of more than 8,192 bytes is refused with 413 (Maximum length of a URL)', async () => {
      expect((await get(`/${'a'.repeat(8192)}`)).status).to.equal(413);
    });

    it('a viewer that goes away in the middle of a large object does no harm', async () => {
      await put('site/large', Buffer.alloc(20 * 1024 * 1024));
      const { port } = new URL(url());
      const socket = connect(Number(port), '127.0.0.1');
      socket.write(`GET /large HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
      await once(socket, 'data');
      socket.destroy();
      await put('site/a', 'one');
      expect((await get('/a')).status).to.equal(200);
      expect(warnings()).to.deep.equal([]);
    });
  });
});
