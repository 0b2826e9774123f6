// Old versions and delete markers, in a bucket whose versioning is turned on.
// The AWS document that a test follows stands behind its title.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandInput,
  PutObjectCommand,
  type S3Client,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { expect } from 'chai';
import { dieWhile } from './killed-service.ts';
import type { Moment } from './process.ts';
import {
  Bucket,
  clientFor,
  failure,
  incoming,
  oldVersionFiles,
  type RunningService,
  send,
  startService,
  stopAndRemove,
  useService,
} from './service.ts';

const VERSIONED = [Bucket];
const Key = 'todo.txt';
const NOWHERE = '00000000-0000-0000-0000-000000000000';

/** The versions and delete markers, each as key, body or kind, and whether it is the latest; the newest of a key first. */
async function describeVersions(client: S3Client): Promise<(string | boolean | undefined)[][]> {
  const page = await client.send(new ListObjectVersionsCommand({ Bucket }));
  const bodies = (page.Versions ?? []).map(async ({ Key, VersionId, IsLatest }) => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, VersionId }));
    return [Key, await Body?.transformToString(), IsLatest];
  });
  const markers = (page.DeleteMarkers ?? []).map(({ Key, IsLatest }) => [Key, 'marker', IsLatest]);
  return [...(await Promise.all(bodies)), ...markers];
}

describe('S3: versions', () => {
  const { service, put, get, keys } = useService(VERSIONED);

  const remove = (VersionId?: string) =>
    service().client.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
  const read = async (VersionId?: string) => {
    const { Body } = await service().client.send(new GetObjectCommand({ Bucket, Key, VersionId }));
    return Body?.transformToString();
  };
  const list = (more: Omit<ListObjectVersionsCommandInput, 'Bucket'> = {}) =>
    service().client.send(new ListObjectVersionsCommand({ Bucket, ...more }));
  const lastEvent = () => service().events().at(-1);

  describe('writes (AWS: Adding objects to versioning-enabled buckets)', () => {
    it('a replaced object remains as an old version, and each version has an id of its own (API_PutObject)', async () => {
      const first = await put(Key, 'one');
      const second = await put(Key, 'two');

      expect(first.VersionId).to.be.a('string').and.not.equal(second.VersionId);
      expect(await get(Key)).to.equal('two');
      expect(await read(first.VersionId)).to.equal('one');
      expect(await read(second.VersionId)).to.equal('two');
      expect(await keys()).to.deep.equal([Key]);
      expect(await describeVersions(service().client)).to.deep.equal([
        [Key, 'two', true],
        [Key, 'one', false],
      ]);
    });

    it('GET and HEAD answer with the id and the metadata of the version that they read (API_GetObject, API_HeadObject)', async () => {
      const { VersionId } = await put(Key, 'one', { Metadata: { by: 'Ada' } });
      const { VersionId: newest } = await put(Key, 'second');
      const head = (more = {}) => service().client.send(new HeadObjectCommand({ Bucket, Key, ...more }));

      expect(await head({ VersionId })).to.deep.include({
        VersionId,
        ContentLength: 3,
        Metadata: { by: 'Ada' },
      });
      expect(await head()).to.deep.include({ VersionId: newest, ContentLength: 6, Metadata: {} });
      const unchanged = await send(service(), 'GET', `/${Bucket}/${Key}`, { 'if-none-match': '*' });
      expect(unchanged).to.include({ status: 304 });
      expect(unchanged.headers['x-amz-version-id']).to.equal(newest);
    });

    it('a version that does not exist is NoSuchVersion, and a text that is no version id InvalidArgument (RESTErrorResponses)', async () => {
      await put(Key);

      expect((await failure(read(NOWHERE))).name).to.equal('NoSuchVersion');
      expect((await failure(read('null'))).name).to.equal('NoSuchVersion');
      expect((await failure(read('first'))).name).to.equal('InvalidArgument');
      expect((await failure(remove('first'))).name).to.equal('InvalidArgument');
    });

    it('an old version can be copied over the newest one, which brings it back (RestoringPreviousVersions)', async () => {
      const { VersionId } = await put(Key, 'one');
      await put(Key, 'two');

      const CopySource = `${Bucket}/${Key}?versionId=${VersionId}`;
      const copy = await service().client.send(new CopyObjectCommand({ Bucket, Key, CopySource }));

      expect(await get(Key)).to.equal('one');
      expect(copy.CopySourceVersionId).to.equal(VersionId);
      expect(await read(copy.VersionId)).to.equal('one');
      expect(await describeVersions(service().client)).to.have.length(3);
    });

    it('a multipart upload of an old version makes a version (API_UploadPartCopy, API_CompleteMultipartUpload)', async () => {
      const { VersionId } = await put(Key, 'one');
      await put(Key, 'two');
      const { client } = service();
      const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
      const CopySource = `${Bucket}/${Key}?versionId=${VersionId}`;
      const part = { Bucket, Key, UploadId, PartNumber: 1, CopySource };

      const { CopyPartResult, CopySourceVersionId } = await client.send(new UploadPartCopyCommand(part));
      const MultipartUpload = { Parts: [{ PartNumber: 1, ETag: CopyPartResult?.ETag }] };
      const made = await client.send(
        new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload }),
      );

      expect(CopySourceVersionId).to.equal(VersionId);
      expect(await read(made.VersionId)).to.equal('one');
      expect(lastEvent()).to.include({ reason: 'CompleteMultipartUpload', versionId: made.VersionId });
    });

    it('the event of a write contains the version id (EventBridge, event message structure)', async () => {
      const { VersionId } = await put(Key);

      expect(lastEvent()).to.include({ type: 'Object Created', versionId: VersionId });
      expect(lastEvent()).not.to.have.property('deletionType');
    });

    it('a refused write leaves the object and its versions as they were (API_PutObject, If-None-Match)', async () => {
      await put(Key, 'one');

      expect((await failure(put(Key, 'two', { IfNoneMatch: '*' }))).name).to.equal('PreconditionFailed');

      expect(await describeVersions(service().client)).to.deep.equal([[Key, 'one', true]]);
      expect(oldVersionFiles(service())).to.deep.equal([]);
      expect(incoming(service())).to.deep.equal([]);
    });
  });

  describe('delete markers (AWS: Working with delete markers)', () => {
    it('DELETE without a version id creates a delete marker and keeps the versions (API_DeleteObject)', async () => {
      const { VersionId } = await put(Key, 'one');

      const removed = await remove();

      expect(removed.DeleteMarker).to.equal(true);
      expect(removed.VersionId).to.be.a('string').and.not.equal(VersionId);
      expect(await keys()).to.deep.equal([]);
      expect(await read(VersionId)).to.equal('one');
      expect(lastEvent()).to.include({
        type: 'Object Deleted',
        deletionType: 'Delete Marker Created',
        versionId: removed.VersionId,
        etag: 'd41d8cd98f00b204e9800998ecf8427e',
      });
    });

    it('a key whose newest version is a delete marker is answered with 404 and the marker (API_GetObject, API_HeadObject)', async () => {
      await put(Key);
      const { VersionId } = await remove();

      for (const method of ['GET', 'HEAD']) {
        const { status, headers } = await send(service(), method, `/${Bucket}/${Key}`);
        expect(status).to.equal(404);
        expect(headers).to.include({ 'x-amz-delete-marker': 'true', 'x-amz-version-id': VersionId });
      }
      expect((await failure(get(Key))).name).to.equal('NoSuchKey');
    });

    it('a delete marker cannot be read or copied by its id (API_GetObject, API_CopyObject)', async () => {
      await put(Key);
      const { VersionId } = await remove();

      const answer = await send(service(), 'GET', `/${Bucket}/${Key}?versionId=${VersionId}`);
      const CopySource = `${Bucket}/${Key}?versionId=${VersionId}`;
      const copy = service().client.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource }));

      expect(answer.status).to.equal(405);
      expect(answer.body).to.include('<Code>MethodNotAllowed</Code>');
      expect(answer.headers).to.include({ allow: 'DELETE', 'x-amz-delete-marker': 'true' });
      expect((await failure(copy)).name).to.equal('InvalidRequest');
    });

    it('DELETE of a key that has no object creates a delete marker each time (DeletingObjectVersions)', async () => {
      await remove();
      await remove();

      expect(await describeVersions(service().client)).to.deep.equal([
        [Key, 'marker', true],
        [Key, 'marker', false],
      ]);
    });

    it('a write over a delete marker makes an object again, and If-None-Match: * allows it (conditional-writes)', async () => {
      await put(Key, 'one');
      await remove();
      await put(Key, 'two', { IfNoneMatch: '*' });

      expect(await get(Key)).to.equal('two');
      expect(await describeVersions(service().client)).to.deep.equal([
        [Key, 'two', true],
        [Key, 'one', false],
        [Key, 'marker', false],
      ]);
    });

    it('a removal with If-Match is refused if the newest version is another one or a delete marker (conditional-deletes)', async () => {
      const { ETag } = await put(Key, 'one');
      await put(Key, 'two');
      const removeIf = (IfMatch?: string) =>
        service().client.send(new DeleteObjectCommand({ Bucket, Key, IfMatch }));

      expect((await failure(removeIf(ETag))).name).to.equal('PreconditionFailed');
      await remove();
      expect((await failure(removeIf('*'))).name).to.equal('PreconditionFailed');
    });
  });

  describe('removals for ever (AWS: Deleting object versions from a versioning-enabled bucket)', () => {
    it('without its delete marker a key has the object before it again (ManagingDelMarkers)', async () => {
      await put(Key, 'one');
      const { VersionId } = await remove();

      const undone = await remove(VersionId);

      expect(undone).to.include({ DeleteMarker: true, VersionId });
      expect(await get(Key)).to.equal('one');
      expect(await keys()).to.deep.equal([Key]);
      expect(oldVersionFiles(service())).to.deep.equal([]);
      expect(lastEvent()).to.include({
        type: 'Object Deleted',
        deletionType: 'Permanently Deleted',
        versionId: VersionId,
      });
    });

    it('without its newest version a key has the version before it, as it was (DeletingObjectVersions)', async () => {
      const first = await put(Key, 'one', { ContentType: 'text/markdown' });
      const second = await put(Key, 'two');

      expect(await remove(second.VersionId)).to.include({ VersionId: second.VersionId });

      const answer = await service().client.send(new GetObjectCommand({ Bucket, Key }));
      expect(await answer.Body?.transformToString()).to.equal('one');
      expect(answer).to.include({
        VersionId: first.VersionId,
        ETag: first.ETag,
        ContentType: 'text/markdown',
      });
      expect((await failure(read(second.VersionId))).name).to.equal('NoSuchVersion');
      expect(lastEvent()).to.include({ versionId: second.VersionId, deletionType: 'Permanently Deleted' });
    });

    it('the version before a removed one may be a delete marker, and then the key stays deleted (DeletingObjectVersions)', async () => {
      await put(Key, 'one');
      await remove();
      const { VersionId } = await put(Key, 'two');

      await remove(VersionId);

      expect(await keys()).to.deep.equal([]);
      expect(await describeVersions(service().client)).to.deep.equal([
        [Key, 'one', false],
        [Key, 'marker', true],
      ]);
    });

    it('an old version is removed without a change of the newest one (DeletingObjectVersions)', async () => {
      const { VersionId } = await put(Key, 'one');
      await put(Key, 'two');

      await remove(VersionId);

      expect(await describeVersions(service().client)).to.deep.equal([[Key, 'two', true]]);
      expect(oldVersionFiles(service())).to.deep.equal([]);
    });

    it('an old delete marker is removed without a change of the object (ManagingDelMarkers)', async () => {
      const { VersionId } = await remove();
      await put(Key, 'two');

      await remove(VersionId);

      expect(await describeVersions(service().client)).to.deep.equal([[Key, 'two', true]]);
    });

    it('DELETE of a version that does not exist succeeds and makes no event (API_DeleteObject)', async () => {
      await put(Key);

      await remove(NOWHERE);

      expect(service().events()).to.have.length(1);
    });

    it('DeleteObjects creates delete markers and removes versions for ever (API_DeleteObjects)', async () => {
      const { VersionId } = await put(Key, 'one');
      const { VersionId: marker } = await remove();
      await put('other.txt', 'other');
      const Objects = [{ Key, VersionId }, { Key, VersionId: marker }, { Key: 'other.txt' }];

      const { Deleted } = await service().client.send(
        new DeleteObjectsCommand({ Bucket, Delete: { Objects } }),
      );

      const created = Deleted?.[2]?.DeleteMarkerVersionId;
      expect(created).to.be.a('string');
      expect(Deleted).to.deep.equal([
        { Key, VersionId },
        { Key, VersionId: marker, DeleteMarker: true, DeleteMarkerVersionId: marker },
        { Key: 'other.txt', DeleteMarker: true, DeleteMarkerVersionId: created },
      ]);
      expect(await describeVersions(service().client)).to.deep.equal([
        ['other.txt', 'other', false],
        ['other.txt', 'marker', true],
      ]);
    });

    it('a bucket whose versions are all removed has neither files nor folders left', async () => {
      for (const body of ['one', 'two', 'three']) await put('a/b/c.txt', body);
      await service().client.send(new DeleteObjectCommand({ Bucket, Key: 'a/b/c.txt' }));
      const { Versions = [], DeleteMarkers = [] } = await list();
      const Objects = [...Versions, ...DeleteMarkers].map(({ Key, VersionId }) => ({ Key, VersionId }));

      await service().client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));

      expect(oldVersionFiles(service())).to.deep.equal([]);
      expect(incoming(service())).to.deep.equal([]);
      expect(readdirSync(join(service().directory, 's3', Bucket))).to.deep.equal([]);
    });
  });

  describe('lists (AWS: API_ListObjectVersions)', () => {
    const putVersions = async () => {
      for (const key of ['a', 'b/1', 'b/2', 'c']) for (const body of ['old', 'new']) await put(key, body);
    };

    it('versions are listed page by page, and each page continues within a key (KeyMarker, VersionIdMarker)', async () => {
      await putVersions();
      const listed: unknown[] = [];
      let KeyMarker: string | undefined;
      let VersionIdMarker: string | undefined;
      do {
        const page = await list({ MaxKeys: 3, KeyMarker, VersionIdMarker });
        listed.push(...(page.Versions ?? []).map(({ Key, IsLatest }) => [Key, IsLatest]));
        ({ NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = page);
      } while (KeyMarker !== undefined);

      expect(listed).to.deep.equal(
        ['a', 'b/1', 'b/2', 'c'].flatMap((key) => [
          [key, true],
          [key, false],
        ]),
      );
    });

    it('a client that deletes each page before it asks for the next one deletes every version', async () => {
      await putVersions();
      let KeyMarker: string | undefined;
      let VersionIdMarker: string | undefined;
      do {
        const page = await list({ MaxKeys: 3, KeyMarker, VersionIdMarker });
        for (const { Key, VersionId } of page.Versions ?? [])
          await service().client.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
        ({ NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = page);
      } while (KeyMarker !== undefined);

      expect(await describeVersions(service().client)).to.deep.equal([]);
    });

    it('versions are listed by prefix, and folded by delimiter (Prefix, Delimiter)', async () => {
      await putVersions();
      const folded = await list({ Delimiter: '/' });
      const page = await list({ Delimiter: '/', MaxKeys: 3 });
      const next = await list({ Delimiter: '/', KeyMarker: page.NextKeyMarker });
      const inside = await list({ Prefix: 'b/', KeyMarker: 'b/1' });

      const keysOf = ({ Versions = [] }: Awaited<ReturnType<typeof list>>) => Versions.map(({ Key }) => Key);
      expect(keysOf(folded)).to.deep.equal(['a', 'a', 'c', 'c']);
      expect(folded.CommonPrefixes).to.deep.equal([{ Prefix: 'b/' }]);
      expect(page).to.include({ NextKeyMarker: 'b/', IsTruncated: true });
      expect(keysOf(next)).to.deep.equal(['c', 'c']);
      expect(keysOf(inside)).to.deep.equal(['b/2', 'b/2']);
    });

    it('a listed version has what a listed object has, and a delete marker has neither size nor ETag', async () => {
      const { ETag, VersionId } = await put(Key, 'one');
      const { VersionId: marker } = await remove();

      const { Versions, DeleteMarkers } = await list();

      expect(Versions?.[0]).to.include({
        Key,
        VersionId,
        IsLatest: false,
        ETag,
        Size: 3,
        StorageClass: 'STANDARD',
      });
      expect(DeleteMarkers?.[0]).to.include({ Key, VersionId: marker, IsLatest: true });
      expect(DeleteMarkers?.[0]).not.to.have.any.keys('Size', 'ETag');
    });

    it('a marker for a version without one for a key is refused (VersionIdMarker)', async () => {
      expect((await failure(list({ VersionIdMarker: NOWHERE }))).name).to.equal('InvalidArgument');
    });
  });

  describe('a bucket without versions (AWS: How S3 Versioning works)', () => {
    const pages = { Bucket: 'pages', Key };

    it('an object of a bucket without versions has the version id null, and answers contain none', async () => {
      const { client } = service();
      const made = await client.send(new PutObjectCommand({ ...pages, Body: 'one' }));
      const { Versions } = await client.send(new ListObjectVersionsCommand({ Bucket: 'pages' }));
      const found = await client.send(new GetObjectCommand({ ...pages, VersionId: 'null' }));

      expect(made.VersionId).to.equal(undefined);
      expect(lastEvent()).not.to.have.property('versionId');
      expect(Versions?.[0]).to.include({ Key, VersionId: 'null', IsLatest: true });
      expect(await found.Body?.transformToString()).to.equal('one');
    });

    it('DELETE removes an object of a bucket without versions for ever, with and without the id null', async () => {
      const { client } = service();
      for (const VersionId of [undefined, 'null']) {
        await client.send(new PutObjectCommand({ ...pages, Body: 'one' }));
        const removed = await client.send(new DeleteObjectCommand({ ...pages, VersionId }));

        expect(removed.DeleteMarker).to.equal(undefined);
        expect(lastEvent()).to.include({ deletionType: 'Permanently Deleted' });
        const listed = await client.send(new ListObjectVersionsCommand({ Bucket: 'pages' }));
        expect(listed.Versions).to.equal(undefined);
      }
    });

    it('GetBucketVersioning tells the two kinds of buckets apart (API_GetBucketVersioning)', async () => {
      const ask = (name: string) => service().client.send(new GetBucketVersioningCommand({ Bucket: name }));

      expect((await ask(Bucket)).Status).to.equal('Enabled');
      expect((await ask('pages')).Status).to.equal(undefined);
    });
  });

  it('a role needs the permissions for versions to read, copy and remove one (AWS: Required permissions for Amazon S3 API operations)', async () => {
    const { VersionId } = await put(Key);
    const resource = `arn:aws:s3:::${Bucket}/${Key}`;
    service().allowed.set(
      'OldRole',
      ['GetObject', 'DeleteObject', 'PutObject'].map((one) => `s3:${one} ${resource}`),
    );
    const client = clientFor(service().url, 'OldRole');
    const CopySource = `${Bucket}/${Key}?versionId=${VersionId}`;

    const messages = [];
    for (const call of [
      () => client.send(new GetObjectCommand({ Bucket, Key, VersionId })),
      () => client.send(new CopyObjectCommand({ Bucket, Key, CopySource })),
      () => client.send(new DeleteObjectCommand({ Bucket, Key, VersionId })),
    ])
      messages.push((await failure(call())).message);
    const { Errors } = await client.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key, VersionId }] } }),
    );
    client.destroy();

    expect(messages[0]).to.include(`s3:GetObjectVersion on ${resource}`);
    expect(messages[1]).to.include(`s3:GetObjectVersion on ${resource}`);
    expect(messages[2]).to.include(`s3:DeleteObjectVersion on ${resource}`);
    expect(Errors?.[0]).to.include({ Key, VersionId, Code: 'AccessDenied' });
    expect(await get(Key)).to.equal('bytes');
  });
});

describe('S3: versions on disk', () => {
  let service: RunningService;
  beforeEach(async () => {
    service = await startService(undefined, VERSIONED);
  });
  afterEach(() => stopAndRemove(service));

  const restart = async () => {
    await service.stop();
    service = await startService(service.directory, VERSIONED);
  };
  const put = (Body: string) => service.client.send(new PutObjectCommand({ Bucket, Key, Body }));
  const remove = (VersionId?: string) =>
    service.client.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
  const isFileThere = () => existsSync(join(service.directory, 's3', Bucket, Key));

  it('the newest version is an ordinary file under its key, and versions and delete markers survive a restart', async () => {
    await put('one');
    await put('two');
    expect(isFileThere()).to.equal(true);
    await remove();
    expect(isFileThere()).to.equal(false);

    await restart();

    expect(await describeVersions(service.client)).to.deep.equal([
      [Key, 'two', false],
      [Key, 'one', false],
      [Key, 'marker', true],
    ]);
  });

  it('objects from before versioning was turned on become versions', async () => {
    await service.stop();
    service = await startService(service.directory);
    await put('one');

    await restart();
    await put('two');

    expect(await describeVersions(service.client)).to.deep.equal([
      [Key, 'two', true],
      [Key, 'one', false],
    ]);
  });

  it('a start without versioning is refused while the bucket has old versions or delete markers', async () => {
    await put('one');
    const { VersionId } = await remove();
    await service.stop();

    const refused = await startService(service.directory).catch(String);

    expect(refused).to.include(`bucket ${Bucket} has old versions or delete markers`);
    service = await startService(service.directory, VERSIONED);
    await remove(VersionId);
    await service.stop();
    service = await startService(service.directory);
  });

  type Versions = [string, string, boolean][];
  const BEFORE: Versions = [
    [Key, 'two', true],
    [Key, 'one', false],
  ];
  const REPLACED: Versions = [
    [Key, 'three', true],
    [Key, 'two', false],
    [Key, 'one', false],
  ];
  const kills: [string, Moment, Versions][] = [
    ['replacement', 'before rename', BEFORE],
    ['replacement', 'after rename', BEFORE],
    ['replacement', 'event recorded', BEFORE],
    ['replacement', 'before second rename', REPLACED],
    ['replacement', 'after second rename', REPLACED],
    ['removal', 'before rename', BEFORE],
    ['removal', 'after rename', BEFORE],
    ['removal', 'event recorded', BEFORE],
    ['removal of the newest version', 'before rename', BEFORE],
    ['removal of the newest version', 'after rename', BEFORE],
    ['removal of the newest version', 'event recorded', BEFORE],
    ['removal of the newest version', 'before second rename', [[Key, 'one', true]]],
    ['removal of the newest version', 'after second rename', [[Key, 'one', true]]],
    ['removal of the newest version', 'before unlink', [[Key, 'one', true]]],
    ['removal of an old version', 'event recorded', BEFORE],
    ['removal of an old version', 'before unlink', [[Key, 'two', true]]],
  ];
  for (const [what, moment, expected] of kills)
    it(`a kill -9 during a ${what} (${moment}) leaves ${expected === BEFORE ? 'everything as it was' : 'all of it done'}, and no other file`, async () => {
      const old = await put('one');
      const newest = await put('two');
      const before = service.events().length;
      await service.stop();
      const commands: Record<string, (client: S3Client) => Promise<unknown>> = {
        replacement: (client) => client.send(new PutObjectCommand({ Bucket, Key, Body: 'three' })),
        removal: (client) => client.send(new DeleteObjectCommand({ Bucket, Key })),
        'removal of the newest version': (client) =>
          client.send(new DeleteObjectCommand({ Bucket, Key, VersionId: newest.VersionId })),
        'removal of an old version': (client) =>
          client.send(new DeleteObjectCommand({ Bucket, Key, VersionId: old.VersionId })),
      };
      await dieWhile(service.directory, moment, commands[what] ?? (() => Promise.resolve()), VERSIONED);

      service = await startService(service.directory, VERSIONED);

      expect(await describeVersions(service.client)).to.deep.equal(expected);
      expect(service.events().length - before).to.equal(expected === BEFORE ? 0 : 1);
      expect(oldVersionFiles(service)).to.have.length(expected.length - 1);
      expect(incoming(service)).to.deep.equal([]);
    });
});
