// Any key that AWS takes, and where it lies on the disk.

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { escapedPath, plainPath } from '../../s3/key-path.ts';
import { type RunningService, send, startService, stopAndRemove } from './service.ts';

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

describe('a key', () => {
  it('of any 1 to 1,024 bytes is put, listed in the order of bytes, got, and removed (object-keys)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(anyKey, { minLength: 1, maxLength: 8 }), async (keys) => {
        const service = await startService();
        try {
          for (const key of keys) expect(await put(service, key, `bytes of ${key}`)).to.equal(200);
          const sorted = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
          expect(await listKeys(service)).to.deep.equal(sorted);
          for (const key of keys) expect(await get(service, key)).to.equal(`bytes of ${key}`);
          expect(readdirSync(service.directory).toSorted()).to.deep.equal(EXPECTED_FILES);
          for (const key of keys) await send(service, 'DELETE', address(key));
          expect(await listKeys(service)).to.deep.equal([]);
          expect(readdirSync(join(service.directory, 's3', 'originals'))).to.deep.equal([]);
        } finally {
          await stopAndRemove(service);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('never leads out of the folder, and never to another key’s file', () => {
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

  it('can be the start of another one’s path, whichever came first (object-keys)', async () => {
    for (const order of [
      ['a', 'a/b', 'a/b/c'],
      ['a/b/c', 'a/b', 'a'],
    ]) {
      const service = await startService();
      for (const key of order) expect(await put(service, key, key)).to.equal(200);
      for (const key of order) expect(await get(service, key)).to.equal(key);
      await stopAndRemove(service);
    }
  });

  it('that ends in a slash is an object like any other, as the S3 console writes folders (using-folders)', async () => {
    const service = await startService();
    await put(service, 'input/', '');
    await put(service, 'input/cat.jpg', 'meow');

    expect(await listKeys(service)).to.deep.equal(['input/', 'input/cat.jpg']);
    expect(statSync(join(service.directory, 's3/originals/input/cat.jpg')).size).to.equal(4);
    await stopAndRemove(service);
  });

  it('of ordinary photographs is the path of an ordinary file', async () => {
    const service = await startService();
    for (const key of [
      "input/d'or été (1).jpg",
      'input/a+b.jpg',
      'input/100%.png',
      'input/日本.webp',
      'input/.hidden',
    ]) {
      await put(service, key, 'meow');
      expect(existsSync(join(service.directory, 's3/originals', key)), key).to.equal(true);
    }
    await stopAndRemove(service);
  });

  it('keeps its plus in a path, and takes %2B and %20 for what they are (object-keys)', async () => {
    const service = await startService();
    await send(service, 'PUT', '/originals/a+b', {}, 'plus');

    expect((await send(service, 'GET', '/originals/a%2Bb')).body).to.equal('plus');
    expect((await send(service, 'GET', '/originals/a%20b')).status).to.equal(404);
    // Decoded once: this is the key `a%2Bb`.
    expect((await send(service, 'GET', '/originals/a%252Bb')).status).to.equal(404);
    await stopAndRemove(service);
  });
});

const EXPECTED_FILES = ['pipeline.sqlite', 'pipeline.sqlite-wal', 's3'];

function address(key: string): string {
  return `/originals/${encodeURIComponent(key).replaceAll('%2F', '/')}`;
}

async function put(service: RunningService, key: string, body: string): Promise<number> {
  return (await send(service, 'PUT', address(key), {}, body)).status;
}

async function get(service: RunningService, key: string): Promise<string> {
  return (await send(service, 'GET', address(key))).body;
}

async function listKeys(service: RunningService): Promise<string[]> {
  const { body } = await send(service, 'GET', '/originals?list-type=2&encoding-type=url');
  return [...body.matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key = '']) =>
    decodeURIComponent(key.replaceAll('+', ' ')),
  );
}
