// What is refused by name, and what a refusal contains.
// The AWS document that a test follows stands behind its title.

import { expect } from 'chai';
import { send, useService } from './service.ts';

describe('S3: refusals', () => {
  const { service, keys } = useService();

  describe('unsupported requests (AWS: Error responses, NotImplemented)', () => {
    const asked: [string, string, Record<string, string>, string][] = [
      ...['acl', 'retention', 'torrent', 'partNumber=1', 'attributes'].map(
        (query): [string, string, Record<string, string>, string] => [
          'GET',
          `/notes/a?${query}`,
          {},
          query.split('=')[0] ?? '',
        ],
      ),
      ...['acl', 'tagging', 'object-lock', 'lifecycle', 'policy', 'uploads&delimiter=/', 'notification'].map(
        (query): [string, string, Record<string, string>, string] => [
          'GET',
          `/notes?${query}`,
          {},
          query.replace(/^.*&|=.*$/g, ''),
        ],
      ),
      ['PUT', '/notes/a?tagging', {}, 'tagging'],
      ['PUT', '/notes?versioning', {}, 'versioning'],
      ['PUT', '/notes/a?versionId=null', {}, 'versionId'],
      ['GET', '/notes/a?tagging&versionId=null', {}, 'versionId'],
      ['DELETE', '/notes/a?versionId=null', { 'if-match': '*' }, 'If-Match with a version id'],
      ['PUT', '/notes/a', { 'x-amz-tagging': 'a=b' }, 'x-amz-tagging'],
      ['PUT', '/notes/a', { 'x-amz-storage-class': 'GLACIER' }, 'GLACIER'],
      ['PUT', '/notes/a', { 'x-amz-server-side-encryption': 'aws:kms' }, 'aws:kms'],
      [
        'PUT',
        '/notes/a',
        { 'x-amz-server-side-encryption-customer-algorithm': 'AES256' },
        'customer-algorithm',
      ],
      ['PUT', '/notes/a', { 'x-amz-object-lock-mode': 'GOVERNANCE' }, 'x-amz-object-lock-mode'],
      ['PUT', '/notes/a', { 'x-amz-website-redirect-location': '/b' }, 'x-amz-website-redirect-location'],
      ['PUT', '/notes/a', { 'x-amz-write-offset-bytes': '0' }, 'x-amz-write-offset-bytes'],
      ['PUT', '/notes/a', { 'x-amz-something-new': '1' }, 'x-amz-something-new'],
      ['POST', '/notes/a', {}, 'POST on an object'],
      ['DELETE', '/notes', {}, 'notes'],
      ['PATCH', '/notes/a', {}, 'PATCH'],
    ];
    for (const [method, path, headers, name] of asked) {
      it(`${method} ${path} with the headers ${JSON.stringify(headers)} is refused by name (NotImplemented)`, async () => {
        const answer = await send(service(), method, path, headers, 'x');

        expect(answer.status).to.equal(501);
        expect(answer.body).to.include('<Code>NotImplemented</Code>').and.include(name);
        expect(await keys()).to.deep.equal([]);
      });
    }

    it('every ACL other than bucket-owner-full-control is AccessControlListNotSupported (about-object-ownership)', async () => {
      for (const acl of ['private', 'public-read']) {
        const answer = await send(service(), 'PUT', '/notes/a', { 'x-amz-acl': acl }, 'x');
        expect(answer.status).to.equal(400);
        expect(answer.body).to.include('<Code>AccessControlListNotSupported</Code>');
      }
      expect(await keys()).to.deep.equal([]);
    });

    it('headers that change nothing on one machine are accepted (API_PutObject)', async () => {
      const headers = {
        'x-amz-acl': 'bucket-owner-full-control',
        'x-amz-storage-class': 'STANDARD',
        'x-amz-server-side-encryption': 'AES256',
        'x-amz-expected-bucket-owner': '000000000000',
        'content-type': 'no type at all',
      };

      const answer = await send(service(), 'PUT', '/notes/a?x-id=PutObject', headers, 'x');

      expect(answer.status).to.equal(200);
      expect((await send(service(), 'GET', '/notes/a')).headers['content-type']).to.equal('no type at all');
    });
  });

  describe('errors (AWS: Error responses)', () => {
    it('an error contains its code, message, key, bucket, resource and request (RESTErrorResponses)', async () => {
      const answer = await send(service(), 'GET', '/notes/no%3Csuch%3E');

      const requestId = answer.headers['x-amz-request-id'];
      expect(answer.headers['content-type']).to.equal('application/xml');
      expect(answer.body).to.equal(
        `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message><Key>no&lt;such&gt;</Key><BucketName>notes</BucketName><Resource>/notes/no%3Csuch%3E</Resource><RequestId>${requestId}</RequestId></Error>`,
      );
    });

    it('an error of HEAD has no body (API_HeadObject)', async () => {
      const answer = await send(service(), 'HEAD', '/notes/nothing');

      expect(answer).to.include({ status: 404, body: '' });
    });

    it('a key that is too long is refused (KeyTooLongError)', async () => {
      expect((await send(service(), 'PUT', `/notes/${'a'.repeat(1025)}`, {}, 'x')).body).to.include(
        'KeyTooLongError',
      );
    });

    it('a key, prefix or version id whose bytes are no Unicode is refused with 400, whatever the operation (InvalidURI)', async () => {
      for (const bytes of ['%ff', '%ED%A0%80', '%C0%AF', '%F4%90%80%80', '%C3%28', '%', '%zz', '%uD800'])
        for (const [method, path] of [
          ...['GET', 'HEAD', 'PUT', 'DELETE'].map((one) => [one, `/notes/a${bytes}`] as const),
          ['POST', `/notes/a${bytes}?uploads`],
          ['PUT', `/notes/a${bytes}?partNumber=1&uploadId=x`],
          ['GET', `/a${bytes}/b`],
          ['GET', `/notes?prefix=${bytes}`],
          ['GET', `/notes?list-type=2&start-after=${bytes}`],
          ['GET', `/notes?versions&key-marker=${bytes}`],
          ['GET', `/notes/a?versionId=${bytes}`],
        ] as const) {
          const { status, body } = await send(service(), method, path);
          expect(status, `${method} ${path}`).to.equal(400);
          if (method !== 'HEAD') expect(body).to.include('<Code>InvalidURI</Code>');
        }
    });

    it('a copy of an object whose key is no Unicode is refused with 400 (API_CopyObject)', async () => {
      for (const bytes of ['%ff', '%ED%A0%80', '%'])
        expect(
          await send(service(), 'PUT', '/notes/copy', { 'x-amz-copy-source': `/notes/a${bytes}` }),
        ).to.include({ status: 400 });
    });
  });
});
