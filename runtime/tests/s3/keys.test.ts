// Any key that AWS accepts, and the file that it is stored in.

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { escapedPath, plainPath } from '../../s3/key-path.ts';
import { type RunningService, send, startService, stopAndRemove, useService } from './service.ts';

/** Keys of 1 to 1,024 bytes: odd characters, dots, slashes, case, and neighbours like `a` and `a/b`. */
const anyKey = fc
  .oneof(
    fc.string({ minLength: 1, maxLength: 30, unit: 'binary' }),
    fc.string({
      minLength: 1,
      maxLength: 12,
      unit: fc.constantFrom('a', 'A', 'b', '/', '.', '%', '+', ' ', '\\'),
    }),
    fc
      .array(
        fc.constantFrom(
          'a',
          'B',
          '..',
          '.',
          '',
          'con',
          'input',
          'x.',
          "d'or été (1).jpg",
          '%escaped',
          '100%',
          'a+b',
        ),
        {
          minLength: 1,
          maxLength: 5,
        },
      )
      .map((segments) => segments.join('/')),
    fc.string({ minLength: 240, maxLength: 1024, unit: fc.constantFrom('a', 'é', '/') }),
  )
  .filter((key) => Buffer.byteLength(key) >= 1 && Buffer.byteLength(key) <= 1024);

describe('S3: keys', () => {
  const { service } = useService();

  it('a key of any 1 to 1,024 bytes is put, listed in the order of bytes, read, and removed (object-keys)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(anyKey, { minLength: 1, maxLength: 8 }), async (keys) => {
        const fresh = await startService();
        try {
          for (const key of keys) expect(await put(fresh, key, `bytes of ${key}`)).to.equal(200);
          const sorted = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
          expect(await listKeys(fresh)).to.deep.equal(sorted);
          for (const key of keys) expect(await get(fresh, key)).to.equal(`bytes of ${key}`);
          expect(readdirSync(fresh.directory).toSorted()).to.deep.equal(EXPECTED_FILES);
          for (const key of keys) await send(fresh, 'DELETE', address(key));
          expect(await listKeys(fresh)).to.deep.equal([]);
          expect(readdirSync(join(fresh.directory, 's3', 'notes'))).to.deep.equal([]);
        } finally {
          await stopAndRemove(fresh);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('the file of a key is never outside of the folder, and never that of another key', () => {
    fc.assert(
      fc.property(anyKey, anyKey, (one, other) => {
        for (const path of [plainPath(one), escapedPath(one)]) {
          if (path === undefined) continue;
          expect(normalize(path)).to.equal(path);
          expect(path).not.to.match(/^\.\.(\/|$)|^\/|\\|\/$/);
        }
        if (one === other) return;
        const paths = [plainPath(one), escapedPath(one)].filter((path) => path !== undefined);
        expect(paths).not.to.include.members([escapedPath(other)]);
        expect(paths).not.to.include(plainPath(other) ?? 'no path');
      }),
      { numRuns: 500 },
    );
  });

  for (const order of [
    ['a', 'a/b', 'a/b/c'],
    ['a/b/c', 'a/b', 'a'],
  ])
    it(`the keys ${order.join(', ')}, put in this order, are three objects, although one is a folder of another (object-keys)`, async () => {
      for (const key of order) expect(await put(service(), key, key)).to.equal(200);
      for (const key of order) expect(await get(service(), key)).to.equal(key);
    });

  it('a key that ends in a slash is an object like any other, as the S3 console creates folders (using-folders)', async () => {
    await put(service(), 'notes/', '');
    await put(service(), 'notes/cat.jpg', 'meow');

    expect(await listKeys(service())).to.deep.equal(['notes/', 'notes/cat.jpg']);
    expect(statSync(join(service().directory, 's3/notes/notes/cat.jpg')).size).to.equal(4);
  });

  it('the key of an ordinary file name is the path of an ordinary file', async () => {
    for (const key of [
      "notes/d'or été (1).jpg",
      'notes/a+b.jpg',
      'notes/100%.png',
      'notes/日本.webp',
      'notes/.hidden',
    ]) {
      await put(service(), key, 'meow');
      expect(existsSync(join(service().directory, 's3/notes', key)), key).to.equal(true);
    }
  });

  it('a plus in a path is a plus, and %2B and %20 are decoded once (object-keys)', async () => {
    await send(service(), 'PUT', '/notes/a+b', {}, 'plus');

    expect((await send(service(), 'GET', '/notes/a%2Bb')).body).to.equal('plus');
    expect((await send(service(), 'GET', '/notes/a%20b')).status).to.equal(404);
    // This is the key `a%2Bb`.
    expect((await send(service(), 'GET', '/notes/a%252Bb')).status).to.equal(404);
  });
});

const EXPECTED_FILES = ['runtime.sqlite', 'runtime.sqlite-wal', 's3'];

function address(key: string): string {
  return `/notes/${encodeURIComponent(key).replaceAll('%2F', '/')}`;
}

async function put(service: RunningService, key: string, body: string): Promise<number> {
  return (await send(service, 'PUT', address(key), {}, body)).status;
}

async function get(service: RunningService, key: string): Promise<string> {
  return (await send(service, 'GET', address(key))).body;
}

async function listKeys(service: RunningService): Promise<string[]> {
  const { body } = await send(service, 'GET', '/notes?list-type=2&encoding-type=url');
  return [...body.matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key = '']) =>
    decodeURIComponent(key.replaceAll('+', ' ')),
  );
}
