// Buckets, and the lists of their objects.
// The AWS document that a test follows stands behind its title.

import {
  CreateBucketCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3';
import { expect } from 'chai';
import { Bucket, failure, send, useService } from './service.ts';

describe('S3: lists', () => {
  const { service, put, keys } = useService();

  describe('buckets (AWS: API_ListBuckets, API_HeadBucket, API_GetBucketLocation, API_CreateBucket)', () => {
    it('the buckets of the template are listed page by page, and each has a region (API_ListBuckets, API_HeadBucket, API_GetBucketLocation)', async () => {
      const { Buckets } = await service().client.send(new ListBucketsCommand());
      const first = await service().client.send(new ListBucketsCommand({ MaxBuckets: 1 }));
      const { ContinuationToken } = first;
      const rest = await service().client.send(new ListBucketsCommand({ MaxBuckets: 1, ContinuationToken }));
      const elsewhere = await service().client.send(new ListBucketsCommand({ BucketRegion: 'eu-west-1' }));
      const head = await service().client.send(new HeadBucketCommand({ Bucket }));
      const location = await service().client.send(new GetBucketLocationCommand({ Bucket }));

      expect(Buckets?.map(({ Name }) => Name)).to.deep.equal(['notes', 'pages']);
      expect([first, rest].map(({ Buckets }) => Buckets?.map(({ Name }) => Name))).to.deep.equal([
        ['notes'],
        ['pages'],
      ]);
      expect(rest.ContinuationToken).to.equal(undefined);
      expect(elsewhere.Buckets ?? []).to.deep.equal([]);
      expect(head.BucketRegion).to.equal('us-east-1');
      expect(location.LocationConstraint).to.equal(undefined);
    });

    it('a bucket may be named in the host instead of the path (VirtualHosting)', async () => {
      await put('cat.jpg', 'meow');

      for (const host of ['notes.localhost:4566', 'notes.s3.localhost']) {
        expect((await send(service(), 'GET', '/cat.jpg', { host })).body).to.equal('meow');
      }
      for (const host of ['localhost:4566', 's3.localhost', '127.0.0.1']) {
        expect((await send(service(), 'GET', '/notes/cat.jpg', { host })).body).to.equal('meow');
      }
    });

    it('a bucket that the template does not have is NoSuchBucket (API_HeadBucket, API_GetObject)', async () => {
      const error = await failure(
        service().client.send(new GetObjectCommand({ Bucket: 'nonsense', Key: 'a' })),
      );

      expect(error.name).to.equal('NoSuchBucket');
    });

    it('CreateBucket succeeds for a bucket that exists, and is not supported for another (API_CreateBucket)', async () => {
      const answer = await service().client.send(new CreateBucketCommand({ Bucket }));
      const error = await failure(service().client.send(new CreateBucketCommand({ Bucket: 'nonsense' })));

      expect(answer.$metadata.httpStatusCode).to.equal(200);
      expect(error).to.include({ name: 'NotImplemented' });
      expect(error.message).to.include('nonsense');
    });
  });

  describe('lists of objects (AWS: API_ListObjectsV2, API_ListObjects)', () => {
    const list = (query: string) => send(service(), 'GET', `/notes?list-type=2${query}`);

    it('a list is ordered by the UTF-8 bytes of the keys (API_ListObjectsV2)', async () => {
      // In UTF-16, the last two would be in the opposite order.
      const sorted = ['A', 'B', 'a', 'a/b', 'a0', 'é', '\uff5e', '\u{1f600}'];
      for (const key of sorted.toReversed()) await put(key);

      expect(await keys()).to.deep.equal(sorted);
    });

    it('a list groups keys by the delimiter, and each group counts as one entry (API_ListObjectsV2)', async () => {
      for (const key of ['notes/2025/a', 'notes/2025/b', 'notes/2026/a', 'notes/cat', 'other'])
        await put(key);

      const page = await service().client.send(
        new ListObjectsV2Command({ Bucket, Prefix: 'notes/', Delimiter: '/' }),
      );

      expect(page.CommonPrefixes).to.deep.equal([{ Prefix: 'notes/2025/' }, { Prefix: 'notes/2026/' }]);
      expect(page.Contents?.map(({ Key }) => Key)).to.deep.equal(['notes/cat']);
      expect(page).to.include({ KeyCount: 3, IsTruncated: false });
    });

    it('pages contain every key or group exactly once (API_ListObjectsV2, ContinuationToken)', async () => {
      for (const key of ['a/1', 'a/2', 'b', 'c/1', 'c/2', 'd', 'e/1']) await put(key);
      const seen: (string | undefined)[] = [];
      let ContinuationToken: string | undefined;

      do {
        const page = await service().client.send(
          new ListObjectsV2Command({ Bucket, Delimiter: '/', MaxKeys: 1, ContinuationToken }),
        );
        expect(page.KeyCount).to.equal(1);
        seen.push(page.Contents?.[0]?.Key ?? page.CommonPrefixes?.[0]?.Prefix);
        ContinuationToken = page.NextContinuationToken;
      } while (ContinuationToken !== undefined);

      expect(seen).to.deep.equal(['a/', 'b', 'c/', 'd', 'e/']);
    });

    it('a list can start after a key, even one that does not exist (API_ListObjectsV2, StartAfter)', async () => {
      for (const key of ['a', 'b', 'c']) await put(key);

      const keysAfter = async (StartAfter: string) => {
        const page = await service().client.send(new ListObjectsV2Command({ Bucket, StartAfter }));
        return (page.Contents ?? []).map(({ Key }) => Key);
      };

      expect(await keysAfter('a')).to.deep.equal(['b', 'c']);
      expect(await keysAfter('aa')).to.deep.equal(['b', 'c']);
      expect(await keysAfter('c')).to.deep.equal([]);
    });

    it('a list with encoding-type=url contains the keys as form fields (API_ListObjectsV2, EncodingType)', async () => {
      await put('test file(3)+é.png');

      const answer = await list('&encoding-type=url');

      expect(answer.body).to.include('<Key>test+file%283%29%2B%C3%A9.png</Key>');
    });

    it('a list contains characters that XML does not allow as references (object-keys, XML constraints)', async () => {
      await send(service(), 'PUT', '/notes/a%0D%0A%01%3C%26', {}, 'x');

      expect((await list('')).body).to.include('<Key>a&#xd;&#xa;&#x1;&lt;&amp;</Key>');
    });

    it('a list is empty with max-keys=0, and refused with a wrong number or token (API_ListObjectsV2)', async () => {
      await put('a');

      expect((await list('&max-keys=0')).body)
        .to.include('<KeyCount>0</KeyCount>')
        .and.include('<IsTruncated>false<');
      expect((await list('&max-keys=x')).status).to.equal(400);
      expect((await list('&continuation-token=nonsense')).status).to.equal(400);
    });

    it('ListObjects continues after a marker (API_ListObjects)', async () => {
      for (const key of ['a/1', 'b/1', 'c']) await put(key);

      const page = await service().client.send(
        new ListObjectsCommand({ Bucket, Delimiter: '/', MaxKeys: 1 }),
      );
      const next = await service().client.send(
        new ListObjectsCommand({ Bucket, Delimiter: '/', Marker: page.NextMarker }),
      );

      expect(page.CommonPrefixes).to.deep.equal([{ Prefix: 'a/' }]);
      expect(next.CommonPrefixes).to.deep.equal([{ Prefix: 'b/' }]);
      expect(next.Contents?.map(({ Key }) => Key)).to.deep.equal(['c']);
    });
  });
});
