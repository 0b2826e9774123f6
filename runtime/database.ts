import { accessSync, constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isDiskFull } from './full-disk.ts';

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
 * @throws Error if another runtime uses the folder, or if nothing can be written into it.
 */
export function openDatabase(dataDirectory: string): DatabaseSync {
  const database = openFile(dataDirectory);
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    database.exec('BEGIN EXCLUSIVE; COMMIT');
    return database;
  } catch (cause) {
    database.close();
    if (!(cause instanceof Error && cause.message.includes('database is locked')))
      throw explain(cause, dataDirectory);
    throw new Error(
      `The data folder ${dataDirectory} is in use by another runtime. Stop that one, or choose another folder with --data.`,
      { cause },
    );
  }
}

function openFile(dataDirectory: string): DatabaseSync {
  try {
    mkdirSync(dataDirectory, { recursive: true });
    // SQLite says only that something has failed; this says what.
    accessSync(dataDirectory, constants.W_OK);
    return new DatabaseSync(join(dataDirectory, 'runtime.sqlite'), { timeout: WAIT_MS });
  } catch (cause) {
    throw explain(cause, dataDirectory);
  }
}

function explain(cause: unknown, dataDirectory: string): unknown {
  if (!(cause instanceof Error) || isDiskFull(cause)) return cause;
  return new Error(
    `Expected a data folder to write into but received ${dataDirectory}: ${cause.message}. Choose another folder with --data.`,
    { cause },
  );
}
