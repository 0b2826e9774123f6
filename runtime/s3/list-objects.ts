// Follows API_ListObjectsV2 and API_ListObjects. If `after` is a common prefix, or a key that has one, that prefix is
// not listed again.

import type { ObjectFolder } from './object-folder.ts';
import type { StoredObject } from './stored-object.ts';

/** An object, or a common prefix: one entry for all keys that are the same up to the next delimiter. */
export type Entry = { readonly object: StoredObject } | { readonly prefix: string };

interface Page {
  readonly entries: readonly Entry[];
  readonly truncated: boolean;
}

/** Lists up to `maxKeys` entries after the key or common prefix `after`, in the order of the keys' bytes. */
export function listObjects(
  folder: ObjectFolder,
  query: { bucket: string; prefix: string; delimiter: string; after: string; maxKeys: number },
): Page {
  const { bucket, prefix, delimiter, maxKeys } = query;
  if (maxKeys === 0) return { entries: [], truncated: false };
  const entries: Entry[] = [];
  let from: Buffer | undefined = startKey(query);
  while (from !== undefined) {
    const start: Buffer = from;
    from = undefined;
    for (const object of folder.from(bucket, start)) {
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

function startKey(query: { prefix: string; delimiter: string; after: string }): Buffer {
  const { prefix, delimiter, after } = query;
  const first = Buffer.from(prefix);
  if (after === '') return first;
  const inside = after.startsWith(prefix) ? commonPrefix(after, prefix, delimiter) : undefined;
  // The first possible key after a key is that key with a NUL appended.
  const next = inside === undefined ? Buffer.from(`${after}\0`) : successor(inside);
  return Buffer.compare(first, next) > 0 ? first : next;
}

function commonPrefix(key: string, prefix: string, delimiter: string): string | undefined {
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
