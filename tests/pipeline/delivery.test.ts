// What the distribution of template.yaml answers: docs/deliver.md, "Why nothing is ever outdated".

import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import sharp from 'sharp';
import { paintUpright } from '../support/images.ts';
import { type Manifest, type PipelineUnderTest, startPipeline } from '../support/pipeline.ts';

const A_YEAR = 'public, max-age=31536000, immutable';
const MINUTES = 'public, max-age=300';
const SECONDS = 'public, max-age=2';
const KEY = 'input/2026/cat.jpg';

describe('The distribution', () => {
  let pipeline: PipelineUnderTest;
  let versioned: string;
  before(async () => {
    pipeline = await startPipeline();
    await pipeline.uploadAndWait(KEY, await paintUpright(900, 600).jpeg().toBuffer());
    versioned = await thumbnailUrl();
  });
  after(() => pipeline.stop());

  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(`${pipeline.addresses.images}${path}`, { headers });
  /** As the manifest that the distribution serves names it. */
  const thumbnailUrl = async () => {
    const answer = await get('/2026/cat.jpg/manifest.json');
    const { renditions }: Manifest = JSON.parse(await answer.text());
    return `/2026/cat.jpg/${renditions.find(({ name }) => name === 'thumbnail')?.url}`;
  };

  it('The distribution serves a manifest for seconds, a rendition for minutes, and a URL with its version for a year', async () => {
    for (const [path, cacheControl, contentType] of [
      ['/2026/cat.jpg/manifest.json', SECONDS, 'application/json'],
      ['/2026/cat.jpg/thumbnail.jpg', MINUTES, 'image/jpeg'],
      ['/2026/cat.jpg/small.avif', MINUTES, 'image/avif'],
      ['/2026/cat.jpg/thumbnail.jpg?v=000000000000', MINUTES, 'image/jpeg'],
      ['/2026/cat.jpg/thumbnail.jpg?v=', MINUTES, 'image/jpeg'],
      ['/2026/cat.jpg/thumbnail.jpg?other=1', MINUTES, 'image/jpeg'],
      [versioned, A_YEAR, 'image/jpeg'],
    ] as const) {
      const answer = await get(path);
      expect(answer.status, path).to.equal(200);
      expect(answer.headers.get('cache-control'), path).to.equal(cacheControl);
      expect(answer.headers.get('content-type'), path).to.equal(contentType);
      expect(answer.headers.get('x-content-type-options'), path).to.equal('nosniff');
    }
  });

  it('docs/deliver.md names what the distribution answers', () => {
    const documented = readFileSync('docs/deliver.md', 'utf8').matchAll(/^\|.*`(public, [^`]+)`/gm);
    expect([...documented].map(([, value]) => value)).to.deep.equal([A_YEAR, MINUTES, SECONDS]);
  });

  it('The distribution answers a second request out of its cache, and a request with the ETag with 304', async () => {
    const first = await get(versioned);
    const second = await get(versioned);
    expect(second.headers.get('x-cache')).to.equal('Hit from cloudfront');
    expect(Buffer.from(await second.arrayBuffer())).to.deep.equal(Buffer.from(await first.arrayBuffer()));
    const third = await get(versioned, { 'if-none-match': second.headers.get('etag') ?? '' });
    expect(third.status).to.equal(304);
    expect(third.headers.get('cache-control')).to.equal(A_YEAR);
  });

  it('The distribution lets pages of CorsOrigin read manifests, and no other page', async () => {
    const own = new URL(pipeline.addresses.api).origin;
    for (const [origin, allowed] of [
      [own, own],
      ['https://elsewhere.example', null],
    ] as const) {
      const { headers } = await get('/2026/cat.jpg/manifest.json', { origin });
      expect(headers.get('access-control-allow-origin'), origin).to.equal(allowed);
      expect(headers.get('vary'), origin).to.match(/\bOrigin\b/);
    }
  });

  it('A page that shows an image may read it, too: the browser asks again for the CORS headers that an <img> does not get', async () => {
    const shown = await get(versioned);
    expect(shown.headers.has('access-control-allow-origin')).to.equal(false);
    expect(shown.headers.get('vary')).to.equal('Origin');
  });

  it('A manifest that was missing is found at once when it is there', async () => {
    const path = '/2026/later.jpg/manifest.json';
    expect((await get(path)).status).to.equal(404);
    await pipeline.uploadAndWait('input/2026/later.jpg', await paintUpright(60, 40).jpeg().toBuffer());
    expect((await get(path)).status).to.equal(200);
  });

  it('An old URL never shows new bytes as immutable, and the manifest leads to the new ones within seconds', async () => {
    const before = await get(versioned);
    expect(before.headers.get('cache-control')).to.equal(A_YEAR);
    await pipeline.uploadAndWait(KEY, await paintUpright(600, 900).jpeg().toBuffer());
    // The manifest is cached for two seconds.
    await new Promise((done) => setTimeout(done, 2_100));
    const newUrl = await thumbnailUrl();
    expect(newUrl).not.to.equal(versioned);
    const shape = async (path: string) => {
      const answer = await get(path);
      const { width = 0, height = 0 } = await sharp(await answer.arrayBuffer()).metadata();
      return { cacheControl: answer.headers.get('cache-control'), isPortrait: height > width };
    };
    expect(await shape(newUrl)).to.deep.equal({ cacheControl: A_YEAR, isPortrait: true });
    // A page that still has the old manifest: a cache may have the old bytes, and if it has not, the answer is not kept.
    for (const path of [versioned, versioned.replace('?v=', '?v=0')]) {
      const { cacheControl, isPortrait } = await shape(path);
      expect(cacheControl, path).to.equal(isPortrait ? MINUTES : A_YEAR);
    }
  });

  for (const path of [
    '/?list-type=2',
    '//?list-type=2&prefix=runs/',
    '/../runs/claims/x.json',
    '/%2E%2E/runs/claims/x.json',
    '/..%2Fruns%2Fclaims%2Fx.json',
  ])
    it(`The distribution neither lists the bucket nor leaves output/ for ${path}`, async () => {
      const answer = await get(path);
      expect(answer.status).to.be.within(400, 404);
      expect(await answer.text()).not.to.match(/ListBucketResult|"prefix"/);
    });

  it('The distribution serves the outputs of any key under its percent-encoded URL', async () => {
    const body = await paintUpright(16, 12).png().toBuffer();
    const segment = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
      .filter((text) => text.isWellFormed() && !/[/\0]|^\.{1,2}$/.test(text));
    await fc.assert(
      fc.asyncProperty(segment, async (name) => {
        const key = `input/odd/${name}`;
        await pipeline.uploadAndWait(key, body);
        const answer = await get(`/odd/${encodeURIComponent(name)}/manifest.json`);
        expect(answer.status, JSON.stringify(name)).to.equal(200);
        expect(await answer.json()).to.have.nested.property('source.key', key);
      }),
      { numRuns: 15 },
    );
  });
});
