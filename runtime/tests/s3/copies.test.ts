// Objects that are copied from other objects.
// The AWS document that a test follows stands behind its title.

import { CopyObjectCommand, GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { expect } from 'chai';
import { Bucket, failure, useService } from './service.ts';

describe('S3: copies', () => {
  const { service, put, keys } = useService();

  describe('copies (AWS: API_CopyObject)', () => {
    it('a plus in CopySource stands for a space, as in the query of a URL (API_CopyObject, aws-sdk-js issue 1821)', async () => {
      await put('12:00+0200.jpg');
      const copy = (CopySource: string) =>
        service().client.send(new CopyObjectCommand({ Bucket, Key: 'copy.jpg', CopySource }));
      expect((await failure(copy(`${Bucket}/12:00+0200.jpg`))).name).to.equal('NoSuchKey');
      await copy(`${Bucket}/12:00%2B0200.jpg`);
    });

    it('a copy has the bytes and metadata of its source, and makes one event (API_CopyObject)', async () => {
      await put('notes/d’or + %.jpg', 'meow', { ContentType: 'image/jpeg', Metadata: { camera: 'X100' } });

      const CopySource = `${Bucket}/${encodeURIComponent('notes/d’or + %.jpg')}`;
      await service().client.send(new CopyObjectCommand({ Bucket: 'pages', Key: 'copy.jpg', CopySource }));

      const copy = await service().client.send(new GetObjectCommand({ Bucket: 'pages', Key: 'copy.jpg' }));
      expect(await copy.Body?.transformToString()).to.equal('meow');
      expect(copy.ContentType).to.equal('image/jpeg');
      expect(copy.Metadata).to.deep.equal({ camera: 'X100' });
      expect(service().events().at(-1)).to.include({
        bucket: 'pages',
        key: 'copy.jpg',
        reason: 'CopyObject',
        size: 4,
      });
    });

    it('a copy of an object onto itself is refused unless it changes something, such as metadata (API_CopyObject, MetadataDirective)', async () => {
      await put('a', 'meow', { Metadata: { old: '1' } });
      const onto = { Bucket, Key: 'a', CopySource: `${Bucket}/a` };

      const error = await failure(service().client.send(new CopyObjectCommand(onto)));
      await service().client.send(
        new CopyObjectCommand({ ...onto, MetadataDirective: 'REPLACE', Metadata: { new: '2' } }),
      );

      expect(error.name).to.equal('InvalidRequest');
      const head = await service().client.send(new HeadObjectCommand({ Bucket, Key: 'a' }));
      expect(head.Metadata).to.deep.equal({ new: '2' });
    });

    it('a copy is refused if the source does not meet its conditions (API_CopyObject)', async () => {
      const { ETag } = await put('a', 'meow');
      const onto = { Bucket, Key: 'b', CopySource: `${Bucket}/a` };

      const stale = await failure(
        service().client.send(new CopyObjectCommand({ ...onto, CopySourceIfMatch: 'other' })),
      );
      const same = await failure(
        service().client.send(new CopyObjectCommand({ ...onto, CopySourceIfNoneMatch: ETag })),
      );

      expect([stale.name, same.name]).to.deep.equal(['PreconditionFailed', 'PreconditionFailed']);
      expect(await keys()).to.deep.equal(['a']);
    });

    it('a copy of a missing object is NoSuchKey (API_CopyObject)', async () => {
      const error = await failure(
        service().client.send(new CopyObjectCommand({ Bucket, Key: 'b', CopySource: `${Bucket}/nothing` })),
      );

      expect(error.name).to.equal('NoSuchKey');
    });
  });
});
