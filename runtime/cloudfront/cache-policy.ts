// Cache policies: what the cache key contains, and how long objects stay. Follows "Control the cache key with a policy"
// and "Manage how long content stays in the cache (expiration)".

import type { Value } from '../template/index.ts';

export interface CachePolicy {
  readonly minSeconds: number;
  readonly defaultSeconds: number;
  readonly maxSeconds: number;
  /** Whether the cache key contains a query parameter; CloudFront forwards the same ones to the origin. */
  readonly hasParameter: (name: string) => boolean;
  /** The compressed formats that the cache keeps. */
  readonly encodings: readonly Encoding[];
}

/** In the order of CloudFront's preference. */
export const ENCODINGS = ['br', 'gzip'] as const;
export type Encoding = (typeof ENCODINGS)[number];

const CENTURY_SECONDS = 100 * 365 * 24 * 3600;

/** @throws TemplateError */
export function readCachePolicy(properties: Value): CachePolicy {
  const config = properties.only(['CachePolicyConfig']).at('CachePolicyConfig');
  config.only([
    'Comment',
    'DefaultTTL',
    'MaxTTL',
    'MinTTL',
    'Name',
    'ParametersInCacheKeyAndForwardedToOrigin',
  ]);
  const key = config.at('ParametersInCacheKeyAndForwardedToOrigin');
  key.only([
    'CookiesConfig',
    'EnableAcceptEncodingBrotli',
    'EnableAcceptEncodingGzip',
    'HeadersConfig',
    'QueryStringsConfig',
  ]);
  key.at('CookiesConfig').only(['CookieBehavior']).at('CookieBehavior').oneOf(['none']);
  key.at('HeadersConfig').only(['HeaderBehavior']).at('HeaderBehavior').oneOf(['none']);
  const isEnabled = (name: string) => key.at(name).ifPresent((value) => value.boolean()) ?? false;
  const flags = { br: 'EnableAcceptEncodingBrotli', gzip: 'EnableAcceptEncodingGzip' };
  const minSeconds = config.at('MinTTL').integer(0, CENTURY_SECONDS);
  const defaultSeconds = config.at('DefaultTTL').integer(minSeconds, CENTURY_SECONDS);
  return {
    minSeconds,
    defaultSeconds,
    maxSeconds: config.at('MaxTTL').integer(defaultSeconds, CENTURY_SECONDS),
    hasParameter: readQueryStrings(key.at('QueryStringsConfig')),
    encodings: ENCODINGS.filter((encoding) => isEnabled(flags[encoding])),
  };
}

function readQueryStrings(config: Value): CachePolicy['hasParameter'] {
  const behavior = config.only(['QueryStringBehavior', 'QueryStrings']).at('QueryStringBehavior');
  if (behavior.oneOf(['none', 'whitelist', 'all']) !== 'whitelist') return () => behavior.raw === 'all';
  const names = config
    .at('QueryStrings')
    .list()
    .map((name) => name.text());
  return (name) => names.includes(name);
}

/** How long an object stays in the cache, and whether it may be kept after that, to be revalidated. */
export interface Lifetime {
  readonly seconds: number;
  readonly isKept: boolean;
}

type Headers = Readonly<Record<string, string>>;

/** The lifetime of an object by the headers that the origin sent with it. */
export function lifetimeOf(headers: Headers, policy: CachePolicy): Lifetime {
  const { minSeconds, defaultSeconds, maxSeconds } = policy;
  const directives = readCacheControl(headers['cache-control']);
  if (['no-cache', 'no-store', 'private'].some((name) => directives.has(name))) {
    const isKept = minSeconds > 0 || !(directives.has('no-store') || directives.has('private'));
    return { seconds: minSeconds, isKept };
  }
  const wanted = statedSeconds(headers);
  const seconds = wanted === undefined ? defaultSeconds : Math.min(Math.max(wanted, minSeconds), maxSeconds);
  return { seconds, isKept: true };
}

/** The seconds that the origin asks for: by s-maxage, max-age or Expires, of which the first counts. */
export function statedSeconds(headers: Headers): number | undefined {
  const directives = readCacheControl(headers['cache-control']);
  const stated = [directives.get('s-maxage'), directives.get('max-age')].find((age) =>
    /^\d+$/.test(age ?? ''),
  );
  if (stated !== undefined) return Number(stated);
  const expires = Date.parse(headers.expires ?? '');
  const sent = Date.parse(headers.date ?? '');
  if (Number.isNaN(expires) || Number.isNaN(sent)) return undefined;
  return Math.max(0, Math.floor((expires - sent) / 1000));
}

function readCacheControl(header = ''): Map<string, string> {
  return new Map(
    header.split(',').map((directive) => {
      const [name = '', value = ''] = directive.split('=', 2);
      return [name.trim().toLowerCase(), value.trim().replaceAll('"', '')];
    }),
  );
}
