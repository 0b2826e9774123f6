import { expect } from 'chai';
import fc from 'fast-check';
import { fitsOutputKeys } from '../../functions/image-resize/outputs.ts';
import { RENDITIONS } from '../../functions/image-resize/renditions.ts';
import { readConfiguration } from '../../functions/upload-link/configuration.ts';
import { createUploadKey } from '../../functions/upload-link/upload-key.ts';
import { readUploadRequest } from '../../functions/upload-link/upload-request.ts';

const ENVIRONMENT = {
  ORIGINAL_IMAGES_BUCKET: 'originals',
  IMAGES_URL: 'https://images.example',
  CORS_ORIGIN: 'https://www.example.com',
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'secret',
};
const PLAIN = { acceptsHeic: false };
const REQUEST = { name: 'cat.jpg', contentType: 'image/jpeg', bytes: 123_456 };

describe('The key of an upload', () => {
  for (const [name, end] of [
    ['cat.jpg', 'cat.jpg'],
    ['My Holiday (1).JPG', 'My-Holiday-1-.JPG'],
    ['C:\\photos\\cat.jpg', 'cat.jpg'],
    ['../../output/cat.jpg', 'cat.jpg'],
    ['.htaccess', 'htaccess'],
    ['Zürich 東京.png', 'Zürich-東京.png'],
    ['???', 'image'],
    [`${'a'.repeat(200)}.webp`, `${'a'.repeat(95)}.webp`],
  ] as const)
    it(`The key of an upload named ${name.slice(0, 40)} ends in ${end.slice(0, 40)}`, () => {
      expect(createUploadKey(name).split('/').slice(3)).to.deep.equal([end]);
    });

  it('The key of an upload has 128 random bits, needs no care in a URL and leaves room for its outputs, whatever the name', () => {
    const name = fc.oneof(fc.string({ unit: 'binary', minLength: 1 }), fc.string({ minLength: 150 }));
    fc.assert(
      fc.property(name, (any) => {
        const key = createUploadKey(any);
        expect(key).to.match(
          /^input\/uploads\/[0-9a-f]{32}\/[\p{Letter}\p{Mark}\p{Number}_][\p{Letter}\p{Mark}\p{Number}._-]*$/u,
        );
        expect(key.isWellFormed()).to.equal(true);
        expect(fitsOutputKeys(key, RENDITIONS)).to.equal(true);
        expect(createUploadKey(any)).not.to.equal(key);
      }),
    );
  });
});

describe('The body of POST /uploads', () => {
  it('The body of POST /uploads is read if it has exactly the three fields', () => {
    expect(readUploadRequest(JSON.stringify(REQUEST), PLAIN)).to.deep.equal(REQUEST);
  });

  for (const focalPoint of [
    { x: 0.3, y: 0.7 },
    { x: 0, y: 1 },
  ])
    it(`The body of POST /uploads may have the focal point ${JSON.stringify(focalPoint)}`, () => {
      const request = { ...REQUEST, focalPoint };
      expect(readUploadRequest(JSON.stringify(request), PLAIN)).to.deep.equal(request);
    });

  for (const focalPoint of [
    null,
    '0.3,0.7',
    [0.3, 0.7],
    {},
    { x: 0.3 },
    { x: 0.3, y: '0.7' },
    { x: 0.3, y: 1.1 },
    { x: -0.1, y: 0.7 },
    { x: 0.3, y: 0.7, z: 0 },
  ])
    it(`The body of POST /uploads is refused by name if its focal point is ${JSON.stringify(focalPoint)}`, () => {
      expect(() => readUploadRequest(JSON.stringify({ ...REQUEST, focalPoint }), PLAIN))
        .to.throw(Error, 'focalPoint: expected {"x": 0.3, "y": 0.7} with shares')
        .with.property('name', 'InvalidUploadError');
    });

  for (const contentType of ['image/heic', 'image/heif'])
    it(`The body of POST /uploads may name ${contentType} only if the stack accepts HEIC`, () => {
      const request = { ...REQUEST, name: 'IMG_0001.HEIC', contentType };
      expect(readUploadRequest(JSON.stringify(request), { acceptsHeic: true })).to.deep.equal(request);
      expect(() => readUploadRequest(JSON.stringify(request), PLAIN)).to.throw(
        Error,
        `expected one of image/jpeg, image/png, image/webp, image/gif, image/avif, image/tiff but received "${contentType}"`,
      );
    });

  for (const [what, body, message] of [
    ['is empty', '', 'Expected {"name": "cat.jpg", "contentType": "image/jpeg", "bytes": 123456} as JSON.'],
    ['is a list', '[]', 'Expected {"name"'],
    [
      'has no name',
      JSON.stringify({ ...REQUEST, name: undefined }),
      "name: expected the file's name in 1 to 1024 characters but received nothing.",
    ],
    [
      'has another content type',
      JSON.stringify({ ...REQUEST, contentType: 'image/bmp' }),
      'contentType: expected one of image/jpeg, image/png, image/webp, image/gif, image/avif, image/tiff but received "image/bmp".',
    ],
    [
      'has a file above the limit',
      JSON.stringify({ ...REQUEST, bytes: 52_428_801 }),
      "bytes: expected the file's size as a whole number from 1 to 52428800 (50 MiB) but received 52428801.",
    ],
    ['has an empty file', JSON.stringify({ ...REQUEST, bytes: 0 }), 'but received 0.'],
    ['has a part of a byte', JSON.stringify({ ...REQUEST, bytes: 1.5 }), 'but received 1.5.'],
    ['has a number as text', JSON.stringify({ ...REQUEST, bytes: '5' }), 'but received "5".'],
    [
      'has a number beyond all numbers',
      '{"name":"cat.jpg","contentType":"image/jpeg","bytes":1e400}',
      'but received Infinity.',
    ],
    ['has a map as its name', JSON.stringify({ ...REQUEST, name: { a: 1 } }), 'but received a map.'],
    [
      'is nested too deeply to be written',
      `{"name":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
      'but received a list.',
    ],
    [
      'has another field',
      JSON.stringify({ ...REQUEST, key: 'input/cat.jpg' }),
      'Expected no other fields but received "key".',
    ],
  ] as const)
    it(`The body of POST /uploads is refused by name if it ${what}`, () => {
      expect(() => readUploadRequest(body, PLAIN))
        .to.throw(Error, message)
        .with.property('name', 'InvalidUploadError');
    });

  it('The body of POST /uploads is refused with all its mistakes at once', () => {
    expect(() => readUploadRequest('{"bytes": -1}', PLAIN)).to.throw(/name: .* contentType: .* bytes: /);
  });
});

describe('The configuration of the upload link', () => {
  it('The configuration of the upload link needs the bucket only', () => {
    expect(
      readConfiguration({ ORIGINAL_IMAGES_BUCKET: 'originals', IMAGES_URL: '', CORS_ORIGIN: '' }),
    ).to.deep.equal({
      originalImagesBucket: 'originals',
      imagesUrl: undefined,
      corsOrigin: undefined,
      acceptsHeic: false,
    });
    expect(readConfiguration({ ORIGINAL_IMAGES_BUCKET: 'originals', ACCEPT_HEIC: 'true' })).to.have.property(
      'acceptsHeic',
      true,
    );
    expect(() => readConfiguration({}))
      .to.throw(Error, 'ORIGINAL_IMAGES_BUCKET')
      .with.property('name', 'ConfigurationError');
  });
});

describe('The handler of the upload link', () => {
  let handler: typeof import('../../functions/upload-link/handler.ts').handler;
  const environment = { ...process.env };
  before(async () => {
    Object.assign(process.env, ENVIRONMENT);
    ({ handler } = await import('../../functions/upload-link/handler.ts'));
  });
  // Other tests share this process.
  after(() => {
    for (const name of Object.keys(ENVIRONMENT)) delete process.env[name];
    Object.assign(process.env, environment);
  });

  it('The handler of the upload link answers a form that S3 accepts for this key, this type and this many bytes alone', async () => {
    const { statusCode, headers, body } = await handler({ body: JSON.stringify(REQUEST) });
    expect(statusCode).to.equal(200);
    expect(headers).to.include({
      'Access-Control-Allow-Origin': 'https://www.example.com',
      'Cache-Control': 'no-store',
    });
    const { key, url, fields, manifestUrl } = JSON.parse(body);
    expect(url).to.equal('https://originals.s3.eu-central-1.amazonaws.com/');
    expect(manifestUrl).to.equal(`https://images.example/${key.replace('input/', '')}/manifest.json`);
    const policy = JSON.parse(Buffer.from(fields.Policy, 'base64').toString());
    expect(Date.parse(policy.expiration) - Date.now()).to.be.within(290_000, 300_000);
    expect(policy.conditions).to.deep.include({ bucket: 'originals' });
    expect(policy.conditions).to.deep.include({ key });
    expect(policy.conditions).to.deep.include({ 'Content-Type': 'image/jpeg' });
    expect(policy.conditions).to.deep.include(['content-length-range', 123_456, 123_456]);
    expect(fields).not.to.have.any.keys('x-amz-meta-focal-point');
  });

  it('The handler of the upload link puts a focal point into the form, and S3 accepts no other one', async () => {
    const { body } = await handler({
      body: JSON.stringify({ ...REQUEST, focalPoint: { x: 1 / 3, y: 0.000001 } }),
    });
    const { fields } = JSON.parse(body);
    expect(fields).to.include({ 'x-amz-meta-focal-point': '0.3333,0' });
    const policy = JSON.parse(Buffer.from(fields.Policy, 'base64').toString());
    expect(policy.conditions).to.deep.include({ 'x-amz-meta-focal-point': '0.3333,0' });
  });

  it('The handler of the upload link answers a mistake with 400 and a message, and another content type with 415', async () => {
    const mistake = await handler({
      body: '{}',
      headers: { 'content-type': 'application/json; charset=utf-8' },
    });
    expect(mistake.statusCode).to.equal(400);
    expect(JSON.parse(mistake.body)).to.have.all.keys('message');
    const form = await handler({
      body: 'a=1',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    });
    expect(form).to.include({
      statusCode: 415,
      body: '{"message":"Expected the content type application/json."}',
    });
  });
});
