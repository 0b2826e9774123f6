import { expect } from 'chai';
import type { UploadOptions } from 'image-pipeline-client';
import type { Page } from 'playwright-core';
import { paintUpright } from '../support/images.ts';
import { type MadeImage, makeImage } from '../support/made-image.ts';
import { limitUploads, useChromium } from './chromium.ts';
import { type Answer, type Site, type SiteRequest, useSite } from './site.ts';

/** What became of an upload in the page. */
interface Outcome {
  readonly manifest?: {
    readonly status: string;
    readonly url: string;
    readonly source: { readonly key: string };
  };
  readonly error?: { readonly name: string; readonly message: string };
  readonly progress: readonly { readonly loaded: number; readonly total: number }[];
}

interface Upload {
  readonly options?: Omit<UploadOptions, 'endpoint' | 'onProgress' | 'signal'>;
  readonly bytes?: number;
  readonly type?: string;
  readonly name?: string;
  /** When the page stops the upload. */
  readonly stopOn?: 'start' | 'progress';
}

/** Uploads `cat.jpg` in the page, and stops it when the test says so by `stop()`. */
async function upload(page: Page, { stopOn, ...file }: Upload = {}) {
  const { options = {}, bytes = 1000, type = 'image/jpeg', name = 'cat.jpg' } = file;
  return page.evaluate(
    async ({ options, bytes, type, name, stopOn }): Promise<Outcome> => {
      const { uploadImage } = await import('/client/index.js' as string);
      const stopping = new AbortController();
      Object.assign(window, { stop: () => stopping.abort() });
      if (stopOn === 'start') stopping.abort();
      const progress: { loaded: number; total: number }[] = [];
      try {
        const manifest = await uploadImage(new File([new Uint8Array(bytes)], name, { type }), {
          endpoint: '/prod/uploads',
          onProgress: (step: { loaded: number; total: number }) => {
            progress.push(step);
            if (stopOn === 'progress') stopping.abort();
          },
          signal: stopping.signal,
          ...options,
        });
        return { manifest, progress };
      } catch (error) {
        const { name, message } = error as Error;
        return { error: { name, message }, progress };
      }
    },
    { options, bytes, type, name, stopOn },
  );
}

const json = (value: unknown, status = 200): Answer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});

const parseForm = ({ headers, body }: SiteRequest): Promise<FormData> =>
  new Response(Uint8Array.from(body), {
    headers: { 'content-type': String(headers['content-type']) },
  }).formData();

describe('uploadImage', () => {
  const openPage = useChromium();
  const site = useSite();
  let made: MadeImage;
  let page: Page;
  const FIELDS = { key: 'input/uploads/0a/cat.jpg', 'Content-Type': 'image/jpeg', policy: 'e30=' };
  const MANIFEST = '/uploads/0a/cat.jpg/manifest.json';

  before(async () => {
    made = await makeImage(await paintUpright(90, 60).jpeg().toBuffer(), { key: FIELDS.key });
  });
  beforeEach(async () => {
    const at = site();
    at.answers.set('/prod/uploads', () =>
      json({
        key: FIELDS.key,
        url: `${at.origin}/bucket`,
        fields: FIELDS,
        manifestUrl: at.origin + MANIFEST,
      }),
    );
    at.answers.set('/bucket', () => ({ status: 204 }));
    at.serve(made);
    page = await openPage();
    await page.goto(at.page(''));
  });

  const sent = (path: string, at: Site = site()) => at.requests.filter((request) => request.path === path);
  const firstSent = (path: string): SiteRequest => {
    const [request] = sent(path);
    if (!request) throw new Error(`Expected a request for ${path} but there was none.`);
    return request;
  };

  it('An upload asks for a link, sends the form with the file as its last field, and gives the manifest with its URL', async () => {
    const { manifest, error } = await upload(page);
    expect(error).to.equal(undefined);
    expect(manifest).to.deep.equal({ ...made.manifest, url: site().origin + MANIFEST });

    const { method, headers, body } = firstSent('/prod/uploads');
    expect([method, headers['content-type']]).to.deep.equal(['POST', 'application/json']);
    expect(JSON.parse(String(body))).to.deep.equal({
      name: 'cat.jpg',
      contentType: 'image/jpeg',
      bytes: 1000,
    });
    const form = [...(await parseForm(firstSent('/bucket')))];
    expect(form.slice(0, -1)).to.deep.equal(Object.entries(FIELDS));
    const [name, file] = form.at(-1) ?? [];
    expect(name).to.equal('file');
    expect(file).to.be.instanceOf(File).with.property('size', 1000);
  });

  it('An upload with a focal point asks for a link with it', async () => {
    await upload(page, { options: { focalPoint: { x: 0.3, y: 0.7 } } });
    expect(JSON.parse(String(firstSent('/prod/uploads').body))).to.deep.include({
      focalPoint: { x: 0.3, y: 0.7 },
    });
  });

  it('An upload of a HEIC names its type, also in a browser that does not know it', async () => {
    await upload(page, { name: 'IMG_0001.HEIC', type: '' });
    expect(JSON.parse(String(firstSent('/prod/uploads').body))).to.deep.equal({
      name: 'IMG_0001.HEIC',
      contentType: 'image/heic',
      bytes: 1000,
    });
  });

  it('Headers of the caller, such as an API key, go to the endpoint and nowhere else', async () => {
    await upload(page, { options: { headers: { 'x-api-key': 'secret' } } });
    expect(firstSent('/prod/uploads').headers['x-api-key']).to.equal('secret');
    for (const { path, headers } of site().requests.filter(({ path }) => path !== '/prod/uploads'))
      expect(headers, path).not.to.have.property('x-api-key');
  });

  it('Progress begins below the total and ends with it', async () => {
    await limitUploads(page, 2_000_000);
    const { progress } = await upload(page, { bytes: 2_000_000 });
    expect(progress.length).to.be.above(1);
    const last = progress.at(-1);
    expect(last?.loaded).to.equal(last?.total);
    expect(last?.total).to.be.within(2_000_000, 2_010_000);
    expect(progress[0]?.loaded).to.be.below(2_000_000);
  });

  it('A manifest that is not there yet is awaited, through 404, 403 and failures', async () => {
    const answers = [404, 403, 404, 503, 404];
    const right = site().answers.get(MANIFEST);
    site().answers.set(MANIFEST, (request) => {
      const status = answers.shift();
      return status ? { status } : (right?.(request) ?? { status: 500 });
    });
    const { manifest } = await upload(page);
    expect(manifest?.status).to.equal('RESIZED');
    expect(sent(MANIFEST)).to.have.length(6);
  });

  it('The eighth failure in a row ends the wait with its error', async () => {
    site().answers.set(MANIFEST, () => ({ status: 503 }));
    expect((await upload(page)).error).to.deep.include({ name: 'UnavailableError' });
    expect(sent(MANIFEST)).to.have.length(8);
  });

  it('A wait that takes too long ends with a TimeoutError that names the manifest', async () => {
    site().answers.set(MANIFEST, () => ({ status: 404 }));
    const { error } = await upload(page, { options: { timeoutMs: 1000 } });
    expect(error).to.deep.equal({
      name: 'TimeoutError',
      message: `Expected ${site().origin}${MANIFEST} within 1 seconds but it is not there.`,
    });
  });

  it('A refusal of the endpoint is its message, and nothing is sent', async () => {
    const message = 'Expected at most 52428800 bytes but received 60000000.';
    site().answers.set('/prod/uploads', () => json({ message }, 400));
    expect((await upload(page)).error).to.deep.equal({ name: 'UploadRefusedError', message });
    expect(sent('/bucket')).to.deep.equal([]);
  });

  for (const [what, answer, message] of [
    ['an error without a message', { status: 502 }, '/prod/uploads answered with status 502.'],
    [
      'no link',
      { body: 'Welcome' },
      'Expected url and fields from /prod/uploads but received something else.',
    ],
  ] as const)
    it(`An endpoint that answers with ${what} is an UploadRefusedError`, async () => {
      site().answers.set('/prod/uploads', () => answer);
      expect((await upload(page)).error).to.deep.equal({ name: 'UploadRefusedError', message });
    });

  it('An endpoint that cannot be reached is a NetworkError that says what to look at', async () => {
    const { error } = await upload(page, { options: { endpoint: 'http://127.0.0.1:1/' } as object });
    expect(error?.name).to.equal('NetworkError');
    expect(error?.message).to.match(/^Expected an answer from http:\/\/127\.0\.0\.1:1\/ .+ CorsOrigin/);
  });

  it('A bucket whose CORS rules do not name the page is a NetworkError that says what to look at', async () => {
    // Another origin, which no rule of the site lets in.
    const url = `${site().origin.replace('127.0.0.1', 'localhost')}/bucket`;
    site().answers.set('/prod/uploads', () =>
      json({ key: FIELDS.key, url, fields: FIELDS, manifestUrl: site().origin + MANIFEST }),
    );
    const { error } = await upload(page);
    expect(error?.name).to.equal('NetworkError');
    expect(error?.message).to.match(
      /^Expected http:\/\/localhost:\d+\/bucket to store the file .+ CorsOrigin/,
    );
  });

  it('An error of S3 has its code as name and its message', async () => {
    site().answers.set('/bucket', () => ({
      status: 400,
      headers: { 'content-type': 'application/xml' },
      body: '<?xml version="1.0"?><Error><Code>EntityTooLarge</Code><Message>Your proposed upload &lt;…&gt;</Message></Error>',
    }));
    const { error } = await upload(page);
    expect(error).to.deep.equal({ name: 'EntityTooLarge', message: 'Your proposed upload <…>' });
    expect(sent(MANIFEST)).to.deep.equal([]);
  });

  it('Without a manifestUrl nothing is sent, and the error names the parameter of the stack', async () => {
    site().answers.set('/prod/uploads', () => json({ key: FIELDS.key, url: '/bucket', fields: FIELDS }));
    const { error } = await upload(page);
    expect(error?.name).to.equal('MissingManifestUrlError');
    expect(error?.message).to.match(/Delivery=CLOUDFRONT/);
    expect(sent('/bucket')).to.deep.equal([]);
  });

  it('Without a manifestUrl, the base of another CDN gives the URL of the manifest', async () => {
    site().answers.set('/prod/uploads', () => json({ key: FIELDS.key, url: '/bucket', fields: FIELDS }));
    const { manifest } = await upload(page, { options: { base: `${site().origin}/` } });
    expect(manifest?.url).to.equal(site().origin + MANIFEST);
  });

  it('The manifest of a rejected image is an error with its name and message', async () => {
    const rejected = await makeImage(Buffer.from('This is no image.'), { key: FIELDS.key });
    site().serve(rejected);
    expect((await upload(page)).error).to.deep.equal(rejected.manifest.error);
  });

  it('A stop before the start asks for nothing', async () => {
    expect((await upload(page, { stopOn: 'start' })).error?.name).to.equal('AbortError');
    expect(sent('/prod/uploads')).to.deep.equal([]);
  });

  it('A stop while the file is sent ends the request', async () => {
    await limitUploads(page, 2_000_000);
    const { error } = await upload(page, { stopOn: 'progress', bytes: 2_000_000 });
    expect(error?.name).to.equal('AbortError');
    expect(sent('/bucket')).to.deep.equal([]);
    expect(sent(MANIFEST)).to.deep.equal([]);
  });

  for (const [what, path] of [
    ['the link is awaited', '/prod/uploads'],
    ['the manifest is awaited', MANIFEST],
  ] as const)
    it(`A stop while ${what} ends the upload`, async () => {
      site().answers.set(path, async () => {
        await page.evaluate('stop()');
        return { status: 404 };
      });
      expect((await upload(page)).error?.name).to.equal('AbortError');
    });
});
