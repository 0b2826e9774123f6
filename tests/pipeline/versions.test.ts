import { DeleteObjectCommand, ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import { expect } from 'chai';
import sharp from 'sharp';
import { colourAt } from '../support/images.ts';
import { type TargetPipeline, until } from '../support/pipeline.ts';
import { startTarget } from '../support/target.ts';

const painted = (background: string) =>
  sharp({ create: { width: 64, height: 48, channels: 3, background } })
    .png()
    .toBuffer();
const RED = await painted('#ff0000');
const BLUE = await painted('#0000ff');

describe('Versions of an original', () => {
  let pipeline: TargetPipeline;
  before(async () => {
    pipeline = await startTarget();
  });
  after(() => pipeline.stop());

  /** The id of the newest version or delete marker. */
  async function newestVersion(key: string): Promise<string | undefined> {
    const { originalImagesBucket: Bucket } = pipeline.addresses;
    const listed = await pipeline.s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: key }));
    const versions = [...(listed.Versions ?? []), ...(listed.DeleteMarkers ?? [])];
    return versions.find(({ Key, IsLatest }) => Key === key && IsLatest)?.VersionId;
  }

  async function removeForEver(Key: string, VersionId: string | undefined): Promise<void> {
    const { originalImagesBucket: Bucket } = pipeline.addresses;
    expect(VersionId).to.be.a('string');
    await pipeline.s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
  }

  /** Waits until the outputs are those of the original with this ETag. @returns its thumbnail. */
  async function thumbnailOf(key: string, etag: string): Promise<Buffer> {
    const manifest = await until(async () => {
      const found = await pipeline.manifest(key);
      return found?.source.etag === etag && found;
    }, `the manifest of ${key} with the ETag ${etag}`);
    const thumbnail = manifest.renditions.find(({ name }) => name === 'thumbnail');
    const bytes = thumbnail && (await pipeline.resized(thumbnail.key));
    if (!bytes) throw new Error(`Expected a thumbnail of ${key} but found ${JSON.stringify(manifest)}.`);
    return bytes;
  }

  it('When the delete marker of an original is deleted, its renditions come back without a bulk run', async () => {
    const key = 'input/deleted-by-mistake.png';
    const { source, renditions } = await pipeline.uploadAndWait(key, RED);
    const outputs = await pipeline.outputs('output/deleted-by-mistake.png/');
    await pipeline.remove(key);
    await until(
      async () => (await pipeline.outputs('output/deleted-by-mistake.png/')).length === 0,
      'the removal of the outputs',
    );

    await removeForEver(key, await newestVersion(key));

    const [red = 0, , blue = 0] = await colourAt(await thumbnailOf(key, source.etag), 0.5, 0.5);
    expect(red).to.be.greaterThan(blue);
    expect(outputs).to.have.length(renditions.length + 1);
    expect(await pipeline.outputs('output/deleted-by-mistake.png/')).to.have.members(outputs);
  });

  it('When the newest version of an original is deleted for ever, the outputs become those of the version before it', async () => {
    const key = 'input/overwritten-by-mistake.png';
    const { source: first } = await pipeline.uploadAndWait(key, RED);
    const { source: second } = await pipeline.uploadAndWait(key, BLUE);
    const [, , blueBefore] = await colourAt(await thumbnailOf(key, second.etag), 0.5, 0.5);

    await removeForEver(key, await newestVersion(key));

    const [red, , blue] = await colourAt(await thumbnailOf(key, first.etag), 0.5, 0.5);
    expect(blueBefore).to.be.greaterThan(200);
    expect(red).to.be.greaterThan(200);
    expect(blue).to.be.lessThan(55);
    expect(first.etag).not.to.equal(second.etag);
  });

  it('When an old version of an original is deleted for ever, the outputs of the newest one stay as they are', async () => {
    const key = 'input/tidied-up.png';
    await pipeline.uploadAndWait(key, RED);
    const old = await newestVersion(key);
    const { source, renditions } = await pipeline.uploadAndWait(key, BLUE);

    await removeForEver(key, old);
    // Gives a removal, which must not happen, the time of a whole upload.
    await pipeline.uploadAndWait('input/tidied-up-later.png', RED);

    expect((await pipeline.manifest(key))?.source.etag).to.equal(source.etag);
    for (const rendition of renditions)
      expect(await pipeline.resizedEtag(rendition.key)).to.equal(rendition.etag);
  });
});
