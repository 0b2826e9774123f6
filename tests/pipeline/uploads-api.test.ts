// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the variable of an upload form looks like a placeholder.

// POST /uploads, and what S3 does with its links.

import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { expect } from 'chai';
import { paintUpright } from '../support/images.ts';
import { type PipelineUnderTest, startPipeline, until } from '../support/pipeline.ts';
import { describeLocally } from '../support/target.ts';

interface Link {
  readonly key: string;
  readonly url: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly manifestUrl?: string;
}

const MAX_BYTES = 50 * 1024 * 1024;
const REQUEST = { name: 'cat.jpg', contentType: 'image/jpeg', bytes: 1000 };
const CAT = JSON.stringify(REQUEST);

/** The JSON of a good request in which some fields are others, or missing if undefined. */
const but = (fields: object): string => JSON.stringify({ ...REQUEST, ...fields });
/** The same, with a field whose value is JSON that JSON.stringify would not write. */
const raw = (field: string, json: string): string =>
  `${JSON.stringify({ ...REQUEST, [field]: undefined }).slice(0, -1)},"${field}":${json}}`;
const deep = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

/** Bodies, by what is odd about them, with the status of the answer. */
const BODIES: readonly (readonly [string, string | Uint8Array<ArrayBuffer>, number])[] = [
  ['no body', '', 400],
  ['blanks', '  \n', 400],
  ['no JSON', 'name=cat.jpg', 400],
  ['JSON that is cut off', CAT.slice(0, -1), 400],
  ['JSON and more', `${CAT}{}`, 400],
  ['JSON with a comment', `/* cat */${CAT}`, 400],
  ['JSON with a byte order mark', `\ufeff${CAT}`, 400],
  ['single quotes', CAT.replaceAll('"', "'"), 400],
  ['null', 'null', 400],
  ['true', 'true', 400],
  ['a number', '5', 400],
  ['a text', '"cat.jpg"', 400],
  ['a list', '[]', 400],
  ['a request in a list', `[${CAT}]`, 400],
  ['an empty map', '{}', 400],
  ['a list nested 100,000 times', deep(100_000), 400],
  ['no name', but({ name: undefined }), 400],
  ['no contentType', but({ contentType: undefined }), 400],
  ['no bytes', but({ bytes: undefined }), 400],
  ['an unknown field', but({ key: 'input/cat.jpg' }), 400],
  ['a field in another case', but({ Name: 'cat.jpg' }), 400],
  ['a field __proto__', raw('__proto__', '{"name":"dog.jpg"}'), 400],
  ['all fields in __proto__', `{"__proto__":${CAT}}`, 400],
  ['a field constructor', but({ constructor: {} }), 400],
  ['a field toString', but({ toString: 'x' }), 400],
  [
    '10,000 unknown fields',
    but(Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [at, at]))),
    400,
  ],
  ['a field twice', raw('name', '"dog.jpg"').replace('{', '{"name":"cat.jpg",'), 200],
  ['a number as its name', but({ name: 5 }), 400],
  ['null as its name', but({ name: null }), 400],
  ['a list as its name', but({ name: ['cat.jpg'] }), 400],
  ['a map as its name', but({ name: { toString: 'cat.jpg' } }), 400],
  ['a name nested 100,000 times', raw('name', deep(100_000)), 400],
  ['an empty name', but({ name: '' }), 400],
  ['a name of 1,000 characters', but({ name: `${'x'.repeat(996)}.jpg` }), 200],
  ['a name of 1,000 characters of four bytes', but({ name: '𝔠'.repeat(500) }), 200],
  ['a name of 1,025 characters', but({ name: 'x'.repeat(1025) }), 400],
  ['a name of 5 MB', but({ name: 'x'.repeat(5_000_000) }), 400],
  ['a path that leads upwards', but({ name: '../../../output/cat.jpg' }), 200],
  ['an encoded path that leads upwards', but({ name: '..%2f..%2foutput%2fcat.jpg' }), 200],
  ['a Windows path', but({ name: 'C:\\..\\cat.jpg' }), 200],
  ['two dots as its name', but({ name: '..' }), 200],
  ['a slash as its name', but({ name: '/' }), 200],
  ['a hidden file', but({ name: '.htaccess' }), 200],
  ['line breaks in its name', but({ name: 'cat\r\nx-injected: yes\r\n\r\n.jpg' }), 200],
  ['control characters in its name', but({ name: 'c\u0000a\u001b[31mt\u007f.jpg' }), 200],
  ['a right-to-left override in its name', but({ name: 'cat\u202egpj.exe' }), 200],
  ['half a surrogate pair as its name', raw('name', '"\\ud83d"'), 200],
  ["the form's variable as its name", but({ name: '${filename}' }), 200],
  ['markup as its name', but({ name: '"><script>alert(1)</script>.jpg' }), 200],
  ['a command as its name', but({ name: '$(reboot);`reboot`|cat.jpg' }), 200],
  ['letters of many languages in its name', but({ name: 'Kätzchen 猫 кот قطة 🐈.jpg' }), 200],
  ['bytes that are no UTF-8', new Uint8Array(Buffer.from(CAT.replace('cat', '\xff\xfe'), 'latin1')), 200],
  ['a number as its contentType', but({ contentType: 5 }), 400],
  ['a list as its contentType', but({ contentType: ['image/jpeg'] }), 400],
  ['an empty contentType', but({ contentType: '' }), 400],
  ['the contentType of a page', but({ contentType: 'text/html' }), 400],
  ['the contentType of a drawing with scripts', but({ contentType: 'image/svg+xml' }), 400],
  ['a wildcard as its contentType', but({ contentType: 'image/*' }), 400],
  ['a contentType in capitals', but({ contentType: 'IMAGE/JPEG' }), 400],
  ['a contentType with a parameter', but({ contentType: 'image/jpeg; charset=utf-8' }), 400],
  ['a contentType with a line break', but({ contentType: 'image/jpeg\r\nx-injected: yes' }), 400],
  ['0 bytes', but({ bytes: 0 }), 400],
  ['-1 bytes', but({ bytes: -1 }), 400],
  ['-0 bytes', raw('bytes', '-0'), 400],
  ['1.5 bytes', but({ bytes: 1.5 }), 400],
  ['a text as its bytes', but({ bytes: '1000' }), 400],
  ['true as its bytes', but({ bytes: true }), 400],
  ['null as its bytes', but({ bytes: null }), 400],
  ['a list as its bytes', but({ bytes: [1000] }), 400],
  ['NaN as its bytes', raw('bytes', 'NaN'), 400],
  ['1e400 bytes', raw('bytes', '1e400'), 400],
  ['1e3 bytes', raw('bytes', '1e3'), 200],
  ['more bytes than a number has digits for', raw('bytes', '9007199254740993'), 400],
  ['a focal point', but({ focalPoint: { x: 0.3, y: 1 } }), 200],
  ['a focal point beyond the image', but({ focalPoint: { x: 0.3, y: 1.01 } }), 400],
  ['a focal point with a line break', but({ focalPoint: { x: '0\r\nx-injected: yes', y: 0 } }), 400],
  ['null as its focal point', but({ focalPoint: null }), 400],
  ['the most bytes that there may be', but({ bytes: MAX_BYTES }), 200],
  ['one byte more', but({ bytes: MAX_BYTES + 1 }), 400],
  ['7 MB of blanks, more than a function gets', CAT + ' '.repeat(7_000_000), 413],
  ['11 MB of blanks, more than the API takes', CAT + ' '.repeat(11_000_000), 413],
];

/** Content types of the request, with the status of the answer to a good body. */
const CONTENT_TYPES: readonly (readonly [string | undefined, number])[] = [
  [undefined, 200],
  ['application/json; charset=utf-8', 200],
  ['APPLICATION/JSON', 200],
  ['text/plain', 415],
  ['text/plain; application/json', 415],
  ['application/x-www-form-urlencoded', 415],
  ['multipart/form-data; boundary=x', 415],
  ['application/jsonp', 415],
  ['application/problem+json', 415],
  ['nonsense', 415],
];

describeLocally('POST /uploads', 'a stack has it only with BrowserUploads=true', () => {
  let pipeline: PipelineUnderTest;
  before(async () => {
    pipeline = await startPipeline();
  });
  after(() => pipeline.stop());

  /** The keys of all links so far. */
  const keys: string[] = [];

  /** Asks for a link. Without a content type, a fetch of bytes sends none. */
  async function ask(body: string | Uint8Array<ArrayBuffer>, contentType: string | undefined = undefined) {
    const response = await pipeline.call('/uploads', {
      method: 'POST',
      body: typeof body === 'string' ? new Uint8Array(Buffer.from(body)) : body,
      headers: contentType === undefined ? {} : { 'content-type': contentType },
    });
    const answer = JSON.parse(await response.text());
    expect(response.headers.get('content-type')).to.equal('application/json');
    if (response.status === 200) expectLink(answer);
    else expect(answer).to.have.all.keys('message');
    return { status: response.status, answer };
  }

  /** Expects a link for one key that is safe and that nobody can guess. */
  function expectLink({ key, url, fields, manifestUrl = '' }: Link): void {
    expect(key).to.match(/^input\/uploads\/[0-9a-f]{32}\/(?![.-])[\p{Letter}\p{Mark}\p{Number}._-]{1,100}$/u);
    expect(Buffer.byteLength(key)).to.be.below(500);
    const secret = key.split('/')[2];
    expect(keys.map((known) => known.split('/')[2])).to.not.include(secret);
    keys.push(key);
    expect(fields).to.include({ key });
    const path = key.slice('input/'.length).split('/').map(encodeURIComponent).join('/');
    expect(manifestUrl).to.equal(`${pipeline.addresses.images}/${path}/manifest.json`);
    expect(url).to.equal(`${pipeline.addresses.s3}/${pipeline.addresses.originalImagesBucket}`);
  }

  /** Gets a link for a file of so many bytes. */
  async function link(bytes: number, name = 'cat.jpg'): Promise<Link> {
    const { answer } = await ask(but({ bytes, name }), 'application/json');
    return answer;
  }

  describe('for hostile requests', () => {
    for (const [what, body, status] of BODIES)
      it(`The API answers ${status} in JSON to a request for a link with ${what}`, async () => {
        expect((await ask(body, 'application/json')).status).to.equal(status);
      });

    for (const [contentType, status] of CONTENT_TYPES)
      it(`The API answers ${status} in JSON to a request for a link with the content type ${contentType}`, async () => {
        expect((await ask(CAT, contentType)).status).to.equal(status);
      });

    it('The message to a request with several mistakes names each of them', async () => {
      const { answer } = await ask(JSON.stringify({ name: '', bytes: MAX_BYTES + 1, more: 1 }));
      for (const part of ['name:', 'contentType:', 'image/jpeg', 'bytes:', String(MAX_BYTES), 'more'])
        expect(answer.message).to.include(part);
    });
  });

  describe('for a good request', () => {
    it('A file that is sent with the link is stored under its key, and becomes renditions and a manifest', async () => {
      const picture = await paintUpright(64, 48).jpeg().toBuffer();
      const { key, manifestUrl = '', ...form } = await link(picture.length, 'Kätzchen 猫.jpg');
      expect((await fetch(manifestUrl)).status).to.equal(404);
      expect((await send(form, picture)).status).to.equal(204);
      const answer = await until(async () => {
        const response = await fetch(manifestUrl);
        return response.status === 200 && response;
      }, manifestUrl);
      const manifest = JSON.parse(await answer.text());
      expect(manifest).to.include({ status: 'RESIZED' });
      expect(manifest.source).to.include({ key });
      const [{ url: rendition = '' } = {}] = manifest.renditions;
      expect((await fetch(new URL(rendition, manifestUrl))).headers.get('content-type')).to.match(/^image\//);
    });

    it('A link can be used again until it expires, for a new version of the same file', async () => {
      const form = await link(3);
      expect((await send(form, 'one')).status).to.equal(204);
      expect((await send(form, 'two')).status).to.equal(204);
      const { Body } = await pipeline.s3.send(
        new GetObjectCommand({ Bucket: pipeline.addresses.originalImagesBucket, Key: form.key }),
      );
      expect(await Body?.transformToString()).to.equal('two');
    });

    for (const [what, change, status, code] of [
      ['another key', { key: 'input/cat.jpg' }, 403, 'AccessDenied'],
      ['a key that goes on', { key: 'input/uploads/${filename}' }, 403, 'AccessDenied'],
      ['another content type', { 'Content-Type': 'text/html' }, 403, 'AccessDenied'],
      ['an ACL', { acl: 'public-read' }, 403, 'AccessDenied'],
      ['a redirect', { success_action_redirect: 'https://evil.example/' }, 403, 'AccessDenied'],
      ['metadata', { 'x-amz-meta-owner': 'evil' }, 403, 'AccessDenied'],
      ['another signature', { 'X-Amz-Signature': '0'.repeat(64) }, 403, 'SignatureDoesNotMatch'],
    ] as const)
      it(`S3 answers ${status} ${code} to a link that is used with ${what}, and stores nothing`, async () => {
        const { url, fields, key } = await link(4);
        await expectRefusal({ url, fields: { ...fields, ...change } }, 'file', status, code, key);
      });

    it('S3 answers 403 AccessDenied to a link without its content type, and stores nothing', async () => {
      const { url, fields, key } = await link(4);
      const { 'Content-Type': _, ...others } = fields;
      await expectRefusal({ url, fields: others }, 'file', 403, 'AccessDenied', key);
    });

    for (const [what, file, code] of [
      ['less', 'fil', 'EntityTooSmall'],
      ['more', 'file!', 'EntityTooLarge'],
    ] as const)
      it(`S3 answers 400 ${code} to a link that is used with one byte ${what}, and stores nothing`, async () => {
        const { key, ...form } = await link(4);
        await expectRefusal(form, file, 400, code, key);
      });

    it('S3 answers 403 AccessDenied to a link that has expired, and stores nothing', async () => {
      const { key, fields } = await link(4);
      // As the function signs: its role's credentials here are no secret.
      const client = clientOfFunction();
      const form = await createPresignedPost(client, {
        Bucket: pipeline.addresses.originalImagesBucket,
        Key: key,
        Fields: { 'Content-Type': fields['Content-Type'] ?? '' },
        Conditions: [['content-length-range', 4, 4]],
        Expires: -1,
      });
      await expectRefusal(form, 'file', 403, 'AccessDenied', key);
    });

    it('A link cannot be changed into one for another key, even with a policy that allows it', async () => {
      const { url, fields, key } = await link(4);
      const policy = Buffer.from(fields.Policy ?? '', 'base64')
        .toString()
        .replaceAll(key, 'input/cat.jpg');
      const forged = { ...fields, key: 'input/cat.jpg', Policy: Buffer.from(policy).toString('base64') };
      await expectRefusal({ url, fields: forged }, 'file', 403, 'SignatureDoesNotMatch', 'input/cat.jpg');
    });

    async function send({ url, fields }: Omit<Link, 'key'>, file: Buffer | string): Promise<Response> {
      const form = new FormData();
      for (const [name, value] of Object.entries(fields)) form.append(name, value);
      form.append('file', new Blob([typeof file === 'string' ? file : new Uint8Array(file)]), 'cat.jpg');
      return fetch(url, { method: 'POST', body: form });
    }

    /** Sends a form, and expects that S3 refuses it and has neither this object nor one at the form's own key. */
    async function expectRefusal(
      form: Omit<Link, 'key'>,
      file: string,
      status: number,
      code: string,
      key: string,
    ): Promise<void> {
      const answer = await send(form, file);
      const text = await answer.text();
      expect({ status: answer.status, code: /<Code>(\w+)<\/Code>/.exec(text)?.[1] }, text).to.deep.equal({
        status,
        code,
      });
      const { Contents = [] } = await pipeline.s3.send(
        new ListObjectsV2Command({ Bucket: pipeline.addresses.originalImagesBucket }),
      );
      const stored = Contents.map(({ Key }) => Key);
      for (const refused of [key, form.fields.key]) expect(stored).to.not.include(refused);
    }
  });

  /** S3 as the function calls it: the access key id names the role. */
  function clientOfFunction(): S3Client {
    return new S3Client({
      endpoint: pipeline.addresses.s3,
      region: 'us-east-1',
      credentials: { accessKeyId: 'UploadLinkFunctionRole', secretAccessKey: 'local', sessionToken: 'local' },
    });
  }

  it("The function's role may only store originals: it cannot read, list or delete them, nor touch renditions", async () => {
    const { originalImagesBucket: Bucket, resizedImagesBucket } = pipeline.addresses;
    const Key = 'input/uploads/0/cat.jpg';
    const client = clientOfFunction();
    await client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
    const denied = [
      () => client.send(new GetObjectCommand({ Bucket, Key })),
      () => client.send(new ListObjectsV2Command({ Bucket })),
      () => client.send(new DeleteObjectCommand({ Bucket, Key })),
      () => client.send(new PutObjectCommand({ Bucket, Key: 'other/cat.jpg', Body: 'x' })),
      () =>
        client.send(new PutObjectCommand({ Bucket: resizedImagesBucket, Key: 'output/cat.jpg', Body: 'x' })),
      () => client.send(new GetObjectCommand({ Bucket: resizedImagesBucket, Key: 'output/cat.jpg' })),
    ];
    for (const call of denied)
      expect(await call().catch((error: unknown) => error)).to.have.property('name', 'AccessDenied');
  });
});
