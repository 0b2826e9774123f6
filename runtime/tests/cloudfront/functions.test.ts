// CloudFront Functions. The page of the Amazon CloudFront Developer Guide that a test follows stands behind its title.

import { expect } from 'chai';
import { useDistribution, withFunction } from './distribution.ts';

const EVENT_AS_HEADER = `async function handler(event) {
  const seen = JSON.stringify(event);
  event.response.headers['x-event'] = { value: encodeURIComponent(seen) };
  return event.response;
}
`;

describe('A function for viewer responses', () => {
  describe('what it gets (CloudFront Functions event structure)', () => {
    const { put, get } = useDistribution(withFunction('viewer-response', EVENT_AS_HEADER));
    const eventOf = async (path: string, headers = {}) =>
      JSON.parse(decodeURIComponent(String((await get(path, headers)).headers['x-event'])));

    it('the event has the context, the viewer, the request and the response in the shape that AWS documents', async () => {
      await put('site/a b', 'one', { 'cache-control': 'max-age=300', 'content-type': 'text/plain' });
      const event = await eventOf('/a%20b?v=1&empty&many=%201&many=2,3', {
        'Accept-Language': 'en',
        Cookie: 'one=1; two=2=2',
        Origin: 'http://127.0.0.1:3000',
      });
      const { etag, 'last-modified': modified, date, ...headers } = event.response.headers;
      expect(etag.value).to.match(/^"[0-9a-f]{32}"$/);
      for (const time of [modified, date]) expect(Date.parse(time.value)).to.be.a('number').above(0);
      expect({ ...event, response: { ...event.response, headers } }).to.deep.equal({
        version: '1.0',
        context: {
          distributionDomainName: event.context.distributionDomainName,
          distributionId: event.context.distributionId,
          eventType: 'viewer-response',
          requestId: event.context.requestId,
        },
        viewer: { ip: '127.0.0.1' },
        request: {
          method: 'GET',
          uri: '/a%20b',
          querystring: {
            v: { value: '1' },
            empty: { value: '' },
            many: { value: '%201', multiValue: [{ value: '%201' }, { value: '2,3' }] },
          },
          headers: {
            host: event.request.headers.host,
            'accept-language': { value: 'en' },
            origin: { value: 'http://127.0.0.1:3000' },
          },
          cookies: { one: { value: '1' }, two: { value: '2=2' } },
        },
        response: {
          statusCode: 200,
          statusDescription: 'OK',
          headers: {
            'accept-ranges': { value: 'bytes' },
            'access-control-allow-origin': { value: 'http://127.0.0.1:3000' },
            'access-control-expose-headers': { value: 'ETag' },
            'cache-control': { value: 'max-age=300' },
            'content-length': { value: '3' },
            'content-type': { value: 'text/plain' },
            vary: { value: 'Origin' },
            via: { value: '1.1 local.cloudfront.net (CloudFront)' },
            'x-amz-server-side-encryption': { value: 'AES256' },
            'x-content-type-options': { value: 'nosniff' },
          },
          cookies: {},
        },
      });
      expect(event.context.distributionDomainName).to.match(/^d[0-9a-f]{13}\.cloudfront\.net$/);
      expect(event.context.distributionId).to.match(/^E[0-9A-F]{13}$/);
      expect(event.request.headers.host.value).to.match(/^127\.0\.0\.1:\d+$/);
    });

    it('it also runs for what comes from the cache and for a 304', async () => {
      await put('site/a', 'one', { 'cache-control': 'max-age=300' });
      const first = await eventOf('/a');
      const second = await eventOf('/a');
      expect(second.response.headers.age).to.deep.equal({ value: '0' });
      expect(second.context.requestId).not.to.equal(first.context.requestId);
      const third = await eventOf('/a', { 'if-none-match': first.response.headers.etag.value });
      expect(third.response).to.include({ statusCode: 304, statusDescription: 'Not Modified' });
    });

    it('it does not run for an error of the origin (Restrictions on all edge functions)', async () => {
      expect((await get('/missing')).headers).not.to.have.property('x-event');
    });
  });

  for (const [what, code, expected] of [
    [
      'another status and body',
      "return { statusCode: 418, headers: { 'content-type': { value: 'text/plain' } }, body: { encoding: 'base64', data: 'dGVh' } };",
      { status: 418, body: 'tea', type: 'text/plain', cache: 'Miss' },
    ],
    [
      'a body as text',
      "event.response.body = 'text'; return event.response;",
      { body: 'text', cache: 'Miss' },
    ],
    [
      'a header with several values',
      "event.response.headers['content-type'] = { value: 'a', multiValue: [{ value: 'text/a' }] }; return event.response;",
      { type: 'text/a' },
    ],
    [
      'cookies',
      "event.response.cookies = { id: { value: '1', attributes: 'Secure' } }; return event.response;",
      { cookie: ['id=1; Secure'] },
    ],
    ['an error', "throw new Error('no');", { status: 503, cache: 'FunctionExecutionError' }],
    [
      'a rejection',
      "return Promise.reject(new Error('no'));",
      { status: 503, cache: 'FunctionExecutionError' },
    ],
    [
      'no end after an await',
      'return Promise.resolve().then(() => { for (;;); });',
      { status: 503, cache: 'FunctionExecutionError' },
    ],
    ['a promise that nothing settles', 'return new Promise(() => {});', { status: 503 }],
    ['a call of eval', "return eval('event.response');", { status: 503 }],
    ['a use of a timer', 'setTimeout(() => {}, 1); return event.response;', { status: 503 }],
    ['a use of process', 'return process.env;', { status: 503 }],
    ['a use of a module', "require('crypto'); return event.response;", { status: 503 }],
    ['an assignment that strict mode forbids', 'undeclared = 1; return event.response;', { status: 503 }],
    ['nothing', '', { status: 502, cache: 'Error' }],
    ['a text', "return 'text';", { status: 502 }],
    ['a status that is a text', "event.response.statusCode = '200'; return event.response;", { status: 502 }],
    ['a header that is no object', "event.response.headers.a = 'b'; return event.response;", { status: 502 }],
    [
      'a header in upper case',
      "event.response.headers.A = { value: 'b' }; return event.response;",
      { status: 502 },
    ],
    [
      'a hidden header',
      "event.response.headers['x-cache'] = { value: 'b' }; return event.response;",
      { status: 502 },
    ],
    [
      'a header with a line feed',
      "event.response.headers.a = { value: 'b\\nc: d' }; return event.response;",
      { status: 502 },
    ],
    [
      'a header with a space in its name',
      "event.response.headers['a b'] = { value: 'c' }; return event.response;",
      { status: 502 },
    ],
    ['another Via', "event.response.headers.via = { value: 'b' }; return event.response;", { status: 502 }],
  ] as const)
    describe(`that has or returns ${what}`, () => {
      const { put, get, warnings } = useDistribution(
        withFunction('viewer-response', `function handler(event) {\n  ${code}\n}\n`),
      );

      it(`is answered with ${JSON.stringify(expected)}`, async () => {
        await put('site/a', 'one');
        const { status, headers, body } = await get('/a');
        const found = {
          status,
          body: String(body),
          type: headers['content-type'],
          cookie: headers['set-cookie'],
          cache: String(headers['x-cache']).split(' ')[0],
        };
        for (const [name, value] of Object.entries(expected))
          expect(found).to.have.deep.property(name, value);
        expect(warnings().length).to.equal(status >= 502 ? 1 : 0);
        for (const warning of warnings()) expect(warning).to.match(/^SiteFunction: /);
      });
    });

  describe('that fails', () => {
    const code =
      'function handler(event) {\n  console.log("saw", event.request.uri);\n  event.missing.field = 1;\n}\n';
    const { put, get, warnings } = useDistribution(withFunction('viewer-response', code));

    it('a warning names the function, the error and the line of the template', async () => {
      await put('site/a', 'one');
      await get('/a');
      expect(warnings().join()).to.match(/^SiteFunction: TypeError: .*\n +at handler \(template\.yaml:\d+:/);
    });
  });

  describe('that logs', () => {
    const code =
      'function handler(event) {\n  console.log("saw", event.request.uri);\n  return event.response;\n}\n';
    const { put, get, warnings } = useDistribution(withFunction('viewer-response', code));

    it('what it logs is printed', async () => {
      await put('site/a', 'one');
      await get('/a');
      expect(warnings()).to.deep.equal(['SiteFunction: saw /a']);
    });
  });
});

describe('A function for viewer requests', () => {
  const REWRITES = `async function handler(event) {
  const request = event.request;
  if (request.uri === '/teapot')
    return { statusCode: 302, statusDescription: 'Found', headers: { location: { value: '/a' } } };
  if (request.uri === '/method') request.method = 'HEAD';
  if (request.uri === '/host') request.headers.host = { value: 'other' };
  if (request.uri === '/relative') request.uri = 'a';
  if (request.uri.endsWith('/')) request.uri += 'index.html';
  if (request.querystring.old) request.querystring = { v: { value: request.querystring.old.value } };
  return request;
}
`;
  const { put, get, forwarded } = useDistribution(withFunction('viewer-request', REWRITES));

  it('it changes which object is meant, and the cache knows only that one', async () => {
    await put('site/guide/index.html', 'guide', { 'cache-control': 'max-age=300' });
    expect(String((await get('/guide/')).body)).to.equal('guide');
    expect((await get('/guide/index.html')).headers['x-cache']).to.equal('Hit from cloudfront');
    expect((await get('/guide/?old=1')).headers['x-cache']).to.equal('Miss from cloudfront');
    expect((await get('/guide/index.html?v=1')).headers['x-cache']).to.equal('Hit from cloudfront');
    expect(forwarded()).to.deep.equal(Array(2).fill('GET /local-pages/site/guide/index.html'));
  });

  it('it can answer in place of the origin', async () => {
    const { status, headers } = await get('/teapot');
    expect({ status, ...headers }).to.include({
      status: 302,
      location: '/a',
      'x-cache': 'FunctionGeneratedResponse from cloudfront',
    });
    expect(forwarded()).to.deep.equal([]);
  });

  for (const path of ['/method', '/host', '/relative'])
    it(`it may not change what is read-only (${path})`, async () => {
      expect((await get(path)).status).to.equal(502);
      expect(forwarded()).to.deep.equal([]);
    });
});
