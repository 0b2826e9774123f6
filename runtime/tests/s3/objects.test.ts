// One object: put, read, replaced and removed, and the event of each.
// The AWS document that a test follows stands behind its title.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
} from '@aws-sdk/client-s3';
import { expect } from 'chai';
import { Bucket, clientFor, failure, send, useService } from './service.ts';

const MIB = 1024 * 1024;

describe('S3: objects', () => {
  const { service, put, get, keys } = useService();

  describe('objects (AWS: API_PutObject, API_HeadObject, API_DeleteObject)', () => {
    it('an object is returned as it was put, with its content headers and metadata (API_PutObject)', async () => {
      const stored = await put('notes/cat.jpg', 'meow', {
        ContentType: 'image/jpeg',
        CacheControl: 'max-age=60',
        ContentDisposition: 'inline',
        ContentEncoding: 'gzip',
        ContentLanguage: 'fr',
        Metadata: { camera: 'X100' },
      });

      const answer = await service().client.send(new GetObjectCommand({ Bucket, Key: 'notes/cat.jpg' }));
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

    it('an object is stored as an ordinary file that a person can open', async () => {
      await put('notes/2026/cat.jpg', 'meow');

      expect(readFileSync(join(service().directory, 's3', Bucket, 'notes/2026/cat.jpg'), 'utf8')).to.equal(
        'meow',
      );
    });

    it('an object keeps its one file when it is replaced', async () => {
      await put('cat.jpg', 'meow');
      await put('cat.jpg', 'purr');

      const folder = join(service().directory, 's3', Bucket);
      expect(readdirSync(folder)).to.deep.equal(['cat.jpg']);
      expect(readFileSync(join(folder, 'cat.jpg'), 'utf8')).to.equal('purr');
    });

    it('a removed object leaves no empty folders behind', async () => {
      await put('notes/2026/cat.jpg');

      await service().client.send(new DeleteObjectCommand({ Bucket, Key: 'notes/2026/cat.jpg' }));

      expect(existsSync(join(service().directory, 's3', Bucket, 'input'))).to.equal(false);
      expect(existsSync(join(service().directory, 's3', Bucket))).to.equal(true);
    });

    it('an object never replaces a file that a person put into the folder', async () => {
      const path = join(service().directory, 's3', Bucket, 'cat.jpg');
      writeFileSync(path, 'mine');

      await put('cat.jpg', 'meow');

      expect(readFileSync(path, 'utf8')).to.equal('mine');
      expect(await get('cat.jpg')).to.equal('meow');
    });

    it('HEAD returns the headers of an object without its bytes (API_HeadObject)', async () => {
      await put('cat.jpg', 'meow');

      const answer = await send(service(), 'HEAD', '/notes/cat.jpg');

      expect(answer.status).to.equal(200);
      expect(answer.headers['content-length']).to.equal('4');
      expect(answer.body).to.equal('');
    });

    it('a missing object is NoSuchKey (API_GetObject)', async () => {
      const error = await failure(service().client.send(new GetObjectCommand({ Bucket, Key: 'nothing' })));

      expect(error).to.include({ name: 'NoSuchKey' });
      expect(error.$metadata.httpStatusCode).to.equal(404);
    });

    it('a read that began before a replacement returns the old object to its end (consistency model)', async () => {
      const first = Buffer.alloc(4 * MIB, 1);
      await put('big', first);
      const answer = await service().client.send(new GetObjectCommand({ Bucket, Key: 'big' }));

      await put('big', Buffer.alloc(4 * MIB, 2));

      const read = Buffer.from((await answer.Body?.transformToByteArray()) ?? []);
      expect(read.equals(first)).to.equal(true);
    });

    it('DELETE removes an object, and succeeds for a missing one too (API_DeleteObject)', async () => {
      await put('cat.jpg');

      for (const _ of [1, 2]) {
        const answer = await service().client.send(new DeleteObjectCommand({ Bucket, Key: 'cat.jpg' }));
        expect(answer.$metadata.httpStatusCode).to.equal(204);
      }

      expect(await keys()).to.deep.equal([]);
    });

    it('an object has an empty list of tags, which the AWS CLI reads before it copies in parts (API_GetObjectTagging)', async () => {
      await put('a');

      const tags = await service().client.send(new GetObjectTaggingCommand({ Bucket, Key: 'a' }));
      const missing = await failure(service().client.send(new GetObjectTaggingCommand({ Bucket, Key: 'b' })));

      expect(tags.TagSet).to.deep.equal([]);
      expect(missing.name).to.equal('NoSuchKey');
    });

    it('metadata outside of ASCII is read as Latin-1 and returned in the encoding of RFC 2047 (UsingMetadata)', async () => {
      // The User Guide's own example.
      const title = Buffer.from('ÄMÄZÕÑ S3').toString('latin1');
      await send(service(), 'PUT', '/notes/cat.jpg', { 'x-amz-meta-title': title }, Buffer.from('meow'));
      const { headers } = await send(service(), 'HEAD', '/notes/cat.jpg');
      expect(headers['x-amz-meta-title']).to.equal('=?UTF-8?B?w4PChE3Dg8KEWsODwpXDg8KRIFMz?=');
    });

    it('more than 2 KB of metadata are refused (UsingMetadata)', async () => {
      const error = await failure(put('cat.jpg', 'meow', { Metadata: { long: 'x'.repeat(2049) } }));

      expect(error.name).to.equal('MetadataTooLarge');
    });
  });

  describe('reads (AWS: API_GetObject; RFC 9110, section 14)', () => {
    const read = (headers: Record<string, string>, query = '') =>
      send(service(), 'GET', `/notes/digits${query}`, headers);

    beforeEach(() => put('digits', '0123456789'));

    for (const [range, body, contentRange] of [
      ['bytes=2-4', '234', 'bytes 2-4/10'],
      ['bytes=7-', '789', 'bytes 7-9/10'],
      ['bytes=-3', '789', 'bytes 7-9/10'],
      ['bytes=-50', '0123456789', 'bytes 0-9/10'],
      ['bytes=8-99', '89', 'bytes 8-9/10'],
    ] as const) {
      it(`the range ${range} returns those bytes (API_GetObject, Range)`, async () => {
        const answer = await read({ range });

        expect(answer).to.include({ status: 206, body });
        expect(answer.headers).to.include({
          'content-range': contentRange,
          'content-length': String(body.length),
        });
      });
    }

    for (const range of ['bytes=10-', 'bytes=-0', 'bytes=20-30']) {
      it(`the range ${range} of ten bytes is refused with 416 (API_GetObject, Range)`, async () => {
        const answer = await read({ range });

        expect(answer.status).to.equal(416);
        expect(answer.body).to.include('<Code>InvalidRange</Code>').and.include('<ActualObjectSize>10<');
      });
    }

    for (const range of ['bytes=4-2', 'bytes=0-1,4-5', 'lines=1-2']) {
      it(`the range ${range} is ignored, and all bytes are returned (RFC 9110, 14.2)`, async () => {
        expect(await read({ range })).to.include({ status: 200, body: '0123456789' });
      });
    }

    it('the preconditions of a read decide whether it is answered with 200, 304 or 412 (API_GetObject, conditional requests)', async () => {
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

    it('a read may set headers of its answer (API_GetObject, response-*)', async () => {
      const answer = await read(
        {},
        '?response-content-type=text/csv&response-content-disposition=attachment%3B%20filename%3D%22%C3%A9.csv%22&x-id=GetObject',
      );

      expect(answer.headers['content-type']).to.equal('text/csv');
      const disposition = Buffer.from(String(answer.headers['content-disposition']), 'latin1').toString();
      expect(disposition).to.equal('attachment; filename="é.csv"');
    });

    it('a read returns the checksum if asked to, but not with a range (API_GetObject)', async () => {
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

  describe('conditional writes (AWS: Add preconditions to S3 operations with conditional requests)', () => {
    it('a write with If-None-Match: * is refused if the object exists (API_PutObject)', async () => {
      await put('lock', 'first', { IfNoneMatch: '*' });

      const error = await failure(put('lock', 'second', { IfNoneMatch: '*' }));

      expect(error.name).to.equal('PreconditionFailed');
      expect(error.$metadata.httpStatusCode).to.equal(412);
      expect(await get('lock')).to.equal('first');
      expect(service().events()).to.have.length(1);
    });

    it('of many simultaneous writes with If-None-Match: * one succeeds (API_PutObject)', async () => {
      const tries = Array.from({ length: 20 }, (_, n) => put('lock', `writer ${n}`, { IfNoneMatch: '*' }));

      const outcomes = await Promise.allSettled(tries);

      expect(outcomes.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
      expect(service().events()).to.have.length(1);
    });

    it('a write with If-Match replaces only the version that it names (API_PutObject)', async () => {
      const first = await put('state', '1');
      await put('state', '2', { IfMatch: first.ETag });

      const stale = await failure(put('state', '3', { IfMatch: first.ETag }));
      const missing = await failure(put('nothing', '1', { IfMatch: first.ETag }));

      expect(stale.$metadata.httpStatusCode).to.equal(412);
      expect(missing.$metadata.httpStatusCode).to.equal(404);
      expect(await get('state')).to.equal('2');
    });

    it('a write with a condition that S3 does not support on writes is refused (API_PutObject)', async () => {
      for (const header of [{ 'if-none-match': '"x"' }, { 'if-modified-since': new Date().toUTCString() }]) {
        expect((await send(service(), 'PUT', '/notes/a', header, 'x')).status).to.equal(501);
      }
      await put('kept', '1');
      const unmodified = { 'if-unmodified-since': new Date(0).toUTCString() };
      expect((await send(service(), 'DELETE', '/notes/kept', unmodified)).status).to.equal(501);
      expect(
        (await send(service(), 'POST', '/notes/kept?uploads', { 'if-none-match': '*' })).status,
      ).to.equal(501);
      expect(await get('kept')).to.equal('1');
    });

    it('a removal with If-Match removes only the version that it names (API_DeleteObject, If-Match)', async () => {
      const { ETag } = await put('state', '1');

      const stale = await send(service(), 'DELETE', '/notes/state', { 'if-match': '"other"' });
      const right = await send(service(), 'DELETE', '/notes/state', { 'if-match': String(ETag) });

      expect([stale.status, right.status]).to.deep.equal([412, 204]);
    });
  });

  describe('removals of many objects (AWS: API_DeleteObjects)', () => {
    it('DeleteObjects removes many keys, and reports the result of each (API_DeleteObjects)', async () => {
      for (const key of ['a', 'b<&>', 'c']) await put(key);
      service().allowed.set('RemoverRole', [
        's3:DeleteObject arn:aws:s3:::notes/a',
        's3:DeleteObject arn:aws:s3:::notes/b<&>',
      ]);
      const remover = clientFor(service().url, 'RemoverRole');

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

    it('DeleteObjects refuses a body without a checksum, malformed XML, and conditions of directory buckets (API_DeleteObjects)', async () => {
      const md5 = (body: string | Buffer) => ({
        'content-md5': createHash('md5').update(body).digest('base64'),
      });
      const sized = '<Delete><Object><Key>a</Key><Size>1</Size></Object></Delete>';
      const cases: [string | Buffer, Record<string, string>, string][] = [
        [sized, {}, 'InvalidRequest'],
        [sized, md5(sized), 'NotImplemented'],
      ];
      const object = '<Object><Key>a</Key></Object>';
      for (const body of [
        '<Delete>',
        '<Other/>',
        '<!DOCTYPE a><Delete/>',
        `<Delete><Loud/>${object}</Delete>`,
        `<Delete><Quiet>yes</Quiet>${object}</Delete>`,
        '<Delete><Object><Key>\u0001</Key></Object></Delete>',
        '<Delete><Object><Key>&#xD800;</Key></Object></Delete>',
        Buffer.from('<Delete><Object><Key>\u00ff</Key></Object></Delete>', 'latin1'),
        // A parser that backtracks would read it once for each letter.
        `<${'a'.repeat(1_000_000)}`,
      ])
        cases.push([body, md5(body), 'MalformedXML']);
      for (const [body, headers, code] of cases) {
        const answer = await send(service(), 'POST', '/notes?delete', headers, body);
        expect(answer.body, String(body).slice(0, 80)).to.include(`<Code>${code}</Code>`);
      }
    });
  });

  describe('events (AWS: Amazon S3 events to EventBridge, event message structure)', () => {
    it('each write and removal records one event, and later events have greater sequencers (EventBridge)', async () => {
      const { ETag } = await put('notes/d’or.jpg', 'meow');
      await put('notes/d’or.jpg', 'purr!');
      await service().client.send(new DeleteObjectCommand({ Bucket, Key: 'notes/d’or.jpg' }));
      await service().client.send(new DeleteObjectCommand({ Bucket, Key: 'notes/d’or.jpg' }));

      const events = service().events();
      expect(events.map(({ type, reason, size }) => [type, reason, size])).to.deep.equal([
        ['Object Created', 'PutObject', 4],
        ['Object Created', 'PutObject', 5],
        ['Object Deleted', 'DeleteObject', 5],
      ]);
      expect(events[0]).to.include({ bucket: Bucket, key: 'notes/d’or.jpg', sourceIp: '127.0.0.1' });
      expect(`"${events[0]?.etag}"`).to.equal(ETag);
      expect(events[0]?.time).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      const sequencers = events.map(({ sequencer }) => sequencer);
      expect(sequencers).to.deep.equal(sequencers.toSorted());
      expect(new Set(sequencers).size).to.equal(3);
    });
  });
});
