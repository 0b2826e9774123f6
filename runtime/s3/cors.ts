// Cross-origin requests: what a bucket's CorsConfiguration says. Of a bucket without one, pages that this machine
// serves may do everything, so that a page can be tried here; on AWS none may.
// Follows "Using cross-origin resource sharing (CORS)" and "Elements of a CORS configuration".

import { compileWildcard } from '../wildcard.ts';
import type { CorsRule } from './buckets.ts';
import { S3Error } from './error.ts';

type Headers = ReadonlyMap<string, string>;

/** A request as rules judge it. */
interface Asked {
  readonly origin: string;
  readonly method: string;
  readonly headers: readonly string[];
}

const LOCAL_PAGES: CorsRule = {
  allowedOrigins: ['127.0.0.1', 'localhost', '*.localhost', '[::1]'].flatMap((host) =>
    ['http', 'https'].flatMap((scheme) => [`${scheme}://${host}`, `${scheme}://${host}:*`]),
  ),
  allowedMethods: ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'],
  allowedHeaders: ['*'],
  // What a page could not read otherwise.
  exposedHeaders: [
    ...['ETag', 'Content-Length', 'Content-Range', 'Content-Encoding', 'Content-Disposition'],
    ...['Accept-Ranges', 'Last-Modified', 'x-amz-request-id', 'x-amz-checksum-type'],
    ...['crc32', 'crc32c', 'crc64nvme', 'sha1', 'sha256'].map((name) => `x-amz-checksum-${name}`),
  ],
  maxAgeSeconds: 3600,
};

/** The headers that let a page read an answer, or none where no rule lets it. */
export function corsHeaders(
  method: string,
  headers: Headers,
  rules: readonly CorsRule[] | undefined,
): Record<string, string> {
  const origin = headers.get('origin');
  if (origin === undefined) return {};
  const rule = findRule(rules, { origin, method, headers: [] });
  return rule ? allowanceOf(rule, origin) : {};
}

/** Answers a preflight request, or refuses it as AWS does where no rule fits. */
export function answerPreflight(
  headers: Headers,
  rules: readonly CorsRule[] | undefined,
): { status: number; headers: Record<string, string> } {
  const origin = headers.get('origin');
  const method = headers.get('access-control-request-method');
  if (origin === undefined || method === undefined)
    throw new S3Error(400, 'BadRequest', 'Insufficient information. Origin request header needed.');
  const named = headers.get('access-control-request-headers')?.toLowerCase().split(',') ?? [];
  const asked = { origin, method, headers: named.map((name) => name.trim()).filter((name) => name !== '') };
  const rule = findRule(rules, asked) ?? refuse(asked, rules);
  return {
    status: 200,
    headers: {
      ...allowanceOf(rule, origin),
      'access-control-allow-methods': rule.allowedMethods.join(', '),
      ...(asked.headers.length > 0 && { 'access-control-allow-headers': asked.headers.join(', ') }),
      ...(rule.maxAgeSeconds !== undefined && { 'access-control-max-age': String(rule.maxAgeSeconds) }),
    },
  };
}

/** Some changes need no preflight, and here no signature: without this, any page that the browser shows could make them. */
export function refuseForeignWrites(
  method: string,
  headers: Headers,
  rules: readonly CorsRule[] | undefined,
): void {
  const origin = headers.get('origin');
  if (method === 'GET' || method === 'HEAD' || origin === undefined) return;
  const asked = { origin, method, headers: [] };
  if (!findRule(rules, asked)) refuse(asked, rules);
}

/** The first rule that fits, which is the one that counts. */
function findRule(
  rules: readonly CorsRule[] = [LOCAL_PAGES],
  { origin, method, headers }: Asked,
): CorsRule | undefined {
  return rules.find(
    ({ allowedOrigins, allowedMethods, allowedHeaders }) =>
      allowedOrigins.some((pattern) => compileWildcard(pattern)(origin)) &&
      allowedMethods.includes(method) &&
      headers.every((name) =>
        allowedHeaders.some((pattern) => compileWildcard(pattern, { ignoresCase: true })(name)),
      ),
  );
}

function allowanceOf({ allowedOrigins, exposedHeaders }: CorsRule, origin: string): Record<string, string> {
  const everybody = allowedOrigins.includes('*');
  return {
    'access-control-allow-origin': everybody ? '*' : origin,
    ...(!everybody && { 'access-control-allow-credentials': 'true' }),
    ...(exposedHeaders.length > 0 && { 'access-control-expose-headers': exposedHeaders.join(', ') }),
    vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
  };
}

function refuse({ origin, method, headers }: Asked, rules: readonly CorsRule[] | undefined): never {
  const asked = `${method} by a page of ${origin}${headers.length > 0 ? ` with ${headers.join(', ')}` : ''}`;
  const allowed = rules
    ? 'which no rule of its CorsConfiguration allows'
    : 'and a bucket without CorsConfiguration is for pages from 127.0.0.1 or localhost alone';
  throw new S3Error(
    403,
    'AccessForbidden',
    `CORSResponse: This CORS request is not allowed: ${asked}, ${allowed}.`,
  );
}
