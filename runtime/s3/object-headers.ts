// Which request headers are accepted, and which are stored with the object. Follows API_PutObject. Any other
// `x-amz-…` header is refused by name, because it changes what the request means.

import { notImplemented, S3Error } from './error.ts';

type Headers = ReadonlyMap<string, string>;

const CONTENT_HEADERS = [
  'content-type',
  'content-encoding',
  'content-disposition',
  'content-language',
  'cache-control',
  'expires',
];
export const METADATA_PREFIX = 'x-amz-meta-';
// AWS's limit for the names and values of user metadata together.
const MAX_METADATA_BYTES = 2048;
export const ACCOUNT = '000000000000';

/** Headers that are accepted only with these values, which are what happens anyway. */
const ONLY_VALUES: Readonly<Record<string, readonly string[]>> = {
  'x-amz-storage-class': ['STANDARD'],
  'x-amz-server-side-encryption': ['AES256'],
  'x-amz-tagging-directive': ['COPY'],
  'x-amz-metadata-directive': ['COPY', 'REPLACE'],
  'x-amz-checksum-mode': ['ENABLED'],
};

/** Headers that say how the request was made, or that the operations read themselves. */
const READ_ELSEWHERE = new Set([
  'x-amz-date',
  'x-amz-content-sha256',
  'x-amz-decoded-content-length',
  'x-amz-security-token',
  'x-amz-trailer',
  'x-amz-acl',
  'x-amz-user-agent',
  'x-amz-mp-object-size',
  'x-amz-copy-source',
  'x-amz-copy-source-range',
  'x-amz-copy-source-if-match',
  'x-amz-copy-source-if-none-match',
  'x-amz-copy-source-if-modified-since',
  'x-amz-copy-source-if-unmodified-since',
]);
const READ_ELSEWHERE_PREFIXES = [METADATA_PREFIX, 'x-amz-sdk-', 'x-amz-checksum-'];

/** @throws S3Error for a header, or the value of one, that is not supported. */
export function checkHeaders(headers: Headers): void {
  for (const [name, value] of headers) {
    if (!name.startsWith('x-amz-')) continue;
    const only = ONLY_VALUES[name];
    // Buckets have BucketOwnerEnforced, the default of a new bucket, which allows no other ACL.
    if (name === 'x-amz-acl' && value !== 'bucket-owner-full-control')
      throw new S3Error(400, 'AccessControlListNotSupported', 'The bucket does not allow ACLs');
    if (only !== undefined) {
      if (!only.includes(value)) throw notImplemented(`${name}: ${value} (only ${only.join(' and ')})`);
    } else if (name === 'x-amz-expected-bucket-owner' || name === 'x-amz-source-expected-bucket-owner') {
      if (value !== ACCOUNT)
        throw new S3Error(403, 'AccessDenied', `Access Denied: ${name} is not ${ACCOUNT}`);
    } else if (
      !READ_ELSEWHERE.has(name) &&
      !READ_ELSEWHERE_PREFIXES.some((prefix) => name.startsWith(prefix))
    ) {
      throw notImplemented(`the header ${name}`);
    }
  }
}

/**
 * The headers that are stored with an object.
 * @throws S3Error MetadataTooLarge or InvalidArgument
 */
export function readObjectHeaders(headers: Headers): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of CONTENT_HEADERS) {
    const value = headers.get(name);
    if (value !== undefined) kept[name] = value;
  }
  const encoding = kept['content-encoding'];
  if (encoding !== undefined) {
    delete kept['content-encoding'];
    const stored = withoutAwsChunked(encoding);
    if (stored !== '') kept['content-encoding'] = stored;
  }
  let bytes = 0;
  for (const [name, value] of headers) {
    if (!name.startsWith(METADATA_PREFIX)) continue;
    // A presigned URL can contain names that no header may have: an object with one could not be returned.
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name))
      throw new S3Error(400, 'InvalidArgument', 'Metadata name cannot be represented', {
        ArgumentName: name,
        ArgumentValue: value,
      });
    kept[name] = value;
    bytes += name.length - METADATA_PREFIX.length + value.length;
  }
  if (bytes > MAX_METADATA_BYTES) {
    throw new S3Error(
      400,
      'MetadataTooLarge',
      'Your metadata headers exceed the maximum allowed metadata size',
      {
        Size: String(bytes),
        MaxSizeAllowed: String(MAX_METADATA_BYTES),
      },
    );
  }
  return kept;
}

/** `aws-chunked` describes the request's body, not the object. */
function withoutAwsChunked(encoding: string): string {
  return encoding
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '' && one.toLowerCase() !== 'aws-chunked')
    .join(', ');
}

const OVERRIDES: Readonly<Record<string, string>> = {
  'response-content-type': 'content-type',
  'response-content-language': 'content-language',
  'response-expires': 'expires',
  'response-cache-control': 'cache-control',
  'response-content-disposition': 'content-disposition',
  'response-content-encoding': 'content-encoding',
};

/** The query parameters that override headers of the answer. */
export const OVERRIDE_PARAMETERS = Object.keys(OVERRIDES);

/** @throws S3Error InvalidArgument */
export function readOverrides(query: ReadonlyMap<string, string>): Record<string, string> {
  const overrides: Record<string, string> = {};
  for (const [parameter, header] of Object.entries(OVERRIDES)) {
    const value = query.get(parameter);
    if (value === undefined) continue;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    if (/[\u0000-\u001f\u007f]/.test(value)) {
      throw new S3Error(400, 'InvalidArgument', 'Header value cannot be represented', {
        ArgumentName: parameter,
        ArgumentValue: value,
      });
    }
    // Node writes header values as Latin-1: these are the bytes of the text in UTF-8.
    overrides[header] = Buffer.from(value).toString('latin1');
  }
  return overrides;
}

/** The stored headers as they are returned: user metadata beyond ASCII by RFC 2047 ("Working with object metadata"). */
export function answeredHeaders(kept: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(kept).map(([name, value]) => [
      name,
      name.startsWith(METADATA_PREFIX) && /[^ -~]/.test(value)
        ? `=?UTF-8?B?${Buffer.from(value).toString('base64')}?=`
        : value,
    ]),
  );
}
