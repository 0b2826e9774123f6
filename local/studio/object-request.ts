import { notAllowed, Refusal } from './refusal.ts';
import type { StackFacts } from './stack-facts.ts';

/** A request to S3 that the page may send. */
export interface ObjectRequest {
  readonly method: string;
  readonly bucket: string;
  /** Empty for a listing. */
  readonly key: string;
  readonly query: Readonly<Record<string, string>>;
  /** The ETag that the object must have, if the address names one. */
  readonly etag: string | undefined;
}

type Buckets = Pick<StackFacts, 'originalImagesBucket' | 'resizedImagesBucket'>;

const LISTING = ['list-type', 'prefix', 'start-after', 'continuation-token', 'max-keys', 'encoding-type'];

/**
 * Reads `BUCKET/KEY?v=ETAG` or `BUCKET/?list-type=2&…`: GET and HEAD in both buckets of the stack, PUT below `input/`
 * in that of the originals. The key is one path segment, `%2F` in place of each slash, so that no browser takes its
 * dots for steps.
 * @throws Refusal
 */
export function readObjectRequest(facts: Buckets, method: string, address: string): ObjectRequest {
  const [, bucket = '', path = '', search = ''] = /^([^/?]*)\/?([^?]*)\??(.*)$/.exec(address) ?? [];
  const { originalImagesBucket: originals, resizedImagesBucket: resized } = facts;
  if (bucket !== originals && bucket !== resized)
    throw notAllowed(`Expected the bucket ${originals} or ${resized} but received "${bucket}".`);
  const key = decode(path);
  const query = Object.fromEntries(new URLSearchParams(search));
  if (key === '') return readListing(method, bucket, query);
  const { v: etag, ...others } = query;
  const [other] = Object.keys(others);
  if (other !== undefined) throw notAllowed(`Expected no query besides v but received "${other}".`);
  const isUpload = method === 'PUT' && bucket === originals && key.startsWith('input/');
  if (!isUpload && method !== 'GET' && method !== 'HEAD')
    throw notAllowed(
      `Expected GET, HEAD, or PUT of an original below input/, but received ${method} ${key}.`,
    );
  return { method, bucket, key, query: {}, etag };
}

function readListing(method: string, bucket: string, query: Readonly<Record<string, string>>): ObjectRequest {
  const other = Object.keys(query).find((name) => !LISTING.includes(name));
  if (method !== 'GET' || query['list-type'] !== '2' || other !== undefined)
    throw notAllowed(
      `Expected GET with list-type=2 and ${LISTING.slice(1).join(', ')}, but received ${method} with ${Object.keys(query).join(', ')}.`,
    );
  return { method, bucket, key: '', query, etag: undefined };
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new Refusal(400, 'InvalidKey', `Expected a key in percent-encoded UTF-8 but received "${path}".`);
  }
}
