import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** A runtime that is just being stopped still has its folder for a moment. */
const WAIT_MS = 1000;

/**
 * Opens the runtime's one database: what was accepted, and how far it has come.
 *
 * A commit is on disk when it returns (`synchronous = FULL`): an upload is acknowledged on the strength of it,
 * and must outlive `kill -9` and a power cut. Every service creates its own tables in it and reads no other's;
 * one database, so that an object and its event are committed together or not at all.
 *
 * Its lock is the data folder's: a second runtime would take what the first one is writing for the leavings of a crash.
 * The system gives it back however the process ends.
 */
export function openDatabase(dataDirectory: string): DatabaseSync {
  mkdirSync(dataDirectory, { recursive: true });
  const database = new DatabaseSync(join(dataDirectory, 'pipeline.sqlite'), { timeout: WAIT_MS });
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
