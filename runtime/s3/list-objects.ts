// Follows API_ListObjectsV2, API_ListObjects and API_ListObjectVersions. If `after` is a common prefix, or a key that has one, that prefix is
// not listed again.

/** An object, or a common prefix: one entry for all keys that are the same up to the next delimiter. */
export type Entry<T> = { readonly object: T } | { readonly prefix: string };

interface Page<T> {
  readonly entries: readonly Entry<T>[];
  readonly truncated: boolean;
}

export interface PageQuery {
  readonly prefix: string;
  readonly delimiter: string;
  readonly after: string;
  readonly maxKeys: number;
}

/**
 * Lists up to `maxKeys` entries after the key or common prefix `after`, in the order of the keys' bytes.
 * @param objectsFrom the objects from a key on, in that order.
 */
export function listPage<T extends { readonly key: string }>(
  objectsFrom: (key: Buffer) => Iterable<T>,
  query: PageQuery,
): Page<T> {
  const { prefix, delimiter, maxKeys } = query;
  if (maxKeys === 0) return { entries: [], truncated: false };
  const entries: Entry<T>[] = [];
  let from: Buffer | undefined = startKey(query);
  while (from !== undefined) {
    const start: Buffer = from;
    from = undefined;
    for (const object of objectsFrom(start)) {
      if (!object.key.startsWith(prefix)) break;
      if (entries.length === maxKeys) return { entries, truncated: true };
      const common = commonPrefix(object.key, prefix, delimiter);
      if (common === undefined) entries.push({ object });
      else {
        entries.push({ prefix: common });
        // Skips the keys that have this prefix instead of reading them.
        from = successor(common);
        break;
      }
    }
  }
  return { entries, truncated: false };
}

/** The key of an object, or the common prefix. */
export function nameOf(entry: Entry<{ readonly key: string }>): string {
  return 'prefix' in entry ? entry.prefix : entry.object.key;
}

function startKey(query: PageQuery): Buffer {
  const { prefix, delimiter, after } = query;
  const first = Buffer.from(prefix);
  if (after === '') return first;
  const inside = after.startsWith(prefix) ? commonPrefix(after, prefix, delimiter) : undefined;
  // The first possible key after a key is that key with a NUL appended.
  const next = inside === undefined ? Buffer.from(`${after}\0`) : successor(inside);
  return Buffer.compare(first, next) > 0 ? first : next;
}

export function commonPrefix(key: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === '') return undefined;
  const end = key.indexOf(delimiter, prefix.length);
  return end < 0 ? undefined : key.slice(0, end + delimiter.length);
}

/** The first byte string after all with this prefix. UTF-8 has no byte 0xff, so the last byte can be incremented. */
function successor(prefix: string): Buffer {
  const bytes = Buffer.from(prefix);
  const last = bytes.length - 1;
  bytes.writeUInt8((bytes[last] ?? 0) + 1, last);
  return bytes;
}
