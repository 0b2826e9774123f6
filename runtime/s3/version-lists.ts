// The list of versions. Follows API_ListObjectVersions. A client that deletes each page before it asks for the next gets
// all versions: if the version that a marker names is gone, the key's remaining versions are listed from the latest on.

import type { Answer, Call } from './call.ts';
import { S3Error } from './error.ts';
import { commonPrefix, listPage, nameOf, type PageQuery } from './list-objects.ts';
import { encodeListed, OWNER, readCount, readEncoding } from './listing.ts';
import { isoDate, quoted } from './object-operations.ts';
import type { ListedVersion } from './old-versions.ts';
import { authorizeOnBucket, type Service } from './service.ts';
import { writeDocument, type XmlContent } from './xml.ts';

export function listObjectVersions(service: Service, call: Call): Answer {
  authorizeOnBucket(service, call, 's3:ListBucketVersions');
  const { query, bucket } = call;
  const encoding = readEncoding(call);
  const encode = encodeListed(encoding);
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const keyMarker = query.get('key-marker') ?? '';
  const versionIdMarker = query.get('version-id-marker') ?? '';
  const maxKeys = readCount(call, 'max-keys', 1000, 1000);
  const pageQuery = { prefix, delimiter, after: keyMarker, maxKeys };
  const remaining = remainingOf(service, bucket, versionIdMarker, pageQuery);
  const page = listPage((key) => versionsFrom(service, bucket, key, remaining), pageQuery);
  const last = page.truncated ? page.entries.at(-1) : undefined;
  const listed = page.entries.flatMap((entry) => ('prefix' in entry ? [] : [entry.object]));
  const describe = (version: ListedVersion) => describeVersion(service, version, encode);
  const body = writeDocument('ListVersionsResult', {
    Name: bucket,
    Prefix: encode(prefix),
    KeyMarker: encode(keyMarker),
    VersionIdMarker: versionIdMarker,
    NextKeyMarker: last === undefined ? undefined : encode(nameOf(last)),
    NextVersionIdMarker: last && 'object' in last ? versionIdOf(service, last.object) : undefined,
    MaxKeys: maxKeys,
    Delimiter: delimiter === '' ? undefined : encode(delimiter),
    EncodingType: encoding,
    IsTruncated: page.truncated,
    Version: listed.filter(({ isMarker }) => !isMarker).map(describe),
    DeleteMarker: listed.filter(({ isMarker }) => isMarker).map(describe),
    CommonPrefixes: page.entries.flatMap((entry) =>
      'prefix' in entry ? [{ Prefix: encode(entry.prefix) }] : [],
    ),
  });
  return { status: 200, body };
}

/**
 * The versions of the marker's key that follow the marker's version.
 * @throws S3Error InvalidArgument for a version without a key.
 */
function remainingOf(
  service: Service,
  bucket: string,
  versionIdMarker: string,
  { prefix, delimiter, after }: PageQuery,
): ListedVersion[] {
  if (versionIdMarker === '') return [];
  if (after === '')
    throw new S3Error(
      400,
      'InvalidArgument',
      'A version-id marker cannot be specified without a key marker.',
      { ArgumentName: 'version-id-marker', ArgumentValue: versionIdMarker },
    );
  const isListed = after.startsWith(prefix) && commonPrefix(after, prefix, delimiter) === undefined;
  if (!isListed) return [];
  const versions: ListedVersion[] = [];
  for (const version of service.objects.versionsFrom(bucket, Buffer.from(after))) {
    if (version.key !== after) break;
    versions.push(version);
  }
  return versions.slice(1 + versions.findIndex((one) => versionIdOf(service, one) === versionIdMarker));
}

/** The versions from a key on, once preceded by those that remain of the marker's key. */
function* versionsFrom(
  service: Service,
  bucket: string,
  key: Buffer,
  remaining: ListedVersion[],
): Generator<ListedVersion> {
  yield* remaining.splice(0);
  yield* service.objects.versionsFrom(bucket, key);
}

function describeVersion(
  service: Service,
  version: ListedVersion,
  encode: (text: string) => string,
): XmlContent {
  const identity = {
    Key: encode(version.key),
    VersionId: versionIdOf(service, version),
    IsLatest: version.isLatest,
    LastModified: isoDate(version.lastModifiedMs),
    Owner: OWNER,
  };
  if (version.isMarker) return identity;
  return {
    ...identity,
    ETag: quoted(version.etag),
    ChecksumAlgorithm: version.checksum?.algorithm,
    ChecksumType: version.checksum?.type,
    Size: version.bytes,
    StorageClass: 'STANDARD',
  };
}

function versionIdOf(service: Service, version: ListedVersion): string {
  return service.objects.versionIdOf(version) ?? 'null';
}
