// Old versions and delete markers of a versioned bucket: rows in SQLite, and the old versions' files in `.versions`.
// The newest version of a key is not here unless it is a delete marker. Follows "How S3 Versioning works".
//
// Invariant, whenever the process dies: a file in `.versions` is an old version if `s3_versions` has its row. If
// `s3_objects` has it, the file was on its way from or to the object's place, and the next start moves it there.

import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { integerColumn, type Row } from './columns.ts';
import { objectColumns, readStoredObject, type StoredObject } from './stored-object.ts';

/** A version of an object, or a delete marker, which has neither bytes nor a file. */
export interface StoredVersion extends StoredObject {
  readonly isMarker: boolean;
}

export interface ListedVersion extends StoredVersion {
  readonly isLatest: boolean;
}

// No bucket's name can start with a dot.
const FOLDER = '.versions';

const COLUMNS =
  'bucket, key, file, bytes, etag, headers, checksum_algorithm, checksum_value, checksum_type, last_modified_ms';

// Of two versions of one key, the later has the greater id.
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS s3_versions (
    id INTEGER PRIMARY KEY, bucket TEXT NOT NULL, key BLOB NOT NULL, file TEXT NOT NULL UNIQUE,
    bytes INTEGER NOT NULL, etag TEXT NOT NULL, headers TEXT NOT NULL,
    checksum_algorithm TEXT, checksum_value TEXT, checksum_type TEXT,
    last_modified_ms INTEGER NOT NULL, is_marker INTEGER NOT NULL
  );
  CREATE INDEX IF NOT EXISTS s3_versions_of_key ON s3_versions (bucket, key, id DESC);
`;

export class OldVersions {
  readonly #folder: string;
  readonly #add: StatementSync;
  readonly #find: StatementSync;
  readonly #newest: StatementSync;
  readonly #remove: StatementSync;
  readonly #range: StatementSync;
  readonly #ofFile: StatementSync;
  readonly #inBucket: StatementSync;

  /** The table `s3_objects` has to exist. */
  constructor(database: DatabaseSync, directory: string) {
    this.#folder = join(directory, FOLDER);
    mkdirSync(this.#folder, { recursive: true });
    database.exec(SCHEMA);
    this.#add = database.prepare(
      `INSERT INTO s3_versions (${COLUMNS}, is_marker) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    const select = `SELECT ${COLUMNS}, is_marker, NULL AS path FROM s3_versions`;
    this.#find = database.prepare(`${select} WHERE bucket = ? AND key = ? AND file = ?`);
    this.#newest = database.prepare(`${select} WHERE bucket = ? AND key = ? ORDER BY id DESC LIMIT 1`);
    this.#remove = database.prepare('DELETE FROM s3_versions WHERE file = ?');
    this.#range = database.prepare(`
      SELECT ${COLUMNS}, 0 AS is_marker, path, ${Number.MAX_SAFE_INTEGER} AS age FROM s3_objects
        WHERE bucket = ?1 AND key >= ?2
      UNION ALL SELECT ${COLUMNS}, is_marker, NULL, id FROM s3_versions WHERE bucket = ?1 AND key >= ?2
      ORDER BY key, age DESC`);
    this.#ofFile = database.prepare('SELECT 1 AS found FROM s3_versions WHERE file = ?');
    this.#inBucket = database.prepare('SELECT 1 AS found FROM s3_versions WHERE bucket = ? LIMIT 1');
  }

  pathOf(file: string): string {
    return join(this.#folder, file);
  }

  files(): string[] {
    return readdirSync(this.#folder);
  }

  discard(file: string): void {
    rmSync(this.pathOf(file), { force: true });
  }

  /** Makes the files that were moved into the folder survive a power cut. */
  flush(): void {
    // Windows cannot open a folder; NTFS journals its entries by itself.
    if (process.platform === 'win32') return;
    const folder = openSync(this.#folder, 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  }

  /** Adds the newest of the old versions, inside the caller's transaction. */
  add(version: StoredVersion): void {
    this.#add.run(...objectColumns(version), version.isMarker ? 1 : 0);
  }

  /** Removes a row, inside the caller's transaction. */
  remove(version: StoredVersion): void {
    this.#remove.run(version.file);
  }

  find(bucket: string, key: string, versionId: string): StoredVersion | undefined {
    const row = this.#find.get(bucket, Buffer.from(key), versionId);
    return row === undefined ? undefined : readVersion(row);
  }

  newest(bucket: string, key: string): StoredVersion | undefined {
    const row = this.#newest.get(bucket, Buffer.from(key));
    return row === undefined ? undefined : readVersion(row);
  }

  /** All versions from that key on, the newest ones too: in the order of their keys' bytes, the latest first. */
  *from(bucket: string, key: Buffer): Generator<ListedVersion> {
    let last: string | undefined;
    for (const row of this.#range.iterate(bucket, key)) {
      const version = readVersion(row);
      yield { ...version, isLatest: version.key !== last };
      last = version.key;
    }
  }

  has(file: string): boolean {
    return this.#ofFile.get(file) !== undefined;
  }

  isAnyIn(bucket: string): boolean {
    return this.#inBucket.get(bucket) !== undefined;
  }
}

function readVersion(row: Row): StoredVersion {
  return { ...readStoredObject(row), isMarker: integerColumn(row, 'is_marker') === 1 };
}
