/** Removes the quotes that HTTP and ListObjectsV2 put around an ETag. This code compares ETags without them. */
export function unquoteEtag(etag: string): string {
  return etag.replace(/^"(.*)"$/, '$1');
}
