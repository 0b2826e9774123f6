// The path of an object's file in its bucket's folder. Follows "Naming Amazon S3 objects": a key may be any 1 to
// 1,024 bytes of UTF-8, and not every key can be a file path.

import { createHash } from 'node:crypto';

/** The folder, inside a bucket's, of the objects whose keys cannot be paths. */
const ESCAPED_FOLDER = '%escaped';

// macOS limits a path to 1,024 bytes, of which the data folder needs a share.
const MAX_PLAIN_KEY_BYTES = 700;
// ext4, APFS and NTFS all limit a name to 255.
const MAX_SEGMENT_BYTES = 255;
// Windows does not allow these in a name; there, `\` and `:` could even lead out of the folder.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNPORTABLE = /[\u0000-\u001f\u007f\\:*?"<>|]/;
// Windows drops a final dot or space, and keeps these names for devices whatever their extension.
const CHANGED_BY_WINDOWS = /[. ]$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** The key itself if every file system can store it as a path unchanged; otherwise undefined. */
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
 * A path for any key: the key's SHA-256, which differs even if a file system ignores case, and then the last 60
 * characters of the key, so that a person recognizes the file and can open it.
 */
export function escapedPath(key: string): string {
  const readable = key
    .slice(-60)
    .replace(/[^A-Za-z0-9._-]+/g, '_')
    .replace(/\.+$/, '');
  return `${ESCAPED_FOLDER}/${createHash('sha256').update(key).digest('hex')}-${readable}`;
}
