/**
 * CloudFront: one distribution in front of a bucket, with its cache, policies and functions, over plain HTTP.
 *
 * Covers one S3 origin with an origin path and an origin access control, and the default cache behavior for GET and HEAD:
 * the time that objects stay in the cache by Cache-Control, Expires and the cache policy; revalidation; query strings in
 * the cache key (none, all or a whitelist), of which S3 gets those that it gives a meaning to; gzip and Brotli; conditional
 * requests and single ranges; how long errors stay (ErrorCachingMinTTL); response headers policies with CORS and
 * X-Content-Type-Options; CloudFront Functions (cloudfront-js-2.0) for viewer requests and viewer responses. The bucket
 * policy decides what the distribution may read.
 * Refuses with file and line: a second distribution, origin or cache behavior, other origins than a bucket of this region
 * with a signing origin access control, other methods, managed policies, headers and cookies in the cache key, origin
 * request policies, other headers in response headers policies, custom error pages, a default root object, signed URLs
 * (TrustedKeyGroups), Lambda@Edge, key value stores, and syntax that AWS does not document in functions, geographic
 * restrictions, AWS WAF. Such a distribution is left out, unless something that runs refers to it. Functions have no
 * modules.
 * Without an effect here: Aliases, ViewerCertificate, ViewerProtocolPolicy, PriceClass, HttpVersion, IPV6Enabled, Logging.
 * Follows the "Amazon CloudFront Developer Guide"; each file names its pages.
 */
export { type Distribution, distributionsOf } from './distributions.ts';
export { createEdge, type Edge } from './edge.ts';
export { errorPage } from './error-page.ts';
