// Which objects CloudFront compresses, and for whom. Follows "Serve compressed files".

import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { ENCODINGS, type Encoding } from './cache-policy.ts';

const LEAST_BYTES = 1000;
const MOST_BYTES = 10_000_000;
const STATUSES: readonly number[] = [200, 403, 404];

const FONTS = ['eot', 'font', 'font-sfnt', 'opentype', 'otf', 'truetype', 'ttf'];
const COMPRESSED_TYPES: ReadonlySet<string> = new Set([
  ...FONTS.map((name) => `application/${name}`),
  ...['eot', 'opentype', 'otf', 'ttf'].map((name) => `font/${name}`),
  ...[
    ...['dash+xml', 'javascript', 'json', 'pkcs7-mime', 'protobuf', 'rss+xml', 'vnd.apple.mpegurl'],
    ...['vnd.ms-fontobject', 'xhtml+xml', 'xml', 'x-font-opentype', 'x-font-truetype', 'x-font-ttf'],
    ...['x-httpd-cgi', 'x-javascript', 'x-mpegurl', 'x-opentype', 'x-otf', 'x-perl', 'x-ttf'],
  ].map((name) => `application/${name}`),
  'image/svg+xml',
  ...[
    ...['css', 'csv', 'html', 'javascript', 'js', 'plain', 'richtext', 'tab-separated-values', 'xml'],
    ...['x-component', 'x-java-source', 'x-script'],
  ].map((name) => `text/${name}`),
  'vnd.apple.mpegurl',
]);

/** The formats of a cache policy that a viewer accepts; they are a part of the cache key. */
export function acceptedEncodings(acceptEncoding = '', enabled: readonly Encoding[]): Encoding[] {
  const accepted = acceptEncoding
    .toLowerCase()
    .split(',')
    .map((item) => item.split(';').map((part) => part.trim()))
    .filter(([, weight = '']) => !/^q=0(\.0*)?$/.test(weight))
    .map(([name]) => name);
  return ENCODINGS.filter((encoding) => enabled.includes(encoding) && accepted.includes(encoding));
}

export function isCompressible(
  status: number,
  headers: Readonly<Record<string, string>>,
  bytes: number,
): boolean {
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
  return (
    STATUSES.includes(status) &&
    headers['content-encoding'] === undefined &&
    COMPRESSED_TYPES.has(type) &&
    bytes >= LEAST_BYTES &&
    bytes <= MOST_BYTES
  );
}

/** Brotli's own default, its highest quality, takes seconds for a megabyte. */
const BROTLI_QUALITY = 5;

export function compress(body: Buffer, encoding: Encoding): Promise<Buffer> {
  if (encoding === 'gzip') return promisify(gzip)(body);
  const params = { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY };
  return promisify(brotliCompress)(body, { params });
}

/** CloudFront weakens the ETag of what it compresses, and removes one that is neither strong nor weak. */
export function weakened(etag: string | undefined): string | undefined {
  if (etag?.startsWith('W/')) return etag;
  return etag?.startsWith('"') ? `W/${etag}` : undefined;
}
