import { type FSWatcher, statSync, watch } from 'node:fs';
import { dirname, extname, resolve } from 'node:path';

/** Editors write a file in several steps: report a change once there has been none for this long. */
const SETTLE_MS = 100;

interface Watcher {
  /**
   * Watches these files from now on, and all files in their folders that have the same extensions: a file that was
   * missing may be added there.
   */
  follow(files: readonly string[]): void;
  stop(): void;
}

/** How often to look for folders that were created or replaced (by git checkout, say): no watcher reports those. */
const LOOK_EVERY_MS = 1000;

interface Watched {
  /** Undefined if the folder does not exist. */
  readonly inode: number | undefined;
  readonly watcher: FSWatcher | undefined;
}

/** Calls `changed` after followed files were written, and `failed` if the system cannot watch a folder. */
export function watchFiles(changed: () => void, failed: (folder: string, error: unknown) => void): Watcher {
  const watched = new Map<string, Watched>();
  let extensionsOf = new Map<string, Set<string>>();
  let timer: NodeJS.Timeout | undefined;

  const touch = (): void => {
    clearTimeout(timer);
    timer = setTimeout(changed, SETTLE_MS);
  };
  // Watches folders, because many editors replace a file instead of writing to it.
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
      // A folder that is still followed keeps its watcher: reopening it could miss a change in between.
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
