/** In decimal units, as file managers show them: `940 B`, `61 kB`, `1.5 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 999_500) return `${Math.round(bytes / 1000)} kB`;
  const megabytes = bytes / 1e6;
  return `${megabytes < 10 ? megabytes.toFixed(1) : Math.round(megabytes)} MB`;
}

/** `4 %` of the original; `under 1 %`. The sign stays in the line of its number. */
export function formatShare(bytes: number, originalBytes: number): string {
  const percent = (100 * bytes) / originalBytes;
  return percent < 1 ? 'under 1\u00a0%' : `${Math.round(percent)}\u00a0%`;
}

export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
}

/** The last part of a key, which people know as the file's name. */
export function fileNameOf(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}
