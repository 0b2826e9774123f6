import {
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { unquoteEtag } from './etag.ts';

/** S3 asks for fewer requests. The state machines match this name and retry. */
export class StorageThrottledError extends Error {
  override readonly name = 'StorageThrottledError';
}

/** S3 did not answer, or answered with an internal error. The state machines match this name and retry. */
export class StorageUnavailableError extends Error {
  override readonly name = 'StorageUnavailableError';
}

export interface StoredObject {
  /** Without quotes. */
  readonly etag: string;
  /** The length of the content, in bytes. */
  readonly bytes: number;
  /**
   * Reads the whole content into memory. Call either this or `discard`, once: until then the connection stays busy.
   * @throws StorageThrottledError, StorageUnavailableError, or S3's own error (see ObjectStore).
   */
  read(): Promise<Buffer>;
  discard(): void;
}

export interface NewObject {
  readonly key: string;
  readonly body: Buffer | string;
  /** A media type, such as image/jpeg. */
  readonly contentType: string;
}

/**
 * One bucket, with the operations that the use case needs. ETags have no quotes. Each method sends one request, and the
 * SDK repeats it a few times before the method fails.
 *
 * The state machines retry StorageThrottledError and StorageUnavailableError. S3's own error, below, is any other error
 * of S3 under its own name, such as AccessDenied; they do not retry it.
 */
export interface ObjectStore {
  readonly bucket: string;
  /**
   * Sends a GET and leaves the content unread.
   * @returns undefined if there is no such object.
   * @throws StorageThrottledError, StorageUnavailableError, or S3's own error, NoSuchBucket among them.
   */
  open(key: string): Promise<StoredObject | undefined>;
  /**
   * Whether the object exists. Sends a listing, because a HEAD gets the same 404 if the bucket is missing.
   * @throws StorageThrottledError, StorageUnavailableError, or S3's own error, NoSuchBucket among them.
   */
  has(key: string): Promise<boolean>;
  /**
   * Sends a HEAD.
   * @returns undefined if there is no such object, or no such bucket.
   * @throws StorageThrottledError, StorageUnavailableError, or S3's own error.
   */
  findEtag(key: string): Promise<string | undefined>;
  /**
   * @returns the new object's ETag.
   * @throws StorageThrottledError, StorageUnavailableError, or S3's own error.
   */
  put(object: NewObject): Promise<string>;
  /**
   * Writes only if the object still has the ETag `expected`; if that is undefined, only if there is still no object.
   * @returns false if S3 refused because another client has written or deleted the object (412, 409 or 404).
   * @throws StorageThrottledError, StorageUnavailableError, or S3's own error.
   */
  putIfUnchanged(object: NewObject, expected: string | undefined): Promise<boolean>;
  /**
   * Deletes at most 1,000 objects. An object that is given with an ETag is kept if it has another ETag by now.
   * @throws StorageUnavailableError also if S3 reports that it could not delete one of them.
   * @throws StorageThrottledError, or S3's own error.
   */
  delete(objects: readonly { readonly key: string; readonly etag?: string }[]): Promise<void>;
  /**
   * @param folder a prefix that ends in a slash.
   * @returns the first 1,000 keys at most, without those of folders inside it.
   * @throws StorageThrottledError, StorageUnavailableError, or S3's own error.
   */
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
        etag: unquoteEtag(answer.ETag),
        bytes: answer.ContentLength ?? 0,
        read: () => send(async () => withoutCopy(await body.transformToByteArray())),
        discard: () => {
          if ('destroy' in body) body.destroy();
        },
      };
    },
    async has(key) {
      // The listing is ordered, so an exact match comes first.
      const request = new ListObjectsV2Command({ Bucket: bucket, Prefix: key, MaxKeys: 1 });
      const { Contents = [] } = await send(() => client.send(request));
      return Contents[0]?.Key === key;
    },
    async findEtag(key) {
      const answer = await orUndefinedIfMissing(
        send(() => client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }))),
      );
      return answer?.ETag && unquoteEtag(answer.ETag);
    },
    async put(object) {
      const answer = await send(() => client.send(new PutObjectCommand(putInput(bucket, object))));
      return unquoteEtag(answer.ETag ?? '');
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

/** A Buffer on the same memory: `Buffer.from(bytes)` would hold a source of 50 MB twice. */
function withoutCopy({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function putInput(bucket: string, { key, body, contentType }: NewObject) {
  return { Bucket: bucket, Key: key, Body: body, ContentType: contentType };
}

/**
 * The codes with which a conditional delete fails if another client has written or deleted the object.
 * Source: "How to perform conditional deletes", Amazon S3 User Guide.
 */
const CHANGED = ['PreconditionFailed', 'ConditionalRequestConflict', 'NoSuchKey'];

const THROTTLED = [
  'SlowDown',
  'ThrottlingException',
  'RequestLimitExceeded',
  'ServiceUnavailable',
  'TooManyRequestsException',
];

/** Renames errors that may be transient, so that the state machines retry them. Every other error passes unchanged. */
async function send<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    const status = cause instanceof S3ServiceException ? cause.$metadata.httpStatusCode : undefined;
    if (THROTTLED.includes(cause.name) || status === 503 || status === 429)
      throw new StorageThrottledError(`S3 throttles: ${cause.message}`, { cause });
    if (status === undefined ? isNetworkFault(cause) : status >= 500)
      throw new StorageUnavailableError(`S3 is unavailable: ${cause.name}: ${cause.message}`, { cause });
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

/** A GET answers NoSuchKey, a HEAD a 404 without a body. NoSuchBucket is a 404 too, so the status does not suffice. */
function isMissing(error: unknown): boolean {
  return error instanceof S3ServiceException && (error.name === 'NoSuchKey' || error.name === 'NotFound');
}

/** A broken connection has the `code` of a system error, an SDK time-out has a name. A bug here has neither. */
function isNetworkFault(error: Error): boolean {
  return 'code' in error || error.name === 'TimeoutError' || error.name === 'NetworkingError';
}
