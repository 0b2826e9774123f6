import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { expect } from 'chai';
import sharp from 'sharp';
import type { Pipeline } from '../../functions/image-resize/pipeline.ts';
import { removeImage } from '../../functions/image-resize/remove-image.ts';
import { resizeImage } from '../../functions/image-resize/resize-image.ts';
import { inMemoryPipeline } from '../support/in-memory-pipeline.ts';
import { fault, mockS3 } from '../support/in-memory-s3.ts';

const KEY = 'input/2026/cat.jpg';
const image = await sharp({ create: { width: 40, height: 20, channels: 3, background: '#f00' } })
  .jpeg()
  .toBuffer();

describe('Removing an image', () => {
  let s3: ReturnType<typeof mockS3>;
  let pipeline: Pipeline;
  const upload = (key = KEY) => s3.objects.set(`originals/${key}`, image);
  const outputs = (key = KEY) =>
    [...s3.objects.keys()].filter((name) => name.startsWith(`resized/${key.replace('input/', 'output/')}/`));

  beforeEach(async () => {
    s3 = mockS3();
    pipeline = inMemoryPipeline([{ name: 'thumbnail', width: 8, format: 'jpeg', quality: 80 }]);
    upload();
    await resizeImage({ key: KEY, force: false, followsFailure: false }, pipeline);
  });
  afterEach(() => s3.client.restore());

  it('A removal deletes the renditions and the manifest of an original that was deleted', async () => {
    s3.objects.delete(`originals/${KEY}`);
    expect(await removeImage({ key: KEY, force: false, followsFailure: false }, pipeline)).to.have.property(
      'status',
      'REMOVED',
    );
    expect(outputs()).to.deep.equal([]);
  });

  it('A removal deletes nothing if the original exists', async () => {
    const before = outputs();
    expect(await removeImage({ key: KEY, force: false, followsFailure: false }, pipeline)).to.have.property(
      'status',
      'UNCHANGED',
    );
    expect(outputs()).to.deep.equal(before).and.have.length(2);
  });

  it('The outputs are those of an older version again if the deletion of the newest version made it the newest', async () => {
    s3.objects.set(
      `originals/${KEY}`,
      await sharp({ create: { width: 9, height: 9, channels: 3, background: '#0f0' } })
        .png()
        .toBuffer(),
    );
    expect(await removeImage({ key: KEY, force: false, followsFailure: false }, pipeline)).to.have.property(
      'status',
      'RESIZED',
    );
  });

  it('A removal keeps the outputs of another original whose key starts with the key of the deleted original', async () => {
    upload(`${KEY}/nested.jpg`);
    await resizeImage({ key: `${KEY}/nested.jpg`, force: false, followsFailure: false }, pipeline);
    s3.objects.delete(`originals/${KEY}`);
    await removeImage({ key: KEY, force: false, followsFailure: false }, pipeline);
    expect(outputs(`${KEY}/nested.jpg`)).to.have.length(2);
  });

  it('A removal resizes an image that was uploaded again while the outputs of its predecessor were being deleted', async () => {
    s3.objects.delete(`originals/${KEY}`);
    const racing = {
      ...pipeline.resized,
      delete: async (objects: readonly { readonly key: string }[]) => {
        await pipeline.resized.delete(objects);
        upload();
      },
    };
    const result = await removeImage(
      { key: KEY, force: false, followsFailure: false },
      { ...pipeline, resized: racing },
    );
    expect(result).to.have.property('status', 'RESIZED');
    expect(outputs()).to.have.length(2);
  });

  it('A removal resizes an existing original again if a failed attempt may have deleted its outputs', async () => {
    for (const name of outputs()) if (name.endsWith('thumbnail.jpg')) s3.objects.delete(name);
    const request = { key: KEY, force: false, followsFailure: true, execution: 'second-try' };
    expect(await removeImage(request, pipeline)).to.have.property('status', 'RESIZED');
    expect(outputs()).to.have.length(2);
    const manifest = outputs().find((name) => name.endsWith('manifest.json')) ?? '';
    expect(JSON.parse(String(s3.objects.get(manifest)))).to.have.property('execution', 'second-try');
  });

  it('A resize leaves no outputs if the original is deleted while it is being resized', async () => {
    s3.objects.delete(`originals/${KEY}`);
    await removeImage({ key: KEY, force: false, followsFailure: false }, pipeline);
    upload();
    const vanishing = {
      ...pipeline.resized,
      putIfUnchanged: (...args: Parameters<typeof pipeline.resized.putIfUnchanged>) => {
        s3.objects.delete(`originals/${KEY}`);
        return pipeline.resized.putIfUnchanged(...args);
      },
    };
    await resizeImage({ key: KEY, force: false, followsFailure: false }, { ...pipeline, resized: vanishing });
    expect(outputs()).to.deep.equal([]);
  });

  it('A retry restores the outputs of an upload that was resized while the retry was deleting the outputs of its predecessor', async () => {
    s3.objects.delete(`originals/${KEY}`);
    const racing = {
      ...pipeline.resized,
      listFolder: async (folder: string) => {
        upload();
        await resizeImage({ key: KEY, force: false, followsFailure: false }, pipeline);
        return pipeline.resized.listFolder(folder);
      },
    };
    const request = { key: KEY, force: false, followsFailure: true };
    expect(await resizeImage(request, { ...pipeline, resized: racing })).to.have.property(
      'status',
      'RESIZED',
    );
    expect(outputs()).to.have.length(2);
  });

  it('A request to resize a deleted original deletes nothing if no attempt has failed before', async () => {
    s3.objects.delete(`originals/${KEY}`);
    await resizeImage({ key: KEY, force: true, followsFailure: false }, pipeline);
    expect(outputs()).to.have.length(2);
  });

  it('A removal and a resize throw NoSuchBucket if the bucket is missing, and delete nothing', async () => {
    s3.client.on(ListObjectsV2Command, { Bucket: 'originals' }).rejects(fault('NoSuchBucket', 404));
    s3.client.on(GetObjectCommand, { Bucket: 'originals' }).rejects(fault('NoSuchBucket', 404));
    for (const act of [removeImage, resizeImage]) {
      const error = await act({ key: KEY, force: true, followsFailure: true }, pipeline).catch(
        (e: unknown) => e,
      );
      expect(error).to.have.property('name', 'NoSuchBucket');
    }
    expect(outputs()).to.have.length(2);
  });

  it('A resize keeps the outputs of a deleted original if the stack has RemoveWithOriginal off', async () => {
    s3.objects.delete(`originals/${KEY}`);
    await resizeImage(
      { key: KEY, force: true, followsFailure: false },
      { ...pipeline, removesWithOriginal: false },
    );
    expect(outputs()).to.have.length(2);
  });
});
