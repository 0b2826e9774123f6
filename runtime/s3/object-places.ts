// Where the files of objects are: `<directory>/<bucket>/<path>`. A symbolic link that somebody puts into a bucket's folder is
// never followed: it could lead to any file of this machine.

import { lstatSync, mkdirSync, rmdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { escapedPath, plainPath } from './key-path.ts';
import type { StoredObject } from './stored-object.ts';

export class ObjectPlaces {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  pathOf(bucket: string, path: string): string {
    return join(this.#directory, bucket, path);
  }

  /** Whether a path inside a bucket's folder is a symbolic link, or leads through one. */
  isLinked(bucket: string, path: string): boolean {
    let place = join(this.#directory, bucket);
    for (const segment of path.split('/')) {
      place = join(place, segment);
      const found = lstatSync(place, { throwIfNoEntry: false });
      if (found === undefined) return false;
      if (found.isSymbolicLink()) return true;
    }
    return false;
  }

  /** A path without a file; its folders are created. The disk is asked because only it knows whether case matters. */
  findFree(bucket: string, key: string): string {
    const plain = plainPath(key);
    if (plain !== undefined && this.#makeFolder(bucket, plain)) return plain;
    const escaped = escapedPath(key);
    if (this.#makeFolder(bucket, escaped)) return escaped;
    throw new Error(
      `Expected ${this.pathOf(bucket, escaped)} to be free for an object, but something is there. Move it away.`,
    );
  }

  #makeFolder(bucket: string, path: string): boolean {
    const whole = this.pathOf(bucket, path);
    try {
      if (this.isLinked(bucket, path)) return false;
      mkdirSync(dirname(whole), { recursive: true });
    } catch (error) {
      // There is a file where a folder is needed: the key `a` beside `a/b`.
      if (isFileError(error, 'ENOTDIR', 'EEXIST', 'ENAMETOOLONG')) return false;
      throw error;
    }
    return lstatSync(whole, { throwIfNoEntry: false }) === undefined;
  }

  /** Removes the folders that are empty now: S3 has no folders, so none may remain. */
  pruneFolders({ bucket, path = '' }: StoredObject): void {
    if (this.isLinked(bucket, path)) return;
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) {
      try {
        rmdirSync(this.pathOf(bucket, folder));
      } catch {
        return;
      }
    }
  }
}

/** Whether an error is a file system's, with one of these codes. */
export function isFileError(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
