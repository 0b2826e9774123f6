// Where an object's file lies in its bucket's folder. Follows "Naming Amazon S3 objects" (object key names):
// a key is 1 to 1,024 bytes of UTF-8 and is otherwise free, and a file path is not.

import { createHash } from 'node:crypto';

/** The folder, inside a bucket's, of the objects whose keys cannot be paths. */
const ESCAPED_FOLDER = '%escaped';

// macOS ends a path at 1,024 bytes, and the data folder needs its share of them.
const MAX_PLAIN_KEY_BYTES = 700;
// ext4, APFS and NTFS all end a name at 255.
const MAX_SEGMENT_BYTES = 255;
// Not in a Windows name; `\` and `:` would even leave the folder there.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNPORTABLE = /[\u0000-\u001f\u007f\\:*?"<>|]/;
// Windows drops a final dot or space, and keeps these names for devices whatever their extension.
const CHANGED_BY_WINDOWS = /[. ]$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** The key itself, where it can be a path that every disk keeps as it is; otherwise undefined. */
export function plainPath(key: string): string | undefined {
  if (Buffer.byteLength(key) > MAX_PLAIN_KEY_BYTES) return undefined;
  const segments = key.split('/');
  return segments[0] !== ESCAPED_FOLDER && segments.every(isPlainSegment) ? key : undefined;
}

function isPlainSegment(segment: string): boolean {
  return (
    segment !== '' &&
    Buffer.byteLength(segment) <= MAX_SEGMENT_BYTES &&
    !UNPORTABLE.test(segment) &&
    // This also rules out `.` and `..`.
    !CHANGED_BY_WINDOWS.test(segment)
  );
}

/**
 * A path for any key: the key's SHA-256, which tells keys apart on disks that ignore case, and then as much
 * of the key's end as a name can hold, so that a person finds `cat.jpg` and can open it.
 */
export function escapedPath(key: string): string {
  const readable = key
    .slice(-60)
    .replace(/[^A-Za-z0-9._-]+/g, '_')
    .replace(/\.+$/, '');
  return `${ESCAPED_FOLDER}/${createHash('sha256').update(key).digest('hex')}-${readable}`;
}
