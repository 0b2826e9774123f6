/**
 * S3: the REST protocol over a plain folder, for the buckets of a template.
 *
 * Covers PutObject, GetObject, HeadObject, CopyObject, DeleteObject, DeleteObjects, GetObjectTagging (always empty),
 * ListObjectsV2, ListObjects, ListObjectVersions, ListBuckets, HeadBucket, GetBucketLocation, GetBucketVersioning,
 * CreateBucket (of a bucket that exists), CreateMultipartUpload, UploadPart, UploadPartCopy, CompleteMultipartUpload,
 * AbortMultipartUpload, ListParts, ListMultipartUploads, POST Object (forms with a policy), presigned URLs and CORS
 * preflights; checksums CRC32, CRC32C, CRC64NVME, SHA1, SHA256 and Content-MD5. A bucket whose versioning the template
 * turns on keeps old versions and delete markers, which are read, copied and deleted by their version ids. A bucket's
 * events go to EventBridge and to the SNS topics of its TopicConfigurations, filtered by event, prefix and suffix.
 * Refuses with file and line: suspended versioning; notifications to queues and functions; what S3 refuses in a
 * notification configuration: overlapping filters, and a topic whose policy does not let S3 publish.
 * Refuses with 501 NotImplemented, by name: every other operation, query parameter and x-amz- header (changes of
 * versioning, tags of versions, If-Match with a version id, MFA, tagging, object lock, SSE-C, SSE-KMS, storage classes
 * other than STANDARD, website redirects), the form fields of that kind, other checksum algorithms, and CreateBucket of
 * a bucket that the template does not have; every other request to such a bucket is answered with 404 NoSuchBucket. ACLs other
 * than bucket-owner-full-control are refused with 400 AccessControlListNotSupported, as by a bucket with
 * BucketOwnerEnforced. Not here: what a bucket's configuration does by itself, such as lifecycle rules and replication.
 * Signatures are not verified, except those of forms that a role signed: the access key id names the caller.
 * Follows the "Amazon S3 API Reference", each operation its own page.
 */
export { type Bucket, bucketsOf } from './buckets.ts';
export type { CorsOptions } from './cors.ts';
export { isS3Parameter } from './parameters.ts';
export { bucketAllowsPage, createS3Server, type S3Event, writeRefusal } from './server.ts';
export { notificationsOf } from './topic-notifications.ts';
