// What every operation of the S3 service works with, and how it asks for permission.

import type { Authorize } from '../iam/permissions.ts';
import type { Call } from './call.ts';
import { noSuchKey } from './conditions.ts';
import type { MultipartUploads } from './multipart-uploads.ts';
import type { ObjectFolder } from './object-folder.ts';
import type { StoredObject } from './stored-object.ts';

export interface Service {
  readonly objects: ObjectFolder;
  readonly uploads: MultipartUploads;
  /** By name, with the time each was made. */
  readonly buckets: ReadonlyMap<string, number>;
  readonly authorize: Authorize;
}

export function bucketArn(bucket: string): string {
  return `arn:aws:s3:::${bucket}`;
}

export function objectArn(bucket: string, key: string): string {
  return `arn:aws:s3:::${bucket}/${key}`;
}

/** Asks for permission on the call's object. */
export function authorizeOnObject(service: Service, call: Call, action: string): void {
  service.authorize(call.principal, action, objectArn(call.bucket, call.key));
}

/** Asks for permission on the call's bucket. */
export function authorizeOnBucket(service: Service, call: Call, action: string): void {
  service.authorize(call.principal, action, bucketArn(call.bucket));
}

/** The object, or NoSuchKey: which AWS tells only those who may list the bucket, and others AccessDenied. */
export function findObject(service: Service, call: Call, bucket: string, key: string): StoredObject {
  const object = service.objects.find(bucket, key);
  if (object !== undefined) return object;
  service.authorize(call.principal, 's3:ListBucket', bucketArn(bucket));
  throw noSuchKey(bucket, key);
}
