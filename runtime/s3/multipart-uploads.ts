// Multipart uploads in progress: rows for uploads and parts, and the parts' bytes as files in `.incoming`.
// Follows "Uploading and copying objects using multipart upload" and its quotas.

import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type Checksum, type ChecksumAlgorithm, isChecksumAlgorithm, startHash } from './checksums.ts';
import { integerColumn, keyColumn, type Row, textColumn, textRecordColumn } from './columns.ts';
import { S3Error } from './error.ts';
import { isFileError } from './object-places.ts';
import type { Staging } from './staging.ts';

export interface Upload {
  readonly id: string;
  readonly bucket: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly checksum: { readonly algorithm: ChecksumAlgorithm; readonly type: Checksum['type'] } | undefined;
  readonly initiatedMs: number;
}

export interface Part {
  readonly number: number;
  readonly file: string;
  readonly bytes: number;
  /** Without quotes: the MD5 of the part, in hexadecimal. */
  readonly etag: string;
  readonly checksum: { readonly algorithm: ChecksumAlgorithm; readonly value: string } | undefined;
  readonly lastModifiedMs: number;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS s3_uploads (
    id TEXT PRIMARY KEY, bucket TEXT NOT NULL, key BLOB NOT NULL, headers TEXT NOT NULL,
    checksum_algorithm TEXT, checksum_type TEXT, initiated_ms INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS s3_parts (
    upload TEXT NOT NULL REFERENCES s3_uploads (id) ON DELETE CASCADE, number INTEGER NOT NULL,
    file TEXT NOT NULL UNIQUE, bytes INTEGER NOT NULL, etag TEXT NOT NULL,
    checksum_algorithm TEXT, checksum_value TEXT, last_modified_ms INTEGER NOT NULL,
    PRIMARY KEY (upload, number)
  ) WITHOUT ROWID;
`;

export class MultipartUploads {
  readonly #staging: Staging;
  readonly #create: StatementSync;
  readonly #find: StatementSync;
  readonly #list: StatementSync;
  readonly #savePart: StatementSync;
  readonly #parts: StatementSync;
  readonly #partOfFile: StatementSync;
  readonly #remove: StatementSync;

  constructor(database: DatabaseSync, staging: Staging) {
    this.#staging = staging;
    database.exec(SCHEMA);
    this.#create = database.prepare('INSERT INTO s3_uploads VALUES (?, ?, ?, ?, ?, ?, ?)');
    this.#find = database.prepare('SELECT * FROM s3_uploads WHERE id = ? AND bucket = ? AND key = ?');
    this.#list = database.prepare('SELECT * FROM s3_uploads WHERE bucket = ? ORDER BY key, initiated_ms, id');
    this.#savePart = database.prepare('INSERT OR REPLACE INTO s3_parts VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
    this.#parts = database.prepare('SELECT * FROM s3_parts WHERE upload = ? ORDER BY number');
    this.#partOfFile = database.prepare('SELECT 1 AS found FROM s3_parts WHERE file = ?');
    this.#remove = database.prepare('DELETE FROM s3_uploads WHERE id = ?');
  }

  create(upload: Omit<Upload, 'id' | 'initiatedMs'>): Upload {
    const created = { ...upload, id: randomBytes(32).toString('base64url'), initiatedMs: Date.now() };
    this.#create.run(
      created.id,
      created.bucket,
      Buffer.from(created.key),
      JSON.stringify(created.headers),
      created.checksum?.algorithm ?? null,
      created.checksum?.type ?? null,
      created.initiatedMs,
    );
    return created;
  }

  /** @throws S3Error NoSuchUpload */
  get(id: string, bucket: string, key: string): Upload {
    const row = this.#find.get(id, bucket, Buffer.from(key));
    if (row === undefined) throw noSuchUpload(id);
    return readUpload(row);
  }

  list(bucket: string): Upload[] {
    return this.#list.all(bucket).map(readUpload);
  }

  parts(upload: Upload): Part[] {
    return this.#parts.all(upload.id).map(readPart);
  }

  /**
   * Makes a staged file the part with this number, and replaces an existing part.
   * @throws S3Error NoSuchUpload, after discarding the file.
   */
  savePart(upload: Upload, part: Omit<Part, 'lastModifiedMs'>): Part {
    const saved = { ...part, lastModifiedMs: Date.now() };
    try {
      // The upload may have been completed or aborted while the part arrived.
      this.get(upload.id, upload.bucket, upload.key);
      const replaced = this.parts(upload).find((other) => other.number === part.number);
      this.#savePart.run(
        upload.id,
        saved.number,
        saved.file,
        saved.bytes,
        saved.etag,
        saved.checksum?.algorithm ?? null,
        saved.checksum?.value ?? null,
        saved.lastModifiedMs,
      );
      if (replaced !== undefined) this.#staging.discard(replaced.file);
      return saved;
    } catch (error) {
      this.#staging.discard(part.file);
      throw error;
    }
  }

  /**
   * The bytes of the parts, one part after the other.
   * @throws S3Error NoSuchUpload
   */
  async *read(upload: Upload, parts: readonly Part[]): AsyncGenerator<Buffer> {
    for (const part of parts) {
      try {
        yield* createReadStream(this.#staging.pathOf(part.file), { highWaterMark: 256 * 1024 });
      } catch (error) {
        // Another request has completed or aborted the upload meanwhile.
        if (isFileError(error, 'ENOENT')) throw noSuchUpload(upload.id);
        throw error;
      }
    }
  }

  /**
   * Removes the rows of an upload, inside the caller's transaction.
   * @throws S3Error NoSuchUpload; InvalidPart if one of the parts has been replaced.
   */
  finish(upload: Upload, parts: readonly Part[]): void {
    this.get(upload.id, upload.bucket, upload.key);
    const present = new Set(this.parts(upload).map((part) => part.file));
    if (!parts.every((part) => present.has(part.file))) throw invalidPart();
    this.#remove.run(upload.id);
  }

  abort(upload: Upload): void {
    const parts = this.parts(upload);
    // Files last: after a crash in between, the next start deletes files that no row names.
    this.#remove.run(upload.id);
    this.discardFiles(parts);
  }

  discardFiles(parts: readonly Part[]): void {
    for (const part of parts) this.#staging.discard(part.file);
  }

  isPart(file: string): boolean {
    return this.#partOfFile.get(file) !== undefined;
  }
}

/** The ETag of an object made of parts: the MD5 of the parts' MD5s, then the number of parts. */
export function multipartEtag(parts: readonly Part[]): string {
  const md5 = startHash('md5');
  for (const part of parts) md5.update(Buffer.from(part.etag, 'hex'));
  return `${md5.digest().toString('hex')}-${parts.length}`;
}

export function invalidPart(): S3Error {
  return new S3Error(
    400,
    'InvalidPart',
    "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
  );
}

function noSuchUpload(id: string): S3Error {
  return new S3Error(
    404,
    'NoSuchUpload',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
    { UploadId: id },
  );
}

function readUpload(row: Row): Upload {
  const algorithm = readAlgorithm(row);
  return {
    id: textColumn(row, 'id'),
    bucket: textColumn(row, 'bucket'),
    key: keyColumn(row, 'key'),
    headers: textRecordColumn(row, 'headers'),
    checksum:
      algorithm === undefined
        ? undefined
        : { algorithm, type: textColumn(row, 'checksum_type') === 'COMPOSITE' ? 'COMPOSITE' : 'FULL_OBJECT' },
    initiatedMs: integerColumn(row, 'initiated_ms'),
  };
}

function readPart(row: Row): Part {
  const algorithm = readAlgorithm(row);
  return {
    number: integerColumn(row, 'number'),
    file: textColumn(row, 'file'),
    bytes: integerColumn(row, 'bytes'),
    etag: textColumn(row, 'etag'),
    checksum: algorithm === undefined ? undefined : { algorithm, value: textColumn(row, 'checksum_value') },
    lastModifiedMs: integerColumn(row, 'last_modified_ms'),
  };
}

function readAlgorithm(row: Row): ChecksumAlgorithm | undefined {
  if (row.checksum_algorithm === null) return undefined;
  const algorithm = textColumn(row, 'checksum_algorithm');
  if (!isChecksumAlgorithm(algorithm))
    throw new TypeError(`Expected a checksum algorithm but received ${algorithm}`);
  return algorithm;
}
