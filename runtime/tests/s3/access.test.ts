// Who may do what: roles, presigned URLs, and web pages of other origins.
// The AWS document that a test follows stands behind its title.

import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { expect } from 'chai';
import { bucketAllowsPage } from '../../s3/index.ts';
import { OWN_PAGE } from './process.ts';
import { Bucket, send, useService } from './service.ts';

describe('S3: access', () => {
  const { service, put } = useService();

  describe('roles (AWS: Required permissions for Amazon S3 API operations)', () => {
    const as = (role: string, rights: string[]) => {
      service().allowed.set(role, rights);
      return {
        authorization: `AWS4-HMAC-SHA256 Credential=${role}/20260101/us-east-1/s3/aws4_request, Signature=0`,
      };
    };

    it('a role is denied what its policy does not allow, and the message names action and resource (AccessDenied)', async () => {
      const headers = as('NobodyRole', []);
      const calls: [string, string, string][] = [
        ['GET', '/notes/a', 's3:GetObject on arn:aws:s3:::notes/a'],
        ['PUT', '/notes/a', 's3:PutObject on arn:aws:s3:::notes/a'],
        ['DELETE', '/notes/a', 's3:DeleteObject on arn:aws:s3:::notes/a'],
        ['GET', '/notes/a?versionId=null', 's3:GetObjectVersion on arn:aws:s3:::notes/a'],
        ['DELETE', '/notes/a?versionId=null', 's3:DeleteObjectVersion on arn:aws:s3:::notes/a'],
        ['GET', '/notes?list-type=2', 's3:ListBucket on arn:aws:s3:::notes'],
        ['GET', '/notes', 's3:ListBucket on arn:aws:s3:::notes'],
        ['GET', '/notes?versions', 's3:ListBucketVersions on arn:aws:s3:::notes'],
        ['GET', '/notes?versioning', 's3:GetBucketVersioning on arn:aws:s3:::notes'],
        ['GET', '/notes?location', 's3:GetBucketLocation on arn:aws:s3:::notes'],
        ['GET', '/notes?uploads', 's3:ListBucketMultipartUploads on arn:aws:s3:::notes'],
        ['POST', '/notes/a?uploads', 's3:PutObject on arn:aws:s3:::notes/a'],
        ['PUT', '/notes/a?partNumber=1&uploadId=x', 's3:PutObject on arn:aws:s3:::notes/a'],
        ['POST', '/notes/a?uploadId=x', 's3:PutObject on arn:aws:s3:::notes/a'],
        ['DELETE', '/notes/a?uploadId=x', 's3:AbortMultipartUpload on arn:aws:s3:::notes/a'],
        ['GET', '/notes/a?uploadId=x', 's3:ListMultipartUploadParts on arn:aws:s3:::notes/a'],
        ['GET', '/', 's3:ListAllMyBuckets on arn:aws:s3:::*'],
      ];
      for (const [method, path, message] of calls) {
        const answer = await send(service(), method, path, headers);
        expect(answer.status, `${method} ${path}`).to.equal(403);
        expect(answer.body).to.include('<Code>AccessDenied</Code>').and.include(message);
      }
      expect((await send(service(), 'HEAD', '/notes/a', headers)).status).to.equal(403);
    });

    it('a role that may not list the bucket gets 403 instead of 404 for a missing object (API_GetObject)', async () => {
      const get = 's3:GetObject arn:aws:s3:::notes/nothing';
      const blind = as('BlindRole', [get]);
      const seeing = as('SeeingRole', [get, 's3:ListBucket arn:aws:s3:::notes']);

      for (const method of ['GET', 'HEAD']) {
        expect((await send(service(), method, '/notes/nothing', blind)).status).to.equal(403);
        expect((await send(service(), method, '/notes/nothing', seeing)).status).to.equal(404);
      }
    });

    it('a role needs s3:GetObject to replace an object by If-Match, and to copy one (API_PutObject, API_CopyObject)', async () => {
      await put('a');
      const headers = as('WriterRole', ['s3:PutObject arn:aws:s3:::notes/a']);

      const replaced = await send(service(), 'PUT', '/notes/a', { ...headers, 'if-match': '"x"' }, 'x');
      const copied = await send(service(), 'PUT', '/notes/a', {
        ...headers,
        'x-amz-copy-source': '/notes/b',
      });

      expect(replaced.body).to.include('s3:GetObject on arn:aws:s3:::notes/a');
      expect(copied.body).to.include('s3:GetObject on arn:aws:s3:::notes/b');
    });
  });

  describe('presigned URLs (AWS: Authenticating requests, using query parameters)', () => {
    const presigned = (ageSeconds: number, more = '') => {
      const date = new Date(Date.now() - ageSeconds * 1000).toISOString().replace(/[-:]|\.\d+/g, '');
      return `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=GuestRole%2F20260101%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=${date}&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=0${more}`;
    };

    it('a presigned URL is accepted until it expires, its metadata is stored, and the SDK’s checksum of no bytes is ignored (ShareObjectPreSignedURL)', async () => {
      const more =
        '&x-amz-meta-camera=X100&x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32';

      const answer = await send(service(), 'PUT', `/notes/cat.jpg?${presigned(30, more)}`, {}, 'meow');

      expect(answer.status).to.equal(200);
      const head = await service().client.send(new HeadObjectCommand({ Bucket, Key: 'cat.jpg' }));
      expect(head.Metadata).to.deep.equal({ camera: 'X100' });
    });

    it('a presigned URL is refused if its metadata cannot be returned in a header (API_PutObject)', async () => {
      for (const name of ['%C3%A9', 'a%3Ab', '%0d%0ax']) {
        const more = `&x-amz-meta-${name}=1`;
        const answer = await send(service(), 'PUT', `/notes/cat.jpg?${presigned(30, more)}`, {}, 'meow');
        expect(answer.body, name).to.include('<Code>InvalidArgument</Code>');
      }
    });

    it('a presigned URL is refused after it has expired (ShareObjectPreSignedURL)', async () => {
      await put('cat.jpg');
      const old = `AWSAccessKeyId=x&Signature=y&Expires=${Math.floor(Date.now() / 1000) - 1}`;

      for (const query of [presigned(61), old]) {
        const answer = await send(service(), 'GET', `/notes/cat.jpg?${query}`);
        expect(answer.status).to.equal(403);
        expect(answer.body).to.include('<Code>AccessDenied</Code><Message>Request has expired</Message>');
      }
    });

    it('a presigned URL has the permissions of the role that signed it (sigv4-query-string-auth)', async () => {
      service().allowed.set('GuestRole', []);

      expect((await send(service(), 'GET', `/notes/cat.jpg?${presigned(0)}`)).body).to.include('GuestRole');
    });
  });

  describe('web pages of other origins (AWS: Using cross-origin resource sharing)', () => {
    const preflight = (origin: string, method = 'PUT', headers = 'content-type,x-amz-meta-a') =>
      send(service(), 'OPTIONS', '/notes/a', {
        origin,
        'access-control-request-method': method,
        'access-control-request-headers': headers,
      });
    /** Whether the gate of the runtime lets a page store an object. */
    const mayPut = (origin: string) =>
      bucketAllowsPage(
        { corsRulesOf: (bucket) => service().corsRules.get(bucket), isOwnPage: (one) => one === OWN_PAGE },
        { method: 'PUT', url: '/notes/a', host: '127.0.0.1', origin },
      );

    it('a page that the runtime serves may do everything in a bucket without a CorsConfiguration (cors)', async () => {
      const { status, headers } = await preflight(OWN_PAGE);
      expect(status).to.equal(200);
      expect(headers['access-control-allow-origin']).to.equal(OWN_PAGE);
      expect(headers['access-control-allow-methods']).to.include('PUT');
      expect(headers['access-control-allow-headers']).to.equal('content-type, x-amz-meta-a');
      const answer = await send(service(), 'GET', '/notes/nothing', { origin: OWN_PAGE });
      expect(answer.headers['access-control-expose-headers']).to.include('ETag');
    });

    it('any other page may do nothing in a bucket without a CorsConfiguration (cors)', async () => {
      for (const origin of [
        'https://example.com',
        'http://127.0.0.1.example.com',
        'http://localhost:5173',
        'null',
      ]) {
        expect((await preflight(origin)).status).to.equal(403);
        expect((await send(service(), 'GET', '/notes', { origin })).headers).not.to.have.property(
          'access-control-allow-origin',
        );
        expect(mayPut(origin)).to.equal(false);
      }
      expect(mayPut(OWN_PAGE)).to.equal(true);
    });

    describe('in a bucket with a CorsConfiguration', () => {
      const photos = 'https://photos.example.com';
      beforeEach(() => {
        const uploads = {
          allowedOrigins: ['https://*.example.com'],
          allowedMethods: ['PUT', 'HEAD'],
          allowedHeaders: ['Content-Type', 'x-amz-meta-*'],
          exposedHeaders: ['ETag', 'x-amz-request-id'],
          maxAgeSeconds: 60,
        };
        const reads = {
          allowedOrigins: ['*'],
          allowedMethods: ['GET'],
          allowedHeaders: [],
          exposedHeaders: [],
        };
        service().corsRules.set('notes', [uploads, { ...reads, maxAgeSeconds: undefined }]);
      });

      it('a preflight is answered by the first rule that allows its origin, method and headers (cors, How does Amazon S3 evaluate)', async () => {
        const { status, headers } = await preflight(photos, 'PUT', 'X-Amz-Meta-Album, content-type');
        expect(status).to.equal(200);
        expect(headers).to.include({
          'access-control-allow-origin': photos,
          'access-control-allow-credentials': 'true',
          'access-control-allow-methods': 'PUT, HEAD',
          'access-control-allow-headers': 'x-amz-meta-album, content-type',
          'access-control-expose-headers': 'ETag, x-amz-request-id',
          'access-control-max-age': '60',
          vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
        });
      });

      it('a preflight is refused if no rule allows its origin, method and headers together (cors)', async () => {
        for (const [origin, method, headers] of [
          ['https://example.com', 'PUT', 'content-type'],
          ['http://localhost:3000', 'PUT', 'content-type'],
          [photos, 'DELETE', ''],
          [photos, 'PUT', 'x-amz-acl'],
          [photos, 'GET', 'content-type'],
        ] as const) {
          const { status, body } = await preflight(origin, method, headers);
          expect(status, `${method} of ${origin} with ${headers}`).to.equal(403);
          expect(body)
            .to.include('<Code>AccessForbidden</Code>')
            .and.include(`${method} by a page of ${origin}`);
        }
      });

      it('a rule for every origin allows any page, without credentials (cors, AllowedOrigin element)', async () => {
        const { headers } = await send(service(), 'GET', '/notes', { origin: 'https://anybody.test' });
        expect(headers['access-control-allow-origin']).to.equal('*');
        expect(headers).to.not.have.any.keys(
          'access-control-allow-credentials',
          'access-control-expose-headers',
        );
      });

      it('a page may send only what a rule allows, and a page that the runtime serves no more (cors)', () => {
        expect(mayPut(photos)).to.equal(true);
        for (const origin of ['https://anybody.test', OWN_PAGE, 'null'])
          expect(mayPut(origin), origin).to.equal(false);
      });
    });
  });
});
