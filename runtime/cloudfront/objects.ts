// The objects of the origin, and the cache in front of it. Follows "Request and response behavior for Amazon S3 origins"
// and "How CloudFront processes HTTP 4xx and 5xx status codes from your origin".

import { type IncomingMessage, request as send } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { LRUCache } from 'lru-cache';
import { isS3Parameter } from '../s3/index.ts';
import { type Encoding, lifetimeOf, statedSeconds } from './cache-policy.ts';
import { acceptedEncodings, compress, isCompressible } from './compression.ts';
import type { Distribution } from './distributions.ts';
import { parseQuery, type ViewerRequest } from './event.ts';

export interface ObjectsOptions {
  readonly distribution: Distribution;
  /** S3 here. */
  readonly originUrl: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

type Headers = Readonly<Record<string, string>>;

/** What the origin answered. */
interface Answer {
  readonly status: number;
  readonly headers: Headers;
}

interface CachedAnswer extends Answer {
  readonly body: Buffer;
  /** In the format that the viewers of this cache key prefer; undefined if it is not to be compressed. */
  readonly compressed: { readonly encoding: Encoding; readonly body: Buffer } | undefined;
  readonly storedMs: number;
  readonly freshUntilMs: number;
}

export interface FoundObject extends Answer {
  /** A stream for what is too large for the cache. */
  readonly body: Buffer | IncomingMessage;
  readonly compressed: CachedAnswer['compressed'];
  readonly result: 'Hit' | 'Miss' | 'RefreshHit' | 'Error';
  /** How long it has been in the cache; undefined if it comes from the origin. */
  readonly ageSeconds: number | undefined;
}

const MAX_CACHE_BYTES = 64 * 1024 * 1024;
/** Larger objects pass through, and are not cached. */
const MAX_OBJECT_BYTES = 16 * 1024 * 1024;
/** For the headers and the key of a cached object, roughly. */
const OVERHEAD_BYTES = 2048;

/** The errors that are cached, whatever headers they have; others only if the origin sends a maximum age. */
const CACHED_ERRORS: readonly number[] = [404, 414, 500, 501, 502, 503, 504];
const CACHED_BY_HEADER: readonly number[] = [400, 403, 405, 412, 415];

/** Makes a cache in front of the origin. @returns what finds an object for a GET or HEAD request. */
export function createObjects(options: ObjectsOptions): (request: ViewerRequest) => Promise<FoundObject> {
  const { distribution, now } = options;
  const cache = new LRUCache<string, CachedAnswer>({
    maxSize: MAX_CACHE_BYTES,
    sizeCalculation: ({ body, compressed }) => OVERHEAD_BYTES + body.length + (compressed?.body.length ?? 0),
  });

  return async (request) => {
    const query = parseQuery(request.query).filter(([name]) => distribution.cachePolicy.hasParameter(name));
    const encodings = acceptedEncodings(
      request.headers.get('accept-encoding')?.join(),
      distribution.cachePolicy.encodings,
    );
    const key = JSON.stringify([request.path, query, encodings]);
    const known = cache.get(key);
    if (known && now() < known.freshUntilMs) return fromCache(known, now());

    const target = `${request.path}${queryForOrigin(query)}`;
    const etag = known?.status === 200 ? known.headers.etag : undefined;
    const answer = await ask(options, target, etag === undefined ? {} : { 'if-none-match': etag });
    const { status, headers } = readAnswer(answer);
    if (known && etag !== undefined && (status === 304 || status >= 500)) {
      answer.resume();
      return keep(known, { status, headers }, key);
    }
    if (Number(headers['content-length'] ?? 0) > MAX_OBJECT_BYTES) {
      cache.delete(key);
      return passThrough(options, request, target, answer);
    }
    const body = await buffer(answer);
    const stored: CachedAnswer = {
      status,
      headers,
      body,
      compressed: await compressedFor(distribution, encodings, { status, headers, body }),
      storedMs: now(),
      freshUntilMs: now() + lifetime({ status, headers }).seconds * 1000,
    };
    if (lifetime(stored).isKept) cache.set(key, stored);
    else cache.delete(key);
    return { ...stored, result: status >= 400 ? 'Error' : 'Miss', ageSeconds: undefined };
  };

  function lifetime({ status, headers }: Answer) {
    return status < 400
      ? lifetimeOf(headers, distribution.cachePolicy)
      : errorLifetimeOf(distribution, { status, headers });
  }

  /** After a 304, an expired object is fresh again; after an error of the origin, it is served a while longer. */
  function keep(known: CachedAnswer, { status, headers }: Answer, key: string): FoundObject {
    const isRefreshed = status === 304;
    const renewed = isRefreshed
      ? { ...known, headers: { ...known.headers, ...headers }, storedMs: now() }
      : known;
    const seconds = isRefreshed ? lifetime(renewed).seconds : distribution.errorSeconds(status);
    const kept = { ...renewed, freshUntilMs: now() + seconds * 1000 };
    cache.set(key, kept);
    return isRefreshed ? { ...kept, result: 'RefreshHit', ageSeconds: undefined } : fromCache(kept, now());
  }
}

function fromCache(known: CachedAnswer, nowMs: number): FoundObject {
  const ageSeconds = Math.floor((nowMs - known.storedMs) / 1000);
  return { ...known, result: known.status >= 400 ? 'Error' : 'Hit', ageSeconds };
}

function errorLifetimeOf({ errorSeconds }: Distribution, { status, headers }: Answer) {
  const stated = statedSeconds(headers);
  const isCached =
    CACHED_ERRORS.includes(status) || (CACHED_BY_HEADER.includes(status) && stated !== undefined);
  const seconds = isCached ? Math.max(errorSeconds(status), stated ?? 0) : 0;
  return { seconds, isKept: seconds > 0 };
}

async function compressedFor(
  distribution: Distribution,
  [encoding]: readonly Encoding[],
  { status, headers, body }: Answer & { readonly body: Buffer },
): Promise<CachedAnswer['compressed']> {
  if (!distribution.compresses || encoding === undefined || !isCompressible(status, headers, body.length))
    return undefined;
  return { encoding, body: await compress(body, encoding) };
}

/** A part of an object that is not in the cache comes from the origin. */
async function passThrough(
  options: ObjectsOptions,
  request: ViewerRequest,
  target: string,
  whole: IncomingMessage,
): Promise<FoundObject> {
  const range = request.headers.get('range')?.join();
  const conditions = { range, 'if-range': request.headers.get('if-range')?.join() };
  if (range !== undefined) whole.destroy();
  const body = range === undefined ? whole : await ask(options, target, conditions);
  const answer = readAnswer(body);
  return {
    ...answer,
    body,
    compressed: undefined,
    result: answer.status >= 400 ? 'Error' : 'Miss',
    ageSeconds: undefined,
  };
}

/** S3 ignores all other parameters on AWS; the one here refuses them. */
function queryForOrigin(query: readonly (readonly [string, string])[]): string {
  const known = query.filter(([name]) => isS3Parameter(name)).map(([name, value]) => `${name}=${value}`);
  return known.length === 0 ? '' : `?${known.join('&')}`;
}

/**
 * Asks the origin, as the distribution, for a whole object, also if the viewer sent HEAD: the answer to the next GET is
 * then cached. The path goes there as it came, because dots and double slashes belong to the key.
 */
function ask(
  { distribution, originUrl }: ObjectsOptions,
  target: string,
  conditions: Readonly<Record<string, string | undefined>>,
): Promise<IncomingMessage> {
  const { id, bucket, originPath } = distribution;
  const { hostname, port } = new URL(originUrl);
  const wanted = Object.entries(conditions).filter(([, value]) => value !== undefined);
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  send(
    {
      hostname,
      port,
      path: `/${bucket}${encodeURI(originPath)}${target}`,
      headers: {
        ...Object.fromEntries(wanted),
        authorization: `AWS4-HMAC-SHA256 Credential=${id}/20200101/us-east-1/s3/aws4_request`,
        'user-agent': 'Amazon CloudFront',
      },
    },
    resolve,
  )
    .on('error', reject)
    .end();
  return promise;
}

/** Headers that CloudFront does not pass on, or writes itself. */
const REMOVED =
  /^(connection|keep-alive|set-cookie|trailer|transfer-encoding|upgrade|via|x-amz-id-2|x-amz-request-id)$/;

function readAnswer(answer: IncomingMessage): Answer {
  const headers = Object.entries(answer.headers).flatMap(([name, value]) =>
    typeof value === 'string' && !REMOVED.test(name) ? [[name, value] as const] : [],
  );
  return { status: answer.statusCode ?? 500, headers: Object.fromEntries(headers) };
}
