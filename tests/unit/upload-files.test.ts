import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { expect } from 'chai';
import { type UploadedFile, uploadFiles } from '../../local/upload-files.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('The upload of a file', () => {
  const client = mockClient(S3Client);
  after(() => client.restore());

  async function upload(): Promise<UploadedFile[]> {
    const path = join(temporaryFolder('upload'), 'a.jpg');
    writeFileSync(path, 'a');
    const target = {
      ...{ client: new S3Client({}), originalImagesBucket: 'a', resizedImagesBucket: 'b' },
      ...{ atOnce: 1, skipsStored: false, endOf: async () => 'unseen' as const },
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
});
