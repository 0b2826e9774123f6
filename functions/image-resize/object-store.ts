import {
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { unquote } from './request.ts';

/** S3 asks for fewer requests: transient, matched by name in the state machines' Retry. */
export class StorageThrottledError extends Error {
  override readonly name = 'StorageThrottledError';
}

/** S3 did not answer, or with a fault of its own: transient, matched by name in the state machines' Retry. */
export class StorageUnavailableError extends Error {
  override readonly name = 'StorageUnavailableError';
}

export interface StoredObject {
  readonly etag: string;
  readonly bytes: number;
  /** Reads the content; call it or `discard`, or the connection stays busy. */
  read(): Promise<Buffer>;
  discard(): void;
}

export interface NewObject {
  readonly key: string;
  readonly body: Buffer | string;
  readonly contentType: string;
}

/** The two buckets, as the use case needs them. */
export interface ObjectStore {
  readonly bucket: string;
  open(key: string): Promise<StoredObject | undefined>;
  /** Whether there is such an object; a bucket that is not there is an error, which HEAD could not tell. */
  has(key: string): Promise<boolean>;
  /** The ETag without its quotes, or undefined where there is no such object. */
  findEtag(key: string): Promise<string | undefined>;
  /** Writes and gives the new object's ETag. */
  put(object: NewObject): Promise<string>;
  /** Writes only if the object still has the ETag `expected`, or still is not there; says whether it did. */
  putIfUnchanged(object: NewObject, expected: string | undefined): Promise<boolean>;
  /** Deletes each, one with an ETag only if it still has that: what was written anew meanwhile stays. */
  delete(objects: readonly { readonly key: string; readonly etag?: string }[]): Promise<void>;
  /** The keys that lie directly in a folder (which ends in a slash); at most 1,000. */
  listFolder(folder: string): Promise<string[]>;
}

export function createObjectStore(client: S3Client, bucket: string): ObjectStore {
  return {
    bucket,
    async open(key) {
      const answer = await orUndefinedIfMissing(
        send(() => client.send(new GetObjectCommand({ Bucket: bucket, Key: key }))),
      );
      const body = answer?.Body;
      if (!body || !answer.ETag) return undefined;
      return {
        etag: unquote(answer.ETag),
        bytes: answer.ContentLength ?? 0,
        read: () => send(async () => withoutCopy(await body.transformToByteArray())),
        discard: () => {
          if ('destroy' in body) body.destroy();
        },
      };
    },
    async has(key) {
      // The key itself comes first among those that it starts.
      const request = new ListObjectsV2Command({ Bucket: bucket, Prefix: key, MaxKeys: 1 });
      const { Contents = [] } = await send(() => client.send(request));
      return Contents[0]?.Key === key;
    },
    async findEtag(key) {
      const answer = await orUndefinedIfMissing(
        send(() => client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }))),
      );
      return answer?.ETag && unquote(answer.ETag);
    },
    async put(object) {
      const answer = await send(() => client.send(new PutObjectCommand(putInput(bucket, object))));
      return unquote(answer.ETag ?? '');
    },
    async putIfUnchanged(object, expected) {
      const condition = expected === undefined ? { IfNoneMatch: '*' } : { IfMatch: expected };
      try {
        await send(() => client.send(new PutObjectCommand({ ...putInput(bucket, object), ...condition })));
        return true;
      } catch (error) {
        if (isStatus(error, 412) || isStatus(error, 409) || isMissing(error)) return false;
        throw error;
      }
    },
    async listFolder(folder) {
      const request = new ListObjectsV2Command({ Bucket: bucket, Prefix: folder, Delimiter: '/' });
      const { Contents = [] } = await send(() => client.send(request));
      return Contents.flatMap(({ Key }) => Key ?? []);
    },
    async delete(objects) {
      if (objects.length === 0) return;
      const Objects = objects.map(({ key, etag }) => ({ Key: key, ETag: etag }));
      const request = new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } });
      const { Errors = [] } = await send(() => client.send(request));
      const failed = Errors.find(({ Code = '' }) => !CHANGED.includes(Code));
      if (failed)
        throw new StorageUnavailableError(
          `S3 did not delete ${failed.Key}: ${failed.Code} ${failed.Message}`,
        );
    },
  };
}

/** A Buffer of the very bytes: `Buffer.from` alone would hold a source of 50 MB twice. */
function withoutCopy({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function putInput(bucket: string, { key, body, contentType }: NewObject) {
  return { Bucket: bucket, Key: key, Body: body, ContentType: contentType };
}

/** Of a conditional delete ("How to perform conditional deletes"): another has written or deleted the object. */
const CHANGED = ['PreconditionFailed', 'ConditionalRequestConflict', 'NoSuchKey'];

const THROTTLED = [
  'SlowDown',
  'ThrottlingException',
  'RequestLimitExceeded',
  'ServiceUnavailable',
  'TooManyRequestsException',
];

/** Names the faults of the world that are worth a retry; everything else (AccessDenied, say) passes as it is. */
async function send<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    const status = cause instanceof S3ServiceException ? cause.$metadata.httpStatusCode : undefined;
    if (THROTTLED.includes(cause.name) || status === 503 || status === 429)
      throw new StorageThrottledError(`S3 throttles: ${cause.message}`, { cause });
    if (status === undefined ? isNetworkFault(cause) : status >= 500)
      throw new StorageUnavailableError(`S3 cannot be reached: ${cause.name}: ${cause.message}`, { cause });
    throw cause;
  }
}

async function orUndefinedIfMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function isStatus(error: unknown, status: number): boolean {
  return error instanceof S3ServiceException && error.$metadata.httpStatusCode === status;
}

/** A GET's NoSuchKey or a HEAD's bodiless 404; not NoSuchBucket, which is a 404 too. */
function isMissing(error: unknown): boolean {
  return error instanceof S3ServiceException && (error.name === 'NoSuchKey' || error.name === 'NotFound');
}

/** A broken connection carries a system error's code; the SDK's own time-outs have a name. A mistake of ours has neither. */
function isNetworkFault(error: Error): boolean {
  return 'code' in error || error.name === 'TimeoutError' || error.name === 'NetworkingError';
}
