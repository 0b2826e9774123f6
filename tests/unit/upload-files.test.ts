import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { expect } from 'chai';
import { type UploadedFile, type UploadTarget, uploadFiles } from '../../local/upload-files.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('The upload of a file', () => {
  const client = mockClient(S3Client);
  after(() => client.restore());

  async function upload(
    execution: Awaited<ReturnType<UploadTarget['endOf']>> = 'unseen',
  ): Promise<UploadedFile[]> {
    const path = join(temporaryFolder('upload'), 'a.jpg');
    writeFileSync(path, 'a');
    const target = {
      ...{ client: new S3Client({}), originalImagesBucket: 'a', resizedImagesBucket: 'b' },
      ...{ atOnce: 1, skipsStored: false, endOf: async () => execution },
    };
    const ended: UploadedFile[] = [];
    const files = [{ path, key: 'input/a.jpg', bytes: 1 }];
    await uploadFiles(files, target, (file) => void ended.push(file), new AbortController().signal);
    return ended;
  }

  beforeEach(() => void client.reset());

  const missing = Object.assign(new Error('There is none.'), { name: 'NoSuchKey' });

  it('The upload of a file that S3 does not take is told as not uploaded', async () => {
    client.on(GetObjectCommand).rejects(missing);
    client.on(PutObjectCommand).rejects(new Error('Odd'));
    const [file] = await upload();
    expect(file).to.include({ outcome: 'not uploaded', reason: 'Error', message: 'Odd' });
  });

  it('The upload of a file that is stored, but whose manifest cannot be read, is told as not processed', async () => {
    client.on(PutObjectCommand).resolves({ ETag: '"a"', $metadata: {} });
    client.on(GetObjectCommand).rejectsOnce(missing).rejects(new Error('Odd'));
    const [file] = await upload();
    expect(file).to.include({ outcome: 'not processed', reason: 'Error', message: 'Odd' });
  });

  it('A file is uploaded although something that is no manifest lies in the place of its manifest', async () => {
    const lies = ['garbage', 'null', '{"status":"RESIZED","source":{"etag":"a"},"renditions":[]}'];
    client.on(PutObjectCommand).resolves({ ETag: '"a"', $metadata: {} });
    client.on(GetObjectCommand).callsFake(() => ({ Body: { transformToString: async () => lies.shift() } }));
    const [file] = await upload();
    expect(file).to.include({ outcome: 'made' });
  });

  const gone = Object.assign(new Error('There is none.'), { name: 'NotFound' });
  for (const [what, original, reason] of [
    ['was removed', undefined, 'it was removed again'],
    ['was replaced', '"b"', 'another upload has replaced it'],
    ['is there without a manifest', '"a"', 'its execution has ended without a manifest'],
  ] as const)
    it(`The upload of a file that ${what} when its execution has ended is not waited for any longer`, async () => {
      client.on(PutObjectCommand).resolves({ ETag: '"a"', $metadata: {} });
      client.on(GetObjectCommand).rejects(missing);
      if (original) client.on(HeadObjectCommand).resolves({ ETag: original });
      else client.on(HeadObjectCommand).rejects(gone);
      const [file] = await upload({});
      expect(file).to.include({ outcome: 'not processed', reason });
    });
});
