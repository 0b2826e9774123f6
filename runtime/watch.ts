import { type FSWatcher, statSync, watch } from 'node:fs';
import { dirname, extname, resolve } from 'node:path';

/** Editors write a file in several steps. */
const SETTLE_MS = 100;

export interface Watcher {
  /** Which files are looked at from now on, and their neighbours of the same kind: one may be what a mistake lacks. */
  follow(files: readonly string[]): void;
  stop(): void;
}

/** A folder that is replaced, by a checkout say, tells nothing any more, and one that is missing nothing yet. */
const LOOK_EVERY_MS = 1000;

interface Watched {
  /** Undefined where there is no folder. */
  readonly inode: number | undefined;
  readonly watcher: FSWatcher | undefined;
}

/** Calls `changed` once some of the files have been written and rest; `failed` where the system watches no more. */
export function watchFiles(changed: () => void, failed: (folder: string, error: unknown) => void): Watcher {
  const watched = new Map<string, Watched>();
  let extensionsOf = new Map<string, Set<string>>();
  let timer: NodeJS.Timeout | undefined;

  const touch = (): void => {
    clearTimeout(timer);
    timer = setTimeout(changed, SETTLE_MS);
  };
  // Folders, because many editors put a new file in the old one's place.
  const open = (folder: string): void => {
    const inode = inodeOf(folder);
    watched.set(folder, { inode, watcher: undefined });
    if (inode === undefined) return;
    try {
      const watcher = watch(folder, { persistent: false }, (_event, name) => {
        if (name !== null && extensionsOf.get(folder)?.has(extname(name))) touch();
      });
      watched.set(folder, { inode, watcher });
      watcher.on('error', (error) => {
        watcher.close();
        failed(folder, error);
      });
    } catch (error) {
      failed(folder, error);
    }
  };
  const close = (folder: string): void => {
    watched.get(folder)?.watcher?.close();
    watched.delete(folder);
  };
  const look = setInterval(() => {
    for (const [folder, { inode }] of watched) {
      if (inodeOf(folder) === inode) continue;
      close(folder);
      open(folder);
      touch();
    }
  }, LOOK_EVERY_MS).unref();

  return {
    stop: () => {
      clearTimeout(timer);
      clearInterval(look);
      for (const folder of watched.keys()) close(folder);
    },
    follow: (files) => {
      const paths = files.map((file) => resolve(file));
      extensionsOf = new Map(
        [...Map.groupBy(paths, dirname)].map(([folder, inside]) => [folder, new Set(inside.map(extname))]),
      );
      // One that stays is not opened anew: what was written meanwhile would be missed.
      for (const folder of watched.keys()) if (!extensionsOf.has(folder)) close(folder);
      for (const folder of extensionsOf.keys()) if (!watched.has(folder)) open(folder);
    },
  };
}

function inodeOf(folder: string): number | undefined {
  try {
    return statSync(folder).ino;
  } catch {
    return undefined;
  }
}
