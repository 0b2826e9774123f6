import type { Authorize, Principal } from '../iam/index.ts';
import type { Call } from './call.ts';
import { noSuchKey } from './conditions.ts';
import type { MultipartUploads } from './multipart-uploads.ts';
import type { ObjectFolder } from './object-folder.ts';
import type { StoredObject } from './stored-object.ts';
import { checkVersionId, markerHeaders, markerNotAllowed, noSuchVersion } from './version-errors.ts';

/** What every operation works with. */
export interface Service {
  readonly objects: ObjectFolder;
  readonly uploads: MultipartUploads;
  /** When each bucket was created, in milliseconds since 1970, by name. */
  readonly buckets: ReadonlyMap<string, number>;
  readonly authorize: Authorize;
  readonly principalOf: (accessKeyId: string | undefined) => Principal;
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

/** An object, or one of its versions. */
export interface Address {
  readonly bucket: string;
  readonly key: string;
  /** Undefined for the object itself, which is the newest version. */
  readonly versionId: string | undefined;
}

/** @throws AccessDeniedError unless the caller may read the object or version. */
export function authorizeRead(service: Service, call: Call, { bucket, key, versionId }: Address): void {
  const action = versionId === undefined ? 's3:GetObject' : 's3:GetObjectVersion';
  service.authorize(call.principal, action, objectArn(bucket, key));
}

/**
 * Finds an object or a version.
 * @throws S3Error NoSuchKey or NoSuchVersion if there is none, MethodNotAllowed if the version is a delete marker; as on
 *   AWS, AccessDeniedError if there is none and the caller may not list the bucket either.
 */
export function findObject(service: Service, call: Call, address: Address): StoredObject {
  const { bucket, key, versionId } = address;
  const { objects } = service;
  if (versionId !== undefined) {
    checkVersionId(versionId);
    const version = objects.findVersion(bucket, key, versionId);
    if (version?.isMarker) throw markerNotAllowed(call.method, version);
    if (version !== undefined) return version;
    service.authorize(call.principal, 's3:ListBucket', bucketArn(bucket));
    throw noSuchVersion(key, versionId);
  }
  const object = objects.find(bucket, key);
  if (object !== undefined) return object;
  service.authorize(call.principal, 's3:ListBucket', bucketArn(bucket));
  throw noSuchKey(bucket, key, markerHeaders(objects.findMarker(bucket, key)));
}

/** The header with the version id of an object; empty for a bucket without versions. */
export function versionHeader(
  service: Service,
  object: StoredObject,
  name = 'x-amz-version-id',
): Record<string, string> {
  const versionId = service.objects.versionIdOf(object);
  return versionId === undefined ? {} : { [name]: versionId };
}
