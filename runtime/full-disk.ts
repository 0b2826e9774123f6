// What a full disk does: a client gets an answer that it repeats its request for, and what nobody would repeat waits until
// there is space. Nothing that was acknowledged depends on a write that failed.

import { setTimeout as sleep } from 'node:timers/promises';

/** Repeats a write that nobody else would repeat, as long as the disk is full. */
export type Outlast = <T>(write: () => T | Promise<T>, stopping: AbortSignal) => Promise<T>;

/** The code of S3's answer to a request for which there is no space. The SDKs repeat a request that gets it. */
export const DISK_FULL_CODE = 'ServiceUnavailable';
export const DISK_FULL = 'No space is left on the disk: free some, and send the request again.';

/** SQLite's result codes SQLITE_FULL, and SQLITE_IOERR_WRITE and _FSYNC, which a quota or a network file system causes. */
const SQLITE_CODES: readonly unknown[] = [13, 778, 1034];
const PAUSE_MS = 500;

/** Whether a file system, SQLite or S3 here says that the disk is full, or the user's share of it. */
export function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('errcode' in error) return SQLITE_CODES.includes(error.errcode);
  return (
    error.name === DISK_FULL_CODE || ('code' in error && ['ENOSPC', 'EDQUOT'].includes(String(error.code)))
  );
}

/**
 * Makes what repeats writes. It throws the reason of `stopping` if that aborts while the disk is full, and any other error
 * of the write.
 * @param onFull is called whenever a write fails because the disk is full.
 */
export function createOutlast(onFull: () => void): Outlast {
  return async (write, stopping) => {
    for (;;) {
      try {
        return await write();
      } catch (error) {
        if (!isDiskFull(error)) throw error;
      }
      onFull();
      await sleep(PAUSE_MS, undefined, { signal: stopping, ref: false }).catch(() => {});
      stopping.throwIfAborted();
    }
  };
}

const WARNING_INTERVAL_MS = 60_000;

/** Makes a function that warns of the full disk of a folder, at most once a minute. */
export function warnsOfFullDisk(folder: string, warn: (message: string) => void): () => void {
  let warnedMs = Number.NEGATIVE_INFINITY;
  return () => {
    if (performance.now() - warnedMs < WARNING_INTERVAL_MS) return;
    warnedMs = performance.now();
    warn(
      `The disk of ${folder} is full. Nothing that was acknowledged is lost. Free some space: what waits for it goes on by itself.`,
    );
  };
}
