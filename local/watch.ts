import { type FSWatcher, watch } from 'node:fs';
import { dirname, extname, resolve } from 'node:path';

/** Editors write a file in several steps. */
const SETTLE_MS = 100;

export interface Watcher {
  /** Which files are looked at from now on, and their neighbours of the same kind: one may be what a mistake lacks. */
  follow(files: readonly string[]): void;
  stop(): void;
}

/** Calls `changed` once some of the files have been written and rest; `failed` where the system watches no more. */
export function watchFiles(changed: () => void, failed: (folder: string, error: unknown) => void): Watcher {
  const watchers = new Map<string, FSWatcher>();
  let extensionsOf = new Map<string, Set<string>>();
  let timer: NodeJS.Timeout | undefined;

  // Folders, because many editors put a new file in the old one's place.
  const open = (folder: string): void => {
    try {
      const watcher = watch(folder, { persistent: false }, (_event, name) => {
        if (name === null || !extensionsOf.get(folder)?.has(extname(name))) return;
        clearTimeout(timer);
        timer = setTimeout(changed, SETTLE_MS);
      });
      watchers.set(folder, watcher);
      watcher.on('error', (error) => {
        close(folder);
        failed(folder, error);
      });
    } catch (error) {
      failed(folder, error);
    }
  };
  const close = (folder: string): void => {
    watchers.get(folder)?.close();
    watchers.delete(folder);
  };

  return {
    stop: () => {
      clearTimeout(timer);
      for (const folder of watchers.keys()) close(folder);
    },
    follow: (files) => {
      const paths = files.map((file) => resolve(file));
      extensionsOf = new Map(
        [...Map.groupBy(paths, dirname)].map(([folder, inside]) => [folder, new Set(inside.map(extname))]),
      );
      // One that stays is not opened anew: what was written meanwhile would be missed.
      for (const folder of watchers.keys()) if (!extensionsOf.has(folder)) close(folder);
      for (const folder of extensionsOf.keys()) if (!watchers.has(folder)) open(folder);
    },
  };
}
