// What is refused by name, and how a refusal reads.
// After each case, the AWS document that it follows.

import { expect } from 'chai';
import { callsOf, type RunningService, send, startService, stopAndRemove } from './service.ts';

describe('S3 refusals', () => {
  let service: RunningService;

  beforeEach(async () => {
    service = await startService();
  });

  afterEach(async () => {
    await stopAndRemove(service);
  });

  const { keys } = callsOf(() => service);

  describe('what is not supported (AWS: Error responses, NotImplemented)', () => {
    const asked: [string, string, Record<string, string>, string][] = [
      ...['acl', 'versionId=1', 'retention', 'torrent', 'partNumber=1', 'attributes'].map(
        (query): [string, string, Record<string, string>, string] => [
          'GET',
          `/originals/a?${query}`,
          {},
          query.split('=')[0] ?? '',
        ],
      ),
      ...[
        'acl',
        'tagging',
        'versioning',
        'lifecycle',
        'policy',
        'versions',
        'uploads&delimiter=/',
        'notification',
      ].map((query): [string, string, Record<string, string>, string] => [
        'GET',
        `/originals?${query}`,
        {},
        query.replace(/^.*&|=.*$/g, ''),
      ]),
      ['PUT', '/originals/a?tagging', {}, 'tagging'],
      ['PUT', '/originals/a', { 'x-amz-tagging': 'a=b' }, 'x-amz-tagging'],
      ['PUT', '/originals/a', { 'x-amz-storage-class': 'GLACIER' }, 'GLACIER'],
      ['PUT', '/originals/a', { 'x-amz-server-side-encryption': 'aws:kms' }, 'aws:kms'],
      [
        'PUT',
        '/originals/a',
        { 'x-amz-server-side-encryption-customer-algorithm': 'AES256' },
        'customer-algorithm',
      ],
      ['PUT', '/originals/a', { 'x-amz-object-lock-mode': 'GOVERNANCE' }, 'x-amz-object-lock-mode'],
      ['PUT', '/originals/a', { 'x-amz-website-redirect-location': '/b' }, 'x-amz-website-redirect-location'],
      ['PUT', '/originals/a', { 'x-amz-write-offset-bytes': '0' }, 'x-amz-write-offset-bytes'],
      ['PUT', '/originals/a', { 'x-amz-something-new': '1' }, 'x-amz-something-new'],
      ['POST', '/originals', {}, 'POST on a bucket'],
      ['DELETE', '/originals', {}, 'originals'],
      ['PATCH', '/originals/a', {}, 'PATCH'],
    ];
    for (const [method, path, headers, name] of asked) {
      it(`is refused by name: ${method} ${path} ${JSON.stringify(headers)} (NotImplemented)`, async () => {
        const answer = await send(service, method, path, headers, 'x');

        expect(answer.status).to.equal(501);
        expect(answer.body).to.include('<Code>NotImplemented</Code>').and.include(name);
        expect(await keys()).to.deep.equal([]);
      });
    }

    it('is AccessControlListNotSupported for every ACL but the owner’s (about-object-ownership)', async () => {
      for (const acl of ['private', 'public-read']) {
        const answer = await send(service, 'PUT', '/originals/a', { 'x-amz-acl': acl }, 'x');
        expect(answer.status).to.equal(400);
        expect(answer.body).to.include('<Code>AccessControlListNotSupported</Code>');
      }
      expect(await keys()).to.deep.equal([]);
    });

    it('is never in the way of what is harmless (API_PutObject)', async () => {
      const headers = {
        'x-amz-acl': 'bucket-owner-full-control',
        'x-amz-storage-class': 'STANDARD',
        'x-amz-server-side-encryption': 'AES256',
        'x-amz-expected-bucket-owner': '000000000000',
        'content-type': 'no type at all',
      };

      const answer = await send(service, 'PUT', '/originals/a?x-id=PutObject', headers, 'x');

      expect(answer.status).to.equal(200);
      expect((await send(service, 'GET', '/originals/a')).headers['content-type']).to.equal('no type at all');
    });
  });

  describe('an error (AWS: Error responses)', () => {
    it('says what, why, of what and in which request (RESTErrorResponses)', async () => {
      const answer = await send(service, 'GET', '/originals/no%3Csuch%3E');

      const requestId = answer.headers['x-amz-request-id'];
      expect(answer.headers['content-type']).to.equal('application/xml');
      expect(answer.body).to.equal(
        `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message><Key>no&lt;such&gt;</Key><BucketName>originals</BucketName><Resource>/originals/no%3Csuch%3E</Resource><RequestId>${requestId}</RequestId></Error>`,
      );
    });

    it('has no body where the question was HEAD (API_HeadObject)', async () => {
      const answer = await send(service, 'HEAD', '/originals/nothing');

      expect(answer).to.include({ status: 404, body: '' });
    });

    it('is given for an address that is not UTF-8, and for a key that is too long (InvalidURI, KeyTooLongError)', async () => {
      expect((await send(service, 'GET', '/originals/%ff')).body).to.include('InvalidURI');
      expect((await send(service, 'GET', '/originals/%zz')).body).to.include('InvalidURI');
      expect((await send(service, 'PUT', `/originals/${'a'.repeat(1025)}`, {}, 'x')).body).to.include(
        'KeyTooLongError',
      );
    });
  });
});
