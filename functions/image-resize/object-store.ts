import { Readable } from 'node:stream';
import {
  type _Object,
  DeleteObjectsCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  ListObjectsV2Command,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import { isThrottlingError, isTransientError } from '@smithy/core/retry';
import { unquoteEtag } from './etag.ts';

/** S3 asks for fewer requests. The state machines match this name and retry. */
export class StorageThrottledError extends Error {
  override readonly name = 'StorageThrottledError';
}

/** S3 did not answer, or answered with an internal error. The state machines match this name and retry. */
export class StorageUnavailableError extends Error {
  override readonly name = 'StorageUnavailableError';
}

/** The object is in an archive (S3 Glacier) and must be restored before it can be read. */
export class ArchivedObjectError extends Error {
  override readonly name = 'ArchivedObjectError';
}

/** The bucket is not in the function's region. No retry helps. */
export class BucketRegionError extends Error {
  override readonly name = 'BucketRegionError';
}

export interface ListedObject {
  readonly key: string;
  readonly etag: string;
  /** Milliseconds since 1970. */
  readonly modifiedMs: number;
}

/** An object's user metadata, by its names in lower case without `x-amz-meta-`. It is no part of the ETag. */
export type Metadata = Readonly<Record<string, string>>;

export interface StoredObject {
  /** Without quotes. */
  readonly etag: string;
  /** The length of the content, in bytes. */
  readonly bytes: number;
  readonly metadata: Metadata;
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
  /** How long caches may use it: a Cache-Control header. Missing if no page ever reads the object. */
  readonly cacheControl?: string;
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
   * @throws StorageThrottledError, StorageUnavailableError, or S3's own error, NoSuchBucket among them. An archived
   * object can be opened, but not read.
   */
  open(key: string): Promise<StoredObject | undefined>;
  /**
   * Reads an object piece by piece, for what may be larger than the memory.
   * @throws StorageThrottledError, StorageUnavailableError, or S3's own error, NoSuchKey among them.
   */
  stream(key: string): AsyncIterable<Uint8Array>;
  /**
   * Whether the object exists. Sends a GET, because a HEAD gets the same 404 if the bucket is missing, and a listing costs
   * twelve times as much.
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
   * Sends a HEAD.
   * @returns undefined if there is no such object, or no such bucket.
   * @throws StorageThrottledError, StorageUnavailableError, or S3's own error.
   */
  describe(key: string): Promise<Pick<StoredObject, 'etag' | 'metadata'> | undefined>;
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
   * @returns the first 1,000 objects at most, without those of folders inside it.
   * @throws StorageThrottledError, StorageUnavailableError, or S3's own error.
   */
  listFolder(folder: string): Promise<ListedObject[]>;
  /**
   * Lists what lies between two prefixes in the order of keys, both included, with one request for each 1,000 objects.
   * @returns undefined if there are more than 10,000.
   * @throws StorageThrottledError, StorageUnavailableError, or S3's own error.
   */
  listBetween(first: string, last: string): Promise<ListedObject[] | undefined>;
}

export function createObjectStore(client: S3Client, bucket: string): ObjectStore {
  const open: ObjectStore['open'] = async (key) => {
    try {
      const answer = await orUndefinedIfMissing(
        send(() => client.send(new GetObjectCommand({ Bucket: bucket, Key: key }))),
      );
      return answer && readable(answer, key);
    } catch (error) {
      if (!(error instanceof ArchivedObjectError)) throw error;
      const head = await send(() => client.send(new HeadObjectCommand({ Bucket: bucket, Key: key })));
      const read = () => Promise.reject(error);
      return { ...describe(head, key), bytes: head.ContentLength ?? 0, read, discard: () => {} };
    }
  };
  const head: ObjectStore['describe'] = async (key) => {
    const answer = await orUndefinedIfMissing(
      send(() => client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }))),
    );
    return answer && describe(answer, key);
  };
  return {
    bucket,
    open,
    async *stream(key) {
      const { Body } = await send(() => client.send(new GetObjectCommand({ Bucket: bucket, Key: key })));
      if (!(Body instanceof Readable))
        throw new StorageUnavailableError(`Expected a stream in S3's answer about ${key} but there is none.`);
      try {
        yield* Body;
      } catch (error) {
        throw renamed(error);
      }
    },
    async has(key) {
      const object = await open(key);
      object?.discard();
      return object !== undefined;
    },
    async findEtag(key) {
      return (await head(key))?.etag;
    },
    describe: head,
    async put(object) {
      const answer = await send(() => client.send(new PutObjectCommand(putInput(bucket, object))));
      return requireEtag(answer, object.key);
    },
    async putIfUnchanged(object, expected) {
      const condition = expected === undefined ? { IfNoneMatch: '*' } : { IfMatch: expected };
      return send(async () => {
        try {
          await client.send(new PutObjectCommand({ ...putInput(bucket, object), ...condition }));
          return true;
        } catch (error) {
          if (CHANGED.includes(nameOf(error)) || statusOf(error) === 412) return false;
          throw error;
        }
      });
    },
    async listFolder(folder) {
      const request = new ListObjectsV2Command({ Bucket: bucket, Prefix: folder, Delimiter: '/' });
      const { Contents = [] } = await send(() => client.send(request));
      return Contents.map(listed);
    },
    async listBetween(first, last) {
      return send(async () => {
        const input = { Bucket: bucket, Prefix: commonStart(first, last), StartAfter: first };
        const found: ListedObject[] = [];
        let pages = 0;
        for await (const { Contents = [] } of paginateListObjectsV2({ client }, input)) {
          const inside = Contents.map(listed).filter(({ key }) => isUpTo(key, last));
          found.push(...inside);
          if (inside.length < Contents.length) break;
          pages += 1;
          if (pages === MAX_PAGES) return undefined;
        }
        return found;
      });
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

function readable(answer: GetObjectCommandOutput, key: string): StoredObject {
  const { Body: body, ContentLength: bytes = 0 } = answer;
  if (!body)
    throw new StorageUnavailableError(`Expected a body in S3's answer about ${key} but there is none.`);
  const stream = body instanceof Readable ? body : undefined;
  // The connection may break before anybody reads: an error without a listener would end the process.
  stream?.on('error', () => {});
  return {
    ...describe(answer, key),
    bytes,
    read: () =>
      send(async () => {
        // The SDK would wait for ever for a stream that is broken already.
        if (stream?.errored) throw stream.errored;
        return withoutCopy(await body.transformToByteArray());
      }),
    discard: () => stream?.destroy(),
  };
}

/** A Buffer on the same memory: `Buffer.from(bytes)` would hold a source of 50 MB twice. */
function withoutCopy({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function putInput(bucket: string, { key, body, contentType, cacheControl }: NewObject) {
  return { Bucket: bucket, Key: key, Body: body, ContentType: contentType, CacheControl: cacheControl };
}

/**
 * The codes with which a conditional delete fails if another client has written or deleted the object.
 * Source: "How to perform conditional deletes", Amazon S3 User Guide.
 */
const CHANGED = ['PreconditionFailed', 'ConditionalRequestConflict', 'NoSuchKey'];

/** Pages of 1,000 objects of one listing. */
const MAX_PAGES = 10;

function listed({ Key = '', ETag = '', LastModified }: _Object): ListedObject {
  return { key: Key, etag: unquoteEtag(ETag), modifiedMs: LastModified?.getTime() ?? 0 };
}

/** S3 orders keys by their UTF-8 bytes. */
function isUpTo(key: string, last: string): boolean {
  return key.startsWith(last) || Buffer.compare(Buffer.from(key), Buffer.from(last)) <= 0;
}

function commonStart(one: string, other: string): string {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length += 1;
  // Half a surrogate pair has no UTF-8.
  return one
    .slice(0, length)
    .toWellFormed()
    .replace(/\ufffd$/, '');
}

function describe(answer: Pick<HeadObjectCommandOutput, 'ETag' | 'Metadata'>, key: string) {
  return { etag: requireEtag(answer, key), metadata: answer.Metadata ?? {} };
}

function requireEtag({ ETag }: { readonly ETag?: string | undefined }, key: string): string {
  if (ETag) return unquoteEtag(ETag);
  throw new StorageUnavailableError(`Expected an ETag in S3's answer about ${key} but there is none.`);
}

/** The statuses with which S3 refuses a request for good: another try would get the same answer. */
const REFUSALS: readonly (number | undefined)[] = [403, 404, 405, 412];

/**
 * Renames every error that another try may mend, so that the state machines retry it: throttling, faults of S3 and of
 * the network, bodies that were damaged on their way, clocks that differ. What passes unchanged is a refusal by S3, and
 * a bug here.
 */
async function send<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw renamed(error);
  }
}

function renamed(cause: unknown): unknown {
  if (!isSdkError(cause) || cause instanceof StorageUnavailableError) return cause;
  const status = statusOf(cause);
  if (cause.name === 'InvalidObjectState') return new ArchivedObjectError(cause.message, { cause });
  if (status === 301 || cause.name === 'AuthorizationHeaderMalformed')
    return new BucketRegionError(
      `Expected a bucket in the region of this stack but it is in another one. Use a bucket of this region, or deploy the stack in that one. S3 answers: ${cause.message}`,
      { cause },
    );
  if (isThrottlingError(cause) || status === 503)
    return new StorageThrottledError(`S3 throttles: ${cause.message}`, { cause });
  if (!isRetryable(cause, status)) return cause;
  return new StorageUnavailableError(`S3 is unavailable: ${cause.name}: ${cause.message}`, { cause });
}

type SdkError = Parameters<typeof isTransientError>[0];

/** All that an SdkError has beyond an Error is optional. */
function isSdkError(error: unknown): error is SdkError {
  return error instanceof Error;
}

function isRetryable(error: SdkError, status: number | undefined): boolean {
  if (isTransientError(error) || error.name === 'RequestTimeTooSkewed') return true;
  if (status !== undefined && !NAMELESS.includes(error.name)) return !REFUSALS.includes(status);
  // A damaged body is the SDK's plain Error, a broken connection one with a `code`. A bug has a class of its own.
  return !BUGS.some((kind) => error instanceof kind) || 'code' in error;
}

/**
 * The SDK's names for an answer without a code of S3: one to a HEAD, such as a 403 for a clock that differs, or one whose
 * body was damaged on its way.
 */
const NAMELESS = ['Error', 'Unknown'];

const BUGS = [TypeError, RangeError, ReferenceError, URIError] as const;

async function orUndefinedIfMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function statusOf(error: unknown): number | undefined {
  const metadata = error instanceof Error && '$metadata' in error ? error.$metadata : undefined;
  const status =
    typeof metadata === 'object' &&
    metadata !== null &&
    'httpStatusCode' in metadata &&
    metadata.httpStatusCode;
  return typeof status === 'number' ? status : undefined;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

/** A GET answers NoSuchKey, a HEAD a 404 without a body. NoSuchBucket is a 404 too, so the status does not suffice. */
function isMissing(error: unknown): boolean {
  return ['NoSuchKey', 'NotFound'].includes(nameOf(error));
}
