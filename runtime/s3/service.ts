import type { Authorize } from '../iam/index.ts';
import type { Call } from './call.ts';
import { noSuchKey } from './conditions.ts';
import type { MultipartUploads } from './multipart-uploads.ts';
import type { ObjectFolder } from './object-folder.ts';
import type { StoredObject } from './stored-object.ts';

/** What every operation works with. */
export interface Service {
  readonly objects: ObjectFolder;
  readonly uploads: MultipartUploads;
  /** When each bucket was created, in milliseconds since 1970, by name. */
  readonly buckets: ReadonlyMap<string, number>;
  readonly authorize: Authorize;
}

function bucketArn(bucket: string): string {
  return `arn:aws:s3:::${bucket}`;
}

export function objectArn(bucket: string, key: string): string {
  return `arn:aws:s3:::${bucket}/${key}`;
}

/** @throws AccessDeniedError unless the caller may perform the action on the call's object. */
export function authorizeOnObject(service: Service, call: Call, action: string): void {
  service.authorize(call.principal, action, objectArn(call.bucket, call.key));
}

/** @throws AccessDeniedError unless the caller may perform the action on the call's bucket. */
export function authorizeOnBucket(service: Service, call: Call, action: string): void {
  service.authorize(call.principal, action, bucketArn(call.bucket));
}

/**
 * Finds an object.
 * @throws S3Error NoSuchKey if there is none; as on AWS, AccessDeniedError if the caller may not list the bucket
 *   either.
 */
export function findObject(service: Service, call: Call, bucket: string, key: string): StoredObject {
  const object = service.objects.find(bucket, key);
  if (object !== undefined) return object;
  service.authorize(call.principal, 's3:ListBucket', bucketArn(bucket));
  throw noSuchKey(bucket, key);
}
