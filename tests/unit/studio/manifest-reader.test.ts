import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { ManifestReader } from '../../../local/studio/page/images/manifest-reader.ts';

describe('Manifests of the images in view', () => {
  const { fetch } = globalThis;
  afterEach(() => {
    globalThis.fetch = fetch;
  });

  /** Answers no call until `release`. */
  function holdCalls() {
    const asked: { readonly path: string; readonly signal: AbortSignal }[] = [];
    const held: (() => void)[] = [];
    globalThis.fetch = (path, init) =>
      new Promise((resolve, reject) => {
        const signal = init?.signal ?? new AbortController().signal;
        asked.push({ path: decodeURIComponent(String(path)), signal });
        signal.addEventListener('abort', () => reject(signal.reason));
        held.push(() => resolve(new Response('{}', { status: 404 })));
      });
    const release = () => {
      for (const answer of held.splice(0)) answer();
    };
    return { asked, release };
  }
  const keys = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) => `input/${from + index}.jpg`);

  it('are read six at a time, and the next when one has come', async () => {
    const { asked, release } = holdCalls();
    new ManifestReader('resized').want(keys(0, 10));
    expect(asked.map(({ path }) => path)).to.have.length(6);
    expect(asked[0]?.path).to.equal('/studio/s3/resized/output/0.jpg/manifest.json');
    release();
    await sleep(5);
    expect(asked).to.have.length(10);
  });

  it('are no longer read when the images are out of view, and then those in view are', async () => {
    const { asked } = holdCalls();
    const reader = new ManifestReader('resized');
    reader.want(keys(0, 10));
    reader.want(keys(5, 15));
    expect(asked.map(({ signal }) => signal.aborted)).to.deep.equal([true, true, true, true, true, false]);
    await sleep(100);
    expect(asked.slice(6).map(({ path }) => /(\d+)\.jpg/.exec(path)?.[1])).to.deep.equal([
      '6',
      '7',
      '8',
      '9',
      '10',
    ]);
    expect(reader.get('input/0.jpg')).to.equal(undefined);
  });

  for (const [what, body, headers] of [
    ['no JSON', 'Monday', {}],
    ['a list', '[]', {}],
    ['null', 'null', {}],
    ['a manifest without renditions', '{"status":"RESIZED","source":{"key":"a","etag":"b"}}', {}],
    [
      'one with a rendition without a size',
      '{"status":"RESIZED","source":{"key":"a","etag":"b"},"renditions":[{"name":"x"}],"srcset":{}}',
      {},
    ],
    ['one of 5 MB', '{}', { 'Content-Length': '5000000' }],
  ] as const)
    it(`say that ${what} is no manifest`, async () => {
      globalThis.fetch = async () => new Response(body, { headers });
      const reader = new ManifestReader('resized');
      reader.want(['input/1.jpg']);
      await sleep(5);
      const known = reader.get('input/1.jpg');
      expect(known?.status === 'failed' && known.message).to.match(/^Expected a manifest /);
    });

  it('tell who listens to an image that nothing was made of it yet', async () => {
    const { release } = holdCalls();
    const reader = new ManifestReader('resized');
    const told: string[] = [];
    const stop = reader.listen('input/1.jpg', () => told.push('1'));
    reader.want(keys(0, 3));
    release();
    await sleep(5);
    expect(told).to.deep.equal(['1']);
    expect(reader.get('input/1.jpg')).to.deep.equal({ status: 'missing' });
    stop();
    reader.put('input/1.jpg', { status: 'missing' });
    expect(told).to.deep.equal(['1']);
  });
});
