import { unquoteEtag } from './etag.ts';

/** One image to bring up to date. */
export interface ImageRequest {
  /** Starts with `input/`. */
  readonly key: string;
  /** The source's ETag without quotes; missing if the event contains none. */
  readonly etag?: string;
  /** Renders even if the manifest is up to date. */
  readonly force: boolean;
  /** An earlier invocation for this image failed and may have left renditions without a manifest. */
  readonly followsFailure: boolean;
  /** The name of the Step Functions execution: it links the API call or upload to the log line and the manifest. */
  readonly execution?: string;
  /** Only says whether the image would be resized, and writes nothing. */
  readonly isDryRun?: boolean;
}

export type ResizeRequest =
  | { readonly kind: 'image'; readonly image: ImageRequest }
  /** Every attempt at an image has ended the function itself: the failure is to be recorded. */
  | { readonly kind: 'failure'; readonly image: ImageRequest; readonly failure: StepFunctionsError }
  /** A bulk run has ended: its results are to be counted. */
  | CountRequest
  /** A bulk run begins, if no other one runs over its prefix. */
  | ClaimRequest
  /** The original, or an old version of it, was deleted. */
  | { readonly kind: 'removal'; readonly image: ImageRequest }
  | {
      readonly kind: 'batch';
      readonly images: readonly ImageRequest[];
      /** The items as they came, for handing back those that were not begun. Missing if nobody takes them. */
      readonly items?: readonly unknown[];
      /** When the execution started, in milliseconds since 1970; missing if the batch belongs to none. */
      readonly executionStartedMs?: number;
      /** The counts of the invocations before this one, to which this one adds its own. */
      readonly counted: BatchCounts;
    };

/** What became of the images of a batch. */
export interface BatchCounts {
  readonly resized: number;
  readonly unchanged: number;
  readonly rejected: readonly RejectedImage[];
}

/** What a Catch of a state machine passes on. */
export interface StepFunctionsError {
  readonly name: string;
  readonly cause: string;
}

export interface CountRequest {
  readonly kind: 'count';
  /** The key of the manifest that the Distributed Map wrote, in the bucket of resized images. */
  readonly manifestKey: string;
  /** The share of images, in percent, that may be unprocessed. */
  readonly toleratedFailurePercentage: number;
  readonly isDryRun: boolean;
}

export interface ClaimRequest {
  readonly kind: 'claim';
  readonly prefix: string;
  /** The ARN of the bulk run. */
  readonly execution: string;
}

export interface RejectedImage {
  readonly key: string;
  readonly error: { readonly name: string; readonly message: string };
}

const NOTHING_COUNTED: BatchCounts = { resized: 0, unchanged: 0, rejected: [] };

export class InvalidRequestError extends Error {
  override readonly name = 'InvalidRequestError';
}

type Fields = Readonly<Record<string, unknown>>;

const EXPECTED =
  'Expected {"key"}, an EventBridge event "Object Created" or "Object Deleted", the detail of the former, an S3 notification {"Records"}, or a batch {"Items"}';

/**
 * Reads the event of an invocation. The state machines add `execution` to every event (a batch has it in `BatchInput`),
 * `RetryCount` to a retry, and `followsFailure` to a message on the queue and to an image of a failed batch.
 * @param originalImagesBucket events of other buckets are refused.
 * @throws InvalidRequestError that states what was expected and what was received.
 */
export function readRequest(event: unknown, originalImagesBucket: string): ResizeRequest {
  if (!isFields(event)) throw new InvalidRequestError(`${EXPECTED} but received ${describe(event)}.`);
  const isRetry = typeof event.RetryCount === 'number' && event.RetryCount > 0;
  const followsFailure = flag(event, 'followsFailure') || isRetry;
  if ('failed' in event) return readFailure(event, originalImagesBucket);
  if ('results' in event) return readCountRequest(event);
  if ('claim' in event) return readClaim(fields(event, 'claim'));
  if ('Items' in event) return readBatch(event, followsFailure);
  const added = { followsFailure, ...executionOf(event) };
  if ('Records' in event) return readNotification(event, originalImagesBucket, added);
  if ('detail' in event) return readEvent(event, originalImagesBucket, added);
  if ('object' in event) return one(readDetail(event, originalImagesBucket, added));
  if ('key' in event) return one(readKeyRequest(event, added));
  throw new InvalidRequestError(
    `${EXPECTED} but received the fields ${Object.keys(event).join(', ') || '(none)'}.`,
  );
}

/** The fields that the state machines add to an event of any shape. */
type Added = Pick<ImageRequest, 'followsFailure' | 'execution'>;

function readKeyRequest(event: Fields, added: Added): ImageRequest {
  return { key: imageKey(text(event, 'key')), force: flag(event, 'force'), ...added };
}

function readFailure(event: Fields, bucket: string): ResizeRequest {
  const request = readRequest(fields(event, 'failed'), bucket);
  const error = fields(event, 'error');
  if (request.kind !== 'image' && request.kind !== 'removal')
    throw new InvalidRequestError(
      `Expected one image in failed but received a request of kind ${request.kind}.`,
    );
  const { image } = request;
  return {
    kind: 'failure',
    image,
    failure: { name: text(error, 'Error'), cause: String(error.Cause ?? '') },
  };
}

function readCountRequest(event: Fields): CountRequest {
  const { toleratedFailurePercentage } = event;
  if (typeof toleratedFailurePercentage !== 'number')
    throw new InvalidRequestError(
      `Expected a number in toleratedFailurePercentage but received ${describe(toleratedFailurePercentage)}.`,
    );
  const manifestKey = text(fields(event, 'results'), 'Key', 'results');
  return { kind: 'count', manifestKey, toleratedFailurePercentage, isDryRun: flag(event, 'dryRun') };
}

function readClaim(claim: Fields): ClaimRequest {
  return {
    kind: 'claim',
    prefix: text(claim, 'prefix', 'claim'),
    execution: text(claim, 'execution', 'claim'),
  };
}

/** The items of a Distributed Map over listObjectsV2, whose ETags have quotes. */
function readBatch(event: Fields, followsFailure: boolean): ResizeRequest {
  const batchInput = event.BatchInput === undefined ? {} : fields(event, 'BatchInput');
  const force = flag(batchInput, 'force');
  const isDryRun = flag(batchInput, 'dryRun');
  const items = list(event, 'Items');
  const images = items.map((item, index) => {
    const path = `Items[${index}]`;
    return {
      key: imageKey(text(item, 'Key', path)),
      etag: unquoteEtag(text(item, 'Etag', path)),
      force,
      followsFailure,
      ...(isDryRun && { isDryRun }),
      ...executionOf(batchInput),
    };
  });
  const started = Date.parse(String(event.executionStarted));
  return {
    kind: 'batch',
    images,
    items,
    counted: 'counted' in event ? readCounts(fields(event, 'counted')) : NOTHING_COUNTED,
    ...(Number.isFinite(started) && { executionStartedMs: started }),
  };
}

/** What an earlier invocation of this function answered, through the state machine. */
function readCounts(counted: Fields): BatchCounts {
  const rejected = counted.rejected;
  if (!Array.isArray(rejected) || !rejected.every(isFields))
    throw new InvalidRequestError(`Expected a list in counted.rejected but received ${describe(rejected)}.`);
  return {
    resized: count(counted, 'resized', 'counted'),
    unchanged: count(counted, 'unchanged', 'counted'),
    rejected: rejected.map((image, index) => {
      const path = `counted.rejected[${index}]`;
      const error = fields(image, 'error', path);
      return {
        key: text(image, 'key', path),
        error: { name: text(error, 'name', path), message: text(error, 'message', path) },
      };
    }),
  };
}

function count(from: Fields, field: string, path: string): number {
  const value = from[field];
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  throw new InvalidRequestError(
    `Expected a whole number in ${join(path, field)} but received ${describe(value)}.`,
  );
}

/** The keys in an S3 notification are URL-encoded, with `+` for a space. All other shapes contain plain keys. */
function readNotification(event: Fields, bucket: string, added: Added): ResizeRequest {
  const images = list(event, 'Records').map((record, index) => {
    const path = `Records[${index}]`;
    const s3 = fields(record, 's3', path);
    checkBucket(text(fields(s3, 'bucket', `${path}.s3`), 'name', `${path}.s3.bucket`), bucket);
    const object = fields(s3, 'object', `${path}.s3`);
    const key = decodeNotificationKey(text(object, 'key', `${path}.s3.object`));
    return { key: imageKey(key), ...etagOf(object, 'eTag'), force: false, ...added };
  });
  const [image] = images;
  return image && images.length === 1 ? one(image) : { kind: 'batch', images, counted: NOTHING_COUNTED };
}

function readEvent(event: Fields, bucket: string, added: Added): ResizeRequest {
  const kind = KINDS.get(event['detail-type']);
  if (!kind)
    throw new InvalidRequestError(
      `Expected an event of detail-type ${[...KINDS.keys()].map(describe).join(' or ')} but received ${describe(event['detail-type'])}.`,
    );
  const image = readDetail(fields(event, 'detail'), bucket, added);
  if (kind === 'image') return { kind, image };
  // It is the ETag of the delete marker or of the deleted version, never that of an original that exists.
  const { etag: _, ...withoutEtag } = image;
  return { kind, image: withoutEtag };
}

const KINDS: ReadonlyMap<unknown, 'image' | 'removal'> = new Map([
  ['Object Created', 'image'],
  ['Object Deleted', 'removal'],
]);

function readDetail(detail: Fields, bucket: string, added: Added): ImageRequest {
  checkBucket(text(fields(detail, 'bucket', 'detail'), 'name', 'detail.bucket'), bucket);
  const object = fields(detail, 'object', 'detail');
  return {
    key: imageKey(text(object, 'key', 'detail.object')),
    ...etagOf(object, 'etag'),
    force: false,
    ...added,
  };
}

/** Missing in sample events and with `sam local invoke`. */
function executionOf(from: Fields): { execution?: string } {
  return from.execution === undefined ? {} : { execution: text(from, 'execution') };
}

function checkBucket(found: string, expected: string): void {
  if (found !== expected)
    throw new InvalidRequestError(
      `Expected an object of the bucket "${expected}" but received one of "${found}".`,
    );
}

/** The key of an output has what follows `input/` in the source's key, so another key could have the same outputs. */
function imageKey(key: string): string {
  if (key.startsWith('input/')) return key;
  throw new InvalidRequestError(`Expected an object key under input/ but received "${key}".`);
}

function decodeNotificationKey(encoded: string): string {
  try {
    return decodeURIComponent(encoded.replaceAll('+', ' '));
  } catch (cause) {
    throw new InvalidRequestError(`Expected a URL-encoded object key but received "${encoded}".`, { cause });
  }
}

function one(image: ImageRequest): ResizeRequest {
  return { kind: 'image', image };
}

function etagOf(object: Fields, field: string): { etag?: string } {
  const etag = object[field];
  return typeof etag === 'string' && etag !== '' ? { etag: unquoteEtag(etag) } : {};
}

function text(from: Fields, field: string, path = ''): string {
  const value = from[field];
  if (typeof value === 'string' && value !== '') return value;
  throw new InvalidRequestError(`Expected a string in ${join(path, field)} but received ${describe(value)}.`);
}

function flag(from: Fields, field: string): boolean {
  const value = from[field] ?? false;
  if (typeof value === 'boolean') return value;
  throw new InvalidRequestError(`Expected true or false in ${field} but received ${describe(value)}.`);
}

function fields(from: Fields, field: string, path = ''): Fields {
  const value = from[field];
  if (isFields(value)) return value;
  throw new InvalidRequestError(
    `Expected an object in ${join(path, field)} but received ${describe(value)}.`,
  );
}

function list(from: Fields, field: string): readonly Fields[] {
  const value = from[field];
  if (Array.isArray(value) && value.length > 0 && value.every(isFields)) return value;
  throw new InvalidRequestError(
    `Expected a list of at least one object in ${field} but received ${describe(value)}.`,
  );
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function join(path: string, field: string): string {
  return path ? `${path}.${field}` : field;
}

function describe(value: unknown): string {
  return value === undefined
    ? 'nothing'
    : `${JSON.stringify(value).slice(0, 80)} of type ${Array.isArray(value) ? 'array' : typeof value}`;
}
