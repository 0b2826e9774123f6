// What the local S3 service promises, one case for each behaviour; after each, the AWS document that it follows.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { crc32 } from 'node:zlib';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3ServiceException,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { expect } from 'chai';
import { clientFor, incoming, type RunningService, send, startService, stopAndRemove } from './s3-service.ts';

const Bucket = 'originals';
const MIB = 1024 * 1024;

describe('the local S3', () => {
  let service: RunningService;

  beforeEach(async () => {
    service = await startService();
  });

  afterEach(async () => {
    await stopAndRemove(service);
  });

  const put = (Key: string, Body: string | Buffer = 'bytes', more: Partial<PutObjectCommandInput> = {}) =>
    service.client.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));

  const get = async (Key: string) => {
    const answer = await service.client.send(new GetObjectCommand({ Bucket, Key }));
    return answer.Body?.transformToString();
  };

  const keys = async () => {
    const page = await service.client.send(new ListObjectsV2Command({ Bucket }));
    return (page.Contents ?? []).map((object) => object.Key);
  };

  describe('an object', () => {
    it('comes back as it was put, with its content headers and metadata (API_PutObject)', async () => {
      const stored = await put('input/cat.jpg', 'meow', {
        ContentType: 'image/jpeg',
        CacheControl: 'max-age=60',
        ContentDisposition: 'inline',
        ContentEncoding: 'gzip',
        ContentLanguage: 'fr',
        Metadata: { camera: 'X100' },
      });

      const answer = await service.client.send(new GetObjectCommand({ Bucket, Key: 'input/cat.jpg' }));
      expect(stored.ETag).to.equal(`"${createHash('md5').update('meow').digest('hex')}"`);
      expect(await answer.Body?.transformToString()).to.equal('meow');
      expect(answer).to.include({
        ETag: stored.ETag,
        ContentLength: 4,
        ContentType: 'image/jpeg',
        CacheControl: 'max-age=60',
        ContentDisposition: 'inline',
        ContentEncoding: 'gzip',
        ContentLanguage: 'fr',
        AcceptRanges: 'bytes',
      });
      expect(answer.Metadata).to.deep.equal({ camera: 'X100' });
    });

    it('lies in the folder as an ordinary file that a person can open', async () => {
      await put('input/2026/cat.jpg', 'meow');

      expect(readFileSync(join(service.directory, 's3', Bucket, 'input/2026/cat.jpg'), 'utf8')).to.equal(
        'meow',
      );
    });

    it('keeps its one file when it is replaced', async () => {
      await put('cat.jpg', 'meow');
      await put('cat.jpg', 'purr');

      const folder = join(service.directory, 's3', Bucket);
      expect(readdirSync(folder)).to.deep.equal(['cat.jpg']);
      expect(readFileSync(join(folder, 'cat.jpg'), 'utf8')).to.equal('purr');
    });

    it('leaves no empty folders behind', async () => {
      await put('input/2026/cat.jpg');

      await service.client.send(new DeleteObjectCommand({ Bucket, Key: 'input/2026/cat.jpg' }));

      expect(existsSync(join(service.directory, 's3', Bucket, 'input'))).to.equal(false);
      expect(existsSync(join(service.directory, 's3', Bucket))).to.equal(true);
    });

    it('never takes the place of a file that a person put into the folder', async () => {
      const path = join(service.directory, 's3', Bucket, 'cat.jpg');
      writeFileSync(path, 'mine');

      await put('cat.jpg', 'meow');

      expect(readFileSync(path, 'utf8')).to.equal('mine');
      expect(await get('cat.jpg')).to.equal('meow');
    });

    it('is told by HEAD without its bytes (API_HeadObject)', async () => {
      await put('cat.jpg', 'meow');

      const answer = await send(service, 'HEAD', '/originals/cat.jpg');

      expect(answer.status).to.equal(200);
      expect(answer.headers['content-length']).to.equal('4');
      expect(answer.body).to.equal('');
    });

    it('is NoSuchKey when it is not there (API_GetObject)', async () => {
      const error = await failure(service.client.send(new GetObjectCommand({ Bucket, Key: 'nothing' })));

      expect(error).to.include({ name: 'NoSuchKey' });
      expect(error.$metadata.httpStatusCode).to.equal(404);
    });

    it('is read to its end by who opened it before it was replaced (consistency model)', async () => {
      const first = Buffer.alloc(4 * MIB, 1);
      await put('big', first);
      const answer = await service.client.send(new GetObjectCommand({ Bucket, Key: 'big' }));

      await put('big', Buffer.alloc(4 * MIB, 2));

      const read = Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
      expect(read.equals(first)).to.equal(true);
    });

    it('is gone after DELETE, which succeeds again when it is (API_DeleteObject)', async () => {
      await put('cat.jpg');

      for (const _ of [1, 2]) {
        const answer = await service.client.send(new DeleteObjectCommand({ Bucket, Key: 'cat.jpg' }));
        expect(answer.$metadata.httpStatusCode).to.equal(204);
      }

      expect(await keys()).to.deep.equal([]);
    });

    it('takes no more than 2 KB of metadata (UsingMetadata)', async () => {
      const error = await failure(put('cat.jpg', 'meow', { Metadata: { long: 'x'.repeat(2049) } }));

      expect(error.name).to.equal('MetadataTooLarge');
    });
  });

  describe('a read', () => {
    const read = (headers: Record<string, string>, query = '') =>
      send(service, 'GET', `/originals/digits${query}`, headers);

    beforeEach(() => put('digits', '0123456789'));

    for (const [range, body, contentRange] of [
      ['bytes=2-4', '234', 'bytes 2-4/10'],
      ['bytes=7-', '789', 'bytes 7-9/10'],
      ['bytes=-3', '789', 'bytes 7-9/10'],
      ['bytes=-50', '0123456789', 'bytes 0-9/10'],
      ['bytes=8-99', '89', 'bytes 8-9/10'],
    ] as const) {
      it(`of ${range} gets those bytes (API_GetObject, Range)`, async () => {
        const answer = await read({ range });

        expect(answer).to.include({ status: 206, body });
        expect(answer.headers).to.include({
          'content-range': contentRange,
          'content-length': String(body.length),
        });
      });
    }

    for (const range of ['bytes=10-', 'bytes=-0', 'bytes=20-30']) {
      it(`of ${range} is refused with 416 (API_GetObject, Range)`, async () => {
        const answer = await read({ range });

        expect(answer.status).to.equal(416);
        expect(answer.body).to.include('<Code>InvalidRange</Code>').and.include('<ActualObjectSize>10<');
      });
    }

    for (const range of ['bytes=4-2', 'bytes=0-1,4-5', 'lines=1-2']) {
      it(`of ${range} gets everything (RFC 9110, 14.2)`, async () => {
        expect(await read({ range })).to.include({ status: 200, body: '0123456789' });
      });
    }

    it('is answered by its preconditions (API_GetObject, conditional requests)', async () => {
      const { headers } = await read({});
      const etag = String(headers.etag);
      const past = new Date(Date.parse(String(headers['last-modified'])) - 1000).toUTCString();
      const future = new Date(Date.now() + 60_000).toUTCString();
      const statuses: [Record<string, string>, number][] = [
        [{ 'if-match': etag }, 200],
        [{ 'if-match': '"other"' }, 412],
        [{ 'if-none-match': etag }, 304],
        [{ 'if-none-match': '"other"' }, 200],
        [{ 'if-modified-since': past }, 200],
        [{ 'if-modified-since': future }, 304],
        [{ 'if-unmodified-since': past }, 412],
        [{ 'if-unmodified-since': future }, 200],
        [{ 'if-match': etag, 'if-unmodified-since': past }, 200],
        [{ 'if-none-match': etag, 'if-modified-since': past }, 304],
      ];
      for (const [conditions, status] of statuses) {
        expect((await read(conditions)).status, JSON.stringify(conditions)).to.equal(status);
      }
    });

    it('may override the answer’s headers (API_GetObject, response-*)', async () => {
      const answer = await read(
        {},
        '?response-content-type=text/csv&response-content-disposition=attachment%3B%20filename%3D%22%C3%A9.csv%22&x-id=GetObject',
      );

      expect(answer.headers['content-type']).to.equal('text/csv');
      const disposition = Buffer.from(String(answer.headers['content-disposition']), 'latin1').toString();
      expect(disposition).to.equal('attachment; filename="é.csv"');
    });

    it('gets the checksum that it asks for, but not with a part of the bytes (API_GetObject)', async () => {
      const mode = { 'x-amz-checksum-mode': 'ENABLED' };

      const whole = await read(mode);
      const part = await read({ ...mode, range: 'bytes=0-1' });

      expect(whole.headers).to.include({
        'x-amz-checksum-crc32': 'poTHxg==',
        'x-amz-checksum-type': 'FULL_OBJECT',
      });
      expect(part.headers).not.to.have.property('x-amz-checksum-crc32');
    });
  });

  describe('a conditional write', () => {
    it('with If-None-Match: * makes an object once (API_PutObject)', async () => {
      await put('lock', 'first', { IfNoneMatch: '*' });

      const error = await failure(put('lock', 'second', { IfNoneMatch: '*' }));

      expect(error.name).to.equal('PreconditionFailed');
      expect(error.$metadata.httpStatusCode).to.equal(412);
      expect(await get('lock')).to.equal('first');
      expect(service.events()).to.have.length(1);
    });

    it('makes one object when many try at once (API_PutObject)', async () => {
      const tries = Array.from({ length: 20 }, (_, n) => put('lock', `writer ${n}`, { IfNoneMatch: '*' }));

      const outcomes = await Promise.allSettled(tries);

      expect(outcomes.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
      expect(service.events()).to.have.length(1);
    });

    it('with If-Match replaces only the version it names (API_PutObject)', async () => {
      const first = await put('state', '1');
      await put('state', '2', { IfMatch: first.ETag });

      const stale = await failure(put('state', '3', { IfMatch: first.ETag }));
      const missing = await failure(put('nothing', '1', { IfMatch: first.ETag }));

      expect(stale.$metadata.httpStatusCode).to.equal(412);
      expect(missing.$metadata.httpStatusCode).to.equal(404);
      expect(await get('state')).to.equal('2');
    });

    it('with a condition that S3 has on no write is refused (API_PutObject)', async () => {
      for (const header of [{ 'if-none-match': '"x"' }, { 'if-modified-since': new Date().toUTCString() }]) {
        expect((await send(service, 'PUT', '/originals/a', header, 'x')).status).to.equal(501);
      }
    });

    it('removes only the version it names (API_DeleteObject, If-Match)', async () => {
      const { ETag } = await put('state', '1');

      const stale = await send(service, 'DELETE', '/originals/state', { 'if-match': '"other"' });
      const right = await send(service, 'DELETE', '/originals/state', { 'if-match': String(ETag) });

      expect([stale.status, right.status]).to.deep.equal([412, 204]);
    });
  });

  describe('a body', () => {
    const digits = '123456789';
    const right: Record<string, string> = {
      'content-md5': 'JfnnlDI7RTiF9RgfG2JNCw==',
      'x-amz-checksum-crc32': 'y/Q5Jg==',
      'x-amz-checksum-crc32c': '4waSgw==',
      'x-amz-checksum-crc64nvme': 'rosUhgp5mIg=',
      'x-amz-checksum-sha1': '98O8HYCOBHMq32eZZczDTKeuNEE=',
      'x-amz-checksum-sha256': 'FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=',
      'x-amz-content-sha256': createHash('sha256').update(digits).digest('hex'),
    };

    for (const [header, value] of Object.entries(right)) {
      it(`is checked against ${header} (checking object integrity)`, async () => {
        const good = await send(service, 'PUT', '/originals/good', { [header]: value }, digits);
        const bad = await send(service, 'PUT', '/originals/bad', { [header]: value }, '987654321');

        expect(good.status).to.equal(200);
        expect(bad.status).to.equal(400);
        expect(bad.body).to.match(/<Code>(BadDigest|XAmzContentSHA256Mismatch)<\/Code>/);
        expect(await keys()).to.deep.equal(['good']);
        expect(service.events()).to.have.length(1);
      });
    }

    it('of unknown length is streamed in chunks with a checksum behind them (aws-chunked trailers)', async () => {
      const bytes = Buffer.alloc(300_000, 'x');

      // The SDK sends a stream as aws-chunked, with its checksum in a trailer.
      await service.client.send(
        new PutObjectCommand({
          Bucket,
          Key: 'stream',
          Body: Readable.from([bytes]),
          ContentLength: bytes.length,
        }),
      );

      const head = await service.client.send(
        new HeadObjectCommand({ Bucket, Key: 'stream', ChecksumMode: 'ENABLED' }),
      );
      expect(await get('stream')).to.equal(bytes.toString());
      expect(head.ChecksumCRC32).to.equal(crc32Base64(bytes));
      expect(head.ContentEncoding).to.equal(undefined);
    });

    const chunked = (scheme: string, decoded: number, more: Record<string, string> = {}) => ({
      'x-amz-content-sha256': scheme,
      'x-amz-decoded-content-length': String(decoded),
      'content-encoding': 'aws-chunked',
      ...more,
    });
    const signature = `;chunk-signature=${'0'.repeat(64)}`;

    it('in signed chunks is unwrapped (sigv4-streaming)', async () => {
      const body = `9${signature}\r\n${digits}\r\n0${signature}\r\n\r\n`;

      const answer = await send(
        service,
        'PUT',
        '/originals/a',
        chunked('STREAMING-AWS4-HMAC-SHA256-PAYLOAD', 9),
        body,
      );

      expect(answer.status).to.equal(200);
      expect(await get('a')).to.equal(digits);
    });

    it('in signed chunks with a signed trailer is unwrapped and checked (sigv4-streaming-trailers)', async () => {
      const headers = chunked('STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER', 9, {
        'x-amz-trailer': 'x-amz-checksum-crc32c',
      });
      const body = (sum: string) =>
        `9${signature}\r\n${digits}\r\n0${signature}\r\nx-amz-checksum-crc32c:${sum}\r\nx-amz-trailer-signature:${'0'.repeat(64)}\r\n\r\n`;

      const good = await send(service, 'PUT', '/originals/good', headers, body('4waSgw=='));
      const bad = await send(service, 'PUT', '/originals/bad', headers, body('AAAAAA=='));

      expect([good.status, bad.status]).to.deep.equal([200, 400]);
      expect(bad.body).to.include('BadDigest');
      expect(await keys()).to.deep.equal(['good']);
    });

    it('with broken framing stores nothing (sigv4-streaming)', async () => {
      const trailer = { 'x-amz-trailer': 'x-amz-checksum-crc32' };
      const unsigned = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';
      const broken: [Record<string, string>, string][] = [
        [chunked('STREAMING-AWS4-HMAC-SHA256-PAYLOAD', 9), `9\r\n${digits}\r\n0\r\n\r\n`],
        [chunked(unsigned, 9), `9\r\n${digits}`],
        [chunked(unsigned, 9), `9\r\n${digits}\r\n0\r\n`],
        [chunked(unsigned, 9), `8\r\n${digits}\r\n0\r\n\r\n`],
        [chunked(unsigned, 9), `x\r\n${digits}\r\n0\r\n\r\n`],
        [chunked(unsigned, 8), `9\r\n${digits}\r\n0\r\n\r\n`],
        [chunked(unsigned, 10), `9\r\n${digits}\r\n0\r\n\r\n`],
        [chunked(unsigned, 18), `9\r\n${digits}\r\n9\r\n${digits}\r\n0\r\n\r\n`],
        [chunked(unsigned, 9, trailer), `9\r\n${digits}\r\n0\r\n\r\n`],
        [chunked(unsigned, 9, trailer), `9\r\n${digits}\r\n0\r\nx-amz-checksum-crc32:nonsense\r\n\r\n`],
      ];
      for (const [headers, body] of broken) {
        const answer = await send(service, 'PUT', '/originals/a', headers, body);
        expect(answer.status, JSON.stringify(body)).to.be.within(400, 403);
      }
      expect(await keys()).to.deep.equal([]);
      expect(service.events()).to.deep.equal([]);
    });

    it('that ends before its length stores nothing (RESTErrorResponses, IncompleteBody)', async () => {
      const { port } = new URL(service.url);
      const socket = connect(Number(port), '127.0.0.1');
      socket.write('PUT /originals/half HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n');
      socket.write('x'.repeat(50_000));
      await waitUntil(() => incoming(service).length > 0);

      socket.destroy();

      await waitUntil(() => incoming(service).length === 0);
      expect(await keys()).to.deep.equal([]);
      expect(service.events()).to.deep.equal([]);
    });

    it('of 100 MB is stored and read without ever being held whole (API_PutObject)', async function () {
      this.timeout(20_000);
      const piece = Buffer.alloc(5 * MIB, 'x');
      const before = heldBytes();
      let most = 0;
      async function* pieces() {
        for (let sent = 0; sent < 20; sent++) {
          yield piece;
          most = Math.max(most, heldBytes());
        }
      }

      const Body = Readable.from(pieces());
      const ContentLength = 20 * piece.length;
      await service.client.send(new PutObjectCommand({ Bucket, Key: 'huge', Body, ContentLength }));
      const answer = await service.client.send(new GetObjectCommand({ Bucket, Key: 'huge' }));
      let read = 0;
      for await (const chunk of answer.Body instanceof Readable ? answer.Body : []) {
        if (Math.floor((read + chunk.length) / piece.length) > Math.floor(read / piece.length)) {
          most = Math.max(most, heldBytes());
        }
        read += chunk.length;
      }

      expect(read).to.equal(ContentLength);
      expect(most - before).to.be.below(ContentLength / 4);
    });

    it('without a length is refused (API_PutObject, MissingContentLength)', async () => {
      const answer = await fetch(`${service.url}/originals/a`, {
        method: 'PUT',
        body: new Blob(['x']).stream(),
        duplex: 'half',
      });

      expect(answer.status).to.equal(411);
    });

    it('that claims two checksums, or another one than it sends, is refused (API_PutObject)', async () => {
      const two = {
        'x-amz-checksum-crc32': 'y/Q5Jg==',
        'x-amz-checksum-sha1': '98O8HYCOBHMq32eZZczDTKeuNEE=',
      };
      const other = { 'x-amz-sdk-checksum-algorithm': 'SHA256', 'x-amz-checksum-crc32': 'y/Q5Jg==' };
      const unknown = { 'x-amz-checksum-sha512': 'AAAA' };

      const answers = [];
      for (const headers of [two, other, unknown]) {
        answers.push((await send(service, 'PUT', '/originals/a', headers, digits)).status);
      }

      expect(answers).to.deep.equal([400, 400, 501]);
    });
  });

  describe('a copy', () => {
    it('takes bytes and metadata along, and makes one event (API_CopyObject)', async () => {
      await put('input/d’or + %.jpg', 'meow', { ContentType: 'image/jpeg', Metadata: { camera: 'X100' } });

      const CopySource = `${Bucket}/${encodeURIComponent('input/d’or + %.jpg')}`;
      await service.client.send(new CopyObjectCommand({ Bucket: 'resized', Key: 'copy.jpg', CopySource }));

      const copy = await service.client.send(new GetObjectCommand({ Bucket: 'resized', Key: 'copy.jpg' }));
      expect(await copy.Body?.transformToString()).to.equal('meow');
      expect(copy.ContentType).to.equal('image/jpeg');
      expect(copy.Metadata).to.deep.equal({ camera: 'X100' });
      expect(service.events().at(-1)).to.include({
        bucket: 'resized',
        key: 'copy.jpg',
        reason: 'CopyObject',
        size: 4,
      });
    });

    it('onto itself must change something, as new metadata does (API_CopyObject, MetadataDirective)', async () => {
      await put('a', 'meow', { Metadata: { old: '1' } });
      const onto = { Bucket, Key: 'a', CopySource: `${Bucket}/a` };

      const error = await failure(service.client.send(new CopyObjectCommand(onto)));
      await service.client.send(
        new CopyObjectCommand({ ...onto, MetadataDirective: 'REPLACE', Metadata: { new: '2' } }),
      );

      expect(error.name).to.equal('InvalidRequest');
      const head = await service.client.send(new HeadObjectCommand({ Bucket, Key: 'a' }));
      expect(head.Metadata).to.deep.equal({ new: '2' });
    });

    it('is made only of the source that its conditions name (API_CopyObject)', async () => {
      const { ETag } = await put('a', 'meow');
      const onto = { Bucket, Key: 'b', CopySource: `${Bucket}/a` };

      const stale = await failure(
        service.client.send(new CopyObjectCommand({ ...onto, CopySourceIfMatch: 'other' })),
      );
      const same = await failure(
        service.client.send(new CopyObjectCommand({ ...onto, CopySourceIfNoneMatch: ETag })),
      );

      expect([stale.name, same.name]).to.deep.equal(['PreconditionFailed', 'PreconditionFailed']);
      expect(await keys()).to.deep.equal(['a']);
    });

    it('of nothing is NoSuchKey (API_CopyObject)', async () => {
      const error = await failure(
        service.client.send(new CopyObjectCommand({ Bucket, Key: 'b', CopySource: `${Bucket}/nothing` })),
      );

      expect(error.name).to.equal('NoSuchKey');
    });
  });

  describe('a list', () => {
    const list = (query: string) => send(service, 'GET', `/originals?list-type=2${query}`);

    it('is in the order of the keys’ UTF-8 bytes (API_ListObjectsV2)', async () => {
      // In UTF-16 the last two would come the other way round.
      const sorted = ['A', 'B', 'a', 'a/b', 'a0', 'é', '\uff5e', '\u{1f600}'];
      for (const key of sorted.toReversed()) await put(key);

      expect(await keys()).to.deep.equal(sorted);
    });

    it('groups keys by delimiter, each group counting as one (API_ListObjectsV2)', async () => {
      for (const key of ['input/2025/a', 'input/2025/b', 'input/2026/a', 'input/cat', 'other'])
        await put(key);

      const page = await service.client.send(
        new ListObjectsV2Command({ Bucket, Prefix: 'input/', Delimiter: '/' }),
      );

      expect(page.CommonPrefixes).to.deep.equal([{ Prefix: 'input/2025/' }, { Prefix: 'input/2026/' }]);
      expect(page.Contents?.map(({ Key }) => Key)).to.deep.equal(['input/cat']);
      expect(page).to.include({ KeyCount: 3, IsTruncated: false });
    });

    it('pages through everything exactly once, also by group (API_ListObjectsV2, ContinuationToken)', async () => {
      for (const key of ['a/1', 'a/2', 'b', 'c/1', 'c/2', 'd', 'e/1']) await put(key);
      const seen: (string | undefined)[] = [];
      let ContinuationToken: string | undefined;

      do {
        const page = await service.client.send(
          new ListObjectsV2Command({ Bucket, Delimiter: '/', MaxKeys: 1, ContinuationToken }),
        );
        expect(page.KeyCount).to.equal(1);
        seen.push(page.Contents?.[0]?.Key ?? page.CommonPrefixes?.[0]?.Prefix);
        ContinuationToken = page.NextContinuationToken;
      } while (ContinuationToken !== undefined);

      expect(seen).to.deep.equal(['a/', 'b', 'c/', 'd', 'e/']);
    });

    it('starts after a key, whether or not it is there (API_ListObjectsV2, StartAfter)', async () => {
      for (const key of ['a', 'b', 'c']) await put(key);

      const keysAfter = async (StartAfter: string) => {
        const page = await service.client.send(new ListObjectsV2Command({ Bucket, StartAfter }));
        return (page.Contents ?? []).map(({ Key }) => Key);
      };

      expect(await keysAfter('a')).to.deep.equal(['b', 'c']);
      expect(await keysAfter('aa')).to.deep.equal(['b', 'c']);
      expect(await keysAfter('c')).to.deep.equal([]);
    });

    it('writes keys as form fields when asked to (API_ListObjectsV2, EncodingType)', async () => {
      await put('test file(3)+é.png');

      const answer = await list('&encoding-type=url');

      expect(answer.body).to.include('<Key>test+file%283%29%2B%C3%A9.png</Key>');
    });

    it('writes keys that XML has no place for as references (object-keys, XML constraints)', async () => {
      await send(service, 'PUT', '/originals/a%0D%0A%01%3C%26', {}, 'x');

      expect((await list('')).body).to.include('<Key>a&#xd;&#xa;&#x1;&lt;&amp;</Key>');
    });

    it('has nothing in it for max-keys=0, and refuses what is no number or token (API_ListObjectsV2)', async () => {
      await put('a');

      expect((await list('&max-keys=0')).body)
        .to.include('<KeyCount>0</KeyCount>')
        .and.include('<IsTruncated>false<');
      expect((await list('&max-keys=x')).status).to.equal(400);
      expect((await list('&continuation-token=nonsense')).status).to.equal(400);
    });

    it('of the first version goes on by marker (API_ListObjects)', async () => {
      for (const key of ['a/1', 'b/1', 'c']) await put(key);

      const page = await service.client.send(new ListObjectsCommand({ Bucket, Delimiter: '/', MaxKeys: 1 }));
      const next = await service.client.send(
        new ListObjectsCommand({ Bucket, Delimiter: '/', Marker: page.NextMarker }),
      );

      expect(page.CommonPrefixes).to.deep.equal([{ Prefix: 'a/' }]);
      expect(next.CommonPrefixes).to.deep.equal([{ Prefix: 'b/' }]);
      expect(next.Contents?.map(({ Key }) => Key)).to.deep.equal(['c']);
    });
  });

  describe('a bucket', () => {
    it('is one of the template’s (API_ListBuckets, API_HeadBucket, API_GetBucketLocation)', async () => {
      const { Buckets } = await service.client.send(new ListBucketsCommand());
      const head = await service.client.send(new HeadBucketCommand({ Bucket }));
      const location = await service.client.send(new GetBucketLocationCommand({ Bucket }));

      expect(Buckets?.map(({ Name }) => Name)).to.deep.equal(['originals', 'resized']);
      expect(head.BucketRegion).to.equal('us-east-1');
      expect(location.LocationConstraint).to.equal(undefined);
    });

    it('may be named by the host instead of the path (VirtualHosting)', async () => {
      await put('cat.jpg', 'meow');

      for (const host of ['originals.localhost:4566', 'originals.s3.localhost']) {
        expect((await send(service, 'GET', '/cat.jpg', { host })).body).to.equal('meow');
      }
      for (const host of ['localhost:4566', 's3.localhost', '127.0.0.1']) {
        expect((await send(service, 'GET', '/originals/cat.jpg', { host })).body).to.equal('meow');
      }
    });

    it('that is none of them is NoSuchBucket (API_HeadBucket, API_GetObject)', async () => {
      const error = await failure(
        service.client.send(new GetObjectCommand({ Bucket: 'nonsense', Key: 'a' })),
      );

      expect(error.name).to.equal('NoSuchBucket');
    });

    it('can be made when it is there, and no other can (API_CreateBucket)', async () => {
      const answer = await service.client.send(new CreateBucketCommand({ Bucket }));
      const error = await failure(service.client.send(new CreateBucketCommand({ Bucket: 'nonsense' })));

      expect(answer.$metadata.httpStatusCode).to.equal(200);
      expect(error).to.include({ name: 'NotImplemented' });
      expect(error.message).to.include('nonsense');
    });
  });

  describe('DeleteObjects', () => {
    it('removes many keys, and says of each what became of it (API_DeleteObjects)', async () => {
      for (const key of ['a', 'b<&>', 'c']) await put(key);
      service.allowed.set('RemoverRole', [
        's3:DeleteObject arn:aws:s3:::originals/a',
        's3:DeleteObject arn:aws:s3:::originals/b<&>',
      ]);
      const remover = clientFor(service.url, 'RemoverRole');

      const answer = await remover.send(
        new DeleteObjectsCommand({
          Bucket,
          Delete: { Objects: [{ Key: 'a' }, { Key: 'b<&>' }, { Key: 'c' }] },
        }),
      );

      remover.destroy();
      expect(answer.Deleted).to.deep.equal([{ Key: 'a' }, { Key: 'b<&>' }]);
      expect(answer.Errors?.map(({ Key, Code }) => [Key, Code])).to.deep.equal([['c', 'AccessDenied']]);
      expect(await keys()).to.deep.equal(['c']);
    });

    it('refuses a body without checksum, one that is no such document, and versions (API_DeleteObjects)', async () => {
      const md5 = (body: string) => ({ 'content-md5': createHash('md5').update(body).digest('base64') });
      const version = '<Delete><Object><Key>a</Key><VersionId>1</VersionId></Object></Delete>';
      const cases: [string, Record<string, string>, string][] = [
        [version, {}, 'InvalidRequest'],
        [version, md5(version), 'NotImplemented'],
        ['<Delete>', md5('<Delete>'), 'MalformedXML'],
        ['<Other/>', md5('<Other/>'), 'MalformedXML'],
        ['<!DOCTYPE a><Delete/>', md5('<!DOCTYPE a><Delete/>'), 'MalformedXML'],
      ];
      for (const [body, headers, code] of cases) {
        const answer = await send(service, 'POST', '/originals?delete', headers, body);
        expect(answer.body, body).to.include(`<Code>${code}</Code>`);
      }
    });
  });

  describe('a multipart upload', () => {
    const create = async (more = {}) => {
      const upload = await service.client.send(
        new CreateMultipartUploadCommand({ Bucket, Key: 'big', ...more }),
      );
      return String(upload.UploadId);
    };
    const part = async (UploadId: string, PartNumber: number, Body: Buffer, more = {}) => {
      const sent = await service.client.send(
        new UploadPartCommand({ Bucket, Key: 'big', UploadId, PartNumber, Body, ...more }),
      );
      return { ...sent, PartNumber };
    };
    const complete = (
      UploadId: string,
      Parts: { PartNumber: number; ETag?: string | undefined }[],
      more = {},
    ) => {
      const wanted = Parts.map(({ ETag = '', ...rest }) => ({ ETag, ...rest }));
      return service.client.send(
        new CompleteMultipartUploadCommand({
          Bucket,
          Key: 'big',
          UploadId,
          MultipartUpload: { Parts: wanted },
          ...more,
        }),
      );
    };

    it('becomes one object of its parts, with one event (API_CompleteMultipartUpload)', async () => {
      const first = Buffer.alloc(5 * MIB, 1);
      const last = Buffer.from('end');
      const id = await create({ ContentType: 'image/jpeg', Metadata: { camera: 'X100' } });
      const parts = [await part(id, 1, first), await part(id, 7, last)];
      expect(await keys()).to.deep.equal([]);

      const answer = await complete(id, parts);

      const md5s = [first, last].map((bytes) => createHash('md5').update(bytes).digest());
      const etag = `${createHash('md5').update(Buffer.concat(md5s)).digest('hex')}-2`;
      const object = await service.client.send(new GetObjectCommand({ Bucket, Key: 'big' }));
      const bytes = Buffer.from((await object.Body?.transformToByteArray()) ?? []);
      expect(answer.ETag).to.equal(`"${etag}"`);
      expect(bytes.equals(Buffer.concat([first, last]))).to.equal(true);
      expect(object.ContentType).to.equal('image/jpeg');
      expect(object.Metadata).to.deep.equal({ camera: 'X100' });
      expect(service.events().map(({ reason, etag, size }) => ({ reason, etag, size }))).to.deep.equal([
        { reason: 'CompleteMultipartUpload', etag, size: 5 * MIB + 3 },
      ]);
      expect(incoming(service)).to.deep.equal([]);
    });

    it('has a checksum of its checksums, or of all its bytes (checking object integrity)', async () => {
      const composite = await create({ ChecksumAlgorithm: 'SHA256' });
      const ofParts = await complete(composite, [
        await part(composite, 1, Buffer.from('a'), { ChecksumAlgorithm: 'SHA256' }),
      ]);
      const full = await create({ ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' });
      const ofBytes = await complete(full, [await part(full, 1, Buffer.from('123456789'))]);

      const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest();
      expect(ofParts.ChecksumSHA256).to.equal(`${sha256(sha256('a')).toString('base64')}-1`);
      expect(ofBytes.ChecksumCRC32).to.equal('y/Q5Jg==');
      // The SDK checks these bytes against that checksum as it reads them.
      expect(await get('big')).to.equal('123456789');
    });

    it('is refused when its parts are not as AWS wants them (API_CompleteMultipartUpload)', async () => {
      const id = await create();
      const one = await part(id, 1, Buffer.from('small'));
      const two = await part(id, 2, Buffer.from('small too'));

      const names = [];
      for (const parts of [
        [one, two],
        [two, one],
        [{ ...one, ETag: '"other"' }],
        [{ PartNumber: 3, ETag: one.ETag }],
      ]) {
        names.push((await failure(complete(id, parts))).name);
      }

      expect(names).to.deep.equal(['EntityTooSmall', 'InvalidPartOrder', 'InvalidPart', 'InvalidPart']);
      expect(await keys()).to.deep.equal([]);
      expect(service.events()).to.deep.equal([]);
    });

    it('takes the last of two parts with one number (API_UploadPart)', async () => {
      const id = await create();
      await part(id, 1, Buffer.from('old'));

      await complete(id, [await part(id, 1, Buffer.from('new'))]);

      expect(await get('big')).to.equal('new');
    });

    it('takes no part with another checksum than it was created with (API_UploadPart)', async () => {
      const id = await create({ ChecksumAlgorithm: 'SHA256' });

      const error = await failure(part(id, 1, Buffer.from('a'), { ChecksumAlgorithm: 'CRC32' }));

      expect(error.name).to.equal('InvalidRequest');
      expect(error.message).to.include('expected checksum Type: sha256, actual checksum Type: crc32');
      expect(incoming(service)).to.deep.equal([]);
    });

    it('keeps to If-None-Match, and can be tried again (API_CompleteMultipartUpload)', async () => {
      await put('big', 'first');
      const id = await create();
      const parts = [await part(id, 1, Buffer.from('second'))];

      const refused = await failure(complete(id, parts, { IfNoneMatch: '*' }));
      await complete(id, parts);

      expect(refused.name).to.equal('PreconditionFailed');
      expect(await get('big')).to.equal('second');
    });

    it('is NoSuchUpload once it is aborted, and leaves no bytes (API_AbortMultipartUpload)', async () => {
      const id = await create();
      const parts = [await part(id, 1, Buffer.from('bytes'))];

      await service.client.send(new AbortMultipartUploadCommand({ Bucket, Key: 'big', UploadId: id }));

      expect((await failure(complete(id, parts))).name).to.equal('NoSuchUpload');
      expect((await failure(part(id, 1, Buffer.from('bytes')))).name).to.equal('NoSuchUpload');
      expect(incoming(service)).to.deep.equal([]);
    });

    it('can be listed, and so can its parts, page by page (API_ListMultipartUploads, API_ListParts)', async () => {
      const id = await create();
      await part(id, 1, Buffer.from('a'));
      await part(id, 2, Buffer.from('bb'));

      const uploads = await service.client.send(new ListMultipartUploadsCommand({ Bucket }));
      const page = await service.client.send(
        new ListPartsCommand({ Bucket, Key: 'big', UploadId: id, MaxParts: 1 }),
      );
      const rest = await service.client.send(
        new ListPartsCommand({
          Bucket,
          Key: 'big',
          UploadId: id,
          PartNumberMarker: page.NextPartNumberMarker,
        }),
      );

      expect(uploads.Uploads?.map(({ Key, UploadId }) => [Key, UploadId])).to.deep.equal([['big', id]]);
      expect(page.IsTruncated).to.equal(true);
      expect(page.Parts?.map(({ PartNumber, Size }) => [PartNumber, Size])).to.deep.equal([[1, 1]]);
      expect(rest.Parts?.map(({ PartNumber, Size }) => [PartNumber, Size])).to.deep.equal([[2, 2]]);
    });

    it('takes a range of another object as a part (API_UploadPartCopy)', async () => {
      await put('digits', '0123456789');
      const id = await create();

      const copy = await service.client.send(
        new UploadPartCopyCommand({
          Bucket,
          Key: 'big',
          UploadId: id,
          PartNumber: 1,
          CopySource: `${Bucket}/digits`,
          CopySourceRange: 'bytes=2-4',
        }),
      );
      await complete(id, [{ PartNumber: 1, ETag: copy.CopyPartResult?.ETag }]);

      expect(await get('big')).to.equal('234');
    });
  });

  describe('an event', () => {
    it('is recorded once for each completed write and removal, later ones with greater sequencers (EventBridge)', async () => {
      const { ETag } = await put('input/d’or.jpg', 'meow');
      await put('input/d’or.jpg', 'purr!');
      await service.client.send(new DeleteObjectCommand({ Bucket, Key: 'input/d’or.jpg' }));
      await service.client.send(new DeleteObjectCommand({ Bucket, Key: 'input/d’or.jpg' }));

      const events = service.events();
      expect(events.map(({ type, reason, size }) => [type, reason, size])).to.deep.equal([
        ['Object Created', 'PutObject', 4],
        ['Object Created', 'PutObject', 5],
        ['Object Deleted', 'DeleteObject', 5],
      ]);
      expect(events[0]).to.include({ bucket: Bucket, key: 'input/d’or.jpg', sourceIp: '127.0.0.1' });
      expect(`"${events[0]?.etag}"`).to.equal(ETag);
      expect(events[0]?.time).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      const sequencers = events.map(({ sequencer }) => sequencer);
      expect(sequencers).to.deep.equal(sequencers.toSorted());
      expect(new Set(sequencers).size).to.equal(3);
    });
  });

  describe('a role', () => {
    const as = (role: string, rights: string[]) => {
      service.allowed.set(role, rights);
      return {
        authorization: `AWS4-HMAC-SHA256 Credential=${role}/20260101/us-east-1/s3/aws4_request, Signature=0`,
      };
    };

    it('is denied what its policy does not name, in the policy’s own words (AccessDenied)', async () => {
      const headers = as('NobodyRole', []);
      const calls: [string, string, string][] = [
        ['GET', '/originals/a', 's3:GetObject on arn:aws:s3:::originals/a'],
        ['PUT', '/originals/a', 's3:PutObject on arn:aws:s3:::originals/a'],
        ['DELETE', '/originals/a', 's3:DeleteObject on arn:aws:s3:::originals/a'],
        ['GET', '/originals?list-type=2', 's3:ListBucket on arn:aws:s3:::originals'],
        ['GET', '/originals', 's3:ListBucket on arn:aws:s3:::originals'],
        ['GET', '/originals?location', 's3:GetBucketLocation on arn:aws:s3:::originals'],
        ['GET', '/originals?uploads', 's3:ListBucketMultipartUploads on arn:aws:s3:::originals'],
        ['POST', '/originals/a?uploads', 's3:PutObject on arn:aws:s3:::originals/a'],
        ['PUT', '/originals/a?partNumber=1&uploadId=x', 's3:PutObject on arn:aws:s3:::originals/a'],
        ['POST', '/originals/a?uploadId=x', 's3:PutObject on arn:aws:s3:::originals/a'],
        ['DELETE', '/originals/a?uploadId=x', 's3:AbortMultipartUpload on arn:aws:s3:::originals/a'],
        ['GET', '/originals/a?uploadId=x', 's3:ListMultipartUploadParts on arn:aws:s3:::originals/a'],
        ['GET', '/', 's3:ListAllMyBuckets on arn:aws:s3:::*'],
      ];
      for (const [method, path, message] of calls) {
        const answer = await send(service, method, path, headers);
        expect(answer.status, `${method} ${path}`).to.equal(403);
        expect(answer.body).to.include('<Code>AccessDenied</Code>').and.include(message);
      }
      expect((await send(service, 'HEAD', '/originals/a', headers)).status).to.equal(403);
    });

    it('that may not list the bucket gets 403, not 404, for what is not there (API_GetObject, AWS-ONLY trap 1)', async () => {
      const get = 's3:GetObject arn:aws:s3:::originals/nothing';
      const blind = as('BlindRole', [get]);
      const seeing = as('SeeingRole', [get, 's3:ListBucket arn:aws:s3:::originals']);

      for (const method of ['GET', 'HEAD']) {
        expect((await send(service, method, '/originals/nothing', blind)).status).to.equal(403);
        expect((await send(service, method, '/originals/nothing', seeing)).status).to.equal(404);
      }
    });

    it('needs to read what it replaces by If-Match, and the source of what it copies (API_PutObject, API_CopyObject)', async () => {
      await put('a');
      const headers = as('WriterRole', ['s3:PutObject arn:aws:s3:::originals/a']);

      const replaced = await send(service, 'PUT', '/originals/a', { ...headers, 'if-match': '"x"' }, 'x');
      const copied = await send(service, 'PUT', '/originals/a', {
        ...headers,
        'x-amz-copy-source': '/originals/b',
      });

      expect(replaced.body).to.include('s3:GetObject on arn:aws:s3:::originals/a');
      expect(copied.body).to.include('s3:GetObject on arn:aws:s3:::originals/b');
    });
  });

  describe('a presigned URL', () => {
    const presigned = (ageSeconds: number, more = '') => {
      const date = new Date(Date.now() - ageSeconds * 1000).toISOString().replace(/[-:]|\.\d+/g, '');
      return `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=GuestRole%2F20260101%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=${date}&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=0${more}`;
    };

    it('is taken while it lasts, with its metadata and without the SDK’s empty checksum (ShareObjectPreSignedURL)', async () => {
      const more =
        '&x-amz-meta-camera=X100&x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32';

      const answer = await send(service, 'PUT', `/originals/cat.jpg?${presigned(30, more)}`, {}, 'meow');

      expect(answer.status).to.equal(200);
      const head = await service.client.send(new HeadObjectCommand({ Bucket, Key: 'cat.jpg' }));
      expect(head.Metadata).to.deep.equal({ camera: 'X100' });
    });

    it('is refused when it has expired (ShareObjectPreSignedURL)', async () => {
      await put('cat.jpg');
      const old = `AWSAccessKeyId=x&Signature=y&Expires=${Math.floor(Date.now() / 1000) - 1}`;

      for (const query of [presigned(61), old]) {
        const answer = await send(service, 'GET', `/originals/cat.jpg?${query}`);
        expect(answer.status).to.equal(403);
        expect(answer.body).to.include('<Code>AccessDenied</Code><Message>Request has expired</Message>');
      }
    });

    it('speaks for who signed it (sigv4-query-string-auth)', async () => {
      service.allowed.set('GuestRole', []);

      expect((await send(service, 'GET', `/originals/cat.jpg?${presigned(0)}`)).body).to.include('GuestRole');
    });
  });

  describe('a page in a browser', () => {
    const preflight = (origin: string) =>
      send(service, 'OPTIONS', '/originals/a', {
        origin,
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'content-type,x-amz-meta-a',
      });

    it('served by this machine may do everything (cors)', async () => {
      for (const origin of ['http://127.0.0.1:3000', 'http://localhost:8080', 'http://[::1]:3000']) {
        const answer = await preflight(origin);
        expect(answer.status).to.equal(200);
        expect(answer.headers['access-control-allow-origin']).to.equal(origin);
        expect(answer.headers['access-control-allow-methods']).to.include('PUT');
        expect(answer.headers['access-control-allow-headers']).to.equal('content-type,x-amz-meta-a');
      }
      const answer = await send(service, 'GET', '/originals/nothing', { origin: 'http://127.0.0.1:3000' });
      expect(answer.headers['access-control-expose-headers']).to.include('ETag');
    });

    it('served by another may do nothing (cors)', async () => {
      for (const origin of ['https://example.com', 'http://127.0.0.1.example.com', 'null']) {
        expect((await preflight(origin)).status).to.equal(403);
        expect((await send(service, 'PUT', '/originals/a', { origin }, 'x')).status).to.equal(403);
        expect((await send(service, 'GET', '/originals', { origin })).headers).not.to.have.property(
          'access-control-allow-origin',
        );
      }
    });
  });

  describe('what is not supported', () => {
    const asked: [string, string, Record<string, string>, string][] = [
      ...['acl', 'tagging', 'versionId=1', 'retention', 'torrent', 'partNumber=1', 'attributes'].map(
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
      ['PUT', '/originals/a', { 'x-amz-acl': 'public-read' }, 'public-read'],
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

    it('is never in the way of what is harmless (API_PutObject)', async () => {
      const headers = {
        'x-amz-acl': 'private',
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

  describe('an error', () => {
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

async function failure(promise: Promise<unknown>): Promise<S3ServiceException> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof S3ServiceException) return error;
    throw error;
  }
  throw new Error('Expected the call to be refused but it succeeded');
}

function crc32Base64(bytes: Buffer): string {
  const digest = Buffer.alloc(4);
  digest.writeUInt32BE(crc32(bytes));
  return digest.toString('base64');
}

// Mocha is not started with --expose-gc, and garbage that waits for its collection is not held.
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
