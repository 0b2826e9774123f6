// Cross-origin requests, which a bucket's CorsConfiguration allows. If a bucket has none, pages that the runtime itself
// serves may do everything; on AWS no page may. Follows "Using cross-origin resource sharing (CORS)" and "Elements of a
// CORS configuration".

import { compileWildcard } from '../wildcard.ts';
import type { CorsRule } from './buckets.ts';
import { S3Error } from './error.ts';

type Headers = ReadonlyMap<string, string>;

/** What rules match of a request. */
interface CorsRequest {
  readonly origin: string;
  readonly method: string;
  readonly headers: readonly string[];
}

/** What decides about the pages of other origins. */
export interface CorsOptions {
  /** A bucket's CORS rules; undefined if it has no CorsConfiguration. */
  readonly corsRulesOf: (bucket: string) => readonly CorsRule[] | undefined;
  /** Whether the runtime itself serves the pages of an origin. */
  readonly isOwnPage: (origin: string) => boolean;
}

const OWN_PAGES: Omit<CorsRule, 'allowedOrigins'> = {
  allowedMethods: ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'],
  allowedHeaders: ['*'],
  // The headers that a page can read only if they are exposed.
  exposedHeaders: [
    ...['ETag', 'Content-Length', 'Content-Range', 'Content-Encoding', 'Content-Disposition'],
    ...['Accept-Ranges', 'Last-Modified', 'x-amz-request-id', 'x-amz-checksum-type'],
    ...['crc32', 'crc32c', 'crc64nvme', 'sha1', 'sha256'].map((name) => `x-amz-checksum-${name}`),
  ],
  maxAgeSeconds: 3600,
};

/** The rules for a page in a bucket. */
export function corsRulesFor(
  { corsRulesOf, isOwnPage }: CorsOptions,
  bucket: string,
  origin: string | undefined,
): readonly CorsRule[] {
  const own = origin !== undefined && isOwnPage(origin) ? [{ ...OWN_PAGES, allowedOrigins: [origin] }] : [];
  return corsRulesOf(bucket) ?? own;
}

/** The headers that let a page read an answer; none if no rule matches. */
export function corsHeaders(
  method: string,
  headers: Headers,
  rules: readonly CorsRule[],
): Record<string, string> {
  const origin = headers.get('origin');
  if (origin === undefined) return {};
  const rule = findRule(rules, { origin, method, headers: [] });
  return rule ? allowanceOf(rule, origin) : {};
}

/**
 * Answers a preflight request.
 * @throws S3Error AccessForbidden if no rule matches; BadRequest if the request is incomplete.
 */
export function answerPreflight(
  headers: Headers,
  rules: readonly CorsRule[],
): { status: number; headers: Record<string, string> } {
  const origin = headers.get('origin');
  const method = headers.get('access-control-request-method');
  if (origin === undefined || method === undefined)
    throw new S3Error(400, 'BadRequest', 'Insufficient information. Origin request header needed.');
  const named = headers.get('access-control-request-headers')?.toLowerCase().split(',') ?? [];
  const asked = { origin, method, headers: named.map((name) => name.trim()).filter((name) => name !== '') };
  const rule = findRule(rules, asked) ?? refuse(asked);
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

/** Whether a rule lets a page send a request that it may have sent without a preflight. */
export function allowsPage(rules: readonly CorsRule[], origin: string, method: string): boolean {
  return findRule(rules, { origin, method, headers: [] }) !== undefined;
}

/** The first rule that matches, which is the one that S3 applies. */
function findRule(
  rules: readonly CorsRule[],
  { origin, method, headers }: CorsRequest,
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

function refuse({ origin, method, headers }: CorsRequest): never {
  const asked = `${method} by a page of ${origin}${headers.length > 0 ? ` with ${headers.join(', ')}` : ''}`;
  throw new S3Error(
    403,
    'AccessForbidden',
    `CORSResponse: This CORS request is not allowed: ${asked}, which no rule of the bucket's CorsConfiguration allows. Without a CorsConfiguration, only pages that the runtime itself serves may.`,
  );
}
