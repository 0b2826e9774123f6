// Multipart upload operations. Follows API_CreateMultipartUpload, API_UploadPart, API_UploadPartCopy,
// API_CompleteMultipartUpload and API_AbortMultipartUpload. An upload that was created without a checksum algorithm
// accepts parts with any. Unlike on AWS, repeating a completion that succeeded gives NoSuchUpload.

import type { Answer, Call } from './call.ts';
import { type Checksum, checksumHeader, startChecksum } from './checksums.ts';
import { checkWrite, refuseConditions } from './conditions.ts';
import { parseCopyRange, parseCopySource } from './copy-source.ts';
import { S3Error } from './error.ts';
import { invalidPart, multipartEtag, type Part, type Upload } from './multipart-uploads.ts';
import { readObjectHeaders } from './object-headers.ts';
import {
  authorizeWrite,
  checksumElements,
  findCopySource,
  isoDate,
  quoted,
  readAlgorithm,
  readBytes,
  sourceVersionHeader,
} from './object-operations.ts';
import {
  digestPieces,
  type ReceivedBody,
  readChecksumHeader,
  receiveBody,
  receiveText,
} from './request-body.ts';
import { authorizeOnObject, type Service, versionHeader } from './service.ts';
import { childText, malformed, readDocument, writeDocument, type XmlElement } from './xml.ts';

const MAX_PART_NUMBER = 10_000;
const MIN_PART_BYTES = 5 * 1024 * 1024;
// Room for ten thousand parts, each with its ETag and the longest checksum.
const MAX_COMPLETE_BYTES = 4 * 1024 * 1024;

export function createMultipartUpload(service: Service, call: Call): Answer {
  authorizeOnObject(service, call, 's3:PutObject');
  refuseConditions(call.headers, 'CreateMultipartUpload');
  const checksum = readUploadChecksum(call);
  const { bucket, key } = call;
  const upload = service.uploads.create({ bucket, key, headers: readObjectHeaders(call.headers), checksum });
  return {
    status: 200,
    headers: {
      'x-amz-server-side-encryption': 'AES256',
      'x-amz-checksum-algorithm': checksum?.algorithm,
      'x-amz-checksum-type': checksum?.type,
    },
    body: writeDocument('InitiateMultipartUploadResult', { Bucket: bucket, Key: key, UploadId: upload.id }),
  };
}

function readUploadChecksum(call: Call): Upload['checksum'] {
  const algorithm = readAlgorithm(call);
  const wanted = call.headers.get('x-amz-checksum-type')?.toUpperCase();
  if (algorithm === undefined) {
    if (wanted === undefined) return undefined;
    throw invalidRequest(
      'The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.',
    );
  }
  const type = wanted ?? (algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE');
  const possible =
    algorithm === 'CRC64NVME'
      ? ['FULL_OBJECT']
      : algorithm.startsWith('SHA')
        ? ['COMPOSITE']
        : ['COMPOSITE', 'FULL_OBJECT'];
  if (!possible.includes(type)) {
    throw invalidRequest(
      `The ${type} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
    );
  }
  return { algorithm, type: type === 'COMPOSITE' ? 'COMPOSITE' : 'FULL_OBJECT' };
}

export async function uploadPart(service: Service, call: Call): Promise<Answer> {
  authorizeOnObject(service, call, 's3:PutObject');
  refuseConditions(call.headers, 'UploadPart');
  const upload = service.uploads.get(call.query.get('uploadId') ?? '', call.bucket, call.key);
  const number = readPartNumber(call);
  const { file, result } = await service.objects.staging.stage((write) => {
    checkPartChecksum(upload, call);
    return receiveBody(call.request, call.headers, write, upload.checksum?.algorithm);
  });
  const part = savePart(service, upload, number, file, result);
  const checksum =
    part.checksum === undefined ? {} : { [checksumHeader(part.checksum.algorithm)]: part.checksum.value };
  return {
    status: 200,
    headers: { etag: quoted(part.etag), 'x-amz-server-side-encryption': 'AES256', ...checksum },
  };
}

export async function uploadPartCopy(service: Service, call: Call): Promise<Answer> {
  authorizeOnObject(service, call, 's3:PutObject');
  const upload = service.uploads.get(call.query.get('uploadId') ?? '', call.bucket, call.key);
  const number = readPartNumber(call);
  const source = findCopySource(service, call, parseCopySource(call.headers.get('x-amz-copy-source') ?? ''));
  const range = parseCopyRange(call.headers.get('x-amz-copy-source-range'), source.bytes);
  const bytes = readBytes(service, source, range);
  const { file, result } = await service.objects.staging.stage((take) =>
    digestPieces(bytes, { algorithm: upload.checksum?.algorithm, take }),
  );
  const part = savePart(service, upload, number, file, result);
  const body = writeDocument('CopyPartResult', {
    LastModified: isoDate(part.lastModifiedMs),
    ETag: quoted(part.etag),
    ...checksumElements(part.checksum),
  });
  return { status: 200, headers: sourceVersionHeader(service, source), body };
}

function savePart(
  service: Service,
  upload: Upload,
  number: number,
  file: string,
  received: ReceivedBody,
): Part {
  const { bytes, md5, checksum } = received;
  return service.uploads.savePart(upload, { number, file, bytes, etag: md5.toString('hex'), checksum });
}

export async function completeMultipartUpload(service: Service, call: Call): Promise<Answer> {
  authorizeWrite(service, call);
  const upload = service.uploads.get(call.query.get('uploadId') ?? '', call.bucket, call.key);
  const parts = chooseParts(await readWantedParts(call), upload, service.uploads.parts(upload));
  checkSizes(call, parts);
  const { file, result } = await service.objects.staging.stage(async (take) => {
    const bytes = service.uploads.read(upload, parts);
    const received = await digestPieces(bytes, { algorithm: fullObjectAlgorithm(upload), take });
    const checksum = await objectChecksum(upload, parts, received.checksum);
    checkObjectChecksum(call, upload, checksum);
    return { bytes: received.bytes, checksum };
  });
  const { bucket, key } = call;
  const all = service.uploads.parts(upload);
  const stored = service.objects.put(
    {
      bucket,
      key,
      file,
      ...result,
      etag: multipartEtag(parts),
      headers: upload.headers,
      reason: 'CompleteMultipartUpload',
    },
    call,
    (existing) => checkWrite(call.headers, bucket, key, existing),
    () => service.uploads.finish(upload, parts),
  );
  service.uploads.discardFiles(all);
  const body = writeDocument('CompleteMultipartUploadResult', {
    Location: `http://${call.headers.get('host') ?? ''}/${bucket}/${encodeURIComponent(key).replaceAll('%2F', '/')}`,
    Bucket: bucket,
    Key: key,
    ETag: quoted(stored.etag),
    ...checksumElements(stored.checksum),
    ChecksumType: stored.checksum?.type,
  });
  const headers = { ...versionHeader(service, stored), 'x-amz-server-side-encryption': 'AES256' };
  return { status: 200, headers, body };
}

export function abortMultipartUpload(service: Service, call: Call): Answer {
  authorizeOnObject(service, call, 's3:AbortMultipartUpload');
  service.uploads.abort(service.uploads.get(call.query.get('uploadId') ?? '', call.bucket, call.key));
  return { status: 204 };
}

function readPartNumber(call: Call): number {
  const text = call.query.get('partNumber') ?? '';
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= MAX_PART_NUMBER) return number;
  throw new S3Error(400, 'InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive', {
    ArgumentName: 'partNumber',
    ArgumentValue: text,
  });
}

function checkPartChecksum(upload: Upload, call: Call): void {
  const expected = upload.checksum?.algorithm.toLowerCase();
  const actual =
    readChecksumHeader(call.headers)?.algorithm.toLowerCase() ??
    /^x-amz-checksum-(.+)$/.exec(call.headers.get('x-amz-trailer') ?? '')?.[1];
  if (expected === undefined || actual === undefined || expected === actual) return;
  throw invalidRequest(
    `Checksum Type mismatch occurred, expected checksum Type: ${expected}, actual checksum Type: ${actual}`,
  );
}

interface WantedPart {
  readonly number: number;
  readonly etag: string;
  readonly element: XmlElement;
}

async function readWantedParts(call: Call): Promise<WantedPart[]> {
  // A checksum in these headers is the object's, not that of this body.
  const ofBody = new Map([...call.headers].filter(([name]) => !name.startsWith('x-amz-checksum-')));
  const document = readDocument(await receiveText(call.request, ofBody, MAX_COMPLETE_BYTES));
  const wanted = document.children.map((element) => {
    const number = childText(element, 'PartNumber') ?? '';
    const etag = childText(element, 'ETag');
    if (element.name !== 'Part' || !/^\d{1,5}$/.test(number.trim()) || etag === undefined) throw malformed();
    return { number: Number(number), etag: etag.trim().replace(/^"(.*)"$/, '$1'), element };
  });
  if (document.name !== 'CompleteMultipartUpload' || wanted.length === 0) throw malformed();
  for (const [index, part] of wanted.entries()) {
    if (index > 0 && part.number <= (wanted[index - 1]?.number ?? 0)) {
      throw new S3Error(
        400,
        'InvalidPartOrder',
        'The list of parts was not in ascending order. Parts must be ordered by part number.',
      );
    }
  }
  return wanted;
}

function chooseParts(wanted: readonly WantedPart[], upload: Upload, present: readonly Part[]): Part[] {
  const byNumber = new Map(present.map((part) => [part.number, part]));
  return wanted.map(({ number, etag, element }) => {
    const part = byNumber.get(number);
    if (part === undefined || part.etag !== etag) throw invalidPart();
    const algorithm = upload.checksum?.algorithm ?? part.checksum?.algorithm;
    const claimed = algorithm === undefined ? undefined : childText(element, `Checksum${algorithm}`);
    if (claimed !== undefined && claimed !== part.checksum?.value) throw invalidPart();
    if (claimed === undefined && upload.checksum?.type === 'COMPOSITE') {
      const name = upload.checksum.algorithm.toLowerCase();
      throw invalidRequest(
        `The upload was created using a ${name} checksum. The complete request must include the checksum for each part. It was missing for part ${number} in the request.`,
      );
    }
    return part;
  });
}

function checkSizes(call: Call, parts: readonly Part[]): void {
  const small = parts.slice(0, -1).find((part) => part.bytes < MIN_PART_BYTES);
  if (small !== undefined) {
    throw new S3Error(
      400,
      'EntityTooSmall',
      'Your proposed upload is smaller than the minimum allowed size',
      {
        ProposedSize: String(small.bytes),
        MinSizeAllowed: String(MIN_PART_BYTES),
        PartNumber: String(small.number),
        ETag: small.etag,
      },
    );
  }
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  const promised = call.headers.get('x-amz-mp-object-size');
  if (promised !== undefined && Number(promised) !== bytes) {
    throw invalidRequest(
      `The provided 'x-amz-mp-object-size' header value ${promised} does not match what was computed: ${bytes}`,
    );
  }
}

function fullObjectAlgorithm(upload: Upload): Checksum['algorithm'] | undefined {
  return upload.checksum?.type === 'FULL_OBJECT' ? upload.checksum.algorithm : undefined;
}

async function objectChecksum(
  upload: Upload,
  parts: readonly Part[],
  ofBytes: Checksum | undefined,
): Promise<Checksum | undefined> {
  if (upload.checksum?.type !== 'COMPOSITE') return ofBytes;
  const { algorithm } = upload.checksum;
  const hasher = startChecksum(algorithm);
  for (const part of parts) hasher.update(Buffer.from(part.checksum?.value ?? '', 'base64'));
  const digest = (await hasher.digest()).toString('base64');
  return { algorithm, value: `${digest}-${parts.length}`, type: 'COMPOSITE' };
}

function checkObjectChecksum(call: Call, upload: Upload, actual: Checksum | undefined): void {
  const claimed = readChecksumHeader(call.headers);
  const type = call.headers.get('x-amz-checksum-type')?.toUpperCase();
  const wrongType = type !== undefined && type !== upload.checksum?.type;
  const wrongValue =
    claimed !== undefined && (claimed.algorithm !== actual?.algorithm || claimed.value !== actual.value);
  if (!wrongType && !wrongValue) return;
  throw new S3Error(
    400,
    'BadDigest',
    `The ${wrongType ? 'checksum type' : claimed?.algorithm} you specified did not match the calculated checksum.`,
  );
}

function invalidRequest(message: string): S3Error {
  return new S3Error(400, 'InvalidRequest', message);
}
