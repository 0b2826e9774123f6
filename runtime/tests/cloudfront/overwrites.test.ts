// What viewers get of objects that keep their keys when they are overwritten, with a function that makes the URL of a
// version immutable: URL × headers × state of the cache → answer.

import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { useDistribution, withFunction } from './distribution.ts';

const IMMUTABLE_VERSIONS = `function handler(event) {
  const response = event.response;
  const version = event.request.querystring.v ? event.request.querystring.v.value : '';
  const etag = response.headers.etag ? response.headers.etag.value.replace(/^W\\//, '').replaceAll('"', '') : '';
  if (version.length === 12 && etag.startsWith(version))
    response.headers['cache-control'] = { value: 'public, max-age=31536000, immutable' };
  return response;
}
`;
const ERRORS_AT_ONCE = {
  '        Origins:\n':
    '        CustomErrorResponses: [{ ErrorCode: 404, ErrorCachingMinTTL: 0 }]\n        Origins:\n',
};

const text = (word: string) => JSON.stringify(Array.from({ length: 200 }, () => word));
const [OLD_BODY, NEW_BODY] = [text('old'), text('new')];
const hashOf = (body: string) => createHash('md5').update(body).digest('hex');
const [OLD, NEW] = [hashOf(OLD_BODY), hashOf(NEW_BODY)];
const [OLD_URL, NEW_URL] = [`/a.json?v=${OLD.slice(0, 12)}`, `/a.json?v=${NEW.slice(0, 12)}`];

const MINUTES = 'public, max-age=300';
const YEAR = 'public, max-age=31536000, immutable';
const gzip = { 'accept-encoding': 'gzip' };
const ifNot = (hash: string) => ({ 'if-none-match': `"${hash}"` });

/** What happened before the request: the same request, an overwrite, seconds that passed. */
type State = readonly ('cached' | 'overwritten' | 'deleted' | number)[];

describe('An object that is overwritten under its key', () => {
  const { put, get, remove, wait } = useDistribution({
    ...withFunction('viewer-response', IMMUTABLE_VERSIONS),
    ...ERRORS_AT_ONCE,
  });
  const write = (body: string) =>
    put('site/a.json', body, { 'cache-control': MINUTES, 'content-type': 'application/json' });

  for (const [state, url, headers, status, cacheControl, cache, age, etag] of [
    [[], '/a.json', {}, 200, MINUTES, 'Miss', undefined, `"${OLD}"`],
    [['cached', 299], '/a.json', {}, 200, MINUTES, 'Hit', '299', `"${OLD}"`],
    [['cached', 300], '/a.json', {}, 200, MINUTES, 'RefreshHit', undefined, `"${OLD}"`],
    [['cached', 'overwritten', 299], '/a.json', {}, 200, MINUTES, 'Hit', '299', `"${OLD}"`],
    [['cached', 'overwritten', 300], '/a.json', {}, 200, MINUTES, 'Miss', undefined, `"${NEW}"`],
    [['cached', 'deleted', 300], '/a.json', {}, 404, undefined, 'Error', undefined, undefined],

    [[], OLD_URL, {}, 200, YEAR, 'Miss', undefined, `"${OLD}"`],
    [['cached', 299], OLD_URL, {}, 200, YEAR, 'Hit', '299', `"${OLD}"`],
    [['cached', 300], OLD_URL, {}, 200, YEAR, 'RefreshHit', undefined, `"${OLD}"`],
    [['overwritten'], OLD_URL, {}, 200, MINUTES, 'Miss', undefined, `"${NEW}"`],
    [['overwritten'], NEW_URL, {}, 200, YEAR, 'Miss', undefined, `"${NEW}"`],
    [['cached', 'overwritten', 299], OLD_URL, {}, 200, YEAR, 'Hit', '299', `"${OLD}"`],
    [['cached', 'overwritten', 300], OLD_URL, {}, 200, MINUTES, 'Miss', undefined, `"${NEW}"`],
    [[], NEW_URL, {}, 200, MINUTES, 'Miss', undefined, `"${OLD}"`],
    [['cached', 'overwritten', 300], NEW_URL, {}, 200, YEAR, 'Miss', undefined, `"${NEW}"`],

    [['cached'], OLD_URL, gzip, 200, YEAR, 'Hit', '0', `W/"${OLD}"`],
    [['overwritten'], OLD_URL, gzip, 200, MINUTES, 'Miss', undefined, `W/"${NEW}"`],
    [['cached', 300], OLD_URL, gzip, 200, YEAR, 'RefreshHit', undefined, `W/"${OLD}"`],

    [[], '/a.json', ifNot(OLD), 304, MINUTES, 'Miss', undefined, `"${OLD}"`],
    [['cached', 299], OLD_URL, ifNot(OLD), 304, YEAR, 'Hit', '299', `"${OLD}"`],
    [['cached', 300], OLD_URL, ifNot(OLD), 304, YEAR, 'RefreshHit', undefined, `"${OLD}"`],
    [['overwritten'], OLD_URL, ifNot(OLD), 200, MINUTES, 'Miss', undefined, `"${NEW}"`],
    [['overwritten'], OLD_URL, ifNot(NEW), 304, MINUTES, 'Miss', undefined, `"${NEW}"`],

    [['cached', 1], OLD_URL, { range: 'bytes=0-9' }, 206, YEAR, 'Hit', '1', `"${OLD}"`],
    [['overwritten'], OLD_URL, { range: 'bytes=0-9' }, 206, MINUTES, 'Miss', undefined, `"${NEW}"`],
  ] as const satisfies readonly (readonly [State, ...unknown[]])[]) {
    const before = state.length > 0 ? state.join(', ') : 'nothing';
    const name = url === OLD_URL ? '/a.json?v=OLD' : url === NEW_URL ? '/a.json?v=NEW' : url;
    const asked = JSON.stringify(headers).replaceAll(OLD, 'OLD').replaceAll(NEW, 'NEW');

    it(`${name} with ${asked} after ${before} is answered with ${status}, ${cacheControl}, ${cache}`, async () => {
      await write(OLD_BODY);
      for (const event of state) {
        if (event === 'cached') await get(url, headers);
        else if (event === 'overwritten') await write(NEW_BODY);
        else if (event === 'deleted') await remove('site/a.json');
        else wait(event);
      }
      const answer = await get(url, headers);
      expect({
        status: answer.status,
        cacheControl: answer.headers['cache-control'],
        cache: String(answer.headers['x-cache']).replace(' from cloudfront', ''),
        age: answer.headers.age,
        etag: answer.headers.etag,
      }).to.deep.equal({ status, cacheControl, cache, age, etag });
      if (status === 200 && !('accept-encoding' in headers))
        expect(String(answer.body)).to.equal(etag.includes(OLD) ? OLD_BODY : NEW_BODY);
    });
  }

  it('an object that is missing and then written is found at once', async () => {
    expect((await get('/a.json')).status).to.equal(404);
    await write(OLD_BODY);
    expect((await get('/a.json')).status).to.equal(200);
  });
});
