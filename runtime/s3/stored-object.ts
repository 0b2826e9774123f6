import { type Checksum, isChecksumAlgorithm } from './checksums.ts';
import { integerColumn, keyColumn, type Row, textColumn, textRecordColumn } from './columns.ts';

/** The row of an object. */
export interface StoredObject {
  readonly bucket: string;
  readonly key: string;
  /** Relative to the bucket's folder. */
  readonly path: string;
  /** A unique name for this content of the object: the file's name while it is in `.incoming`. */
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
    path: textColumn(row, 'path'),
    file: textColumn(row, 'file'),
    bytes: integerColumn(row, 'bytes'),
    etag: textColumn(row, 'etag'),
    headers: textRecordColumn(row, 'headers'),
    checksum: readChecksum(row),
    lastModifiedMs: integerColumn(row, 'last_modified_ms'),
  };
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
