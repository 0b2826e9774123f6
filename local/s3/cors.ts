// Cross-origin requests: a page that this machine serves to itself may do everything, and no other page anything.
// Follows "Using cross-origin resource sharing (CORS)", with this one rule in place of a bucket's configuration.

import { S3Error } from './error.ts';

type Headers = ReadonlyMap<string, string>;

const LOCAL_ORIGIN = /^https?:\/\/(127\.0\.0\.1|localhost|[a-z0-9-]+\.localhost|\[::1\])(:\d+)?$/;
// What a page could not read otherwise.
const EXPOSED =
  'ETag, Content-Length, Content-Range, Content-Encoding, Content-Disposition, Accept-Ranges, Last-Modified, x-amz-request-id, x-amz-checksum-crc32, x-amz-checksum-crc32c, x-amz-checksum-crc64nvme, x-amz-checksum-sha1, x-amz-checksum-sha256, x-amz-checksum-type';

/** The headers that let a local page read an answer. */
export function corsHeaders(headers: Headers): Record<string, string> {
  const origin = headers.get('origin');
  if (origin === undefined || !LOCAL_ORIGIN.test(origin)) return {};
  return { 'access-control-allow-origin': origin, 'access-control-expose-headers': EXPOSED, vary: 'Origin' };
}

/** Answers a preflight request, or refuses it as AWS does where no rule fits. */
export function answerPreflight(headers: Headers): { status: number; headers: Record<string, string> } {
  const origin = headers.get('origin');
  const method = headers.get('access-control-request-method');
  if (origin === undefined || method === undefined) {
    throw new S3Error(400, 'BadRequest', 'Insufficient information. Origin request header needed.');
  }
  if (!LOCAL_ORIGIN.test(origin)) refuseForeignOrigin();
  const asked = headers.get('access-control-request-headers');
  return {
    status: 200,
    headers: {
      ...corsHeaders(headers),
      'access-control-allow-methods': 'GET, HEAD, PUT, POST, DELETE',
      ...(asked === undefined ? {} : { 'access-control-allow-headers': asked }),
      'access-control-max-age': '3600',
    },
  };
}

/** Some changes need no preflight: without this, any page that the browser shows could make them. */
export function refuseForeignWrites(method: string, headers: Headers): void {
  const origin = headers.get('origin');
  if (method !== 'GET' && method !== 'HEAD' && origin !== undefined && !LOCAL_ORIGIN.test(origin))
    refuseForeignOrigin();
}

function refuseForeignOrigin(): never {
  throw new S3Error(
    403,
    'AccessForbidden',
    'CORSResponse: This CORS request is not allowed: only pages served from 127.0.0.1 or localhost may make it.',
  );
}
