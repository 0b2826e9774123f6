// Objects that are uploaded in parts.
// The AWS document that a test follows stands behind its title.

import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { expect } from 'chai';
import { Bucket, failure, incoming, useService } from './service.ts';

const MIB = 1024 * 1024;

describe('S3: multipart uploads', () => {
  const { service, put, get, keys } = useService();

  describe('multipart uploads (AWS: Uploading and copying objects using multipart upload)', () => {
    const create = async (more = {}) => {
      const upload = await service().client.send(
        new CreateMultipartUploadCommand({ Bucket, Key: 'big', ...more }),
      );
      return String(upload.UploadId);
    };
    const part = async (UploadId: string, PartNumber: number, Body: Buffer, more = {}) => {
      const sent = await service().client.send(
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
      return service().client.send(
        new CompleteMultipartUploadCommand({
          Bucket,
          Key: 'big',
          UploadId,
          MultipartUpload: { Parts: wanted },
          ...more,
        }),
      );
    };

    it('a completed upload is one object made of its parts, with one event (API_CompleteMultipartUpload)', async () => {
      const first = Buffer.alloc(5 * MIB, 1);
      const last = Buffer.from('end');
      const id = await create({ ContentType: 'image/jpeg', Metadata: { camera: 'X100' } });
      const parts = [await part(id, 1, first), await part(id, 7, last)];
      expect(await keys()).to.deep.equal([]);

      const answer = await complete(id, parts);

      const md5s = [first, last].map((bytes) => createHash('md5').update(bytes).digest());
      const etag = `${createHash('md5').update(Buffer.concat(md5s)).digest('hex')}-2`;
      const object = await service().client.send(new GetObjectCommand({ Bucket, Key: 'big' }));
      const bytes = Buffer.from((await object.Body?.transformToByteArray()) ?? []);
      expect(answer.ETag).to.equal(`"${etag}"`);
      expect(bytes.equals(Buffer.concat([first, last]))).to.equal(true);
      expect(object.ContentType).to.equal('image/jpeg');
      expect(object.Metadata).to.deep.equal({ camera: 'X100' });
      expect(
        service()
          .events()
          .map(({ reason, etag, size }) => ({ reason, etag, size })),
      ).to.deep.equal([{ reason: 'CompleteMultipartUpload', etag, size: 5 * MIB + 3 }]);
      expect(incoming(service())).to.deep.equal([]);
    });

    it('a completed upload has a checksum of the checksums of its parts, or of all bytes (checking object integrity)', async () => {
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

    it('a completion is refused with parts that are too small, out of order or unknown (API_CompleteMultipartUpload)', async () => {
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
      expect(service().events()).to.deep.equal([]);
    });

    it('a part replaces an earlier one of the same number (API_UploadPart)', async () => {
      const id = await create();
      await part(id, 1, Buffer.from('old'));

      await complete(id, [await part(id, 1, Buffer.from('new'))]);

      expect(await get('big')).to.equal('new');
    });

    it('a part is refused with another checksum algorithm than that of its upload (API_UploadPart)', async () => {
      const id = await create({ ChecksumAlgorithm: 'SHA256' });

      const error = await failure(part(id, 1, Buffer.from('a'), { ChecksumAlgorithm: 'CRC32' }));

      expect(error.name).to.equal('InvalidRequest');
      expect(error.message).to.include('expected checksum Type: sha256, actual checksum Type: crc32');
      expect(incoming(service())).to.deep.equal([]);
    });

    it('a completion that If-None-Match refuses can be repeated without it (API_CompleteMultipartUpload)', async () => {
      await put('big', 'first');
      const id = await create();
      const parts = [await part(id, 1, Buffer.from('second'))];

      const refused = await failure(complete(id, parts, { IfNoneMatch: '*' }));
      await complete(id, parts);

      expect(refused.name).to.equal('PreconditionFailed');
      expect(await get('big')).to.equal('second');
    });

    it('an aborted upload is NoSuchUpload, and its bytes are deleted (API_AbortMultipartUpload)', async () => {
      const id = await create();
      const parts = [await part(id, 1, Buffer.from('bytes'))];

      await service().client.send(new AbortMultipartUploadCommand({ Bucket, Key: 'big', UploadId: id }));

      expect((await failure(complete(id, parts))).name).to.equal('NoSuchUpload');
      expect((await failure(part(id, 1, Buffer.from('bytes')))).name).to.equal('NoSuchUpload');
      expect(incoming(service())).to.deep.equal([]);
    });

    it('uploads are listed, and their parts page by page (API_ListMultipartUploads, API_ListParts)', async () => {
      const id = await create();
      await part(id, 1, Buffer.from('a'));
      await part(id, 2, Buffer.from('bb'));

      const uploads = await service().client.send(new ListMultipartUploadsCommand({ Bucket }));
      const page = await service().client.send(
        new ListPartsCommand({ Bucket, Key: 'big', UploadId: id, MaxParts: 1 }),
      );
      const rest = await service().client.send(
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

    it('a part can be a range of another object (API_UploadPartCopy)', async () => {
      await put('digits', '0123456789');
      const id = await create();

      const copy = await service().client.send(
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
});
