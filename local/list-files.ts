import { type Dirent, lstatSync } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';

export interface LocalFile {
  readonly path: string;
  /** The object key that the file will get. */
  readonly key: string;
  readonly bytes: number;
}

/** What was named, or found in a folder, and cannot be uploaded. */
export interface UnreadablePath {
  readonly path: string;
  readonly reason: string;
}

export interface ListedFiles {
  readonly files: readonly LocalFile[];
  readonly unreadable: readonly UnreadablePath[];
}

/**
 * Lists the given files and the files in the given folders, with what symbolic links lead to. Hidden files in folders are
 * left out.
 * @param prefix what the keys begin with; it ends with a slash.
 * @throws Error if there is no such file or folder.
 */
export async function listFiles(paths: readonly string[], prefix = 'input/'): Promise<ListedFiles> {
  const files = new Map<string, LocalFile>();
  const unreadable: UnreadablePath[] = [];
  const refuse = (path: string, reason: string) => void unreadable.push({ path, reason });

  /** @param above the real paths of the folders that the path is in. */
  const add = async (path: string, key: string, above: readonly string[]): Promise<void> => {
    const found = await stat(path);
    if (found.isDirectory()) return await addFolder(path, key, above);
    if (!found.isFile()) return refuse(path, 'it is neither a file nor a folder');
    const other = files.get(key);
    if (other) return refuse(path, `${other.path} has the same key, ${key}`);
    files.set(key, { path, key, bytes: found.size });
  };
  const addFolder = async (path: string, key: string, above: readonly string[]): Promise<void> => {
    const real = await realpath(path);
    if (above.includes(real)) return refuse(path, 'it is a symbolic link to a folder that it is in');
    for (const { name } of (await readdir(path, { withFileTypes: true })).toSorted(byName))
      if (!name.startsWith('.')) await attempt(join(path, name), `${key}/${name}`, [...above, real]);
  };
  const attempt = async (path: string, key: string, above: readonly string[]): Promise<void> => {
    try {
      await add(path, key, above);
    } catch (error) {
      refuse(path, explainFileError(error));
    }
  };

  const missing = paths.filter((path) => lstatSync(path, { throwIfNoEntry: false }) === undefined);
  if (missing.length > 0) throw new Error(`Expected files or folders but there is no ${missing.join(', ')}.`);
  for (const path of paths) await attempt(path, prefix + basename(resolve(path)), []);
  return { files: [...files.values()], unreadable };
}

const byName = (one: Dirent, other: Dirent): number => (one.name < other.name ? -1 : 1);

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'you have no permission to read it',
  EPERM: 'you have no permission to read it',
  ENOENT: 'it is gone, or a symbolic link that leads nowhere',
  ELOOP: 'it is a symbolic link that leads back to itself',
};

/** Why a file or folder cannot be read, in a few words; the message of any other error. */
export function explainFileError(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error));
}
