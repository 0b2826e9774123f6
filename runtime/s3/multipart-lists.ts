// The lists of multipart uploads and of their parts. Follows API_ListParts and API_ListMultipartUploads.

import type { Answer, Call } from './call.ts';
import { encodeListed, OWNER, readCount, readEncoding } from './listing.ts';
import type { Upload } from './multipart-uploads.ts';
import { checksumElements, isoDate, quoted } from './object-operations.ts';
import { authorizeOnBucket, authorizeOnObject, type Service } from './service.ts';
import { writeDocument } from './xml.ts';

export function listParts(service: Service, call: Call): Answer {
  authorizeOnObject(service, call, 's3:ListMultipartUploadParts');
  const upload = service.uploads.get(call.query.get('uploadId') ?? '', call.bucket, call.key);
  const encode = encodeListed(readEncoding(call));
  const marker = readCount(call, 'part-number-marker', 0, Number.MAX_SAFE_INTEGER);
  const maxParts = readCount(call, 'max-parts', 1000, 1000);
  const rest = service.uploads.parts(upload).filter((part) => part.number > marker);
  const page = rest.slice(0, maxParts);
  const body = writeDocument('ListPartsResult', {
    Bucket: call.bucket,
    Key: encode(call.key),
    UploadId: upload.id,
    PartNumberMarker: marker,
    NextPartNumberMarker: page.at(-1)?.number ?? 0,
    MaxParts: maxParts,
    IsTruncated: rest.length > page.length,
    Initiator: OWNER,
    Owner: OWNER,
    StorageClass: 'STANDARD',
    ChecksumAlgorithm: upload.checksum?.algorithm,
    ChecksumType: upload.checksum?.type,
    Part: page.map((part) => ({
      PartNumber: part.number,
      LastModified: isoDate(part.lastModifiedMs),
      ETag: quoted(part.etag),
      Size: part.bytes,
      ...checksumElements(part.checksum),
    })),
  });
  return { status: 200, body };
}

export function listMultipartUploads(service: Service, call: Call): Answer {
  authorizeOnBucket(service, call, 's3:ListBucketMultipartUploads');
  const encoding = readEncoding(call);
  const encode = encodeListed(encoding);
  const prefix = call.query.get('prefix') ?? '';
  const keyMarker = call.query.get('key-marker') ?? '';
  // Without a key marker AWS ignores this one.
  const idMarker = keyMarker === '' ? '' : (call.query.get('upload-id-marker') ?? '');
  const maxUploads = readCount(call, 'max-uploads', 1000, 1000);
  const listed = service.uploads.list(call.bucket).filter((upload) => upload.key.startsWith(prefix));
  const rest = listed.filter((upload) => isAfter(upload, keyMarker, idMarker, listed));
  const page = rest.slice(0, maxUploads);
  const truncated = rest.length > page.length;
  const body = writeDocument('ListMultipartUploadsResult', {
    Bucket: call.bucket,
    KeyMarker: encode(keyMarker),
    UploadIdMarker: idMarker,
    NextKeyMarker: truncated ? encode(page.at(-1)?.key ?? '') : undefined,
    NextUploadIdMarker: truncated ? page.at(-1)?.id : undefined,
    Prefix: encode(prefix),
    EncodingType: encoding,
    MaxUploads: maxUploads,
    IsTruncated: truncated,
    Upload: page.map((upload) => ({
      Key: encode(upload.key),
      UploadId: upload.id,
      Initiator: OWNER,
      Owner: OWNER,
      StorageClass: 'STANDARD',
      Initiated: isoDate(upload.initiatedMs),
      ChecksumAlgorithm: upload.checksum?.algorithm,
      ChecksumType: upload.checksum?.type,
    })),
  });
  return { status: 200, body };
}

/** Whether an upload comes after the markers; uploads of one key are listed in the order in which they were created. */
function isAfter(upload: Upload, keyMarker: string, idMarker: string, listed: readonly Upload[]): boolean {
  if (keyMarker === '') return true;
  const order = Buffer.compare(Buffer.from(upload.key), Buffer.from(keyMarker));
  if (order !== 0 || idMarker === '') return order > 0;
  return listed.indexOf(upload) > listed.findIndex((other) => other.id === idMarker);
}
