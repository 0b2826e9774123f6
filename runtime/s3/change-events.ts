// The events of changes, in the order of the changes. Follows "Event notification types and destinations".

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { integerColumn } from './columns.ts';

export interface S3Event {
  readonly type: 'Object Created' | 'Object Deleted';
  readonly bucket: string;
  readonly key: string;
  readonly size: number;
  /** Without quotes, as events contain it. */
  readonly etag: string;
  /** Missing for a bucket without versions. */
  readonly versionId?: string;
  readonly reason: 'PutObject' | 'POST Object' | 'CopyObject' | 'CompleteMultipartUpload' | 'DeleteObject';
  /** Missing unless something was deleted. */
  readonly deletionType?: 'Permanently Deleted' | 'Delete Marker Created';
  /** Hexadecimal; of two events of one key, the later has the greater one. */
  readonly sequencer: string;
  readonly sourceIp: string;
  readonly requestId: string;
  /** ISO 8601, to the second, as EventBridge writes it. */
  readonly time: string;
}

/** Who caused a change, for its event. */
export interface Origin {
  readonly sourceIp: string;
  readonly requestId: string;
}

type Change = Omit<S3Event, 'sequencer' | 'time' | keyof Origin>;

const SCHEMA =
  'CREATE TABLE IF NOT EXISTS s3_sequence (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), last INTEGER NOT NULL)';

export class ChangeEvents {
  readonly #save: (event: S3Event) => void;
  readonly #nextSequence: StatementSync;

  constructor(database: DatabaseSync, save: (event: S3Event) => void) {
    database.exec(SCHEMA);
    this.#save = save;
    // The clock in microseconds, or the last number plus 1 if the clock has not advanced: no number comes twice.
    this.#nextSequence = database.prepare(`INSERT INTO s3_sequence VALUES (1, ?1)
      ON CONFLICT DO UPDATE SET last = max(last + 1, ?1) RETURNING last`);
  }

  /** Records the event of a change and returns its time in milliseconds, which is also the object's. */
  record(change: Change, { sourceIp, requestId }: Origin): number {
    const now = Date.now();
    // S3's times have a resolution of one second.
    const timeMs = now - (now % 1000);
    const row = this.#nextSequence.get(now * 1000);
    if (row === undefined)
      throw new Error('Expected the next sequence number from the database but received no row');
    const sequence = integerColumn(row, 'last');
    const sequencer = sequence.toString(16).toUpperCase().padStart(18, '0');
    const time = new Date(timeMs).toISOString().replace('.000', '');
    this.#save({ ...change, sourceIp, requestId, sequencer, time });
    return timeMs;
  }
}
