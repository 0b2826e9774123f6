// biome-ignore-all lint/suspicious/noTemplateCurlyInString: S3's variable for the name of the file looks like JavaScript's.
// Forms: PutObject with fields in place of headers, and with a policy. They are made by the SDK's createPresignedPost
// where it can make them. The AWS document that a test follows stands behind its title.

import { createHash, createHmac } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { GetObjectCommand, HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { createPresignedPost, type PresignedPostOptions } from '@aws-sdk/s3-presigned-post';
import { expect } from 'chai';
import fc from 'fast-check';
import { credentialsOf } from '../../iam/index.ts';
import { readSignature } from '../../s3/post-signature.ts';
import { Bucket, incoming, type RunningService, send, useService } from './service.ts';

type Fields = Readonly<Record<string, string>>;

const BOUNDARY = 'x-boundary-of-the-tests-x';
const FORM = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` };
const IN_AN_HOUR = new Date(Date.now() + 3_600_000).toISOString();
const MIB = 1024 * 1024;
/** The conditions for what every form of these tests has. */
const USUAL: readonly unknown[] = [
  { bucket: 'notes' },
  ['starts-with', '$key', ''],
  { 'x-amz-algorithm': 'AWS4-HMAC-SHA256' },
  { 'x-amz-credential': 'anybody/20260101/us-east-1/s3/aws4_request' },
  { 'x-amz-date': '20260101T000000Z' },
];

describe('S3: forms', () => {
  const { service, get, keys } = useService();

  /** A form that the SDK signs for `key`, with a condition for each of its fields. */
  const presign = (key: string, options: Partial<PresignedPostOptions> = {}, role?: string) => {
    const credentials = role ? credentialsOf(role) : { accessKeyId: 'anybody', secretAccessKey: 'any' };
    const client = new S3Client({ endpoint: service().url, region: 'us-east-1', credentials });
    return createPresignedPost(client, { Bucket, Key: key, ...options });
  };

  /** Sends a form as a browser does, with the file after the fields. */
  const post = async (fields: Fields, file: string | Blob = 'meow', name = 'cat.jpg') => {
    const form = new FormData();
    for (const [field, value] of Object.entries(fields)) form.append(field, value);
    form.append('file', typeof file === 'string' ? new Blob([file]) : file, name);
    const answer = await fetch(`${service().url}/notes`, { method: 'POST', body: form, redirect: 'manual' });
    return { status: answer.status, headers: answer.headers, body: await answer.text() };
  };

  /** The fields of a form whose policy is as given. Its signature does not count, because anybody signs it. */
  const withPolicy = (policy: unknown, fields: Fields = { key: 'cat.jpg' }): Record<string, string> => ({
    ...fields,
    policy: Buffer.from(typeof policy === 'string' ? policy : JSON.stringify(policy)).toString('base64'),
    'x-amz-algorithm': 'AWS4-HMAC-SHA256',
    'x-amz-credential': 'anybody/20260101/us-east-1/s3/aws4_request',
    'x-amz-date': '20260101T000000Z',
    'x-amz-signature': '0',
  });
  /** The same, with these conditions beside those that any form needs. */
  const withConditions = (conditions: readonly unknown[], fields: Fields = { key: 'cat.jpg' }) =>
    withPolicy({ expiration: IN_AN_HOUR, conditions: [...conditions, ...USUAL] }, fields);

  /** Sends a body of that form exactly as written. */
  const sendForm = (body: string | Buffer, headers: Fields = FORM, path = '/notes') =>
    send(service(), 'POST', path, headers, body);

  const expectNothingStored = async () => {
    expect(await keys()).to.deep.equal([]);
    expect(service().events()).to.deep.equal([]);
    expect(incoming(service())).to.deep.equal([]);
  };

  describe('what is stored (AWS: POST Object)', () => {
    it('the file is stored under the key, with the content headers and the metadata of the fields (RESTObjectPOST)', async () => {
      const { url, fields } = await presign('a b/ü.txt', {
        Fields: {
          'Content-Type': 'text/x-cat; charset=utf-8',
          'Cache-Control': 'max-age=60',
          'Content-Disposition': 'attachment; filename="ü"',
          'x-amz-meta-Camera': 'X100',
          'x-amz-meta-place': 'Zürich',
          acl: 'bucket-owner-full-control',
        },
      });

      const answer = await post(fields, new Blob(['meow'], { type: 'image/png' }));

      expect(url).to.equal(`${service().url}/notes`);
      expect(answer).to.include({ status: 204, body: '' });
      expect(Object.fromEntries(answer.headers)).to.include({
        etag: `"${md5('meow')}"`,
        location: `${service().url}/notes/a%20b%2F%C3%BC.txt`,
        'x-amz-server-side-encryption': 'AES256',
      });
      expect(await get('a b/ü.txt')).to.equal('meow');
      const head = await send(service(), 'HEAD', '/notes/a%20b/%C3%BC.txt');
      expect(head.headers).to.include({
        'content-type': 'text/x-cat; charset=utf-8',
        'cache-control': 'max-age=60',
        'content-disposition': Buffer.from('attachment; filename="ü"').toString('latin1'),
        'x-amz-meta-camera': 'X100',
        // "Working with object metadata": RFC 2047 beyond ASCII.
        'x-amz-meta-place': '=?UTF-8?B?WsO8cmljaA==?=',
      });
    });

    it('the event of a form has the reason POST Object, and is otherwise that of PutObject (ev-events)', async () => {
      await post((await presign('cat.jpg')).fields);

      const [{ sequencer, requestId, time, ...event } = fail()] = service().events();
      expect(event).to.deep.equal({
        type: 'Object Created',
        bucket: 'notes',
        key: 'cat.jpg',
        size: 4,
        etag: md5('meow'),
        reason: 'POST Object',
        sourceIp: '127.0.0.1',
      });
    });

    it('a form without a Content-Type stores none, whatever type the part of the file has (RESTObjectPOST)', async () => {
      await post((await presign('cat')).fields, new Blob(['meow'], { type: 'image/png' }));

      expect((await send(service(), 'GET', '/notes/cat')).headers['content-type']).to.equal(
        'binary/octet-stream',
      );
    });

    it('a second form for the key replaces the object (RESTObjectPOST)', async () => {
      const { fields } = await presign('cat');

      expect((await post(fields, 'first')).status).to.equal(204);
      expect((await post(fields, 'second')).status).to.equal(204);

      expect(await get('cat')).to.equal('second');
    });

    const files: [string, string, string][] = [
      ['report.pdf', '${filename}', 'report.pdf'],
      ['a/b\\c.txt', 'in/${filename}', 'in/c.txt'],
      ['$& ü".txt', '${filename}', '$& ü%22.txt'],
    ];
    for (const [name, key, expected] of files) {
      it(`the key ${key} of a file named ${JSON.stringify(name)} is ${expected} (sigv4-HTTPPOSTForms)`, async () => {
        const { fields } = await presign(key, { Conditions: [['starts-with', '$x-amz-meta-name', '']] });

        const answer = await post({ ...fields, 'x-amz-meta-name': '<${filename}>' }, 'x', name);

        expect(answer).to.include({ status: 204, body: '' });
        expect(await keys()).to.deep.equal([expected]);
      });
    }

    it('the variable for the name becomes nothing if the name is empty, and stays if the file has no name (recorded from S3)', async () => {
      const fields = withConditions([['starts-with', '$key', 'in/']], { key: 'in/${filename}' });

      for (const [fileName, key] of [
        ['', 'in/'],
        [undefined, 'in/${filename}'],
      ]) {
        const answer = await sendForm(formOf(fields, 'meow', { fileName }));
        expect(answer.headers.location).to.equal(`${service().url}/notes/${encodeURIComponent(key ?? '')}`);
      }
      expect(await keys()).to.deep.equal(['in/', 'in/${filename}']);
    });

    it('names of fields have any case, and a field may be sent as a file (sigv4-post-example)', async () => {
      const fields = withConditions([['starts-with', '$CONTENT-type', '']], {
        KEY: 'cat.jpg',
        'cOnTeNt-TyPe': 'image/jpeg',
      });
      const head = part('x-ignore-this', 'a field', 'with-a-name.txt');

      const answer = await sendForm(head + formOf(fields, 'meow', { file: 'FILE' }));

      expect(answer.status).to.equal(204);
      expect((await send(service(), 'HEAD', '/notes/cat.jpg')).headers['content-type']).to.equal(
        'image/jpeg',
      );
    });

    it('whatever follows the file is ignored (HTTPPOSTForms)', async () => {
      const after = part('key', 'dog.jpg') + part('file', 'woof', 'dog.jpg') + part('no-condition', 'x');
      const form = formOf(withConditions([]), 'meow').replace(/--\r\n$/, `\r\n${after}--${BOUNDARY}--\r\n`);

      expect((await sendForm(form.replace(/\r\n\r\n--x-b/, '\r\n--x-b'))).status).to.equal(204);

      expect(await keys()).to.deep.equal(['cat.jpg']);
      expect(await get('cat.jpg')).to.equal('meow');
    });

    it('a form may be sent to a bucket that the host names (VirtualHosting)', async () => {
      const headers = { ...FORM, host: 'notes.localhost:4566' };

      const answer = await sendForm(formOf(withConditions([]), 'meow'), headers, '/');

      expect(answer.status).to.equal(204);
      expect(answer.headers.location).to.equal('http://notes.localhost:4566/cat.jpg');
      expect(await keys()).to.deep.equal(['cat.jpg']);
    });
  });

  describe('answers (AWS: POST Object, success_action_status and success_action_redirect)', () => {
    const etag = `%22${md5('meow')}%22`;
    const redirects: [string, string][] = [
      ['https://example.com/done', `https://example.com/done?bucket=notes&key=a%2Fb+c&etag=${etag}`],
      ['http://example.com/?a=b#c', `http://example.com/?a=b&bucket=notes&key=a%2Fb+c&etag=${etag}#c`],
    ];
    for (const [redirect, location] of redirects) {
      it(`the redirect ${redirect} gets bucket, key and ETag as its query (HTTPPOSTForms)`, async () => {
        for (const name of ['success_action_redirect', 'redirect']) {
          const { fields } = await presign('a/b c', {
            Fields: { [name]: redirect, success_action_status: '201' },
          });

          const answer = await post(fields);

          expect(answer).to.include({ status: 303, body: '' });
          expect(answer.headers.get('location')).to.equal(location);
        }
      });
    }

    const statuses: [string, number][] = [
      ['200', 200],
      ['204', 204],
      ['404', 204],
      ['', 204],
    ];
    for (const [asked, status] of statuses) {
      it(`the status ${asked || '(empty)'} is answered with ${status} and no body (RESTObjectPOST)`, async () => {
        const { fields } = await presign('cat', { Fields: { success_action_status: asked } });

        expect(await post(fields)).to.include({ status, body: '' });
      });
    }

    it('the status 201 is answered with location, bucket, key and ETag (RESTObjectPOST)', async () => {
      const { fields } = await presign('a/<b>.txt', { Fields: { success_action_status: '201' } });

      const answer = await post(fields);

      const location = `${service().url}/notes/a%2F%3Cb%3E.txt`;
      expect(answer.status).to.equal(201);
      expect(answer.headers.get('content-type')).to.equal('application/xml');
      expect(answer.body).to.equal(
        `<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse><Location>${location}</Location><Bucket>notes</Bucket><Key>a/&lt;b&gt;.txt</Key><ETag>&quot;${md5('meow')}&quot;</ETag></PostResponse>`,
      );
    });

    for (const redirect of [
      '/relative',
      'javascript:alert(1)',
      'ftp://example.com/',
      'http://',
      'not a URL',
    ]) {
      it(`the redirect ${redirect} is ignored (RESTObjectPOST)`, async () => {
        const { fields } = await presign('cat', { Fields: { success_action_redirect: redirect } });

        expect(await post(fields)).to.include({ status: 204, body: '' });
      });
    }
  });

  describe('policies (AWS: POST Policy)', () => {
    const type = { key: 'cat.jpg', 'Content-Type': 'image/jpeg' };
    const list = { key: 'cat.jpg', 'Content-Type': 'image/jpeg, text/plain' };
    const meta = { key: 'cat.jpg', 'x-amz-meta-a': 'A,b' };
    const accepted: [readonly unknown[], Fields?][] = [
      [[{ key: 'cat.jpg' }]],
      [[['eq', '$key', 'cat.jpg']]],
      [[['starts-with', '$key', 'cat']]],
      [[['starts-with', '$key', '']]],
      [[['StArTs-WiTh', '$KeY', 'cat'], { BUCKET: 'notes' }]],
      [[['starts-with', '$Content-Type', 'image/']], type],
      [
        [['starts-with', '$Content-Type', 'image/']],
        { key: 'cat.jpg', 'Content-Type': 'image/jpeg,image/png' },
      ],
      [[{ 'x-amz-meta-a': 'A,b' }], meta],
      [[], { key: 'cat.jpg', 'x-ignore-this': '1', AWSAccessKeyId: 'somebody' }],
      [[['content-length-range', 4, 4]]],
      [[['content-length-range', '0', '10']]],
    ];
    for (const [conditions, fields] of accepted) {
      it(`a form that meets ${JSON.stringify(conditions)} is accepted (sigv4-PolicyConditions)`, async () => {
        const answer = await post(withConditions(conditions, fields));

        expect(answer.body).to.equal('');
        expect(answer.status).to.equal(204);
      });
    }

    const failed: [readonly unknown[], string, Fields?][] = [
      [[{ key: 'dog.jpg' }], '["eq", "$key", "dog.jpg"]'],
      [[{ KEY: 'CAT.jpg' }], '["eq", "$KEY", "CAT.jpg"]'],
      [[['eq', '$key', 'cat']], '["eq", "$key", "cat"]'],
      [[['eq', 'key', 'cat.jpg']], '["eq", "key", "cat.jpg"]'],
      [[['starts-with', '$key', 'input/']], '["starts-with", "$key", "input/"]'],
      [[['eq', '$key', 'a "b"']], '["eq", "$key", "a \\"b\\""]'],
      [[{ bucket: 'pages' }], '["eq", "$bucket", "pages"]'],
      [[['eq', '$bucket', 'pages']], '["eq", "$bucket", "pages"]', { key: 'cat.jpg', bucket: 'pages' }],
      [[['starts-with', '$Content-Type', '']], '["starts-with", "$Content-Type", ""]'],
      [[{ 'x-amz-meta-a': '' }], '["eq", "$x-amz-meta-a", ""]'],
      [[['starts-with', '$Content-Type', 'image/']], '["starts-with", "$Content-Type", "image/"]', list],
      [[['starts-with', '$x-amz-meta-a', 'b']], '["starts-with", "$x-amz-meta-a", "b"]', meta],
      [[['content-length-range', 'test', '10']], '["content-length-range", "test", "10"]'],
    ];
    for (const [conditions, condition, fields] of failed) {
      it(`a form that does not meet ${JSON.stringify(conditions)} is refused (sigv4-PolicyConditions)`, async () => {
        const answer = await post(withConditions(conditions, fields));

        expect(answer).to.satisfy(
          isError(403, 'AccessDenied', `Invalid according to Policy: Policy Condition failed: ${condition}`),
        );
        await expectNothingStored();
      });
    }

    const extra: [string, Fields, readonly unknown[]][] = [
      ['content-type', type, []],
      ['x-amz-meta-a', meta, []],
      ['x-amz-security-token', { key: 'cat.jpg', 'x-amz-security-token': 'x' }, []],
      ['submit', { key: 'cat.jpg', submit: 'Upload' }, []],
    ];
    for (const [name, fields, conditions] of extra) {
      it(`a form with the field ${name}, for which the policy has no condition, is refused (sigv4-PolicyConditions)`, async () => {
        const answer = await post(withConditions(conditions, fields));

        expect(answer).to.satisfy(
          isError(403, 'AccessDenied', `Invalid according to Policy: Extra input fields: ${name}`),
        );
        await expectNothingStored();
      });
    }

    for (const missing of ['bucket', 'key', 'x-amz-date', 'x-amz-credential', 'x-amz-algorithm']) {
      it(`a policy without a condition for ${missing} is refused (sigv4-PolicyConditions)`, async () => {
        const conditions = USUAL.filter((one) => !JSON.stringify(one).includes(missing));

        const answer = await post(withPolicy({ expiration: IN_AN_HOUR, conditions }));

        expect(answer).to.satisfy(
          isError(403, 'AccessDenied', `Invalid according to Policy: Extra input fields: ${missing}`),
        );
      });
    }

    it('a form is accepted until its policy expires, and refused from then on (sigv4-HTTPPOSTExpiration)', async () => {
      const old = await presign('cat', { Expires: -1 });

      const answer = await post(old.fields, new Blob([Buffer.alloc(5 * MIB)]));

      expect((await post((await presign('cat', { Expires: 60 })).fields)).status).to.equal(204);
      expect(answer).to.satisfy(isError(403, 'AccessDenied', 'Invalid according to Policy: Policy expired.'));
    });

    const sizes: [number, number, string, Fields][] = [
      [4, 400, 'EntityTooSmall', { ProposedSize: '4', MinSizeAllowed: '5' }],
      [11, 400, 'EntityTooLarge', { ProposedSize: '11', MaxSizeAllowed: '10' }],
      [3 * MIB, 400, 'EntityTooLarge', { ProposedSize: String(3 * MIB), MaxSizeAllowed: '10' }],
    ];
    for (const [bytes, status, code, details] of sizes) {
      it(`a file of ${bytes} bytes is ${code} for a policy that allows 5 to 10 (content-length-range)`, async () => {
        const { fields } = await presign('cat', { Conditions: [['content-length-range', 5, 10]] });

        const answer = await post(fields, new Blob([Buffer.alloc(bytes)]));

        const message = `Your proposed upload ${bytes < 5 ? 'is smaller than the minimum' : 'exceeds the maximum'} allowed size`;
        expect(answer).to.satisfy(isError(status, code, message, details));
        await expectNothingStored();
      });
    }

    for (const bytes of [5, 10]) {
      it(`a file of ${bytes} bytes is accepted by a policy that allows 5 to 10 (content-length-range)`, async () => {
        const { fields } = await presign('cat', { Conditions: [['content-length-range', 5, 10]] });

        expect((await post(fields, new Blob([Buffer.alloc(bytes)]))).status).to.equal(204);
      });
    }

    const good = { expiration: IN_AN_HOUR, conditions: [] };
    const listed = (...condition: unknown[]) => ({ ...good, conditions: [condition] });
    const oneProperty =
      'Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.';
    const documents: [unknown, string][] = [
      ['', 'Invalid JSON.'],
      ['{"expiration"', 'Invalid JSON.'],
      ['[]', 'Invalid JSON.'],
      ['null', 'Invalid JSON.'],
      [{ ...good, Statement: [] }, "Unexpected: 'statement'"],
      [{ ...good, EXPIRATION: IN_AN_HOUR }, "Unexpected: 'expiration'"],
      [{ conditions: [] }, 'Policy missing expiration.'],
      [{ expiration: IN_AN_HOUR }, 'Policy missing conditions.'],
      [{ expiration: IN_AN_HOUR, conditions: {} }, "Invalid 'conditions' value: must be a List."],
      ...['tomorrow', '2999-01-01 00:00:00Z', '2999-01-01T00:00:00+02:00', '2999-13-01T00:00:00Z', 5].map(
        (expiration): [unknown, string] => [
          { expiration, conditions: [] },
          `Invalid 'expiration' value: '${expiration}'`,
        ],
      ),
      [{ ...good, conditions: ['bucket'] }, 'Invalid condition test: must be a List or Object.'],
      [{ ...good, conditions: [{}] }, oneProperty],
      [{ ...good, conditions: [{ bucket: 'notes', key: 'cat.jpg' }] }, oneProperty],
      [{ ...good, conditions: [{ key: 5 }] }, 'Invalid Simple-Condition: value must be a string.'],
      [{ ...good, conditions: [{ key: null }] }, 'Invalid JSON.'],
      [listed(), 'Invalid Condition: missing operation identifier.'],
      [listed('ends-with', '$key', 'x'), "Invalid Condition: unknown operation 'ends-with'."],
      [listed('eq', '$key'), 'Invalid eq: wrong number of arguments.'],
      [listed('content-length-range', 0), 'Invalid content-length-range: wrong number of arguments.'],
      [listed('eq', '$key', 5), 'Invalid JSON.'],
      [listed('content-length-range', -1, 0), 'Invalid JSON.'],
      [listed('content-length-range', 0, 1.5), 'Invalid JSON.'],
    ];
    for (const [document, message] of documents) {
      it(`the policy ${JSON.stringify(document)} is InvalidPolicyDocument (sigv4-HTTPPOSTConstructPolicy)`, async () => {
        const answer = await post(withPolicy(document));

        expect(answer).to.satisfy(isError(400, 'InvalidPolicyDocument', `Invalid Policy: ${message}`));
        await expectNothingStored();
      });
    }

    it('a policy that is not Base64 or not UTF-8 is InvalidPolicyDocument, and one with line breaks is read (sigv4-HTTPPOSTConstructPolicy)', async () => {
      const fields = withConditions([]);
      const broken = fields.policy?.replace(/.{20}/g, '$&\n') ?? '';

      const notBase64 = await post({ ...fields, policy: '{policy}' });
      const notUtf8 = await post({ ...fields, policy: Buffer.from([0x22, 0xff, 0x22]).toString('base64') });

      expect(notBase64.body).to.include('Invalid Policy: invalid Base64 encoding.');
      expect(notUtf8.body).to.include('Invalid Policy: Invalid JSON.');
      expect((await post({ ...fields, policy: broken })).status).to.equal(204);
    });
  });

  describe('who sends a form (AWS: Authenticating requests in browser-based uploads using POST)', () => {
    it('the signature of the example in the S3 documentation is calculated (sigv4-post-example)', () => {
      const fields = new Map(
        Object.entries({
          policy: EXAMPLE_POLICY,
          'x-amz-credential': 'AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request',
          'x-amz-algorithm': 'AWS4-HMAC-SHA256',
          'x-amz-date': '20151229T000000Z',
          'x-amz-signature': '8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e',
        }),
      );

      const signature = readSignature(fields);

      expect(signature?.accessKeyId).to.equal('AKIAIOSFODNN7EXAMPLE');
      expect(signature?.calculate('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY')).to.equal(signature?.provided);
    });

    it('a role that may put the object is let in, and one that may not is denied by name (AccessDenied)', async () => {
      service().allowed.set('UploadRole', ['s3:PutObject arn:aws:s3:::notes/input/cat.jpg']);

      const mine = await post((await presign('input/cat.jpg', {}, 'UploadRole')).fields);
      const other = await post((await presign('output/cat.jpg', {}, 'UploadRole')).fields);

      expect(mine.status).to.equal(204);
      expect(other.status).to.equal(403);
      expect(other.body)
        .to.include('<Code>AccessDenied</Code>')
        .and.include('UploadRole')
        .and.include('s3:PutObject on arn:aws:s3:::notes/output/cat.jpg');
      expect(await keys()).to.deep.equal(['input/cat.jpg']);
    });

    const changes: [string, (fields: Record<string, string>) => Fields][] = [
      ['another signature', (fields) => ({ ...fields, 'X-Amz-Signature': '0'.repeat(64) })],
      [
        'another policy',
        ({ Policy = '', ...fields }) => ({
          ...fields,
          Policy: btoa(atob(Policy).replace('cat.jpg', 'dog.jpg')),
          key: 'dog.jpg',
        }),
      ],
      [
        'the signature of another secret key',
        ({ Policy = '', ...fields }) => ({
          ...fields,
          Policy,
          'X-Amz-Signature': createHash('sha256').update(Policy).digest('hex'),
        }),
      ],
      [
        'no more than the start of the policy',
        ({ Policy = '', ...fields }) => ({ ...fields, Policy: Policy.slice(0, -4) }),
      ],
    ];
    for (const [what, change] of changes) {
      it(`a role's form with ${what} is SignatureDoesNotMatch (sigv4-authentication-HTTPPOST)`, async () => {
        const fields = change((await presign('cat.jpg', {}, 'UploadRole')).fields);

        const answer = await post(fields);

        const policy = fields.Policy ?? '';
        expect(answer).to.satisfy(
          isError(
            403,
            'SignatureDoesNotMatch',
            'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
            {
              AWSAccessKeyId: 'UploadRole',
              StringToSign: policy,
              SignatureProvided: fields['X-Amz-Signature'] ?? '',
              StringToSignBytes: [...Buffer.from(policy)]
                .map((byte) => byte.toString(16).padStart(2, '0'))
                .join(' '),
            },
          ),
        );
        await expectNothingStored();
      });
    }

    it("a role's form needs the token of its credentials, and their region (sigv4-HTTPPOSTForms)", async () => {
      const { fields } = await presign('cat.jpg', {}, 'UploadRole');
      const { 'X-Amz-Security-Token': _, ...withoutToken } = fields;
      const elsewhere = fields['X-Amz-Credential']?.replace('us-east-1', 'eu-west-1') ?? '';

      expect(await post(withoutToken)).to.satisfy(
        isError(
          403,
          'InvalidAccessKeyId',
          'The AWS Access Key Id you provided does not exist in our records.',
          {
            AWSAccessKeyId: 'UploadRole',
          },
        ),
      );
      expect(await post({ ...fields, 'X-Amz-Security-Token': 'x' })).to.satisfy(
        isError(400, 'InvalidToken', 'The provided token is malformed or otherwise invalid.', {
          'Token-0': 'x',
        }),
      );
      expect(await post({ ...fields, 'X-Amz-Credential': elsewhere })).to.satisfy(
        isError(400, 'InvalidArgument', "the region 'eu-west-1' is wrong; expecting 'us-east-1'", {
          ArgumentName: 'X-Amz-Credential',
          ArgumentValue: elsewhere,
          Region: 'us-east-1',
        }),
      );
    });

    it("a role's form may be signed with version 2, as boto3 can sign it (HTTPPOSTForms)", async () => {
      const { secretAccessKey, sessionToken } = credentialsOf('UploadRole');
      const policy = btoa(
        JSON.stringify({
          expiration: IN_AN_HOUR,
          conditions: [{ bucket: 'notes' }, { key: 'cat.jpg' }, { 'x-amz-security-token': sessionToken }],
        }),
      );
      const signature = createHmac('sha1', secretAccessKey).update(policy).digest('base64');
      const fields = {
        key: 'cat.jpg',
        AWSAccessKeyId: 'UploadRole',
        'x-amz-security-token': sessionToken,
        policy,
        signature,
      };

      expect((await post({ ...fields, signature: 'x' })).body).to.include(
        '<Code>SignatureDoesNotMatch</Code>',
      );
      expect((await post(fields)).status).to.equal(204);
    });

    it('an anonymous form is denied, with a policy or without (RESTObjectPOST)', async () => {
      const { policy = '' } = withConditions([]);

      for (const fields of [{ key: 'cat.jpg' }, { key: 'cat.jpg', policy }])
        expect(await post(fields)).to.satisfy(isError(403, 'AccessDenied', 'Access Denied'));
      await expectNothingStored();
    });

    const required: [string[], string][] = [
      [['x-amz-signature'], 'X-Amz-Signature'],
      [['x-amz-algorithm', 'x-amz-credential'], 'X-Amz-Algorithm'],
      [['x-amz-credential'], 'X-Amz-Credential'],
      [['x-amz-date'], 'X-Amz-Date'],
      [['policy'], 'policy'],
    ];
    for (const [missing, name] of required) {
      it(`a form without ${missing.join(' and ')} is refused by name (sigv4-authentication-HTTPPOST)`, async () => {
        const fields = Object.entries(withConditions([])).filter(([field]) => !missing.includes(field));

        expect(await post(Object.fromEntries(fields))).to.satisfy(isMissing(name));
      });
    }

    it('a key that is not UTF-8 is refused with 400 and nothing is stored, but U+FFFD itself is a character (object-keys)', async () => {
      const field = (name: string, value: string | Buffer, type = '') => [
        Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${type}\r\n\r\n`),
        Buffer.from(value),
        Buffer.from('\r\n'),
      ];
      const form = (key: string | Buffer, fileName: string | Buffer = 'cat.jpg', type = '') =>
        Buffer.concat([
          ...Object.entries(withConditions([], {})).flatMap(([name, value]) => field(name, value)),
          ...field('key', key, type),
          Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="`),
          Buffer.from(fileName),
          Buffer.from(`"\r\n\r\nmeow\r\n--${BOUNDARY}--\r\n`),
        ]);
      const utf16 = '\r\nContent-Type: text/plain; charset=utf-16le';
      for (const body of [
        form(Buffer.from('a\xff', 'latin1')),
        form(Buffer.from([0xed, 0xa0, 0x80])),
        form(Buffer.from([0x61, 0, 0, 0xd8]), 'cat.jpg', utf16),
        form('${filename}', Buffer.from('cat\xe9.jpg', 'latin1')),
      ]) {
        const answer = await sendForm(body);
        expect(answer.status).to.equal(400);
        expect(answer.body).to.include('<Message>Expected a key in UTF-8.</Message>');
      }
      await expectNothingStored();
      expect(await sendForm(form('a\ufffd'))).to.include({ status: 204 });
      expect(await keys()).to.deep.equal(['a\ufffd']);
    });

    it('a form of version 2 without its signature or its access key is refused by name (HTTPPOSTForms)', async () => {
      const { policy = '' } = withConditions([]);
      const form = { key: 'cat.jpg', policy };

      expect(await post({ ...form, AWSAccessKeyId: 'anybody' })).to.satisfy(isMissing('Signature'));
      expect(await post({ ...form, signature: 'x' })).to.satisfy(isMissing('AWSAccessKeyId'));
    });

    const credential =
      'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".';
    const wrong: [string, string, string][] = [
      ['X-Amz-Credential', 'anybody', credential],
      ['X-Amz-Credential', '/20260101/us-east-1/s3/aws4_request', credential],
      ['X-Amz-Credential', 'anybody/20260101/us-east-1/ec2/aws4_request', credential],
      ['X-Amz-Credential', 'anybody/1 January/us-east-1/s3/aws4_request', credential],
      ['X-Amz-Date', '2026-01-01T00:00:00Z', 'X-Amz-Date must be formated via ISO8601 Long format'],
      ['X-Amz-Algorithm', 'AWS4-HMAC-SHA1', 'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"'],
    ];
    for (const [name, value, message] of wrong) {
      it(`the ${name} ${value} is InvalidArgument (sigv4-authentication-HTTPPOST)`, async () => {
        const answer = await post({ ...withConditions([]), [name.toLowerCase()]: value });

        expect(answer).to.satisfy(
          isError(400, 'InvalidArgument', message, { ArgumentName: name, ArgumentValue: value }),
        );
      });
    }
  });

  describe('bad forms (AWS: POST Object; Error responses)', () => {
    const malformed = isError(
      400,
      'MalformedPOSTRequest',
      'The body of your POST request is not well-formed multipart/form-data.',
    );
    const noFile = isError(400, 'InvalidArgument', 'POST requires exactly one file upload per request.', {
      ArgumentName: 'file',
      ArgumentValue: '0',
    });
    const tooLong = isError(
      400,
      'MaxPostPreDataLengthExceeded',
      'Your POST request fields preceeding the upload file was too large.',
      { MaxPostPreDataLengthBytes: '20480' },
    );
    const notMultipart = isError(
      412,
      'PreconditionFailed',
      'At least one of the pre-conditions you specified did not hold',
      { Condition: 'Bucket POST must be of the enclosure-type multipart/form-data' },
    );
    const emptyKey = isError(400, 'InvalidArgument', 'User key must have a length greater than 0.', {
      ArgumentName: 'key',
      ArgumentValue: '',
    });
    const longKey = isError(400, 'KeyTooLongError', 'Your key is too long', {
      Size: '1025',
      MaxSizeAllowed: '1024',
    });
    const noBucket = isError(404, 'NoSuchBucket', 'The specified bucket does not exist', {
      BucketName: 'nowhere',
    });
    const form = (fields: Fields, options = {}) => formOf(fields, 'meow', options);
    const usual = { key: 'cat.jpg' };
    const cases: [string, (answer: Answer) => true, { body?: string; type?: string; path?: string }][] = [
      ['a form that is URL-encoded', notMultipart, { type: 'application/x-www-form-urlencoded' }],
      ['a body without a type', notMultipart, { type: '' }],
      ['a multipart body of another type', notMultipart, { type: `multipart/mixed; boundary=${BOUNDARY}` }],
      ['a type without a boundary', malformed, { type: 'multipart/form-data' }],
      ['a type with an empty boundary', malformed, { type: 'multipart/form-data; boundary=""' }],
      ['another boundary than that of the type', malformed, { body: form(usual).replaceAll('-x-', '-y-') }],
      ['an empty body', malformed, { body: '' }],
      ['a body that is not multipart', malformed, { body: 'key=cat.jpg&file=meow' }],
      ['fields without an end', malformed, { body: part('key', 'cat.jpg') }],
      ['half a field', malformed, { body: part('key', 'cat.jpg').slice(0, -10) }],
      [
        'a file without an end',
        malformed,
        { body: form(withUsual(usual)).replace(/\r\n--[^\n]*--\r\n$/, '') },
      ],
      ['half of the last boundary', malformed, { body: form(withUsual(usual)).slice(0, -10) }],
      ['no parts', noFile, { body: `--${BOUNDARY}--\r\n` }],
      ['fields without a file', noFile, { body: `${part('key', 'cat.jpg')}--${BOUNDARY}--\r\n` }],
      ['a file under another name', noFile, { body: form(usual, { file: 'files[]' }) }],
      ['no key', isMissing('key'), { body: form({}) }],
      ['a key after the file', isMissing('key'), { body: form({}, { after: part('key', 'cat.jpg') }) }],
      ['an empty key', emptyKey, { body: form({ key: '' }) }],
      ['a key of 1,025 bytes', longKey, { body: form({ key: `${'é'.repeat(512)}x` }) }],
      ['fields of 20 KB', tooLong, { body: form({ ...usual, 'x-ignore': 'x'.repeat(20_480) }) }],
      ['many fields', tooLong, { body: part('x', '').repeat(300) + form(usual) }],
      ['a field with a name of 20 KB', tooLong, { body: part('n'.repeat(20_480), '') + form(usual) }],
      ['20 KB before the first field', tooLong, { body: `${'x\r\n'.repeat(7000)}${form(usual)}` }],
      ['a bucket that does not exist', noBucket, { path: '/nowhere' }],
    ];
    for (const [what, isExpected, { body = form(usual), type, path }] of cases) {
      it(`${what} is refused (RESTErrorResponses)`, async () => {
        const headers = type === undefined ? FORM : type === '' ? {} : { 'content-type': type };

        expect(await sendForm(body, headers, path)).to.satisfy(isExpected);
        await expectNothingStored();
      });
    }

    it('fields of 20,480 bytes are accepted, and more are not (HTTPPOSTForms)', async () => {
      const padded = (bytes: number) =>
        formOf({ ...withUsual({ key: 'cat.jpg' }), 'x-ignore-padding': 'x'.repeat(bytes) }, 'meow');
      const room = 20_480 - padded(0).indexOf('meow');

      expect((await sendForm(padded(room + 100))).body).to.include(
        '<Code>MaxPostPreDataLengthExceeded</Code>',
      );
      expect((await sendForm(padded(room))).status).to.equal(204);
    });

    it('a form without a length is refused (MissingContentLength)', async () => {
      const body = new Blob([form(withUsual(usual))]).stream();

      const answer = await fetch(`${service().url}/notes`, {
        method: 'POST',
        headers: FORM,
        body,
        duplex: 'half',
      });

      expect(answer.status).to.equal(411);
    });

    it('two fields of one name are one field, with both values (HTTPPOSTForms)', async () => {
      const fields = withConditions([{ 'x-amz-meta-tag': 'Ninja,Stallman' }]);
      const tags = part('x-amz-meta-tag', 'Ninja') + part('x-amz-meta-tag', 'Stallman');
      const keyTwice = part('key', 'dog.jpg') + formOf(withUsual({ key: 'cat.jpg' }), 'meow');

      expect((await sendForm(tags + formOf(fields, 'meow'))).status).to.equal(204);
      expect(await sendForm(keyTwice)).to.satisfy(
        isError(
          403,
          'AccessDenied',
          'Invalid according to Policy: Policy Condition failed: ["eq", "$key", "cat.jpg"]',
        ),
      );
      expect(await keys()).to.deep.equal(['cat.jpg']);
    });

    const refused: [string, string][] = [
      ['tagging', '<Tagging/>'],
      ['x-amz-storage-class', 'GLACIER'],
      ['x-amz-server-side-encryption', 'aws:kms'],
      ['x-amz-server-side-encryption-customer-key', 'x'],
      ['x-amz-website-redirect-location', '/x'],
      ['x-amz-object-lock-mode', 'GOVERNANCE'],
      ['x-amz-copy-source', '/pages/secret'],
      ['x-amz-trailer', 'x-amz-checksum-crc32'],
      ['x-amz-checksum-sha512', 'x'],
    ];
    for (const [name, value] of refused) {
      it(`the field ${name} with ${value} is refused by name (NotImplemented)`, async () => {
        const answer = await post(withConditions([{ [name]: value }], { key: 'cat.jpg', [name]: value }));

        expect(answer.status).to.equal(501);
        expect(answer.body).to.include('<Code>NotImplemented</Code>').and.include(name);
        await expectNothingStored();
      });
    }

    it('an ACL, a header that no answer can have, and too much metadata are refused (RESTObjectPOST)', async () => {
      const bad: [string, string, string][] = [
        ['acl', 'public-read', 'AccessControlListNotSupported'],
        ['Content-Type', 'a\r\nset-cookie: b', 'InvalidArgument'],
        ['x-amz-meta-a b', 'x', 'InvalidArgument'],
        ['x-amz-meta-large', 'x'.repeat(2048), 'MetadataTooLarge'],
      ];
      for (const [name, value, code] of bad) {
        const answer = await post(
          withConditions([['starts-with', `$${name}`, '']], { key: 'cat.jpg', [name]: value }),
        );
        expect(answer.status, name).to.equal(400);
        expect(answer.body).to.include(`<Code>${code}</Code>`);
      }
      await expectNothingStored();
    });

    it('a condition in a header of the request is refused, because a form has none (RESTObjectPOST)', async () => {
      const headers = { ...FORM, 'if-none-match': '*' };

      const answer = await sendForm(formOf(withUsual({ key: 'cat.jpg' }), 'meow'), headers);

      expect(answer.status).to.equal(501);
      expect(answer.body).to.include('if-none-match on a form upload');
    });
  });

  describe('checksums (AWS: POST Object, x-amz-checksum-*; Checking object integrity)', () => {
    const right: Record<string, string> = {
      'Content-MD5': 'JfnnlDI7RTiF9RgfG2JNCw==',
      'x-amz-checksum-crc32': 'y/Q5Jg==',
      'x-amz-checksum-sha256': 'FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=',
    };
    for (const [name, value] of Object.entries(right)) {
      it(`a file is checked against the field ${name} (RESTObjectPOST)`, async () => {
        const { fields } = await presign('digits', { Fields: { [name]: value } });

        const bad = await post(fields, '987654321');
        await expectNothingStored();
        const good = await post(fields, '123456789');

        expect(bad.status).to.equal(400);
        expect(bad.body).to.include('<Code>BadDigest</Code>');
        expect(good.status).to.equal(204);
        if (name !== 'Content-MD5') expect(good.headers.get(name)).to.equal(value);
      });
    }

    it('a checksum that is no digest, two checksums, and an algorithm without its checksum are refused (RESTObjectPOST)', async () => {
      const bad: Fields[] = [
        { 'x-amz-checksum-sha256': 'sailorjerry' },
        { 'x-amz-checksum-crc32': 'y/Q5Jg==', 'x-amz-checksum-sha256': right['x-amz-checksum-sha256'] ?? '' },
        { 'x-amz-checksum-algorithm': 'SHA1' },
        { 'x-amz-checksum-algorithm': 'SHA1', 'x-amz-checksum-crc32': 'y/Q5Jg==' },
      ];
      for (const fields of bad) {
        const answer = await post((await presign('digits', { Fields: { ...fields } })).fields, '123456789');
        expect(answer.status, JSON.stringify(fields)).to.equal(400);
        expect(answer.body).to.include('<Code>InvalidRequest</Code>');
      }
      await expectNothingStored();
    });

    it('the checksum of a form is stored with the object (RESTObjectPOST)', async () => {
      const Fields = { 'x-amz-checksum-algorithm': 'CRC32', 'x-amz-checksum-crc32': 'y/Q5Jg==' };

      await post((await presign('digits', { Fields })).fields, '123456789');

      const head = await service().client.send(
        new HeadObjectCommand({ Bucket, Key: 'digits', ChecksumMode: 'ENABLED' }),
      );
      expect(head.ChecksumCRC32).to.equal('y/Q5Jg==');
    });
  });

  describe('web pages (AWS: Using cross-origin resource sharing)', () => {
    const page = 'https://photos.example.com';
    beforeEach(() => {
      service().corsRules.set('notes', [
        {
          allowedOrigins: [page],
          allowedMethods: ['POST'],
          allowedHeaders: ['*'],
          exposedHeaders: ['ETag'],
          maxAgeSeconds: 60,
        },
      ]);
    });
    const from = (origin: string) => ({ ...FORM, origin });

    it('a page that a rule allows may send forms with progress, for which browsers ask first (cors)', async () => {
      const ask = (method: string) =>
        send(service(), 'OPTIONS', '/notes', { origin: page, 'access-control-request-method': method });

      const { status, headers } = await ask('POST');

      expect(status).to.equal(200);
      expect(headers).to.include({
        'access-control-allow-origin': page,
        'access-control-allow-methods': 'POST',
        'access-control-max-age': '60',
      });
      expect((await ask('PUT')).status).to.equal(403);
    });

    it('a page can read the ETag of what it stored, and why a form was refused (cors)', async () => {
      const stored = await sendForm(formOf(withUsual({ key: 'cat.jpg' }), 'meow'), from(page));
      const refusals = [
        await sendForm(formOf({ key: 'cat.jpg' }, 'meow'), from(page)),
        await sendForm(formOf({}, 'meow'), from(page)),
        await sendForm('', from(page)),
      ];

      expect(stored.status).to.equal(204);
      expect(stored.headers['access-control-expose-headers']).to.equal('ETag');
      expect(refusals.map(({ status }) => status)).to.deep.equal([403, 400, 400]);
      for (const { headers } of [stored, ...refusals])
        expect(headers['access-control-allow-origin']).to.equal(page);
    });
  });

  describe('how a form arrives (AWS: POST Object; RFC 7578)', () => {
    const anyKey = fc
      .string({ minLength: 1, maxLength: 40, unit: 'binary' })
      .filter((key) => !key.includes('${filename}') && Buffer.byteLength(key) <= 1024);
    /** Bytes that look like the end of the file, and bytes that do not. */
    const anyFile = fc
      .array(
        fc.oneof(
          fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
          fc
            .constantFrom('\r', '\n', '\r\n', '-', '--', `\r\n--${BOUNDARY.slice(0, -1)}`, `--${BOUNDARY}--`)
            .map((text) => Buffer.from(text)),
        ),
        { maxLength: 12 },
      )
      .map((pieces) => Buffer.concat(pieces))
      .filter((bytes) => !Buffer.concat([Buffer.from('\r\n'), bytes]).includes(`\r\n--${BOUNDARY}`));

    it('any key and any metadata of a form that a browser encodes are stored as they are (sigv4-HTTPPOSTForms)', async () => {
      // A browser writes every line break of a value as CRLF.
      const anyText = fc.string({ maxLength: 40, unit: 'binary' }).filter((text) => !/[\r\n]/.test(text));
      await fc.assert(
        fc.asyncProperty(anyKey, anyText, async (text, value) => {
          const key = text.replace(/\r\n?|\n/g, '\r\n');
          const { fields } = await presign(key, { Fields: { 'x-amz-meta-text': value } });

          const answer = await post(fields);

          expect(answer.body).to.equal('');
          const head = await service().client.send(new GetObjectCommand({ Bucket, Key: key }));
          const { text: stored = '' } = head.Metadata ?? {};
          const encoded = /^=\?UTF-8\?B\?(.*)\?=$/.exec(stored)?.[1];
          expect(encoded === undefined ? stored : Buffer.from(encoded, 'base64').toString()).to.equal(
            encoded === undefined ? value.trim() : value,
          );
        }),
        { numRuns: 50 },
      );
    });

    it('a field of any name and any value is stored, ignored or refused by name, but never an internal error (RESTObjectPOST)', async () => {
      const anyName = fc
        .oneof(
          fc.constantFrom(
            'constructor',
            '__proto__',
            'toString',
            'bucket',
            'x-amz-meta-',
            'expires',
            'x-amz-',
          ),
          fc.string({ maxLength: 12, unit: 'binary' }).map((text) => `x-amz-meta-${text}`),
          fc.string({ maxLength: 12, unit: 'binary' }),
        )
        .filter((name) => !/["\\\r\n]/.test(name));
      const anyValue = fc.string({ maxLength: 20, unit: 'binary' });
      await fc.assert(
        fc.asyncProperty(anyName, anyValue, async (name, value) => {
          const fields = withConditions([['starts-with', `$${name}`, '']]);

          const answer = await sendForm(part(name, value) + formOf(fields, 'meow'));

          expect([204, 400, 403, 501], `${answer.status} ${answer.body}`).to.include(answer.status);
          if (answer.status !== 204) return;
          expect((await send(service(), 'GET', '/notes/cat.jpg')).body).to.equal('meow');
        }),
        { numRuns: 100 },
      );
    });

    it('a form is stored alike in whatever pieces it arrives, with whatever its file contains (RFC 2046, 5.1.1)', async () => {
      const cuts = fc.array(fc.nat(2000), { maxLength: 6 });
      await fc.assert(
        fc.asyncProperty(
          anyFile,
          cuts,
          fc.constantFrom('', 'an epilogue\r\n'),
          async (file, at, epilogue) => {
            const form = withFile(formOf(withUsual({ key: 'cat.jpg' }), ''), file, epilogue);

            const status = await sendInPieces(service(), form, at);

            expect(status).to.equal(204);
            const stored = await service().client.send(new GetObjectCommand({ Bucket, Key: 'cat.jpg' }));
            expect(Buffer.from((await stored.Body?.transformToByteArray()) ?? [])).to.deep.equal(file);
          },
        ),
        { numRuns: 60 },
      );
    });

    it('a form that ends anywhere before its last boundary stores nothing (MalformedPOSTRequest)', async () => {
      const form = formOf(withUsual({ key: 'cat.jpg' }), 'meow\r\n-- meow');
      const end = form.lastIndexOf(`\r\n--${BOUNDARY}`) + `\r\n--${BOUNDARY}`.length;
      await fc.assert(
        fc.asyncProperty(fc.nat(end - 1), async (length) => {
          const answer = await sendForm(form.slice(0, length));

          expect(answer.body).to.include('<Code>MalformedPOSTRequest</Code>');
        }),
        { numRuns: 60 },
      );
      await expectNothingStored();
    });

    it('a form whose sender goes away stores nothing (RESTObjectPOST)', async () => {
      const { port } = new URL(service().url);
      const socket = connect(Number(port), '127.0.0.1');
      const form = formOf(withUsual({ key: 'cat.jpg' }), 'x'.repeat(50_000)).slice(0, -1000);
      socket.write(
        `POST /notes HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${FORM['content-type']}\r\nContent-Length: 100000\r\n\r\n`,
      );
      socket.write(form);
      await waitUntil(() => incoming(service()).length > 0);

      socket.destroy();

      await waitUntil(() => incoming(service()).length === 0);
      await expectNothingStored();
    });

    it('a file of 60 MB is stored without being held in memory whole (RESTObjectPOST)', async () => {
      const bytes = 60 * MIB;
      const before = heldBytes();
      let most = 0;

      const status = await sendLarge(service(), withUsual({ key: 'huge' }), bytes, () => {
        most = Math.max(most, heldBytes());
      });

      expect(status).to.equal(204);
      expect(most - before).to.be.below(bytes / 4);
      const head = await service().client.send(new HeadObjectCommand({ Bucket, Key: 'huge' }));
      expect(head.ContentLength).to.equal(bytes);
    });

    it('of a file that is too large no more is written to the disk than the policy allows (content-length-range)', async () => {
      const range = ['content-length-range', 0, MIB];
      let most = 0;

      const status = await sendLarge(service(), withConditions([range], { key: 'huge' }), 20 * MIB, () => {
        const folder = join(service().directory, 's3', '.incoming');
        for (const file of readdirSync(folder)) most = Math.max(most, statSync(join(folder, file)).size);
      });

      expect(status).to.equal(400);
      expect(most).to.be.within(1, MIB);
      await expectNothingStored();
    });
  });
});

describe('S3: forms in a bucket with versions', () => {
  const { service } = useService(['notes']);

  it('the answer to a form has the id of the version that it made (RESTObjectPOST)', async () => {
    const form = formOf(withUsual({ key: 'cat.jpg' }), 'meow');

    const first = await send(service(), 'POST', '/notes', FORM, form);
    const second = await send(service(), 'POST', '/notes', FORM, form);

    const ids = [first, second].map(({ headers }) => headers['x-amz-version-id']);
    expect(new Set(ids).size).to.equal(2);
    expect(
      service()
        .events()
        .map(({ versionId }) => versionId),
    ).to.deep.equal(ids);
  });
});

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** A test for chai's `satisfy` that throws with the difference. */
function isError(status: number, code: string, message: string, details: Fields = {}) {
  return (answer: Answer): true => {
    const elements = [...answer.body.matchAll(/<([A-Za-z0-9-]+)>([^<]*)<\/\1>/g)].map(
      ([, name = '', text = '']) => [name, unescapeXml(text)],
    );
    const { Resource, RequestId, ...error } = Object.fromEntries(elements);
    expect({ status: answer.status, ...error }).to.deep.equal({
      status,
      Code: code,
      Message: message,
      ...details,
    });
    return true;
  };
}

function isMissing(name: string) {
  const message = `Bucket POST must contain a field named '${name}'.  If it is specified, please check the order of the fields.`;
  return isError(400, 'InvalidArgument', message, { ArgumentName: name, ArgumentValue: '' });
}

function unescapeXml(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#xd;', '\r')
    .replaceAll('&#xa;', '\n')
    .replaceAll('&amp;', '&');
}

function part(name: string, value: string, fileName?: string): string {
  const file = fileName === undefined ? '' : `; filename="${fileName}"`;
  return `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n${value}\r\n`;
}

/** A whole form, as text. */
function formOf(
  fields: Fields,
  content: string,
  options: { file?: string; fileName?: string | undefined; after?: string } = {},
): string {
  const { file = 'file', after = '' } = options;
  const fileName = 'fileName' in options ? options.fileName : 'cat.jpg';
  const parts = Object.entries(fields).map(([name, value]) => part(name, value));
  return `${parts.join('')}${part(file, content, fileName)}${after}--${BOUNDARY}--\r\n`;
}

/** The fields of a form that anybody signs, with a policy that allows exactly them. */
function withUsual(fields: Fields): Record<string, string> {
  const conditions = [...USUAL, ...Object.entries(fields).map(([name, value]) => ({ [name]: value }))];
  return {
    ...fields,
    policy: btoa(JSON.stringify({ expiration: IN_AN_HOUR, conditions })),
    'x-amz-algorithm': 'AWS4-HMAC-SHA256',
    'x-amz-credential': 'anybody/20260101/us-east-1/s3/aws4_request',
    'x-amz-date': '20260101T000000Z',
    'x-amz-signature': '0',
  };
}

/** Puts bytes into a form whose file is empty. */
function withFile(form: string, file: Buffer, epilogue = ''): Buffer {
  const end = form.lastIndexOf(`\r\n--${BOUNDARY}`);
  return Buffer.concat([Buffer.from(form.slice(0, end)), file, Buffer.from(form.slice(end) + epilogue)]);
}

/** Sends a form so that the service reads it in pieces, and resolves to the status. */
async function sendInPieces(service: RunningService, form: Buffer, cuts: readonly number[]): Promise<number> {
  const { sent, status } = openForm(service, form.length);
  let from = 0;
  for (const to of [...cuts.map((cut) => cut % form.length).sort((a, b) => a - b), form.length]) {
    if (to > from) await new Promise((resolve) => sent.write(form.subarray(from, to), resolve));
    await setImmediate();
    from = Math.max(from, to);
  }
  sent.end();
  return status;
}

/** Sends a form with a file of that many bytes; `watch` is called after every piece. */
async function sendLarge(
  service: RunningService,
  fields: Fields,
  bytes: number,
  watch: () => void,
): Promise<number> {
  const form = formOf(fields, '');
  const end = form.lastIndexOf(`\r\n--${BOUNDARY}`);
  const { sent, status } = openForm(service, form.length + bytes);
  const piece = Buffer.alloc(2 * MIB, 'x');
  sent.write(form.slice(0, end));
  for (let at = 0; at < bytes; at += piece.length) {
    await new Promise((resolve) => sent.write(piece, resolve));
    watch();
  }
  sent.end(form.slice(end));
  return status;
}

function openForm(service: RunningService, length: number) {
  const { hostname, port } = new URL(service.url);
  const { promise: status, resolve, reject } = Promise.withResolvers<number>();
  const headers = { ...FORM, 'content-length': String(length) };
  const sent = request({ hostname, port, method: 'POST', path: '/notes', headers }, (answer) => {
    answer.resume();
    answer.on('end', () => resolve(answer.statusCode ?? 0));
  });
  sent.on('error', reject);
  return { sent, status };
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

function fail(): never {
  throw new Error('Expected an event but there is none');
}

// Garbage that is not collected yet must not count, and Mocha is not started with --expose-gc.
setFlagsFromString('--expose-gc');
const collectGarbage: unknown = runInNewContext('gc');

function heldBytes(): number {
  if (typeof collectGarbage !== 'function') throw new Error('Expected gc to be exposed');
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

async function waitUntil(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Of "Example: Browser-Based Upload using HTTP POST (Using AWS Signature Version 4)". */
const EXAMPLE_POLICY = Buffer.from(
  [
    '{ "expiration": "2015-12-30T12:00:00.000Z",',
    '  "conditions": [',
    '    {"bucket": "sigv4examplebucket"},',
    '    ["starts-with", "$key", "user/user1/"],',
    '    {"acl": "public-read"},',
    '    {"success_action_redirect": "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html"},',
    '    ["starts-with", "$Content-Type", "image/"],',
    '    {"x-amz-meta-uuid": "14365123651274"},',
    '    {"x-amz-server-side-encryption": "AES256"},',
    '    ["starts-with", "$x-amz-meta-tag", ""],',
    '',
    '    {"x-amz-credential": "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"},',
    '    {"x-amz-algorithm": "AWS4-HMAC-SHA256"},',
    '    {"x-amz-date": "20151229T000000Z" }',
    '  ]',
    '}',
  ].join('\r\n'),
).toString('base64');
