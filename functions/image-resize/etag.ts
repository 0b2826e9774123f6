import { createHash } from 'node:crypto';

/** Removes the quotes that HTTP and ListObjectsV2 put around an ETag. This code compares ETags without them. */
export function unquoteEtag(etag: string): string {
  return etag.replace(/^"(.*)"$/, '$1');
}

/** Whether the bytes are those of an object that was stored in one part and without a KMS key: its ETag is their MD5. */
export function isMd5(bytes: Buffer, etag: string): boolean {
  return createHash('md5').update(bytes).digest('hex') === etag;
}
