// A symbolic link that somebody has put into a bucket's folder, which could lead to any file of this machine.

import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DeleteObjectCommand, GetObjectCommand } from '@aws-sdk/client-s3';
import { expect } from 'chai';
import { temporaryFolder } from '../support/temporary-folder.ts';
import {
  Bucket,
  failure,
  oldVersionFiles,
  send,
  startService,
  stopAndRemove,
  useService,
} from './service.ts';

for (const versionedBuckets of [[], [Bucket]])
  describe(`S3: symbolic links in the folder of a bucket with${versionedBuckets.length > 0 ? '' : 'out'} versions`, () => {
    const { service, put, get, keys } = useService(versionedBuckets);
    const folderOf = () => join(service().directory, 's3', Bucket);
    /** A folder outside, with one file. */
    const outside = (): string => {
      const folder = temporaryFolder('outside');
      writeFileSync(join(folder, 'secret.txt'), 'secret');
      return folder;
    };
    const remove = (Key: string) => service().client.send(new DeleteObjectCommand({ Bucket, Key }));
    const unchanged = (folder: string) => {
      expect(readdirSync(folder)).to.deep.equal(['secret.txt']);
      expect(readFileSync(join(folder, 'secret.txt'), 'utf8')).to.equal('secret');
    };

    for (const key of ['linked/a.txt', 'linked/deep/a.txt', 'linked/secret.txt', 'in/linked/secret.txt'])
      it(`an object with the key ${key} is put, read, replaced and removed beside the link`, async () => {
        const folder = outside();
        mkdirSync(join(folderOf(), 'in'));
        for (const link of ['linked', 'in/linked']) symlinkSync(folder, join(folderOf(), link));

        await put(key, 'first');
        expect(await get(key)).to.equal('first');
        await put(key, 'second');
        expect(await get(key)).to.equal('second');
        unchanged(folder);
        expect(await keys()).to.deep.equal([key]);
        await remove(key);
        expect(await keys()).to.deep.equal([]);

        unchanged(folder);
        expect(lstatSync(join(folderOf(), 'linked')).isSymbolicLink()).to.equal(true);
      });

    for (const target of ['secret.txt', 'nothing.txt'])
      it(`a link to a file, ${target}, is neither written through nor replaced nor read`, async () => {
        const folder = outside();
        const link = join(folderOf(), 'a.txt');
        symlinkSync(join(folder, target), link);

        expect((await failure(get('a.txt'))).name).to.equal('NoSuchKey');
        await put('a.txt', 'stored');
        expect(await get('a.txt')).to.equal('stored');
        await remove('a.txt');

        unchanged(folder);
        expect(lstatSync(link).isSymbolicLink()).to.equal(true);
      });

    it('a link in place of a folder of objects is not followed: they cannot be read, but replaced and removed', async () => {
      for (const key of ['in/one.txt', 'in/two.txt']) await put(key, 'stored');
      const folder = outside();
      for (const name of ['one.txt', 'two.txt']) writeFileSync(join(folder, name), 'secret');
      renameSync(join(folderOf(), 'in'), join(folderOf(), 'moved'));
      symlinkSync(folder, join(folderOf(), 'in'));

      const { status, body } = await send(service(), 'GET', `/${Bucket}/in/one.txt`);
      expect(status).to.equal(500);
      expect(body).to.include('symbolic link').and.not.include('secret');
      await put('in/one.txt', 'anew');
      expect(await get('in/one.txt')).to.equal('anew');
      await remove('in/two.txt');
      expect(await keys()).to.deep.equal(['in/one.txt']);

      for (const name of ['one.txt', 'two.txt'])
        expect(readFileSync(join(folder, name), 'utf8')).to.equal('secret');
      expect(existsSync(join(folderOf(), 'moved/two.txt'))).to.equal(true);
      expect(oldVersionFiles(service())).to.deep.equal([]);
    });

    it('a link in place of the file of an object is not followed', async () => {
      await put('a.txt', 'secret');
      const folder = outside();
      renameSync(join(folderOf(), 'a.txt'), join(folderOf(), 'moved.txt'));
      symlinkSync(join(folder, 'secret.txt'), join(folderOf(), 'a.txt'));

      expect((await send(service(), 'GET', `/${Bucket}/a.txt`)).body).to.not.include('>secret');
      await put('a.txt', 'anew');
      expect(await get('a.txt')).to.equal('anew');
      unchanged(folder);
    });
  });

describe('S3: a symbolic link that a start finds in place of a folder', () => {
  it('a file that an interrupted start left behind is not moved through the link, and in place once the link is gone', async () => {
    const first = await startService();
    const { directory } = first;
    await send(first, 'PUT', `/${Bucket}/in/a.txt`, {}, 'stored');
    const file = String(first.database.prepare('SELECT file FROM s3_objects').get()?.file);
    await first.stop();
    const [folder, link] = [temporaryFolder('outside'), join(directory, 's3', Bucket, 'in')];
    renameSync(join(link, 'a.txt'), join(directory, 's3', '.incoming', file));
    renameSync(link, join(directory, 'moved'));
    symlinkSync(folder, link);

    const second = await startService(directory);
    expect((await send(second, 'GET', `/${Bucket}/in/a.txt`)).status).to.equal(500);
    await second.stop();
    expect(readdirSync(folder)).to.deep.equal([]);

    renameSync(link, join(directory, 'link'));
    const third = await startService(directory);
    const answer = await third.client.send(new GetObjectCommand({ Bucket, Key: 'in/a.txt' }));
    expect(await answer.Body?.transformToString()).to.equal('stored');
    await stopAndRemove(third);
  });
});
