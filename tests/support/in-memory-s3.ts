import { createHash } from 'node:crypto';
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';

/** Replaces S3 behind the SDK's client by a map of objects. `calls` lists the served calls in their order. */
export function mockS3() {
  const objects = new Map<string, Buffer>();
  const calls: string[] = [];
  /** User metadata of objects that have some. */
  const metadata = new Map<string, Record<string, string>>();
  /** When an object was written, where that matters: now, if a test says nothing. */
  const modified = new Map<string, Date>();
  const client = mockClient(S3Client);
  const path = (input: { Bucket?: string | undefined; Key?: string | undefined }) =>
    `${input.Bucket}/${input.Key}`;
  const etagOf = (body: Buffer) => `"${createHash('md5').update(body).digest('hex')}"`;
  const find = (operation: string, input: { Bucket?: string | undefined; Key?: string | undefined }) => {
    calls.push(`${operation} ${path(input)}`);
    const body = objects.get(path(input));
    if (!body) throw fault('NoSuchKey', 404);
    return body;
  };
  client.on(GetObjectCommand).callsFake((input) => {
    const body = find('GET', input);
    return {
      ETag: etagOf(body),
      ContentLength: body.length,
      Metadata: metadata.get(path(input)),
      Body: { transformToByteArray: async () => body, destroy: () => {} },
    };
  });
  client.on(HeadObjectCommand).callsFake((input) => ({
    ETag: etagOf(find('HEAD', input)),
    Metadata: metadata.get(path(input)),
  }));
  client.on(PutObjectCommand).callsFake((input) => {
    const current = objects.get(path(input));
    if (input.IfNoneMatch === '*' && current) throw fault('PreconditionFailed', 412);
    if (input.IfMatch && (!current || etagOf(current) !== `"${input.IfMatch}"`))
      throw fault('PreconditionFailed', 412);
    calls.push(`PUT ${path(input)}`);
    const body = Buffer.from(input.Body);
    objects.set(path(input), body);
    return { ETag: etagOf(body) };
  });
  client.on(DeleteObjectsCommand).callsFake((input) => {
    const Errors: object[] = [];
    for (const { Key, ETag } of input.Delete.Objects) {
      const name = path({ ...input, Key });
      const current = objects.get(name);
      if (ETag && (!current || etagOf(current) !== `"${ETag}"`)) {
        Errors.push({ Key, Code: current ? 'PreconditionFailed' : 'NoSuchKey' });
        continue;
      }
      calls.push(`DELETE ${name}`);
      objects.delete(name);
    }
    return { Errors };
  });
  client.on(ListObjectsV2Command).callsFake(({ Bucket, Prefix = '', Delimiter, StartAfter = '' }) => {
    calls.push(`LIST ${Bucket}/${Prefix}`);
    const keys = [...objects.keys()]
      .filter((name) => name.startsWith(`${Bucket}/${Prefix}`))
      .map((name) => name.slice(`${Bucket}/`.length))
      .filter((key) => key > StartAfter && !(Delimiter && key.includes(Delimiter, Prefix.length)));
    const Contents = keys.sort().map((Key) => {
      const ETag = etagOf(objects.get(`${Bucket}/${Key}`) ?? Buffer.of());
      return { Key, ETag, LastModified: modified.get(`${Bucket}/${Key}`) ?? new Date() };
    });
    return { Contents };
  });
  return { client, objects, calls, metadata, modified };
}

export function fault(name: string, httpStatusCode: number): S3ServiceException {
  return new S3ServiceException({ name, message: name, $fault: 'client', $metadata: { httpStatusCode } });
}
