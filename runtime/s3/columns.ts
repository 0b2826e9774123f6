import type { SQLOutputValue } from 'node:sqlite';

// Each function reads a column with the type that the table declares. The runtime wrote the database, so another type
// is a defect, and a TypeError.

export type Row = Readonly<Record<string, SQLOutputValue>>;

export function textColumn(row: Row, name: string): string {
  const value = row[name];
  if (typeof value !== 'string') throw unexpected(name, 'text', value);
  return value;
}

export function integerColumn(row: Row, name: string): number {
  const value = row[name];
  if (typeof value !== 'number') throw unexpected(name, 'an integer', value);
  return value;
}

/** An object key. Stored as a blob, because S3 orders keys by their bytes and a key may contain NUL. */
export function keyColumn(row: Row, name: string): string {
  const value = row[name];
  if (!(value instanceof Uint8Array)) throw unexpected(name, 'bytes', value);
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8');
}

/** A JSON object whose values are all text. */
export function textRecordColumn(row: Row, name: string): Record<string, string> {
  const value: unknown = JSON.parse(textColumn(row, name));
  const record: Record<string, string> = {};
  if (typeof value !== 'object' || value === null) throw unexpected(name, 'a JSON object', value);
  for (const [field, content] of Object.entries(value)) {
    if (typeof content !== 'string') throw unexpected(name, 'a JSON object of texts', value);
    record[field] = content;
  }
  return record;
}

function unexpected(name: string, expected: string, value: unknown): TypeError {
  return new TypeError(
    `Expected ${expected} in column ${name} but received ${String(value)} of type ${typeof value}`,
  );
}
