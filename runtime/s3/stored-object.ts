import { type Checksum, isChecksumAlgorithm } from './checksums.ts';
import { integerColumn, keyColumn, type Row, textColumn, textRecordColumn } from './columns.ts';

/** The row of an object. */
export interface StoredObject {
  readonly bucket: string;
  readonly key: string;
  /** Relative to the bucket's folder; undefined for an old version, whose file is in `.versions`. */
  readonly path: string | undefined;
  /**
   * A unique name for this content of the object: the file's name while it is in `.incoming` or `.versions`, and the
   * version id in a bucket with versions.
   */
  readonly file: string;
  readonly bytes: number;
  /** Without quotes. */
  readonly etag: string;
  /** The content headers and `x-amz-meta-*` that it was stored with. */
  readonly headers: Readonly<Record<string, string>>;
  readonly checksum: Checksum | undefined;
  readonly lastModifiedMs: number;
}

export function readStoredObject(row: Row): StoredObject {
  return {
    bucket: textColumn(row, 'bucket'),
    key: keyColumn(row, 'key'),
    path: row.path === null ? undefined : textColumn(row, 'path'),
    file: textColumn(row, 'file'),
    bytes: integerColumn(row, 'bytes'),
    etag: textColumn(row, 'etag'),
    headers: textRecordColumn(row, 'headers'),
    checksum: readChecksum(row),
    lastModifiedMs: integerColumn(row, 'last_modified_ms'),
  };
}

/** The values of the columns bucket to last_modified_ms, without path, in the order of the tables. */
export function objectColumns(object: Omit<StoredObject, 'path'>) {
  const { checksum } = object;
  return [
    object.bucket,
    Buffer.from(object.key),
    object.file,
    object.bytes,
    object.etag,
    JSON.stringify(object.headers),
    checksum?.algorithm ?? null,
    checksum?.value ?? null,
    checksum?.type ?? null,
    object.lastModifiedMs,
  ];
}

function readChecksum(row: Row): Checksum | undefined {
  if (row.checksum_algorithm === null) return undefined;
  const algorithm = textColumn(row, 'checksum_algorithm');
  if (!isChecksumAlgorithm(algorithm))
    throw new TypeError(`Expected a checksum algorithm but received ${algorithm}`);
  const composite = textColumn(row, 'checksum_type') === 'COMPOSITE';
  return {
    algorithm,
    value: textColumn(row, 'checksum_value'),
    type: composite ? 'COMPOSITE' : 'FULL_OBJECT',
  };
}
