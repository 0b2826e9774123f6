// `x-amz-copy-source`, as API_CopyObject describes it: "bucket/key" or "/bucket/key", URL-encoded, and then possibly
// "?versionId=" and the id.

import { notImplemented, S3Error } from './error.ts';
import type { Address } from './service.ts';

/** @throws S3Error InvalidArgument or NotImplemented */
export function parseCopySource(header: string): Address {
  if (header.startsWith('arn:')) throw notImplemented('an access point in x-amz-copy-source');
  // A question mark that belongs to the key is encoded.
  const [, source = header, versionId] = /^(.*)\?versionId=(.*)$/s.exec(header) ?? [];
  const match = /^\/?([^/]+)\/([\s\S]+)$/.exec(decode(source));
  const [, bucket, key] = match ?? [];
  if (bucket === undefined || key === undefined) throw invalidSource(header);
  return { bucket, key, versionId: versionId === undefined ? undefined : decode(versionId) };
}

/**
 * Reads `x-amz-copy-source-range`, `bytes=first-last`, with `last` included; undefined without the header.
 * @throws S3Error InvalidArgument for any other form, or if the range exceeds the source's `bytes`.
 */
export function parseCopyRange(
  header: string | undefined,
  bytes: number,
): { start: number; end: number } | undefined {
  if (header === undefined) return undefined;
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(header) ?? [];
  if (first === undefined || last === undefined || Number(first) > Number(last) || Number(last) >= bytes) {
    throw new S3Error(
      400,
      'InvalidArgument',
      'The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy',
      { ArgumentName: 'x-amz-copy-source-range', ArgumentValue: header },
    );
  }
  return { start: Number(first), end: Number(last) };
}

function decode(header: string): string {
  try {
    // As in a form, a plus is a space: a plus in a key must be encoded.
    return decodeURIComponent(header.replaceAll('+', ' '));
  } catch {
    throw invalidSource(header);
  }
}

function invalidSource(header: string): S3Error {
  return new S3Error(
    400,
    'InvalidArgument',
    'Copy Source must mention the source bucket and key: sourcebucket/sourcekey, URL-encoded',
    { ArgumentName: 'x-amz-copy-source', ArgumentValue: header },
  );
}
