// The errors that tell of versions and delete markers. Follows "Working with delete markers" and API_GetObject.

import { S3Error } from './error.ts';
import type { StoredVersion } from './old-versions.ts';

/** @throws S3Error InvalidArgument for a text that cannot be a version id. */
export function checkVersionId(versionId: string): void {
  if (versionId === 'null' || /^[0-9a-f-]{36}$/.test(versionId)) return;
  throw new S3Error(400, 'InvalidArgument', 'Invalid version id specified', {
    ArgumentName: 'versionId',
    ArgumentValue: versionId,
  });
}

/** What an answer says about the delete marker that it is about. */
export function markerHeaders(marker: StoredVersion | undefined): Record<string, string> {
  return marker === undefined ? {} : { 'x-amz-delete-marker': 'true', 'x-amz-version-id': marker.file };
}

export function noSuchVersion(key: string, versionId: string): S3Error {
  return new S3Error(404, 'NoSuchVersion', 'The specified version does not exist.', {
    Key: key,
    VersionId: versionId,
  });
}

/** A delete marker has nothing to read; it can only be deleted. */
export function markerNotAllowed(method: string, marker: StoredVersion): S3Error {
  return new S3Error(
    405,
    'MethodNotAllowed',
    'The specified method is not allowed against this resource.',
    { Method: method, ResourceType: 'DeleteMarker' },
    {
      ...markerHeaders(marker),
      allow: 'DELETE',
      'last-modified': new Date(marker.lastModifiedMs).toUTCString(),
    },
  );
}
