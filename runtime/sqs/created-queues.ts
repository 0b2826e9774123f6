import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Queue as QueueResource } from './queues.ts';

export interface Queue extends QueueResource {
  readonly url: string;
  /** JSON; only a queue that a client has created has it here. */
  readonly policy?: string;
}

type Row = NonNullable<ReturnType<StatementSync['get']>>;

const SCHEMA = `CREATE TABLE IF NOT EXISTS sqs_queues (
  name TEXT PRIMARY KEY, arn TEXT NOT NULL, retention_seconds INTEGER NOT NULL, visibility_seconds INTEGER NOT NULL,
  policy TEXT)`;

/** The queues that clients have created, which outlive the process. */
export class CreatedQueues {
  readonly #urlOf: (name: string) => string;
  readonly #insert: StatementSync;
  readonly #list: StatementSync;
  readonly #remove: StatementSync;
  readonly #removeMessages: StatementSync;

  /** Call it once the table of messages exists. */
  constructor(database: DatabaseSync, urlOf: (name: string) => string) {
    database.exec(SCHEMA);
    this.#urlOf = urlOf;
    this.#insert = database.prepare('INSERT INTO sqs_queues VALUES (?, ?, ?, ?, ?)');
    this.#list = database.prepare('SELECT * FROM sqs_queues ORDER BY rowid');
    this.#remove = database.prepare('DELETE FROM sqs_queues WHERE arn = ?');
    this.#removeMessages = database.prepare('DELETE FROM sqs_messages WHERE queue = ?');
  }

  all(): Queue[] {
    return this.#list.all().map((row) => this.#read(row));
  }

  has({ arn }: Queue): boolean {
    return this.all().some((queue) => queue.arn === arn);
  }

  /** Whether there is such a queue with the same attributes. */
  isSame(made: Omit<Queue, 'url'>): boolean {
    const same = JSON.stringify(this.#withUrl(made));
    return this.all().some((queue) => JSON.stringify(queue) === same);
  }

  add(made: Omit<Queue, 'url'>): Queue {
    const { logicalId, arn, messageRetentionSeconds, visibilityTimeoutSeconds, policy } = made;
    this.#insert.run(logicalId, arn, messageRetentionSeconds, visibilityTimeoutSeconds, policy ?? null);
    return this.#withUrl(made);
  }

  remove({ arn }: Queue): void {
    this.#removeMessages.run(arn);
    this.#remove.run(arn);
  }

  #read({ name, arn, retention_seconds, visibility_seconds, policy }: Row): Queue {
    return this.#withUrl({
      logicalId: String(name),
      arn: String(arn),
      messageRetentionSeconds: Number(retention_seconds),
      visibilityTimeoutSeconds: Number(visibility_seconds),
      ...(policy !== null && { policy: String(policy) }),
    });
  }

  #withUrl(made: Omit<Queue, 'url'>): Queue {
    return { ...made, url: this.#urlOf(made.logicalId) };
  }
}
