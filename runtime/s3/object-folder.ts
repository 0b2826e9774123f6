// Objects as ordinary files in a folder, with their metadata as rows in SQLite.
//
// Invariants, whenever the process dies:
// - An object exists if its row does. The row and the object's event are committed in one transaction, after the bytes
//   are on disk in `.incoming/<file>`. Only then is the file renamed to its place. The row names the file, so that the
//   next start can finish the renaming.
// - A removed object's file is moved back to `.incoming/<file>` before its row is removed. After a crash, the next
//   start restores the file if the row still exists, and deletes it otherwise.
// - Files that a person puts into the folder are not objects; they are never listed, overwritten or deleted.
//
// Nothing is awaited between finding a row and opening its file, so a reader gets the version that the row describes;
// its open file survives a replacement.

import { closeSync, existsSync, fstatSync, mkdirSync, openSync, renameSync, rmdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { integerColumn } from './columns.ts';
import { escapedPath, plainPath } from './key-path.ts';
import { Staging } from './staging.ts';
import { readStoredObject, type StoredObject } from './stored-object.ts';

export interface S3Event {
  readonly type: 'Object Created' | 'Object Deleted';
  readonly bucket: string;
  readonly key: string;
  readonly size: number;
  /** Without quotes, as events contain it. */
  readonly etag: string;
  readonly reason: 'PutObject' | 'CopyObject' | 'CompleteMultipartUpload' | 'DeleteObject';
  /** Hexadecimal; of two events of one key, the later has the greater one. */
  readonly sequencer: string;
  readonly sourceIp: string;
  readonly requestId: string;
  /** ISO 8601, to the second, as EventBridge writes it. */
  readonly time: string;
}

/** Who caused a change, for its event. */
interface Origin {
  readonly sourceIp: string;
  readonly requestId: string;
}

interface NewObject
  extends Pick<StoredObject, 'bucket' | 'key' | 'file' | 'bytes' | 'etag' | 'headers' | 'checksum'> {
  readonly reason: 'PutObject' | 'CopyObject' | 'CompleteMultipartUpload';
}

interface ObjectFolderOptions {
  readonly database: DatabaseSync;
  readonly directory: string;
  readonly recordEvent: (event: S3Event) => void;
  readonly eventsRecorded: () => void;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS s3_objects (
    bucket TEXT NOT NULL, key BLOB NOT NULL, path TEXT NOT NULL, file TEXT NOT NULL UNIQUE,
    bytes INTEGER NOT NULL, etag TEXT NOT NULL, headers TEXT NOT NULL,
    checksum_algorithm TEXT, checksum_value TEXT, checksum_type TEXT,
    last_modified_ms INTEGER NOT NULL,
    PRIMARY KEY (bucket, key), UNIQUE (bucket, path)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS s3_sequence (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), last INTEGER NOT NULL);
`;

export class ObjectFolder {
  readonly staging: Staging;
  readonly #options: ObjectFolderOptions;
  readonly #find: StatementSync;
  readonly #save: StatementSync;
  readonly #remove: StatementSync;
  readonly #range: StatementSync;
  readonly #nextSequence: StatementSync;

  constructor(options: ObjectFolderOptions) {
    const { database } = options;
    this.#options = options;
    this.staging = new Staging(options.directory);
    database.exec(SCHEMA);
    this.#find = database.prepare('SELECT * FROM s3_objects WHERE bucket = ? AND key = ?');
    this.#save = database.prepare(`INSERT OR REPLACE INTO s3_objects
      (bucket, key, path, file, bytes, etag, headers, checksum_algorithm, checksum_value, checksum_type,
       last_modified_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
    this.#remove = database.prepare('DELETE FROM s3_objects WHERE bucket = ? AND key = ?');
    this.#range = database.prepare('SELECT * FROM s3_objects WHERE bucket = ? AND key >= ? ORDER BY key');
    // The clock in microseconds, or the last number plus 1 if the clock has not advanced: no number comes twice.
    this.#nextSequence = database.prepare(`INSERT INTO s3_sequence VALUES (1, ?1)
      ON CONFLICT DO UPDATE SET last = max(last + 1, ?1) RETURNING last`);
  }

  find(bucket: string, key: string): StoredObject | undefined {
    const row = this.#find.get(bucket, Buffer.from(key));
    return row === undefined ? undefined : readStoredObject(row);
  }

  /** The objects from that key on, in the order of their keys' bytes. */
  *from(bucket: string, key: Buffer): Generator<StoredObject> {
    for (const row of this.#range.iterate(bucket, key)) yield readStoredObject(row);
  }

  /**
   * Opens the object's file and returns its descriptor. Await nothing between `find` and this.
   * @throws Error if the file does not have the object's size.
   */
  open(object: StoredObject): number {
    const path = this.#pathOf(object);
    const descriptor = openSync(path, 'r');
    const { size } = fstatSync(descriptor);
    if (size === object.bytes) return descriptor;
    closeSync(descriptor);
    throw new Error(
      `Expected ${object.bytes} bytes in ${path} but found ${size}: the file was changed by hand. Put the object again.`,
    );
  }

  /**
   * Makes a staged file the object with this key, and replaces an existing object. `check` gets the existing object
   * and may throw to refuse; the staged file is discarded then. `alongside` runs in the same transaction.
   */
  put(
    object: NewObject,
    origin: Origin,
    check: (existing: StoredObject | undefined) => void,
    alongside?: () => void,
  ): StoredObject {
    const stored = this.#commit(object, origin, check, alongside);
    this.#moveIntoPlace(stored);
    this.#options.eventsRecorded();
    return stored;
  }

  /** Removes the object, if there is one; `check` gets it and may throw to refuse. */
  remove(
    bucket: string,
    key: string,
    origin: Origin,
    check: (existing: StoredObject | undefined) => void,
  ): void {
    const existing = this.find(bucket, key);
    check(existing);
    if (existing === undefined) return;
    const path = this.#pathOf(existing);
    const staged = this.staging.pathOf(existing.file);
    // A person may have deleted the file; its object can still be removed.
    if (existsSync(path)) renameSync(path, staged);
    try {
      this.#inTransaction(() => {
        this.#remove.run(bucket, Buffer.from(key));
        const { bytes, etag } = existing;
        this.#recordEvent(
          { type: 'Object Deleted', bucket, key, size: bytes, etag, reason: 'DeleteObject' },
          origin,
        );
      });
    } catch (error) {
      if (existsSync(staged)) renameSync(staged, path);
      throw error;
    }
    this.staging.discard(existing.file);
    this.#pruneFolders(existing);
    this.#options.eventsRecorded();
  }

  /** Finishes or undoes what a crash interrupted; `isPart` is whether a staged file belongs to a multipart upload. */
  recover(isPart: (file: string) => boolean): void {
    const owner = this.#options.database.prepare('SELECT * FROM s3_objects WHERE file = ?');
    for (const file of this.staging.files()) {
      const row = owner.get(file);
      if (row !== undefined) this.#moveIntoPlace(readStoredObject(row));
      else if (!isPart(file)) this.staging.discard(file);
    }
  }

  #commit(
    object: NewObject,
    origin: Origin,
    check: (existing: StoredObject | undefined) => void,
    alongside: (() => void) | undefined,
  ): StoredObject {
    try {
      return this.#inTransaction(() => {
        const existing = this.find(object.bucket, object.key);
        check(existing);
        const path = existing?.path ?? this.#freePath(object.bucket, object.key);
        const saved = this.#saveRow(object, path, origin);
        alongside?.();
        return saved;
      });
    } catch (error) {
      this.staging.discard(object.file);
      throw error;
    }
  }

  #saveRow(object: NewObject, path: string, origin: Origin): StoredObject {
    const { bucket, key, file, bytes, etag, headers, checksum } = object;
    const event = { type: 'Object Created', bucket, key, size: bytes, etag, reason: object.reason } as const;
    const timeMs = this.#recordEvent(event, origin);
    this.#save.run(
      bucket,
      Buffer.from(key),
      path,
      file,
      bytes,
      etag,
      JSON.stringify(headers),
      checksum?.algorithm ?? null,
      checksum?.value ?? null,
      checksum?.type ?? null,
      timeMs,
    );
    return { bucket, key, path, file, bytes, etag, headers, checksum, lastModifiedMs: timeMs };
  }

  /** Records an event and returns its time in milliseconds, which is also the object's. */
  #recordEvent(
    event: Pick<S3Event, 'type' | 'bucket' | 'key' | 'size' | 'etag' | 'reason'>,
    origin: Origin,
  ): number {
    const now = Date.now();
    // S3's times have a resolution of one second.
    const timeMs = now - (now % 1000);
    const row = this.#nextSequence.get(now * 1000);
    if (row === undefined)
      throw new Error('Expected the next sequence number from the database but received no row');
    const sequence = integerColumn(row, 'last');
    const sequencer = sequence.toString(16).toUpperCase().padStart(18, '0');
    const { sourceIp, requestId } = origin;
    const time = new Date(timeMs).toISOString().replace('.000', '');
    this.#options.recordEvent({ ...event, sourceIp, requestId, sequencer, time });
    return timeMs;
  }

  /** A path without a file; its folders are created. The disk is asked because only it knows whether case matters. */
  #freePath(bucket: string, key: string): string {
    const plain = plainPath(key);
    if (plain !== undefined && this.#makeFolder(bucket, plain)) return plain;
    const escaped = escapedPath(key);
    if (this.#makeFolder(bucket, escaped)) return escaped;
    throw new Error(
      `Expected ${join(this.#options.directory, bucket, escaped)} to be free for an object, but something is there. Move it away.`,
    );
  }

  #makeFolder(bucket: string, path: string): boolean {
    const whole = join(this.#options.directory, bucket, path);
    try {
      mkdirSync(dirname(whole), { recursive: true });
    } catch (error) {
      // There is a file where a folder is needed: the key `a` beside `a/b`.
      if (isFileError(error, 'ENOTDIR', 'EEXIST', 'ENAMETOOLONG')) return false;
      throw error;
    }
    return !existsSync(whole);
  }

  #moveIntoPlace(object: StoredObject): void {
    const path = this.#pathOf(object);
    mkdirSync(dirname(path), { recursive: true });
    renameSync(this.staging.pathOf(object.file), path);
  }

  /** Removes the folders that are empty now: S3 has no folders, so none may remain. */
  #pruneFolders(object: StoredObject): void {
    for (let folder = dirname(object.path); folder !== '.'; folder = dirname(folder)) {
      try {
        rmdirSync(join(this.#options.directory, object.bucket, folder));
      } catch {
        return;
      }
    }
  }

  #pathOf(object: StoredObject): string {
    return join(this.#options.directory, object.bucket, object.path);
  }

  #inTransaction<T>(work: () => T): T {
    const { database } = this.#options;
    database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      database.exec('COMMIT');
      return result;
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  }
}

/** Whether an error is a file system's, with one of these codes. */
export function isFileError(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
