// Operations on buckets, and the lists of objects. Follows API_ListBuckets, API_CreateBucket, API_HeadBucket,
// API_GetBucketLocation, API_GetBucketVersioning, API_ListObjectsV2 and API_ListObjects. The template decides which buckets exist.

import type { Answer, Call } from './call.ts';
import { notImplemented, S3Error } from './error.ts';
import { type Entry, listPage, nameOf } from './list-objects.ts';
import { encodeListed, OWNER, readCount, readEncoding } from './listing.ts';
import { isoDate, quoted } from './object-operations.ts';
import { receiveText } from './request-body.ts';
import { authorizeOnBucket, type Service } from './service.ts';
import type { StoredObject } from './stored-object.ts';
import { childText, readDocument, writeDocument, type XmlContent } from './xml.ts';

const REGION = 'us-east-1';
const MAX_KEYS = 1000;
const MAX_BUCKETS = 10_000;
const MAX_CONFIGURATION_BYTES = 64 * 1024;

export function listBuckets(service: Service, call: Call): Answer {
  service.authorize(call.principal, 's3:ListAllMyBuckets', 'arn:aws:s3:::*');
  const prefix = call.query.get('prefix') ?? '';
  const after = call.query.get('continuation-token') ?? '';
  const isHere = (call.query.get('bucket-region') ?? REGION) === REGION;
  const found = [...service.buckets]
    .filter(([name]) => isHere && name.startsWith(prefix) && name > after)
    .sort();
  const names = found.slice(0, readCount(call, 'max-buckets', MAX_BUCKETS, MAX_BUCKETS));
  const body = writeDocument('ListAllMyBucketsResult', {
    Owner: OWNER,
    Buckets: {
      Bucket: names.map(([name, madeMs]) => ({
        Name: name,
        CreationDate: isoDate(madeMs),
        BucketRegion: REGION,
      })),
    },
    ContinuationToken: names.length < found.length ? names.at(-1)?.[0] : undefined,
  });
  return { status: 200, body };
}

/** In us-east-1, and only there, creating a bucket that the caller already owns succeeds. */
export async function createBucket(service: Service, call: Call): Promise<Answer> {
  authorizeOnBucket(service, call, 's3:CreateBucket');
  if (!service.buckets.has(call.bucket)) {
    throw notImplemented(`creating the bucket ${call.bucket}, which the template does not have`);
  }
  const length = call.headers.get('content-length') ?? '0';
  const configuration =
    length === '0' ? '' : await receiveText(call.request, call.headers, MAX_CONFIGURATION_BYTES);
  const region =
    configuration === '' ? REGION : (childText(readDocument(configuration), 'LocationConstraint') ?? REGION);
  if (region === REGION) return { status: 200, headers: { location: `/${call.bucket}` } };
  throw new S3Error(
    409,
    'BucketAlreadyOwnedByYou',
    'Your previous request to create the named bucket succeeded and you already own it.',
    { BucketName: call.bucket },
  );
}

export function deleteBucket(_service: Service, call: Call): Answer {
  throw notImplemented(`deleting the bucket ${call.bucket}, which the template has`);
}

export function headBucket(service: Service, call: Call): Answer {
  authorizeOnBucket(service, call, 's3:ListBucket');
  return { status: 200, headers: { 'x-amz-bucket-region': REGION } };
}

export function getBucketLocation(service: Service, call: Call): Answer {
  authorizeOnBucket(service, call, 's3:GetBucketLocation');
  // The location constraint of us-east-1 is empty.
  return { status: 200, body: writeDocument('LocationConstraint', '') };
}

export function getBucketVersioning(service: Service, call: Call): Answer {
  authorizeOnBucket(service, call, 's3:GetBucketVersioning');
  const isVersioned = service.objects.isVersioned(call.bucket);
  const content = { Status: isVersioned ? 'Enabled' : undefined };
  return { status: 200, body: writeDocument('VersioningConfiguration', content) };
}

export function listObjectsV2(service: Service, call: Call): Answer {
  authorizeOnBucket(service, call, 's3:ListBucket');
  const { query, bucket } = call;
  if (query.get('list-type') !== '2') throw notImplemented(`list-type=${query.get('list-type')}`);
  const encoding = readEncoding(call);
  const encode = encodeListed(encoding);
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const token = query.get('continuation-token');
  const startAfter = query.get('start-after');
  const maxKeys = readCount(call, 'max-keys', MAX_KEYS, MAX_KEYS);
  const after = token === undefined ? (startAfter ?? '') : readToken(token);
  const objectsFrom = (key: Buffer) => service.objects.from(bucket, key);
  const page = listPage(objectsFrom, { prefix, delimiter, after, maxKeys });
  const last = page.entries.at(-1);
  const body = writeDocument('ListBucketResult', {
    Name: bucket,
    Prefix: encode(prefix),
    StartAfter: startAfter === undefined ? undefined : encode(startAfter),
    ContinuationToken: token,
    NextContinuationToken: page.truncated && last !== undefined ? writeToken(last) : undefined,
    KeyCount: page.entries.length,
    MaxKeys: maxKeys,
    Delimiter: delimiter === '' ? undefined : encode(delimiter),
    EncodingType: encoding,
    IsTruncated: page.truncated,
    ...writeEntries(page.entries, encode, query.get('fetch-owner') === 'true'),
  });
  return { status: 200, headers: { 'x-amz-bucket-region': REGION }, body };
}

export function listObjects(service: Service, call: Call): Answer {
  authorizeOnBucket(service, call, 's3:ListBucket');
  const { query, bucket } = call;
  const encoding = readEncoding(call);
  const encode = encodeListed(encoding);
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const marker = query.get('marker') ?? '';
  const maxKeys = readCount(call, 'max-keys', MAX_KEYS, MAX_KEYS);
  const objectsFrom = (key: Buffer) => service.objects.from(bucket, key);
  const page = listPage(objectsFrom, { prefix, delimiter, after: marker, maxKeys });
  const last = page.entries.at(-1);
  const body = writeDocument('ListBucketResult', {
    Name: bucket,
    Prefix: encode(prefix),
    Marker: encode(marker),
    // AWS returns it only with a delimiter; otherwise the client continues after the last key.
    NextMarker: page.truncated && delimiter !== '' && last !== undefined ? encode(nameOf(last)) : undefined,
    MaxKeys: maxKeys,
    Delimiter: delimiter === '' ? undefined : encode(delimiter),
    EncodingType: encoding,
    IsTruncated: page.truncated,
    ...writeEntries(page.entries, encode, true),
  });
  return { status: 200, headers: { 'x-amz-bucket-region': REGION }, body };
}

function writeEntries(
  entries: readonly Entry<StoredObject>[],
  encode: (text: string) => string,
  withOwner: boolean,
): { [name: string]: XmlContent } {
  const contents: XmlContent[] = [];
  const prefixes: XmlContent[] = [];
  for (const entry of entries) {
    if ('prefix' in entry) prefixes.push({ Prefix: encode(entry.prefix) });
    else {
      const { object } = entry;
      contents.push({
        Key: encode(object.key),
        LastModified: isoDate(object.lastModifiedMs),
        ETag: quoted(object.etag),
        ChecksumAlgorithm: object.checksum?.algorithm,
        ChecksumType: object.checksum?.type,
        Size: object.bytes,
        Owner: withOwner ? OWNER : undefined,
        StorageClass: 'STANDARD',
      });
    }
  }
  return { Contents: contents, CommonPrefixes: prefixes };
}

// Distinguishes a token from a key that a client passes as one.
const TOKEN_MARK = 'after:';

function writeToken(last: Entry<StoredObject>): string {
  return Buffer.from(TOKEN_MARK + nameOf(last)).toString('base64url');
}

function readToken(token: string): string {
  const text = Buffer.from(token, 'base64url').toString('utf8');
  if (text.startsWith(TOKEN_MARK)) return text.slice(TOKEN_MARK.length);
  throw new S3Error(400, 'InvalidArgument', 'The continuation token provided is incorrect', {
    ArgumentName: 'continuation-token',
    ArgumentValue: token,
  });
}
