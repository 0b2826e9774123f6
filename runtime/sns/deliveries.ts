// Messages on their way to subscribers, as rows in SQLite: one for each message and subscriber. A row is deleted after the
// subscriber has the message, so a message whose delivery a crash interrupted is delivered again.

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Outlast } from '../full-disk.ts';
import type { Message } from './messages.ts';
import type { Subscription } from './subscriptions.ts';

interface DeliveryOptions {
  readonly database: DatabaseSync;
  readonly find: (subscriptionArn: string) => Subscription | undefined;
  /**
   * Hands a message to a subscriber.
   * @throws LostError if another attempt would fail too, any other error if it might succeed.
   */
  readonly carry: (message: Message, subscription: Subscription, stopping: AbortSignal) => Promise<void>;
  /** The pause between two attempts, in milliseconds. */
  readonly retryMs: number;
  readonly warn: (message: string) => void;
  readonly outlast: Outlast;
}

/** A message is lost: its subscriber did not take it. */
export class LostError extends Error {
  override readonly name = 'LostError';
}

// SNS's default for HTTP: three retries.
const ATTEMPTS = 4;
/** Messages on their way to one subscriber, so that one that fails delays no other. */
const AT_ONCE = 8;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS sns_deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, subscription TEXT NOT NULL, type TEXT NOT NULL, message_id TEXT NOT NULL,
    subject TEXT, text TEXT NOT NULL, sent_at TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS sns_deliveries_of ON sns_deliveries (subscription, id);
`;

/** The messages on their way to one subscriber. */
interface Line {
  newestStarted: number;
  inFlight: number;
}

type Row = NonNullable<ReturnType<StatementSync['get']>>;

export class Deliveries {
  readonly #options: DeliveryOptions;
  readonly #insert: StatementSync;
  readonly #findAfter: StatementSync;
  readonly #remove: StatementSync;
  readonly #count: StatementSync;
  readonly #lines = new Map<string, Line>();
  /** The ARNs of subscriptions that may have messages to start with. */
  readonly #waiting: Set<string>;
  readonly #stopping = new AbortController();

  constructor(options: DeliveryOptions) {
    const { database } = options;
    database.exec(SCHEMA);
    this.#options = options;
    this.#insert = database.prepare(
      'INSERT INTO sns_deliveries (subscription, type, message_id, subject, text, sent_at) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#findAfter = database.prepare(
      'SELECT * FROM sns_deliveries WHERE subscription = ? AND id > ? ORDER BY id LIMIT ?',
    );
    this.#remove = database.prepare('DELETE FROM sns_deliveries WHERE id = ?');
    this.#count = database.prepare('SELECT count(*) AS waiting FROM sns_deliveries');
    const left = database.prepare('SELECT DISTINCT subscription FROM sns_deliveries').all();
    this.#waiting = new Set(left.map(({ subscription }) => String(subscription)));
  }

  /** Call it inside the transaction that stores what the message tells of. */
  record({ arn }: Subscription, { type, id, subject, text, sentAt }: Message): void {
    this.#insert.run(arn, type, id, subject ?? null, text, sentAt);
    this.#waiting.add(arn);
  }

  /** Starts delivering what was recorded. */
  deliver(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const arn of waiting) this.#continue(arn);
  }

  /** Stops delivering; returns how many deliveries are left for the next start. */
  stop(): number {
    this.#stopping.abort();
    return Number(this.#count.get()?.waiting);
  }

  #continue(arn: string): void {
    const line = this.#lines.get(arn) ?? { newestStarted: 0, inFlight: 0 };
    this.#lines.set(arn, line);
    for (const row of this.#findAfter.all(arn, line.newestStarted, AT_ONCE - line.inFlight)) {
      const id = Number(row.id);
      line.newestStarted = id;
      line.inFlight += 1;
      void this.#deliver(arn, readMessage(row)).then(async (isDone) => {
        line.inFlight -= 1;
        if (!isDone) return;
        if (await this.#forget(id)) this.#continue(arn);
      });
    }
  }

  /** @returns false if a stop came first, while the disk was full: the subscriber gets the message once more then. */
  async #forget(id: number): Promise<boolean> {
    const { signal } = this.#stopping;
    try {
      await this.#options.outlast(() => this.#remove.run(id), signal);
      return true;
    } catch (error) {
      if (!signal.aborted) throw error;
      return false;
    }
  }

  /** @returns whether the delivery has ended, with or without success; false if a stop interrupted it. */
  async #deliver(arn: string, message: Message): Promise<boolean> {
    const { find, carry, retryMs, warn, outlast } = this.#options;
    const { signal } = this.#stopping;
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      // Undefined once somebody has unsubscribed.
      const subscription = find(arn);
      if (!subscription) return true;
      try {
        await outlast(() => carry(message, subscription, signal), signal);
        return !signal.aborted;
      } catch (error) {
        if (signal.aborted) break;
        if (error instanceof LostError || attempt === ATTEMPTS) {
          const reason = error instanceof Error ? error.message : String(error);
          warn(`${subscription.topicArn}: a message to ${subscription.endpoint} is lost: ${reason}`);
          return true;
        }
      }
      await sleep(retryMs, undefined, { signal, ref: false }).catch(() => {});
    }
    return false;
  }
}

function readMessage({ type, message_id, subject, text, sent_at }: Row): Message {
  return {
    type: type === 'SubscriptionConfirmation' ? type : 'Notification',
    id: String(message_id),
    subject: subject === null ? undefined : String(subject),
    text: String(text),
    sentAt: String(sent_at),
  };
}
