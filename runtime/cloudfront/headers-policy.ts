// Response headers policies: the headers that CloudFront adds to every answer. They are added after the cache and before
// the function for viewer responses. Follows "Understand response headers policies".

import type { Value } from '../template/index.ts';
import { compileWildcard } from '../wildcard.ts';

export interface HeadersPolicy {
  readonly cors: CorsPolicy | undefined;
  /** Undefined if the policy does not add X-Content-Type-Options. */
  readonly contentTypeOptions: { readonly overrides: boolean } | undefined;
}

interface CorsPolicy {
  readonly origins: readonly string[];
  readonly hasCredentials: boolean;
  readonly exposedHeaders: readonly string[];
  /** Whether the policy's headers replace those of the origin. */
  readonly overrides: boolean;
}

type Headers = Readonly<Record<string, string>>;

/** @throws TemplateError */
export function readHeadersPolicy(properties: Value): HeadersPolicy {
  const config = properties.only(['ResponseHeadersPolicyConfig']).at('ResponseHeadersPolicyConfig');
  config.only(['Comment', 'CorsConfig', 'Name', 'SecurityHeadersConfig']);
  const security = config
    .at('SecurityHeadersConfig')
    .ifPresent((value) => value.only(['ContentTypeOptions']));
  return {
    cors: config.at('CorsConfig').ifPresent(readCors),
    contentTypeOptions: security
      ?.at('ContentTypeOptions')
      .ifPresent((value) => ({ overrides: value.only(['Override']).at('Override').boolean() })),
  };
}

function readCors(cors: Value): CorsPolicy {
  // The allowed methods and headers and the maximum age are for preflight requests, which are not covered.
  cors.only([
    'AccessControlAllowCredentials',
    'AccessControlAllowHeaders',
    'AccessControlAllowMethods',
    'AccessControlAllowOrigins',
    'AccessControlExposeHeaders',
    'AccessControlMaxAgeSec',
    'OriginOverride',
  ]);
  const items = (value: Value) =>
    value
      .only(['Items'])
      .at('Items')
      .list()
      .map((item) => item.text());
  for (const name of ['AccessControlAllowHeaders', 'AccessControlAllowMethods']) items(cors.at(name));
  return {
    origins: items(cors.at('AccessControlAllowOrigins')),
    hasCredentials: cors.at('AccessControlAllowCredentials').boolean(),
    exposedHeaders: cors.at('AccessControlExposeHeaders').ifPresent(items) ?? [],
    overrides: cors.at('OriginOverride').boolean(),
  };
}

/**
 * The headers of an answer with those of a policy.
 * @param origin the Origin header of the request: CORS headers are added only if there is one.
 */
export function withPolicy(
  headers: Headers,
  policy: HeadersPolicy | undefined,
  origin: string | undefined,
): Record<string, string> {
  const result = { ...headers };
  const add = (name: string, value: string, overrides: boolean) => {
    if (overrides || result[name] === undefined) result[name] = value;
  };
  const { cors, contentTypeOptions } = policy ?? {};
  if (contentTypeOptions) add('x-content-type-options', 'nosniff', contentTypeOptions.overrides);
  const allowed = cors && origin !== undefined ? allowedOrigin(cors.origins, origin) : undefined;
  if (!cors || allowed === undefined) return result;
  add('access-control-allow-origin', allowed, cors.overrides);
  if (cors.hasCredentials) add('access-control-allow-credentials', 'true', cors.overrides);
  if (cors.exposedHeaders.length > 0)
    add('access-control-expose-headers', cors.exposedHeaders.join(', '), cors.overrides);
  // For the browser's cache: a page of another origin gets another answer.
  if (allowed !== '*') result.vary = [result.vary, 'Origin'].filter(Boolean).join(', ');
  return result;
}

function allowedOrigin(origins: readonly string[], origin: string): string | undefined {
  if (origins.includes('*')) return '*';
  return origins.some((pattern) => compileWildcard(pattern)(origin)) ? origin : undefined;
}
