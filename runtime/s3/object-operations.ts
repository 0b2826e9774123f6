// Operations on one object, and DeleteObjects. Follows API_PutObject, API_GetObject, API_HeadObject, API_CopyObject,
// API_DeleteObject, API_DeleteObjects and API_GetObjectTagging.

import { createReadStream } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { Answer, Call } from './call.ts';
import { type Checksum, type ChecksumAlgorithm, checksumHeader, isChecksumAlgorithm } from './checksums.ts';
import {
  checkCopySource,
  checkRead,
  checkRemoval,
  checkWrite,
  readRange,
  refuseConditions,
  refuseReadConditions,
} from './conditions.ts';
import { parseCopySource } from './copy-source.ts';
import { asS3Error, notImplemented, S3Error } from './error.ts';
import { answeredHeaders, readObjectHeaders, readOverrides } from './object-headers.ts';
import { digestPieces, readChecksumHeader, receiveBody, receiveText } from './request-body.ts';
import {
  type Address,
  authorizeOnObject,
  authorizeRead,
  findObject,
  objectArn,
  type Service,
  versionHeader,
} from './service.ts';
import type { StoredObject } from './stored-object.ts';
import { checkVersionId } from './version-errors.ts';
import {
  childText,
  malformed,
  readDocument,
  writeDocument,
  type XmlContent,
  type XmlElement,
} from './xml.ts';

const ENCRYPTION = { 'x-amz-server-side-encryption': 'AES256' };
// Room for a thousand keys of 1,024 bytes, each byte written as the longest character reference.
const MAX_DELETE_BYTES = 8 * 1024 * 1024;
const MAX_DELETED_KEYS = 1000;
const READ_BUFFER_BYTES = 256 * 1024;

export async function putObject(service: Service, call: Call): Promise<Answer> {
  authorizeWrite(service, call);
  const headers = readObjectHeaders(call.headers);
  const { file, result } = await service.objects.staging.stage((write) =>
    receiveBody(call.request, call.headers, write),
  );
  const { bucket, key } = call;
  const stored = service.objects.put(
    {
      bucket,
      key,
      file,
      bytes: result.bytes,
      etag: result.md5.toString('hex'),
      headers,
      checksum: result.checksum,
      reason: 'PutObject',
    },
    call,
    (existing) => checkWrite(call.headers, bucket, key, existing),
  );
  return { status: 200, headers: storedHeaders(service, stored) };
}

/** What an upload's answer says about the object. */
export function storedHeaders(service: Service, stored: StoredObject): Record<string, string> {
  return {
    etag: quoted(stored.etag),
    ...versionHeader(service, stored),
    ...ENCRYPTION,
    ...checksumHeaders(stored.checksum),
  };
}

/** GetObject and HeadObject: the same answer, with and without a body. */
export function getObject(service: Service, call: Call): Answer {
  const { bucket, key } = call;
  const address = { bucket, key, versionId: call.query.get('versionId') };
  authorizeRead(service, call, address);
  const object = findObject(service, call, address);
  const identity = {
    etag: quoted(object.etag),
    ...versionHeader(service, object),
    'last-modified': httpDate(object.lastModifiedMs),
  };
  if (checkRead(call.headers, object) === 'not-modified') return { status: 304, headers: identity };
  const range = readRange(call.headers, object);
  const wantsChecksum = range === undefined && call.headers.get('x-amz-checksum-mode') === 'ENABLED';
  const headers = {
    'content-type': 'binary/octet-stream',
    ...answeredHeaders(object.headers),
    ...readOverrides(call.query),
    ...(wantsChecksum ? checksumHeaders(object.checksum) : {}),
    ...ENCRYPTION,
    'accept-ranges': 'bytes',
    ...identity,
    'content-length': range === undefined ? object.bytes : range.end - range.start + 1,
    'content-range': range === undefined ? undefined : `bytes ${range.start}-${range.end}/${object.bytes}`,
  };
  const status = range === undefined ? 200 : 206;
  if (call.method === 'HEAD') return { status, headers };
  return { status, headers, body: readBytes(service, object, range) };
}

/** Always empty, since requests that set tags are refused. The AWS CLI asks for them before it copies in parts. */
export function getObjectTagging(service: Service, call: Call): Answer {
  authorizeOnObject(service, call, 's3:GetObjectTagging');
  const { bucket, key } = call;
  const object = findObject(service, call, { bucket, key, versionId: undefined });
  return {
    status: 200,
    headers: versionHeader(service, object),
    body: writeDocument('Tagging', { TagSet: '' }),
  };
}

/** Copies the bytes through the same loop as an upload, because the copy needs an MD5 and a checksum of its own. */
export async function copyObject(service: Service, call: Call): Promise<Answer> {
  authorizeWrite(service, call);
  const from = parseCopySource(call.headers.get('x-amz-copy-source') ?? '');
  const source = findCopySource(service, call, from);
  const replace = call.headers.get('x-amz-metadata-directive') === 'REPLACE';
  const isItself = from.bucket === call.bucket && from.key === call.key && from.versionId === undefined;
  if (isItself && !replace && !changesEncryption(call)) {
    throw new S3Error(
      400,
      'InvalidRequest',
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  }
  const algorithm = readAlgorithm(call) ?? source.checksum?.algorithm;
  const bytes = readBytes(service, source, undefined);
  const { file, result } = await service.objects.staging.stage((take) =>
    digestPieces(bytes, { algorithm, take }),
  );
  const stored = service.objects.put(
    {
      bucket: call.bucket,
      key: call.key,
      file,
      bytes: result.bytes,
      etag: result.md5.toString('hex'),
      headers: replace ? readObjectHeaders(call.headers) : source.headers,
      checksum: result.checksum,
      reason: 'CopyObject',
    },
    call,
    (existing) => checkWrite(call.headers, call.bucket, call.key, existing),
  );
  const body = writeDocument('CopyObjectResult', {
    LastModified: isoDate(stored.lastModifiedMs),
    ETag: quoted(stored.etag),
    ...checksumElements(stored.checksum),
    ChecksumType: stored.checksum?.type,
  });
  const headers = {
    ...versionHeader(service, stored),
    ...sourceVersionHeader(service, source),
    ...ENCRYPTION,
  };
  return { status: 200, headers, body };
}

/** The header of a copy's answer that says which version was copied. */
export function sourceVersionHeader(service: Service, source: StoredObject): Record<string, string> {
  return versionHeader(service, source, 'x-amz-copy-source-version-id');
}

export function deleteObject(service: Service, call: Call): Answer {
  refuseConditions(call.headers, 'DeleteObject', ['if-match']);
  const { query, headers, key } = call;
  const removal = { key, versionId: query.get('versionId'), etag: headers.get('if-match') };
  const { versionId, isMarker } = removeObject(service, call, removal);
  return {
    status: 204,
    headers: { 'x-amz-version-id': versionId, 'x-amz-delete-marker': isMarker ? 'true' : undefined },
  };
}

export async function deleteObjects(service: Service, call: Call): Promise<Answer> {
  if (
    !call.headers.has('content-md5') &&
    readChecksumHeader(call.headers) === undefined &&
    !call.headers.has('x-amz-trailer')
  ) {
    throw new S3Error(
      400,
      'InvalidRequest',
      'Missing required header for this request: Content-MD5 OR x-amz-checksum-*',
    );
  }
  const document = readDocument(await receiveText(call.request, call.headers, MAX_DELETE_BYTES));
  const isKnown = ({ name }: XmlElement): boolean => name === 'Object' || name === 'Quiet';
  if (document.name !== 'Delete' || !document.children.every(isKnown)) throw malformed();
  const wanted = document.children.filter(({ name }) => name === 'Object').map(readWantedRemoval);
  if (wanted.length === 0 || wanted.length > MAX_DELETED_KEYS) throw malformed();
  const quiet = childText(document, 'Quiet') ?? 'false';
  if (quiet !== 'true' && quiet !== 'false') throw malformed();
  const deleted: XmlContent[] = [];
  const errors: XmlContent[] = [];
  for (const removal of wanted) {
    // Lets other requests run: a thousand commits in a row would block them for a second.
    await setImmediate();
    try {
      const removed = removeObject(service, call, removal);
      if (quiet === 'false') deleted.push(describeRemoved(removal, removed));
    } catch (error) {
      errors.push({ Key: removal.key, VersionId: removal.versionId, ...describe(error) });
    }
  }
  return { status: 200, body: writeDocument('DeleteResult', { Deleted: deleted, Error: errors }) };
}

interface Removal {
  readonly key: string;
  readonly versionId: string | undefined;
  /** The ETag of If-Match, or `*`. */
  readonly etag: string | undefined;
}

interface Removed {
  /** Of the version that was deleted for ever, or of the delete marker that was created. */
  readonly versionId: string | undefined;
  /** Whether a delete marker was created or deleted. */
  readonly isMarker: boolean;
}

function removeObject(service: Service, call: Call, { key, versionId, etag }: Removal): Removed {
  const action = versionId === undefined ? 's3:DeleteObject' : 's3:DeleteObjectVersion';
  service.authorize(call.principal, action, objectArn(call.bucket, key));
  if (versionId !== undefined) {
    // AWS compares the ETag of the newest version only.
    if (etag !== undefined) throw notImplemented('If-Match with a version id');
    checkVersionId(versionId);
    const version = service.objects.removeVersion(call.bucket, key, versionId, call);
    return { versionId, isMarker: version?.isMarker ?? false };
  }
  if (etag !== undefined && etag !== '*')
    service.authorize(call.principal, 's3:GetObject', objectArn(call.bucket, key));
  const marker = service.objects.remove(call.bucket, key, call, (existing) => checkRemoval(etag, existing));
  return { versionId: marker?.file, isMarker: marker !== undefined };
}

function describeRemoved({ key, versionId }: Removal, removed: Removed): XmlContent {
  return {
    Key: key,
    VersionId: versionId,
    ...(removed.isMarker && { DeleteMarker: true, DeleteMarkerVersionId: removed.versionId }),
  };
}

function readWantedRemoval(element: XmlElement): Removal {
  // The other elements, LastModifiedTime and Size, are conditions of directory buckets.
  for (const { name } of element.children)
    if (!['Key', 'VersionId', 'ETag'].includes(name)) throw notImplemented(`${name} in DeleteObjects`);
  const key = childText(element, 'Key');
  if (key === undefined || key === '') throw malformed();
  return { key, versionId: childText(element, 'VersionId'), etag: childText(element, 'ETag') };
}

function describe(error: unknown): { Code: string; Message: string } {
  const known = asS3Error(error);
  if (!known) throw error;
  return { Code: known.code, Message: known.message };
}

/** Checks that the caller may write, and that the request's conditions are supported on writes. */
export function authorizeWrite(service: Service, call: Call): void {
  authorizeOnObject(service, call, 's3:PutObject');
  if (call.headers.has('if-match')) authorizeOnObject(service, call, 's3:GetObject');
  refuseReadConditions(call.headers);
}

/**
 * The source of a copy.
 * @throws AccessDeniedError; S3Error NoSuchBucket, NoSuchKey, NoSuchVersion, InvalidRequest or PreconditionFailed
 */
export function findCopySource(service: Service, call: Call, from: Address): StoredObject {
  authorizeRead(service, call, from);
  if (!service.buckets.has(from.bucket)) {
    throw new S3Error(404, 'NoSuchBucket', 'The specified bucket does not exist', {
      BucketName: from.bucket,
    });
  }
  const { bucket, key, versionId } = from;
  if (versionId !== undefined && service.objects.findVersion(bucket, key, versionId)?.isMarker)
    throw new S3Error(
      400,
      'InvalidRequest',
      'The source of a copy request may not specifically refer to a delete marker by version id.',
    );
  const source = findObject(service, call, from);
  checkCopySource(call.headers, source);
  return source;
}

/** A stream of the object's bytes. The file is open when this returns, so a replacement does not disturb it. */
export function readBytes(
  service: Service,
  object: StoredObject,
  range: { start: number; end: number } | undefined,
): ReturnType<typeof createReadStream> {
  const fd = service.objects.open(object);
  // With `end`, the stream allocates no larger buffer than the object needs, and does not try to read more.
  const end = Math.max(0, object.bytes - 1);
  return createReadStream('', { fd, highWaterMark: READ_BUFFER_BYTES, start: 0, end, ...range });
}

function changesEncryption(call: Call): boolean {
  return call.headers.has('x-amz-server-side-encryption');
}

/**
 * The algorithm in `x-amz-checksum-algorithm`, if there is one.
 * @throws S3Error NotImplemented
 */
export function readAlgorithm(call: Call): ChecksumAlgorithm | undefined {
  const name = call.headers.get('x-amz-checksum-algorithm')?.toUpperCase();
  if (name === undefined) return undefined;
  if (!isChecksumAlgorithm(name)) throw notImplemented(`x-amz-checksum-algorithm: ${name}`);
  return name;
}

function checksumHeaders(checksum: Checksum | undefined): Record<string, string> {
  if (checksum === undefined) return {};
  return { [checksumHeader(checksum.algorithm)]: checksum.value, 'x-amz-checksum-type': checksum.type };
}

export function checksumElements(
  checksum: Pick<Checksum, 'algorithm' | 'value'> | undefined,
): Record<string, string> {
  return checksum === undefined ? {} : { [`Checksum${checksum.algorithm}`]: checksum.value };
}

export function quoted(etag: string): string {
  return `"${etag}"`;
}

export function isoDate(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

function httpDate(timeMs: number): string {
  return new Date(timeMs).toUTCString();
}
