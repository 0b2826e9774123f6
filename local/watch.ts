import { type FSWatcher, watch } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Editors write a file in several steps. */
const SETTLE_MS = 100;

export interface Watcher {
  /** Which files are looked at from now on. */
  follow(files: readonly string[]): void;
  stop(): void;
}

/** Calls `changed` once some of the files have been written and rest. */
export function watchFiles(changed: () => void): Watcher {
  let folders: FSWatcher[] = [];
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    clearTimeout(timer);
    for (const folder of folders) folder.close();
  };
  return {
    stop,
    follow(files) {
      stop();
      const paths = new Set(files.map((file) => resolve(file)));
      // Folders, because many editors put a new file in the old one's place.
      folders = [...new Set([...paths].map((path) => dirname(path)))].map((folder) =>
        watch(folder, { persistent: false }, (_event, name) => {
          if (name === null || !paths.has(resolve(folder, name))) return;
          clearTimeout(timer);
          timer = setTimeout(changed, SETTLE_MS);
        }),
      );
    },
  };
}
