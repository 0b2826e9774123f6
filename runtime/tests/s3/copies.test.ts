// Objects made of other objects.
// After each case, the AWS document that it follows.

import { CopyObjectCommand, GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { expect } from 'chai';
import { Bucket, callsOf, failure, type RunningService, startService, stopAndRemove } from './service.ts';

describe('S3 copies', () => {
  let service: RunningService;

  beforeEach(async () => {
    service = await startService();
  });

  afterEach(async () => {
    await stopAndRemove(service);
  });

  const { put, keys } = callsOf(() => service);

  describe('a copy (AWS: API_CopyObject)', () => {
    it('finds no key by a bare plus, which is a space (API_CopyObject, aws-sdk-js issue 1821)', async () => {
      await put('12:00+0200.jpg');
      const copy = (CopySource: string) =>
        service.client.send(new CopyObjectCommand({ Bucket, Key: 'copy.jpg', CopySource }));
      expect((await failure(copy(`${Bucket}/12:00+0200.jpg`))).name).to.equal('NoSuchKey');
      await copy(`${Bucket}/12:00%2B0200.jpg`);
    });

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
});
