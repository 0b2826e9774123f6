// One page of a bucket's keys, with common prefixes. Follows API_ListObjectsV2 and API_ListObjects.
// A common prefix that `after` lies in, or is, is left out, as it is when a page ends inside it.

import type { ObjectFolder } from './object-folder.ts';
import type { StoredObject } from './stored-object.ts';

/** An object, or the prefix that stands for all keys up to the next delimiter. */
export type Entry = { readonly object: StoredObject } | { readonly prefix: string };

export interface Page {
  readonly entries: readonly Entry[];
  readonly truncated: boolean;
}

/** Lists up to `maxKeys` entries after the key or common prefix `after`. */
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
        // All its keys at once, instead of reading through them.
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
  // The least key after another one is that key and a NUL.
  const next = inside === undefined ? Buffer.from(`${after}\0`) : successor(inside);
  return Buffer.compare(first, next) > 0 ? first : next;
}

function commonPrefix(key: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === '') return undefined;
  const end = key.indexOf(delimiter, prefix.length);
  return end < 0 ? undefined : key.slice(0, end + delimiter.length);
}

/** The least byte string after all that start with the prefix. UTF-8 has no byte 0xff, so the last can be raised. */
function successor(prefix: string): Buffer {
  const bytes = Buffer.from(prefix);
  const last = bytes.length - 1;
  bytes.writeUInt8((bytes[last] ?? 0) + 1, last);
  return bytes;
}
