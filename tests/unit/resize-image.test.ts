import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { expect } from 'chai';
import sharp from 'sharp';
import { DEFAULT_LIMITS } from '../../functions/image-resize/image/limits.ts';
import type { RenditionRow } from '../../functions/image-resize/image/rendition-row.ts';
import { createRecipe } from '../../functions/image-resize/manifest.ts';
import { createObjectStore, type NewObject } from '../../functions/image-resize/object-store.ts';
import { type Pipeline, resizeImage } from '../../functions/image-resize/resize-image.ts';
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
    const client = new S3Client({});
    pipeline = {
      originals: createObjectStore(client, 'originals'),
      resized: createObjectStore(client, 'resized'),
      recipe: createRecipe(ROWS, DEFAULT_LIMITS),
      removesWithOriginal: true,
    };
  });
  afterEach(() => s3.client.restore());

  it('writes every rendition of the table, then the manifest', async () => {
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

  it('writes the name of its execution into the manifest, which stays if a later execution finds it up to date', async () => {
    upload(red);
    const ask = (execution: string) =>
      resizeImage({ key: KEY, force: false, followsFailure: false, execution }, pipeline);
    await ask('monday-run');
    expect(manifest().execution).to.equal('monday-run');
    expect(await ask('tuesday-run')).to.include({ status: 'UNCHANGED' });
    expect(manifest().execution).to.equal('monday-run');
  });

  it('does not render again if another execution has recorded the same result during the render', async () => {
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

  it('returns the bytes of the source and the time of the render, but not for an image that is up to date', async () => {
    upload(red);
    const { work } = await run();
    expect(work).to.include({ sourceBytes: red.length });
    expect(work?.renderMilliseconds).to.be.a('number');
    expect(await run()).not.to.have.property('work');
  });

  it('writes the source, the renditions, the srcset and the placeholder into the manifest', async () => {
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
    expect(manifest().srcset).to.deep.equal({ jpeg: 'thumbnail.jpg 8w', webp: 'large.webp 32w' });
    expect(manifest().placeholder.dominantColor).to.match(/^#f[ef]0000$/);
  });

  it('renders and writes nothing if source and recipe are those of the manifest', async () => {
    upload(red);
    await run();
    s3.calls.length = 0;
    expect(await run()).to.have.property('status', 'UNCHANGED');
    expect(writes()).to.deep.equal([]);
  });

  it('does not request the source if the request contains the ETag of the source in the manifest', async () => {
    upload(red);
    const { source } = await run();
    s3.calls.length = 0;
    expect(
      await resizeImage(
        { key: KEY, force: false, followsFailure: false, etag: String(source.etag) },
        pipeline,
      ),
    ).to.have.property('status', 'UNCHANGED');
    expect(s3.calls).to.deep.equal([`GET ${FOLDER}/manifest.json`]);
  });

  it('renders an image that is up to date again if the request forces it', async () => {
    upload(red);
    await run();
    s3.calls.length = 0;
    expect(await run(true)).to.have.property('status', 'RESIZED');
    expect(writes()).to.have.length(ROWS.length + 1);
  });

  it('renders an image again if the recipe has changed, and deletes renditions that the new recipe does not make', async () => {
    upload(red);
    await run();
    pipeline = { ...pipeline, recipe: createRecipe(ROWS.slice(0, 1), DEFAULT_LIMITS) };
    expect(await run()).to.have.property('status', 'RESIZED');
    expect([...s3.objects.keys()]).to.have.members([
      `originals/${KEY}`,
      `${FOLDER}/thumbnail.jpg`,
      `${FOLDER}/manifest.json`,
    ]);
  });

  it('does not delete an old rendition that a newer upload has overwritten in the meantime', async () => {
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
      { ...pipeline, recipe, resized: overtaken },
    );
    expect(s3.objects.get(`${FOLDER}/large.webp`)?.toString()).to.equal('of the newer upload');
  });

  it('ignores a folder marker of the S3 console and sends no request to S3', async () => {
    const result = await resizeImage({ key: 'input/', force: true, followsFailure: false }, pipeline);
    expect(result).to.deep.equal({
      status: 'UNCHANGED',
      source: { bucket: 'originals', key: 'input/' },
      renditions: [],
    });
    expect(s3.calls).to.deep.equal([]);
  });

  it('records a rejected image in its manifest and does not process it again', async () => {
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

  it('processes a rejected image again if the limits have changed', async () => {
    upload(red);
    const strict = { ...pipeline, recipe: createRecipe(ROWS, { ...DEFAULT_LIMITS, maxPixels: 100 }) };
    expect(
      await resizeImage({ key: KEY, force: false, followsFailure: false }, strict),
    ).to.have.nested.property('error.name', 'ImageTooLargeError');
    expect(await run()).to.have.property('status', 'RESIZED');
  });

  it('deletes the renditions of an earlier upload if a later upload is rejected', async () => {
    upload(red);
    await run();
    upload(Buffer.from('This is no image.'));
    await run();
    expect([...s3.objects.keys()]).to.have.members([`originals/${KEY}`, `${FOLDER}/manifest.json`]);
  });

  it('rejects a key that does not exist and writes nothing', async () => {
    expect(await run()).to.have.nested.property('error.name', 'SourceNotFoundError');
    expect(writes()).to.deep.equal([]);
  });

  it('rejects a key whose outputs would have too long keys for S3, and sends no request to S3', async () => {
    const key = `input/${'é'.repeat(505)}`;
    const result = await resizeImage({ key, force: false, followsFailure: false }, pipeline);
    expect(result).to.have.nested.property('error.name', 'KeyTooLongError');
    expect(s3.calls).to.deep.equal([]);
  });

  it('does not download a source that has too many bytes', async () => {
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

  it('ends with the outputs of the newest upload if the source is replaced during the render', async () => {
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

  it('ends with the outputs of the newest upload if another invocation writes its manifest during the render', async () => {
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

  it('writes the renditions of a newer upload again after overwriting them with those of an older upload', async () => {
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

  it('throws SourceChangingError, which the state machines retry, if the source changes during every render', async () => {
    upload(red);
    const restless = { ...pipeline.originals, findEtag: async () => 'another' };
    const error = await resizeImage(
      { key: KEY, force: false, followsFailure: false },
      { ...pipeline, originals: restless },
    ).catch((e: unknown) => e);
    expect(error).to.have.property('name', 'SourceChangingError');
  });

  const faultsOfTheWorld: readonly [string, Error, string][] = [
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
    it(`throws ${what} as ${name}`, async () => {
      s3.client.on(GetObjectCommand).rejects(cause);
      expect(await run().catch((error: unknown) => error)).to.have.property('name', name);
    });
});
