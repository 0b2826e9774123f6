// What comes from the cache, and for how long. The page of the Amazon CloudFront Developer Guide that a test follows
// stands behind its title.

import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { lifetimeOf } from '../../cloudfront/cache-policy.ts';
import { useDistribution, type ViewerAnswer } from './distribution.ts';

/** What the tests compare. */
const essence = ({ status, headers, body }: ViewerAnswer) => ({
  status,
  cache: String(headers['x-cache']).replace(' from cloudfront', ''),
  age: headers.age,
  etag: headers.etag,
  body: body.toString(),
});
const etagOf = (body: string) => `"${createHash('md5').update(body).digest('hex')}"`;
const miss = (body: string) => ({ status: 200, cache: 'Miss', age: undefined, etag: etagOf(body), body });
const hit = (body: string, age: number) => ({ ...miss(body), cache: 'Hit', age: String(age) });
const refreshHit = (body: string) => ({ ...miss(body), cache: 'RefreshHit' });

describe('The cache of a distribution', () => {
  describe('objects (Manage how long content stays in the cache)', () => {
    const { put, get, ask, remove, wait, forwarded } = useDistribution();
    const look = async (path: string, headers = {}) => essence(await get(path, headers));

    it('an object comes from the cache while its max-age lasts, is then revalidated, and is as new after that', async () => {
      await put('site/a', 'one', { 'cache-control': 'public, max-age=300' });
      expect(await look('/a')).to.deep.equal(miss('one'));
      wait(299);
      expect(await look('/a')).to.deep.equal(hit('one', 299));
      expect(forwarded()).to.deep.equal(['GET /local-pages/site/a']);
      wait(1);
      expect(await look('/a')).to.deep.equal(refreshHit('one'));
      wait(10);
      expect(await look('/a')).to.deep.equal(hit('one', 10));
      expect(forwarded()).to.deep.equal(['GET /local-pages/site/a']);
    });

    it('an object that is overwritten under the same key stays for its max-age, and then the new one comes', async () => {
      await put('site/a', 'one', { 'cache-control': 'public, max-age=2' });
      await get('/a');
      await put('site/a', 'two', { 'cache-control': 'public, max-age=2' });
      wait(1);
      expect(await look('/a')).to.deep.equal(hit('one', 1));
      wait(1);
      expect(await look('/a')).to.deep.equal(miss('two'));
    });

    it('an object that is deleted stays for its max-age, and is then missing', async () => {
      await put('site/a', 'one', { 'cache-control': 'max-age=2' });
      await get('/a');
      await remove('site/a');
      wait(1);
      expect(await look('/a')).to.deep.equal(hit('one', 1));
      wait(1);
      expect(await look('/a')).to.include({ status: 404, cache: 'Error', age: undefined });
    });

    it('each value of a query parameter of the cache policy has an entry of its own, and other parameters do not count', async () => {
      await put('site/a', 'one', { 'cache-control': 'max-age=300' });
      await get('/a?v=1');
      await put('site/a', 'two', { 'cache-control': 'max-age=300' });
      expect(await look('/a?v=2')).to.deep.equal(miss('two'));
      expect(await look('/a')).to.deep.equal(miss('two'));
      expect(await look('/a?v=1')).to.deep.equal(hit('one', 0));
      expect(await look('/a?utm_source=letter&v=1&list-type=2')).to.deep.equal(hit('one', 0));
      expect(await look('/a?list-type=2&acl')).to.deep.equal(hit('two', 0));
      expect(forwarded()).to.deep.equal(Array(3).fill('GET /local-pages/site/a'));
    });

    it('a HEAD request fills the cache for GET requests, and its answer has the same headers and no body', async () => {
      await put('site/a', 'one', { 'cache-control': 'max-age=300', 'content-type': 'text/plain' });
      const { status, headers, body } = await ask('HEAD', '/a');
      expect(body).to.have.length(0);
      expect({ status, ...headers }).to.include({ status: 200, 'content-length': '3', etag: etagOf('one') });
      expect(await look('/a')).to.deep.equal(hit('one', 0));
    });

    it('a viewer cannot force a request to the origin (Use headers to control cache duration)', async () => {
      await put('site/a', 'one', { 'cache-control': 'max-age=300' });
      await get('/a');
      const forcing = { 'cache-control': 'no-cache', pragma: 'no-cache' };
      expect(await look('/a', forcing)).to.deep.equal(hit('one', 0));
    });

    it('an object of more than 16 MiB passes through, whole and in part, and is not cached', async () => {
      const large = Buffer.alloc(16 * 1024 * 1024 + 1, 'abcdefgh');
      await put('site/large', large, { 'cache-control': 'max-age=300' });
      for (let round = 0; round < 2; round += 1) {
        const { status, headers, body } = await get('/large');
        expect({ status, cache: headers['x-cache'] }).to.deep.equal({
          status: 200,
          cache: 'Miss from cloudfront',
        });
        expect(body.equals(large)).to.equal(true);
      }
      const part = await get('/large', { range: 'bytes=8-15' });
      expect({ status: part.status, body: String(part.body) }).to.deep.equal({
        status: 206,
        body: 'abcdefgh',
      });
      expect(part.headers['content-range']).to.equal(`bytes 8-15/${large.length}`);
      expect((await ask('HEAD', '/large')).headers['content-length']).to.equal(String(large.length));
    });

    it('the cache keeps 64 MiB at most, and drops what was not asked for the longest', async () => {
      const large = Buffer.alloc(15 * 1024 * 1024, 'x');
      for (const name of ['1', '2', '3', '4', '5']) {
        await put(`site/${name}`, large, { 'cache-control': 'max-age=300' });
        await get(`/${name}`);
      }
      const kept = [];
      for (const name of ['5', '4', '3', '2', '1']) kept.push((await get(`/${name}`)).headers['x-cache']);
      expect(kept).to.deep.equal([...Array(4).fill('Hit from cloudfront'), 'Miss from cloudfront']);
    });
  });

  describe('the minimum, default and maximum TTL (Manage how long content stays in the cache)', () => {
    const sent = 'Sat, 28 Nov 2026 12:00:00 GMT';
    const inAMinute = 'Sat, 28 Nov 2026 12:01:00 GMT';
    const unknown = { minSeconds: 0, defaultSeconds: 86_400, maxSeconds: 1000, encodings: [] };
    const eager = { minSeconds: 100, defaultSeconds: 50, maxSeconds: 1000, encodings: [] };
    // The headers of the object, and the seconds that it stays with a minimum of 0 and of 100.
    for (const [headers, without, withMinimum] of [
      [{}, 86_400, 100],
      [{ 'cache-control': 'max-age=300' }, 300, 300],
      [{ 'cache-control': 'public, max-age=10' }, 10, 100],
      [{ 'cache-control': 'max-age=5000' }, 1000, 1000],
      [{ 'cache-control': 'max-age=0' }, 0, 100],
      [{ 'cache-control': 'max-age=10, s-maxage=500' }, 500, 500],
      [{ 'cache-control': 'S-MaxAge="500"' }, 500, 500],
      [{ 'cache-control': 'no-cache' }, 0, 100],
      [{ 'cache-control': 'no-store' }, undefined, 100],
      [{ 'cache-control': 'private, max-age=300' }, undefined, 100],
      [{ 'cache-control': 'max-age=soon' }, 86_400, 100],
      [{ expires: inAMinute }, 60, 100],
      [{ expires: inAMinute, 'cache-control': 'max-age=300' }, 300, 300],
      [{ expires: sent }, 0, 100],
    ] as const)
      it(`an object with ${JSON.stringify(headers)} stays ${without ?? 'not at all, not even to be revalidated,'} (with a minimum of 100: ${withMinimum}) seconds`, () => {
        const lifetime = (policy: typeof unknown) => {
          const rules = { ...policy, hasParameter: () => false };
          const { seconds, isKept } = lifetimeOf({ date: sent, ...headers }, rules);
          return isKept ? seconds : undefined;
        };
        expect(lifetime(unknown)).to.equal(without);
        expect(lifetime({ ...eager, defaultSeconds: 100 })).to.equal(withMinimum);
      });
  });

  describe('an object without Cache-Control and a default TTL of 0', () => {
    const { put, get } = useDistribution();

    it('is revalidated for each request', async () => {
      await put('site/a', 'one');
      expect(essence(await get('/a'))).to.deep.equal(miss('one'));
      expect(essence(await get('/a'))).to.deep.equal(refreshHit('one'));
      await put('site/a', 'two');
      expect(essence(await get('/a'))).to.deep.equal(miss('two'));
    });
  });

  describe('with all query parameters in the cache key (Control the cache key with a policy)', () => {
    const { put, get, forwarded } = useDistribution({
      '{ QueryStringBehavior: whitelist, QueryStrings: [v] }': '{ QueryStringBehavior: all }',
    });

    it('each query string has an entry of its own, and S3 gets the parameters that it gives a meaning to', async () => {
      await put('site/a', 'one', { 'cache-control': 'max-age=300' });
      for (const query of ['', '?x=1', '?x=2', '?x=1&y', '?X-Amz-Credential=administrator&AWSAccessKeyId=a'])
        expect(essence(await get(`/a${query}`)), query).to.deep.equal(miss('one'));
      expect(essence(await get('/a?x=1'))).to.deep.equal(hit('one', 0));
      expect(forwarded()).to.deep.equal(Array(5).fill('GET /local-pages/site/a'));
      const { headers } = await get('/a?x=1&response-content-type=text%2Fcss');
      expect(headers['content-type']).to.equal('text/css');
      expect(forwarded()).to.deep.equal(['GET /local-pages/site/a?response-content-type=text%2Fcss']);
    });
  });

  describe('without query parameters in the cache key', () => {
    const { put, get } = useDistribution({
      '{ QueryStringBehavior: whitelist, QueryStrings: [v] }': '{ QueryStringBehavior: none }',
    });

    it('all query strings have the same entry', async () => {
      await put('site/a', 'one', { 'cache-control': 'max-age=300' });
      await get('/a?v=1');
      expect(essence(await get('/a?v=2'))).to.deep.equal(hit('one', 0));
    });
  });

  describe('an origin that fails (How CloudFront processes HTTP 4xx and 5xx status codes)', () => {
    const { put, get, lose, wait, forwarded } = useDistribution();

    it('an object that is in the cache is served for 10 seconds more, and its absence is an error', async () => {
      await put('site/a', 'one', { 'cache-control': 'max-age=300' });
      await get('/a');
      await put('site/a', 'two', { 'cache-control': 'max-age=300' });
      lose('site/a');
      wait(300);
      expect(essence(await get('/a'))).to.deep.equal(hit('one', 300));
      wait(9);
      expect(essence(await get('/a'))).to.deep.equal(hit('one', 309));
      expect(forwarded()).to.have.length(2);
      wait(1);
      expect(essence(await get('/a'))).to.deep.equal(hit('one', 310));
      expect(forwarded()).to.have.length(1);
      expect(essence(await get('/a?v=1'))).to.include({ status: 500, cache: 'Error' });
    });
  });

  describe('errors (Control how long CloudFront caches errors)', () => {
    const missing = { status: 404, cache: 'Error' };

    describe('by default', () => {
      const { put, get, wait, forwarded } = useDistribution();

      it('a missing object that appears is found after 10 seconds', async () => {
        expect(essence(await get('/a'))).to.include({ ...missing, age: undefined });
        await put('site/a', 'one');
        wait(9);
        expect(essence(await get('/a'))).to.include({ ...missing, age: '9' });
        expect(forwarded()).to.deep.equal(['GET /local-pages/site/a']);
        wait(1);
        expect(essence(await get('/a'))).to.deep.equal(miss('one'));
      });
    });

    describe('with an ErrorCachingMinTTL of 0', () => {
      const { put, get } = useDistribution({
        '        Origins:\n':
          '        CustomErrorResponses: [{ ErrorCode: 404, ErrorCachingMinTTL: 0 }]\n        Origins:\n',
      });

      it('a missing object that appears is found at once', async () => {
        expect(essence(await get('/a'))).to.include(missing);
        await put('site/a', 'one');
        expect(essence(await get('/a'))).to.deep.equal(miss('one'));
      });
    });

    describe('with an ErrorCachingMinTTL of 60', () => {
      const { put, get, wait } = useDistribution({
        '        Origins:\n':
          '        CustomErrorResponses: [{ ErrorCode: 404, ErrorCachingMinTTL: 60 }]\n        Origins:\n',
      });

      it('a missing object that appears is found after a minute', async () => {
        await get('/a');
        await put('site/a', 'one');
        wait(59);
        expect(essence(await get('/a'))).to.include(missing);
        wait(1);
        expect(essence(await get('/a'))).to.deep.equal(miss('one'));
      });
    });
  });
});
