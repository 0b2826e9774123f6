// The query parameters to which S3 gives a meaning. Follows the "Amazon S3 API Reference": the parameters of its
// operations on buckets and objects, apart from those of signatures.

import { OVERRIDE_PARAMETERS } from './object-headers.ts';

const PARAMETERS: ReadonlySet<string> = new Set([
  ...['accelerate', 'acl', 'analytics', 'annotation', 'attributes', 'cors', 'delete', 'encryption'],
  ...[
    'intelligent-tiering',
    'inventory',
    'legal-hold',
    'lifecycle',
    'location',
    'logging',
    'metadataConfiguration',
  ],
  ...[
    'metadataInventoryTable',
    'metadataJournalTable',
    'metadataTable',
    'metrics',
    'notification',
    'object-lock',
  ],
  ...['ownershipControls', 'partNumber', 'policy', 'policyStatus', 'publicAccessBlock', 'renameObject'],
  ...['replication', 'requestPayment', 'restore', 'retention', 'select', 'session', 'tagging', 'torrent'],
  ...['uploadId', 'uploads', 'versionId', 'versioning', 'versions', 'website'],
  ...['continuation-token', 'delimiter', 'encoding-type', 'fetch-owner', 'key-marker', 'list-type', 'marker'],
  ...[
    'max-keys',
    'max-parts',
    'max-uploads',
    'part-number-marker',
    'prefix',
    'start-after',
    'upload-id-marker',
  ],
  ...['version-id-marker', 'id', 'select-type'],
  ...OVERRIDE_PARAMETERS,
]);

/** Whether S3 gives a query parameter a meaning. S3 ignores all others; the service here refuses them by name. */
export function isS3Parameter(name: string): boolean {
  return PARAMETERS.has(name);
}
