// Every operation, with the method, the kind of resource and the query parameters that select it. A query parameter
// that an operation does not take is refused by name: a PUT with `?acl`, for example, would otherwise overwrite the
// object.

import {
  createBucket,
  deleteBucket,
  getBucketLocation,
  getBucketVersioning,
  headBucket,
  listBuckets,
  listObjects,
  listObjectsV2,
} from './bucket-operations.ts';
import type { Answer, Call } from './call.ts';
import { notImplemented, S3Error } from './error.ts';
import { listMultipartUploads, listParts } from './multipart-lists.ts';
import {
  abortMultipartUpload,
  completeMultipartUpload,
  createMultipartUpload,
  uploadPart,
  uploadPartCopy,
} from './multipart-operations.ts';
import { OVERRIDE_PARAMETERS } from './object-headers.ts';
import {
  copyObject,
  deleteObject,
  deleteObjects,
  getObject,
  getObjectTagging,
  putObject,
} from './object-operations.ts';
import { postObject } from './post-object.ts';
import type { Service } from './service.ts';
import { listObjectVersions } from './version-lists.ts';

interface Operation {
  readonly method: string;
  readonly on: 'service' | 'bucket' | 'object';
  /** The query parameters that it requires. */
  readonly needs: readonly string[];
  /** The query parameters that are optional. */
  readonly takes: readonly string[];
  /** Whether it requires the header `x-amz-copy-source`; any other operation refuses the header. */
  readonly copies?: boolean;
  readonly run: (service: Service, call: Call) => Answer | Promise<Answer>;
}

const LIST = ['prefix', 'delimiter', 'max-keys', 'encoding-type'];
const LIST_VERSIONS = [...LIST, 'key-marker', 'version-id-marker'];
const LIST_UPLOADS = ['prefix', 'key-marker', 'upload-id-marker', 'max-uploads', 'encoding-type'];
const LIST_PARTS = ['max-parts', 'part-number-marker', 'encoding-type'];

const OPERATIONS: readonly Operation[] = [
  {
    method: 'GET',
    on: 'service',
    needs: [],
    takes: ['prefix', 'max-buckets', 'bucket-region', 'continuation-token'],
    run: listBuckets,
  },
  { method: 'PUT', on: 'bucket', needs: [], takes: [], run: createBucket },
  { method: 'DELETE', on: 'bucket', needs: [], takes: [], run: deleteBucket },
  { method: 'HEAD', on: 'bucket', needs: [], takes: [], run: headBucket },
  { method: 'GET', on: 'bucket', needs: ['location'], takes: [], run: getBucketLocation },
  { method: 'GET', on: 'bucket', needs: ['versioning'], takes: [], run: getBucketVersioning },
  {
    method: 'GET',
    on: 'bucket',
    needs: ['list-type'],
    takes: [...LIST, 'start-after', 'continuation-token', 'fetch-owner'],
    run: listObjectsV2,
  },
  { method: 'GET', on: 'bucket', needs: [], takes: [...LIST, 'marker'], run: listObjects },
  { method: 'GET', on: 'bucket', needs: ['versions'], takes: LIST_VERSIONS, run: listObjectVersions },
  { method: 'GET', on: 'bucket', needs: ['uploads'], takes: LIST_UPLOADS, run: listMultipartUploads },
  { method: 'POST', on: 'bucket', needs: ['delete'], takes: [], run: deleteObjects },
  { method: 'POST', on: 'bucket', needs: [], takes: [], run: postObject },
  { method: 'GET', on: 'object', needs: [], takes: ['versionId', ...OVERRIDE_PARAMETERS], run: getObject },
  { method: 'GET', on: 'object', needs: ['tagging'], takes: [], run: getObjectTagging },
  { method: 'HEAD', on: 'object', needs: [], takes: ['versionId', ...OVERRIDE_PARAMETERS], run: getObject },
  { method: 'PUT', on: 'object', needs: [], takes: [], run: putObject },
  { method: 'PUT', on: 'object', needs: [], takes: [], copies: true, run: copyObject },
  { method: 'DELETE', on: 'object', needs: [], takes: ['versionId'], run: deleteObject },
  { method: 'POST', on: 'object', needs: ['uploads'], takes: [], run: createMultipartUpload },
  { method: 'PUT', on: 'object', needs: ['partNumber', 'uploadId'], takes: [], run: uploadPart },
  {
    method: 'PUT',
    on: 'object',
    needs: ['partNumber', 'uploadId'],
    takes: [],
    copies: true,
    run: uploadPartCopy,
  },
  { method: 'POST', on: 'object', needs: ['uploadId'], takes: [], run: completeMultipartUpload },
  { method: 'DELETE', on: 'object', needs: ['uploadId'], takes: [], run: abortMultipartUpload },
  { method: 'GET', on: 'object', needs: ['uploadId'], takes: LIST_PARTS, run: listParts },
];

/**
 * Runs the operation that the call selects.
 * @throws S3Error NotImplemented if there is none; NoSuchBucket; the errors of the operation
 */
export async function runOperation(service: Service, call: Call): Promise<Answer> {
  const operation = findOperation(call);
  // createBucket has an answer of its own for a bucket that does not exist.
  if (operation.on !== 'service' && operation.run !== createBucket && !service.buckets.has(call.bucket)) {
    throw new S3Error(404, 'NoSuchBucket', 'The specified bucket does not exist', {
      BucketName: call.bucket,
    });
  }
  return operation.run(service, call);
}

function findOperation(call: Call): Operation {
  const on = call.bucket === '' ? 'service' : call.key === '' ? 'bucket' : 'object';
  const copies = call.headers.has('x-amz-copy-source');
  const [operation] = OPERATIONS.filter(
    (one) =>
      one.method === call.method &&
      one.on === on &&
      (one.copies ?? false) === copies &&
      one.needs.every((name) => call.query.has(name)),
  ).sort((one, other) => other.needs.length - one.needs.length);
  const asked = `${call.method} on ${on === 'service' ? 'the service' : on === 'bucket' ? 'a bucket' : 'an object'}`;
  const unknown = [...call.query.keys()].find(
    (name) => operation === undefined || ![...operation.needs, ...operation.takes].includes(name),
  );
  if (unknown !== undefined) throw notImplemented(`the query parameter ${unknown} of ${asked}`);
  if (operation === undefined) throw notImplemented(copies ? `x-amz-copy-source with ${asked}` : asked);
  return operation;
}
