// Objects as ordinary files in a folder, with their metadata as rows in SQLite.
//
// Invariants, whenever the process dies:
// - An object exists if its row does. The row and the object's event are committed in one transaction, after the bytes
//   are on disk in `.incoming/<file>`. Only then is the file renamed to its place. The row names the file, so that the
//   next start can finish the renaming. If a full disk prevents it, the file is read where it is until then.
// - The file of an object that is removed or replaced is moved away inside the transaction: back to `.incoming/<file>`
//   if it is removed for ever, to `.versions/<file>` if it becomes an old version. After a crash, the next start
//   moves it back if the object's row still exists.
// - An old version that becomes the object again is renamed from `.versions/<file>` after the commit, as a new one is.
// - Files that a person puts into the folder are not objects; they are never listed, overwritten or deleted. Symbolic links
//   are never followed.
//
// Nothing is awaited between finding a row and opening its file, so a reader gets the version that the row describes;
// its open file survives a replacement.

import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { isDiskFull } from '../full-disk.ts';
import { ChangeEvents, type Origin, type S3Event } from './change-events.ts';
import { ObjectPlaces } from './object-places.ts';
import { type ListedVersion, OldVersions, type StoredVersion } from './old-versions.ts';
import { Staging } from './staging.ts';
import { objectColumns, readStoredObject, type StoredObject } from './stored-object.ts';

interface NewObject
  extends Pick<StoredObject, 'bucket' | 'key' | 'file' | 'bytes' | 'etag' | 'headers' | 'checksum'> {
  readonly reason: Exclude<S3Event['reason'], 'DeleteObject'>;
}

interface ObjectFolderOptions {
  readonly database: DatabaseSync;
  readonly directory: string;
  readonly versionedBuckets: readonly string[];
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
`;

/** The MD5 of no bytes: S3 reports it as the ETag of a delete marker. */
const EMPTY_ETAG = 'd41d8cd98f00b204e9800998ecf8427e';

export class ObjectFolder {
  readonly staging: Staging;
  readonly #options: ObjectFolderOptions;
  readonly #events: ChangeEvents;
  readonly #versions: OldVersions;
  readonly #places: ObjectPlaces;
  /** The files that the current transaction has moved: where from, and where to. */
  readonly #moved: (readonly [from: string, to: string])[] = [];
  readonly #find: StatementSync;
  readonly #save: StatementSync;
  readonly #remove: StatementSync;
  readonly #range: StatementSync;

  constructor(options: ObjectFolderOptions) {
    const { database, directory } = options;
    this.#options = options;
    this.staging = new Staging(directory);
    this.#places = new ObjectPlaces(directory);
    database.exec(SCHEMA);
    this.#events = new ChangeEvents(database, options.recordEvent);
    this.#versions = new OldVersions(database, directory);
    this.#find = database.prepare('SELECT * FROM s3_objects WHERE bucket = ? AND key = ?');
    this.#save = database.prepare(`INSERT OR REPLACE INTO s3_objects
      (bucket, key, file, bytes, etag, headers, checksum_algorithm, checksum_value, checksum_type,
       last_modified_ms, path) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
    this.#remove = database.prepare('DELETE FROM s3_objects WHERE bucket = ? AND key = ?');
    this.#range = database.prepare('SELECT * FROM s3_objects WHERE bucket = ? AND key >= ? ORDER BY key');
  }

  find(bucket: string, key: string): StoredObject | undefined {
    const row = this.#find.get(bucket, Buffer.from(key));
    return row === undefined ? undefined : readStoredObject(row);
  }

  /** The objects from that key on, in the order of their keys' bytes. */
  *from(bucket: string, key: Buffer): Generator<StoredObject> {
    for (const row of this.#range.iterate(bucket, key)) yield readStoredObject(row);
  }

  isVersioned(bucket: string): boolean {
    return this.#options.versionedBuckets.includes(bucket);
  }

  /** Undefined if the bucket has no versions. */
  versionIdOf({ bucket, file }: StoredObject): string | undefined {
    return this.isVersioned(bucket) ? file : undefined;
  }

  /** The only version of an object in a bucket without versions has the id `null`. */
  findVersion(bucket: string, key: string, versionId: string): StoredVersion | undefined {
    const current = this.find(bucket, key);
    if (current !== undefined && (this.versionIdOf(current) ?? 'null') === versionId)
      return { ...current, isMarker: false };
    return this.#versions.find(bucket, key, versionId);
  }

  /** The delete marker that hides the versions of a key, if there is one. */
  findMarker(bucket: string, key: string): StoredVersion | undefined {
    const newest = this.find(bucket, key) === undefined ? this.#versions.newest(bucket, key) : undefined;
    return newest?.isMarker ? newest : undefined;
  }

  /** All versions from that key on, in the order of their keys' bytes, the latest of each key first. */
  versionsFrom(bucket: string, key: Buffer): Generator<ListedVersion> {
    return this.#versions.from(bucket, key);
  }

  /**
   * Opens the object's file and returns its descriptor. Await nothing between `find` and this.
   * @throws Error if the file does not have the object's size, or if a symbolic link leads to it.
   */
  open(object: StoredObject): number {
    const path = this.#fileOf(object);
    if (this.#isLinked(object))
      throw new Error(
        `Expected a file at ${path} but found a symbolic link on the way, which is not followed. Replace it by what it leads to.`,
      );
    const descriptor = openSync(path, 'r');
    const { size } = fstatSync(descriptor);
    if (size === object.bytes) return descriptor;
    closeSync(descriptor);
    throw new Error(
      `Expected ${object.bytes} bytes in ${path} but found ${size}: the file was changed by hand. Put the object again.`,
    );
  }

  /**
   * Makes a staged file the object with this key, and replaces an existing object, which becomes an old version if the
   * bucket has versions. `check` gets the existing object and may throw to refuse; the staged file is discarded then.
   * `alongside` runs in the same transaction.
   */
  put(
    object: NewObject,
    origin: Origin,
    check: (existing: StoredObject | undefined) => void,
    alongside?: () => void,
  ): StoredObject {
    const stored = this.#commit(object, origin, check, alongside);
    this.#moveIfThereIsSpace(stored, this.staging);
    this.#options.eventsRecorded();
    return stored;
  }

  /**
   * Removes the object, if there is one; `check` gets it and may throw to refuse. In a bucket with versions it becomes an
   * old version, and the key gets a delete marker, which is returned.
   */
  remove(
    bucket: string,
    key: string,
    origin: Origin,
    check: (existing: StoredObject | undefined) => void,
  ): StoredVersion | undefined {
    const existing = this.find(bucket, key);
    check(existing);
    if (this.isVersioned(bucket)) return this.#mark(bucket, key, existing, origin);
    if (existing !== undefined) this.#removeForEver({ ...existing, isMarker: false }, origin);
    return undefined;
  }

  /** Removes a version or delete marker for ever and returns it. Without the newest one, the one before it is the newest. */
  removeVersion(bucket: string, key: string, versionId: string, origin: Origin): StoredVersion | undefined {
    const version = this.findVersion(bucket, key, versionId);
    if (version !== undefined) this.#removeForEver(version, origin);
    return version;
  }

  /**
   * Finishes or undoes what a crash interrupted; `isPart` is whether a staged file belongs to a multipart upload.
   * @throws Error if a bucket without versions has old versions.
   */
  recover(buckets: readonly string[], isPart: (file: string) => boolean): void {
    this.#recoverFrom(this.staging, isPart);
    this.#recoverFrom(this.#versions, (file) => this.#versions.has(file));
    for (const bucket of buckets)
      if (!this.isVersioned(bucket) && this.#versions.isAnyIn(bucket))
        throw new Error(
          `The bucket ${bucket} has old versions or delete markers, but the template no longer turns its versioning on. Turning it off is not supported: turn it on and delete them, or choose another folder with --data.`,
        );
  }

  #recoverFrom(place: Staging | OldVersions, belongsThere: (file: string) => boolean): void {
    const owner = this.#options.database.prepare('SELECT * FROM s3_objects WHERE file = ?');
    for (const file of place.files()) {
      const row = owner.get(file);
      const object = row && readStoredObject(row);
      if (object !== undefined) {
        // Behind a link, the file waits for the start that finds a folder again.
        if (!this.#isLinked(object)) this.#moveIfThereIsSpace(object, place);
      } else if (!belongsThere(file)) place.discard(file);
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
        const isInPlace = existing?.path !== undefined && !this.#isLinked(existing);
        const path = isInPlace ? existing.path : this.#places.findFree(object.bucket, object.key);
        if (existing !== undefined && this.isVersioned(object.bucket)) this.#keep(existing);
        const saved = this.#saveNew(object, path, origin);
        alongside?.();
        return saved;
      });
    } catch (error) {
      this.staging.discard(object.file);
      throw error;
    }
  }

  #saveNew({ reason, ...object }: NewObject, path: string, origin: Origin): StoredObject {
    const { bucket, key, file, bytes, etag } = object;
    const event = { type: 'Object Created', bucket, key, size: bytes, etag, reason } as const;
    const version = this.isVersioned(bucket) ? { versionId: file } : {};
    const lastModifiedMs = this.#events.record({ ...event, ...version }, origin);
    const stored = { ...object, path, lastModifiedMs };
    this.#save.run(...objectColumns(stored), path);
    return stored;
  }

  /** Makes an object an old version, inside a transaction. */
  #keep(object: StoredObject): void {
    this.#moveAway(object, this.#versions.pathOf(object.file));
    // Otherwise a power cut after the commit could leave the file in its place, where the next start puts the new one.
    this.#versions.flush();
    this.#versions.add({ ...object, isMarker: false });
  }

  #mark(bucket: string, key: string, existing: StoredObject | undefined, origin: Origin): StoredVersion {
    const made = {
      bucket,
      key,
      path: undefined,
      file: randomUUID(),
      bytes: 0,
      etag: EMPTY_ETAG,
      headers: {},
    };
    const marker = this.#inTransaction(() => {
      if (existing !== undefined) this.#keep(existing);
      this.#remove.run(bucket, Buffer.from(key));
      const lastModifiedMs = this.#recordRemoval(made, 'Delete Marker Created', origin);
      const saved = { ...made, checksum: undefined, lastModifiedMs, isMarker: true };
      this.#versions.add(saved);
      return saved;
    });
    if (existing !== undefined) this.#places.pruneFolders(existing);
    this.#options.eventsRecorded();
    return marker;
  }

  #removeForEver(version: StoredVersion, origin: Origin): void {
    const { bucket, key, file } = version;
    const promoted = this.#inTransaction(() => {
      if (version.path === undefined) this.#versions.remove(version);
      else {
        this.#moveAway(version, this.staging.pathOf(file));
        this.#remove.run(bucket, Buffer.from(key));
      }
      this.#recordRemoval(version, 'Permanently Deleted', origin);
      return this.find(bucket, key) === undefined ? this.#promote(bucket, key) : undefined;
    });
    // A person may have deleted the file; the deletion that was asked for has succeeded.
    if (promoted !== undefined && existsSync(this.#versions.pathOf(promoted.file)))
      this.#moveIfThereIsSpace(promoted, this.#versions);
    if (version.path === undefined) this.#versions.discard(file);
    else {
      this.staging.discard(file);
      this.#places.pruneFolders(version);
    }
    this.#options.eventsRecorded();
  }

  /** Makes the newest old version of a key the object, inside a transaction, unless a delete marker is newer. */
  #promote(bucket: string, key: string): StoredObject | undefined {
    const newest = this.#versions.newest(bucket, key);
    if (newest === undefined || newest.isMarker) return undefined;
    const path = this.#places.findFree(bucket, key);
    this.#versions.remove(newest);
    this.#save.run(...objectColumns(newest), path);
    return { ...newest, path };
  }

  /** Records the event of a removal and returns its time in milliseconds. */
  #recordRemoval(
    {
      bucket,
      key,
      bytes: size,
      etag,
      file,
    }: Pick<StoredObject, 'bucket' | 'key' | 'bytes' | 'etag' | 'file'>,
    deletionType: NonNullable<S3Event['deletionType']>,
    origin: Origin,
  ): number {
    const version = this.isVersioned(bucket) ? { versionId: file } : {};
    const event = { type: 'Object Deleted', reason: 'DeleteObject', deletionType } as const;
    return this.#events.record({ ...event, bucket, key, size, etag, ...version }, origin);
  }

  /** Moves the file of a stored object. Without space for its name in the folder, it stays where it is and is read there. */
  #moveIfThereIsSpace(object: StoredObject, from: Staging | OldVersions): void {
    try {
      this.#moveIntoPlace(object, from);
    } catch (error) {
      if (!isDiskFull(error)) throw error;
    }
  }

  /** Where the file of an object or version is now: in its place, unless a full disk has kept it from there. */
  #fileOf(object: StoredObject): string {
    const kept = [this.staging, this.#versions].map((place) => place.pathOf(object.file));
    return kept.find((file) => existsSync(file)) ?? this.#pathOf(object);
  }

  #moveIntoPlace(object: StoredObject, from: Staging | OldVersions): void {
    const path = this.#pathOf(object);
    mkdirSync(dirname(path), { recursive: true });
    renameSync(from.pathOf(object.file), path);
  }

  #pathOf({ bucket, path, file }: StoredObject): string {
    return path === undefined ? this.#versions.pathOf(file) : this.#places.pathOf(bucket, path);
  }

  #isLinked({ bucket, path }: StoredObject): boolean {
    return path !== undefined && this.#places.isLinked(bucket, path);
  }

  /** Moves the file of an object inside a transaction, whose rollback moves it back. */
  #moveAway(object: StoredObject, to: string): void {
    const from = this.#fileOf(object);
    // A person may have deleted the file, or put a link in its place; its object can still be removed.
    if (this.#isLinked(object) || !existsSync(from)) return;
    renameSync(from, to);
    this.#moved.push([from, to]);
  }

  #inTransaction<T>(work: () => T): T {
    const { database } = this.#options;
    this.#moved.length = 0;
    database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      database.exec('COMMIT');
      return result;
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      for (const [from, to] of this.#moved) renameSync(to, from);
      throw error;
    }
  }
}
