import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * Opens the runtime's one database: what was accepted, and how far it has come.
 *
 * A commit is on disk when it returns (`synchronous = FULL`): an upload is acknowledged on the strength of it,
 * and must outlive `kill -9` and a power cut. Every service creates its own tables in it and reads no other's;
 * one database, so that an object and its event are committed together or not at all.
 */
export function openDatabase(dataDirectory: string): DatabaseSync {
  mkdirSync(dataDirectory, { recursive: true });
  const database = new DatabaseSync(join(dataDirectory, 'pipeline.sqlite'));
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;');
  return database;
}
