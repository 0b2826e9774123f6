import { Readable } from 'node:stream';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { expect } from 'chai';
import sharp from 'sharp';
import { ImageTooLargeError } from '../../functions/image-resize/image/errors.ts';
import { DEFAULT_LIMITS } from '../../functions/image-resize/image/limits.ts';
import type { RenditionRow } from '../../functions/image-resize/image/rows/rendition-row.ts';
import { createRecipe } from '../../functions/image-resize/manifest.ts';
import type { NewObject } from '../../functions/image-resize/object-store.ts';
import type { Pipeline } from '../../functions/image-resize/pipeline.ts';
import { recordFailure, resizeImage } from '../../functions/image-resize/resize-image.ts';
import { inMemoryPipeline } from '../support/in-memory-pipeline.ts';
import { fault, mockS3 } from '../support/in-memory-s3.ts';

const ROWS: readonly RenditionRow[] = [
  { name: 'thumbnail', width: 8, format: 'jpeg', quality: 80 },
  { name: 'large', width: 32, format: 'webp', quality: 80 },
];
const KEY = 'input/2026/cat.jpg';
const FOLDER = 'resized/output/2026/cat.jpg';

const paint = (background: string) =>
  sharp({ create: { width: 40, height: 20, channels: 3, background } })
    .jpeg()
    .toBuffer();
const red = await paint('#ff0000');
const blue = await paint('#0000ff');

describe('Resizing an image', () => {
  let s3: ReturnType<typeof mockS3>;
  let pipeline: Pipeline;
  const manifest = () => JSON.parse(s3.objects.get(`${FOLDER}/manifest.json`)?.toString('utf8') ?? 'null');
  const upload = (body: Buffer) => s3.objects.set(`originals/${KEY}`, body);
  const writes = () => s3.calls.filter((call) => /^(PUT|DELETE)/.test(call));
  const run = (force = false) => resizeImage({ key: KEY, force, followsFailure: false }, pipeline);

  beforeEach(() => {
    s3 = mockS3();
    pipeline = inMemoryPipeline(ROWS);
  });
  afterEach(() => s3.client.restore());

  it('Resizing an image writes every rendition of the table, then the manifest', async () => {
    upload(red);
    const result = await run();
    expect(result.status).to.equal('RESIZED');
    expect(
      result.renditions.map(({ name, width, height, format }) => ({ name, width, height, format })),
    ).to.deep.equal([
      { name: 'thumbnail', width: 8, height: 4, format: 'jpeg' },
      { name: 'large', width: 32, height: 16, format: 'webp' },
    ]);
    expect(writes()).to.have.members([
      `PUT ${FOLDER}/thumbnail.jpg`,
      `PUT ${FOLDER}/large.webp`,
      `PUT ${FOLDER}/manifest.json`,
    ]);
    expect(writes().at(-1)).to.equal(`PUT ${FOLDER}/manifest.json`);
  });

  it('The manifest keeps the name of the execution that wrote it if a later execution finds the image up to date', async () => {
    upload(red);
    const ask = (execution: string) =>
      resizeImage({ key: KEY, force: false, followsFailure: false, execution }, pipeline);
    await ask('monday-run');
    expect(manifest().execution).to.equal('monday-run');
    expect(await ask('tuesday-run')).to.include({ status: 'UNCHANGED' });
    expect(manifest().execution).to.equal('monday-run');
  });

  it('An image is not rendered again if another execution has recorded the same result during the render', async () => {
    upload(red);
    const ask = (execution: string, resized = pipeline.resized) =>
      resizeImage({ key: KEY, force: true, followsFailure: false, execution }, { ...pipeline, resized });
    const overtaken: typeof pipeline.resized = {
      ...pipeline.resized,
      putIfUnchanged: async (...put) => {
        await ask('faster');
        return pipeline.resized.putIfUnchanged(...put);
      },
    };
    expect(await ask('slower', overtaken)).to.have.property('status', 'RESIZED');
    expect(manifest().execution).to.equal('faster');
    const made = writes().filter((call) => call.endsWith('/thumbnail.jpg'));
    expect(made).to.have.length(2);
  });

  it('Resizing an image returns the bytes of the source and the time of the render, unless the image is up to date', async () => {
    upload(red);
    const { work } = await run();
    expect(work).to.include({ sourceBytes: red.length });
    expect(work?.renderMilliseconds).to.be.a('number');
    expect(await run()).not.to.have.property('work');
  });

  it('Resizing an image writes the source, the renditions, the srcset and the placeholder into the manifest', async () => {
    upload(red);
    const { renditions } = await run();
    expect(manifest()).to.deep.include({
      status: 'RESIZED',
      renditions: JSON.parse(JSON.stringify(renditions)),
    });
    expect(manifest().source).to.deep.include({
      bucket: 'originals',
      key: KEY,
      format: 'jpeg',
      width: 40,
      height: 20,
    });
    const [thumbnail, large] = renditions.map(({ etag }) => etag.slice(0, 12));
    expect(manifest().srcset).to.deep.equal({
      jpeg: `thumbnail.jpg?v=${thumbnail} 8w`,
      webp: `large.webp?v=${large} 32w`,
    });
    expect(manifest().placeholder.dominantColor).to.match(/^#f[ef]0000$/);
  });

  it('Nothing is rendered and nothing is written if source and recipe are those of the manifest', async () => {
    upload(red);
    await run();
    s3.calls.length = 0;
    expect(await run()).to.have.property('status', 'UNCHANGED');
    expect(writes()).to.deep.equal([]);
  });

  it('The source is not requested if the request contains the ETag of the source in the manifest', async () => {
    upload(red);
    const { source } = await run();
    s3.calls.length = 0;
    expect(
      await resizeImage(
        { key: KEY, force: false, followsFailure: false, etag: String(source.etag) },
        pipeline,
      ),
    ).to.have.property('status', 'UNCHANGED');
    expect(s3.calls).to.deep.equal([`GET ${FOLDER}/manifest.json`, `LIST ${FOLDER}/`]);
  });

  it('An image that is up to date is rendered again if the request has force', async () => {
    upload(red);
    await run();
    s3.calls.length = 0;
    expect(await run(true)).to.have.property('status', 'RESIZED');
    expect(writes()).to.have.length(ROWS.length + 1);
  });

  it('An image is rendered again if the recipe has changed, and renditions that the new recipe does not make are deleted', async () => {
    upload(red);
    await run();
    pipeline = { ...pipeline, recipeOf: () => createRecipe(ROWS.slice(0, 1), DEFAULT_LIMITS) };
    expect(await run()).to.have.property('status', 'RESIZED');
    expect([...s3.objects.keys()]).to.have.members([
      `originals/${KEY}`,
      `${FOLDER}/thumbnail.jpg`,
      `${FOLDER}/manifest.json`,
    ]);
  });

  it('An old rendition that a newer upload has overwritten in the meantime is not deleted', async () => {
    upload(red);
    await run();
    const overtaken = {
      ...pipeline.resized,
      putIfUnchanged: async (object: NewObject, expected: string | undefined) => {
        const isWritten = await pipeline.resized.putIfUnchanged(object, expected);
        s3.objects.set(`${FOLDER}/large.webp`, Buffer.from('of the newer upload'));
        return isWritten;
      },
    };
    const recipe = createRecipe(ROWS.slice(0, 1), DEFAULT_LIMITS);
    await resizeImage(
      { key: KEY, force: false, followsFailure: false },
      { ...pipeline, recipeOf: () => recipe, resized: overtaken },
    );
    expect(s3.objects.get(`${FOLDER}/large.webp`)?.toString()).to.equal('of the newer upload');
  });

  it('A folder marker of the S3 console is ignored, and no request is sent to S3', async () => {
    const result = await resizeImage({ key: 'input/', force: true, followsFailure: false }, pipeline);
    expect(result).to.deep.equal({
      status: 'UNCHANGED',
      source: { bucket: 'originals', key: 'input/' },
      renditions: [],
    });
    expect(s3.calls).to.deep.equal([]);
  });

  it('A rejected image is recorded in its manifest and is not processed again', async () => {
    upload(Buffer.from('This is no image.'));
    const { work, ...first } = await run();
    expect(work).to.include({ sourceBytes: 17 });
    expect(first).to.have.property('status', 'REJECTED');
    expect(first).to.have.nested.property('error.name', 'UnsupportedImageError');
    expect(manifest().error).to.deep.equal(first.error);
    s3.calls.length = 0;
    expect(await run()).to.deep.equal(first);
    expect(writes()).to.deep.equal([]);
  });

  it('A rejected image is processed again if the limits have changed', async () => {
    upload(red);
    const limits = { ...DEFAULT_LIMITS, maxPixels: 100 };
    const strict = { ...pipeline, recipeOf: () => createRecipe(ROWS, limits) };
    expect(
      await resizeImage({ key: KEY, force: false, followsFailure: false }, strict),
    ).to.have.nested.property('error.name', 'ImageTooLargeError');
    expect(await run()).to.have.property('status', 'RESIZED');
  });

  it('The renditions of an earlier upload are deleted if a later upload is rejected', async () => {
    upload(red);
    await run();
    upload(Buffer.from('This is no image.'));
    await run();
    expect([...s3.objects.keys()]).to.have.members([`originals/${KEY}`, `${FOLDER}/manifest.json`]);
  });

  it('A key that does not exist is rejected, and nothing is written', async () => {
    expect(await run()).to.have.nested.property('error.name', 'SourceNotFoundError');
    expect(writes()).to.deep.equal([]);
  });

  it('A key whose outputs would have too long keys for S3 is rejected, and no request is sent to S3', async () => {
    const key = `input/${'é'.repeat(505)}`;
    const result = await resizeImage({ key, force: false, followsFailure: false }, pipeline);
    expect(result).to.have.nested.property('error.name', 'KeyTooLongError');
    expect(s3.calls).to.deep.equal([]);
  });

  it('A source that has too many bytes is not downloaded', async () => {
    upload(red);
    let fetched = false;
    s3.client.on(GetObjectCommand, { Bucket: 'originals' }).resolves({
      ETag: '"e"',
      ContentLength: DEFAULT_LIMITS.maxBytes + 1,
      Body: {
        transformToByteArray: async () => {
          fetched = true;
          return red;
        },
      } as never,
    });
    pipeline = { ...pipeline, originals: { ...pipeline.originals, findEtag: async () => 'e' } };
    expect(await run())
      .to.have.nested.property('error.message')
      .that.includes(String(DEFAULT_LIMITS.maxBytes + 1));
    expect(fetched).to.equal(false);
  });

  it('The outputs are those of the newest upload if the source is replaced during the render', async () => {
    upload(red);
    const replacing = {
      ...pipeline.resized,
      put: (object: NewObject) => {
        upload(blue);
        return pipeline.resized.put(object);
      },
    };
    await resizeImage({ key: KEY, force: false, followsFailure: false }, { ...pipeline, resized: replacing });
    expect(manifest().placeholder.dominantColor).to.match(/^#0000f[ef]$/);
  });

  it('The outputs are those of the newest upload if another invocation writes its manifest during the render', async () => {
    upload(red);
    let looks = 0;
    const racing = {
      ...pipeline.originals,
      findEtag: async (key: string) => {
        const etag = await pipeline.originals.findEtag(key);
        if (looks++ === 0) {
          upload(blue);
          s3.objects.set(`${FOLDER}/manifest.json`, Buffer.from('{"of": "the other invocation"}'));
        }
        return etag;
      },
    };
    await resizeImage({ key: KEY, force: false, followsFailure: false }, { ...pipeline, originals: racing });
    expect(manifest().placeholder.dominantColor).to.match(/^#0000f[ef]$/);
  });

  it('The renditions of a newer upload are written again after those of an older upload have overwritten them', async () => {
    upload(red);
    const overtaken = {
      ...pipeline.originals,
      read: 0,
      open: async (key: string) => {
        const source = await pipeline.originals.open(key);
        if (overtaken.read++ > 0) return source;
        upload(blue);
        await run();
        return source;
      },
    };
    await resizeImage(
      { key: KEY, force: false, followsFailure: false },
      { ...pipeline, originals: overtaken },
    );
    const large = await sharp(s3.objects.get(`${FOLDER}/large.webp`)).stats();
    expect(large.dominant.b).to.be.above(large.dominant.r);
  });

  it('Resizing an image throws SourceChangingError, which the state machines retry, if the source changes during every render', async () => {
    upload(red);
    const restless = { ...pipeline.originals, findEtag: async () => 'another' };
    const error = await resizeImage(
      { key: KEY, force: false, followsFailure: false },
      { ...pipeline, originals: restless },
    ).catch((e: unknown) => e);
    expect(error).to.have.property('name', 'SourceChangingError');
  });

  describe('does not trust a manifest', () => {
    const lost = `${FOLDER}/large.webp`;
    const resize = (etag?: string) =>
      resizeImage({ key: KEY, force: false, followsFailure: false, ...(etag && { etag }) }, pipeline);

    it('A manifest is not trusted if another upload wrote renditions before its execution ended without a manifest', async () => {
      upload(red);
      const { source } = await resize();
      s3.objects.set(lost, Buffer.from('a rendition of the other upload'));
      expect(await resize(String(source.etag))).to.have.property('status', 'RESIZED');
      expect(await sharp(s3.objects.get(lost)).metadata()).to.have.property('width', 32);
    });

    it('A manifest that names a missing rendition is not trusted', async () => {
      upload(red);
      await resize();
      s3.objects.delete(lost);
      expect(await resize()).to.have.property('status', 'RESIZED');
      expect(s3.objects.has(lost)).to.equal(true);
    });
  });

  it('An output that no manifest names is deleted once no running execution can be about to name it', async () => {
    upload(red);
    await run();
    const stray = `${FOLDER}/stray.avif`;
    s3.objects.set(stray, Buffer.from('stray'));
    await run();
    expect(s3.objects.has(stray), 'a new one stays').to.equal(true);
    s3.modified.set(stray, new Date(Date.now() - 2 * 60 * 60 * 1000));
    expect(await run()).to.have.property('status', 'UNCHANGED');
    expect(s3.objects.has(stray), 'an old one goes').to.equal(false);
    expect(s3.objects.has(`${FOLDER}/manifest.json`)).to.equal(true);
  });

  it('The outputs of an upload are deleted if a file that is no image replaces the upload during the render', async () => {
    upload(red);
    const replaced = {
      ...pipeline.resized,
      put: async (object: NewObject) => {
        const etag = await pipeline.resized.put(object);
        upload(Buffer.from('no image'));
        return etag;
      },
    };
    expect(
      await resizeImage(
        { key: KEY, force: false, followsFailure: false },
        { ...pipeline, resized: replaced },
      ),
    ).to.have.nested.property('error.name', 'UnsupportedImageError');
    expect([...s3.objects.keys()].filter((name) => name.startsWith(FOLDER))).to.deep.equal([
      `${FOLDER}/manifest.json`,
    ]);
  });

  it('The renditions that were written before an image is refused half-way are deleted', async () => {
    upload(red);
    const refused: Pipeline = {
      ...pipeline,
      makeRenditions: async (source, settings, deliver) => {
        await pipeline.makeRenditions(source, settings, deliver);
        throw new ImageTooLargeError('It took too long.');
      },
    };
    expect(await resizeImage({ key: KEY, force: false, followsFailure: false }, refused)).to.have.property(
      'status',
      'REJECTED',
    );
    expect([...s3.objects.keys()].filter((name) => name.startsWith(FOLDER))).to.deep.equal([
      `${FOLDER}/manifest.json`,
    ]);
  });

  it('A damaged body is read again before the image is refused', async () => {
    upload(red);
    const whole = await pipeline.originals.open(KEY);
    let reads = 0;
    const originals = {
      ...pipeline.originals,
      open: async () => ({
        etag: 'the-etag-of-an-upload-in-parts-2',
        bytes: red.length,
        metadata: {},
        read: async () => (reads++ === 0 ? red.subarray(0, red.length / 2) : red),
        discard: () => whole?.discard(),
      }),
      findEtag: async () => 'the-etag-of-an-upload-in-parts-2',
    };
    expect(
      await resizeImage({ key: KEY, force: false, followsFailure: false }, { ...pipeline, originals }),
    ).to.have.property('status', 'RESIZED');
    expect(reads).to.equal(2);
  });

  it('A damaged image is refused after one read if the ETag proves that the bytes are those of S3', async () => {
    upload(red.subarray(0, red.length / 2));
    expect(await run()).to.have.nested.property('error.name', 'CorruptImageError');
    expect(s3.calls.filter((call) => call === `GET originals/${KEY}`)).to.have.length(1);
  });

  it('An archived original is recorded as rejected', async () => {
    upload(red);
    s3.client.on(GetObjectCommand, { Bucket: 'originals' }).rejects(fault('InvalidObjectState', 403));
    expect(await run()).to.have.nested.property('error.name', 'ArchivedObjectError');
    expect(manifest().error.name).to.equal('ArchivedObjectError');
  });

  for (const [name, status] of [
    ['PermanentRedirect', 301],
    ['AuthorizationHeaderMalformed', 400],
  ] as const)
    it(`A bucket of another region, for which S3 answers ${name}, throws BucketRegionError that says what to do`, async () => {
      upload(red);
      s3.client.on(GetObjectCommand, { Bucket: 'originals' }).rejects(fault(name, status));
      const error: unknown = await run().catch((thrown: unknown) => thrown);
      expect(error).to.have.property('name', 'BucketRegionError');
      expect(error).to.have.property('message').that.includes('Use a bucket of this region');
    });

  it('A key that is no valid Unicode is rejected, and no request is sent to S3', async () => {
    const key = 'input/half \ud83d.jpg';
    expect(await resizeImage({ key, force: false, followsFailure: false }, pipeline)).to.have.nested.property(
      'error.name',
      'InvalidKeyError',
    );
    expect(s3.calls).to.deep.equal([]);
  });

  it('Resizing an image throws if S3 answers without an ETag, instead of taking the original for deleted', async () => {
    upload(red);
    s3.client.on(GetObjectCommand, { Bucket: 'originals' }).resolves({ ContentLength: 1 });
    const error = await run(true).catch((thrown: unknown) => thrown);
    expect(error).to.have.property('name', 'StorageUnavailableError');
  });

  it('Resizing an image throws StorageUnavailableError if the connection breaks before the source is read', async () => {
    upload(red);
    await run();
    upload(blue);
    const body = Object.assign(new Readable({ read: () => {} }), {
      transformToByteArray: () => new Promise(() => {}),
    });
    s3.client.on(GetObjectCommand, { Bucket: 'originals' }).callsFake(async () => {
      setImmediate(() => body.destroy(new Error('aborted')));
      return { ETag: '"e"', ContentLength: 9, Body: body };
    });
    const { open } = pipeline.originals;
    const originals = {
      ...pipeline.originals,
      open: async (key: string) => {
        const source = await open(key);
        await new Promise((closed) => body.once('close', closed));
        return source;
      },
    };
    const request = { key: KEY, force: false, followsFailure: false };
    const error = await resizeImage(request, { ...pipeline, originals }).catch((thrown: unknown) => thrown);
    expect(error).to.have.property('name', 'StorageUnavailableError');
  });

  describe('A failure that ended the function at each attempt', () => {
    const failure = { name: 'Runtime.OutOfMemory', cause: 'signal: killed' };
    const record = (etag?: string) =>
      recordFailure(
        { key: KEY, force: false, followsFailure: false, ...(etag && { etag }) },
        failure,
        pipeline,
      );

    it('A failure is recorded with its name, and the image is not tried again unless it is forced', async () => {
      upload(red);
      expect(await record()).to.have.nested.property('error.name', 'FunctionEndedError');
      expect(manifest().error.message).to.include('Runtime.OutOfMemory');
      expect(await run()).to.have.nested.property('error.name', 'FunctionEndedError');
      expect(await run(true)).to.have.property('status', 'RESIZED');
    });

    it('A failure of an earlier upload is not recorded over a newer one', async () => {
      upload(red);
      expect(await record('the-etag-of-an-earlier-upload')).to.have.property('status', 'UNCHANGED');
      expect(manifest()).to.equal(null);
    });
  });

  const withoutBody = new Error('Checksum mismatch: expected "a" but received "b" in response header');
  const html = Object.assign(new SyntaxError('Unexpected token <'), { $metadata: { httpStatusCode: 502 } });
  const faultsOfTheWorld: readonly [string, Error, string][] = [
    ['a damaged body', withoutBody, 'StorageUnavailableError'],
    ['a gateway error in HTML', html, 'StorageUnavailableError'],
    ['a request that S3 waited for too long', fault('RequestTimeout', 400), 'StorageUnavailableError'],
    ['a refusal of HEAD without a body', fault('Unknown', 400), 'StorageUnavailableError'],
    ['a refusal of HEAD that names no reason', fault('Unknown', 403), 'StorageUnavailableError'],
    ['an error whose text was cut off', fault('Error', 404), 'StorageUnavailableError'],
    ['a conflict with another operation', fault('OperationAborted', 409), 'StorageUnavailableError'],
    ['a body that arrived damaged at S3', fault('BadDigest', 400), 'StorageUnavailableError'],
    ['a clock that differs', fault('RequestTimeTooSkewed', 403), 'StorageUnavailableError'],
    ['throttling by KMS', fault('ThrottlingException', 400), 'StorageThrottledError'],
    ['a bug', new TypeError('x is not a function'), 'TypeError'],
    ['throttling by S3', fault('SlowDown', 503), 'StorageThrottledError'],
    ['an internal error of S3', fault('InternalError', 500), 'StorageUnavailableError'],
    [
      'a broken connection',
      Object.assign(new Error('read'), { code: 'ECONNRESET' }),
      'StorageUnavailableError',
    ],
    ['a missing permission', fault('AccessDenied', 403), 'AccessDenied'],
  ];
  for (const [what, cause, name] of faultsOfTheWorld)
    it(`Resizing an image throws ${name} because of ${what}`, async () => {
      s3.client.on(GetObjectCommand).rejects(cause);
      expect(await run().catch((error: unknown) => error)).to.have.property('name', name);
    });
});
