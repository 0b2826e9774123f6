import { expect } from 'chai';
import { assert, asyncProperty, string } from 'fast-check';
import { useDistribution } from './distribution.ts';

/** Percent-encodes everything that RFC 3986 does not call unreserved. */
const strictlyEncoded = (key: string): string =>
  encodeURIComponent(key).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);

describe('The keys of a distribution', () => {
  const { put, get } = useDistribution();

  for (const key of [
    'a b+c.jpg',
    '100%.jpg',
    '../x',
    './x',
    'a//b',
    'a/',
    "it's (1)!*~",
    '?v=1',
    'é€😀',
    '%2e%2e/x',
  ])
    it(`the object ${key} is reached by its percent-encoded URL`, async () => {
      await put(`site/${key}`, key);
      const path = `/${key.split('/').map(strictlyEncoded).join('/')}`;
      expect(String((await get(path)).body)).to.equal(key);
    });

  it('a URL whose percent-encoding is broken is answered with the error of S3, and not with another object', async () => {
    await put('site/%', 'percent');
    for (const path of ['/%', '/%zz', '/%ff']) expect((await get(path)).status, path).to.equal(400);
  });

  it('every key is reached by its percent-encoded URL, and only by it', async () => {
    await assert(
      asyncProperty(string({ unit: 'binary', minLength: 1, maxLength: 40 }), async (key) => {
        await put(`site/${key}`, key);
        const { status, body } = await get(`/${strictlyEncoded(key)}`);
        expect({ status, body: body.toString() }).to.deep.equal({ status: 200, body: key });
        expect((await get(`/${strictlyEncoded(`${key}x`)}`)).status).to.equal(404);
      }),
      { numRuns: 100 },
    );
  });
});
