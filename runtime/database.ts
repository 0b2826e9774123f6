import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** A runtime that is stopping holds the lock for a moment longer. */
const WAIT_MS = 1000;

/**
 * Opens the runtime's SQLite database. Each service creates its own tables in it and reads no other service's. It is
 * one database so that an object and its event are committed together or not at all.
 *
 * A commit is on disk when it returns (`synchronous = FULL`): S3 acknowledges an object after the commit, and the
 * object must survive `kill -9` and a power cut.
 *
 * The lock on the database also protects the data folder: a second runtime would treat files that the first one is
 * writing as left over from a crash. The operating system releases the lock however the process ends.
 * @throws Error if another runtime uses the folder.
 */
export function openDatabase(dataDirectory: string): DatabaseSync {
  mkdirSync(dataDirectory, { recursive: true });
  const database = new DatabaseSync(join(dataDirectory, 'runtime.sqlite'), { timeout: WAIT_MS });
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    database.exec('BEGIN EXCLUSIVE; COMMIT');
    return database;
  } catch (cause) {
    database.close();
    if (!(cause instanceof Error && cause.message.includes('database is locked'))) throw cause;
    throw new Error(
      `The data folder ${dataDirectory} is in use by another runtime. Stop that one, or choose another folder with --data.`,
      { cause },
    );
  }
}
