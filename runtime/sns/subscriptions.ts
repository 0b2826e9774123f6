import { randomBytes, randomUUID } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';

export interface Subscription {
  readonly arn: string;
  readonly topicArn: string;
  readonly protocol: 'http' | 'sqs';
  /** A queue's ARN, or the URL of an HTTP endpoint. */
  readonly endpoint: string;
  /** Whether the subscriber gets the message alone, without SNS's envelope. */
  readonly isRaw: boolean;
  /** What confirms the subscription; missing if it is confirmed. */
  readonly token?: string;
}

type Row = NonNullable<ReturnType<StatementSync['get']>>;

const SCHEMA = `CREATE TABLE IF NOT EXISTS sns_subscriptions (
  arn TEXT PRIMARY KEY, topic TEXT NOT NULL, protocol TEXT NOT NULL, endpoint TEXT NOT NULL, is_raw INTEGER NOT NULL,
  token TEXT, UNIQUE (topic, protocol, endpoint))`;

/** The subscriptions that the template declares, and those that clients have made, which outlive the process. */
export class Subscriptions {
  readonly #declared: () => readonly Subscription[];
  readonly #insert: StatementSync;
  readonly #list: StatementSync;
  readonly #find: StatementSync;
  readonly #confirm: StatementSync;
  readonly #remove: StatementSync;

  /** @param declared returns the template's subscriptions, which a reload may replace. */
  constructor(database: DatabaseSync, declared: () => readonly Subscription[]) {
    database.exec(SCHEMA);
    this.#declared = declared;
    this.#insert = database.prepare('INSERT INTO sns_subscriptions VALUES (?, ?, ?, ?, ?, ?)');
    this.#list = database.prepare('SELECT * FROM sns_subscriptions WHERE topic = ? ORDER BY rowid');
    this.#find = database.prepare('SELECT * FROM sns_subscriptions WHERE arn = ?');
    this.#confirm = database.prepare('UPDATE sns_subscriptions SET token = NULL WHERE arn = ?');
    this.#remove = database.prepare('DELETE FROM sns_subscriptions WHERE arn = ?');
  }

  /** All of a topic, unconfirmed ones too, the template's first. */
  of(topicArn: string): Subscription[] {
    const declared = this.#declared().filter((one) => one.topicArn === topicArn);
    return [...declared, ...this.#list.all(topicArn).map(readSubscription)];
  }

  find(arn: string): Subscription | undefined {
    const row = this.#find.get(arn);
    return row ? readSubscription(row) : this.#declared().find((one) => one.arn === arn);
  }

  isDeclared({ arn }: Subscription): boolean {
    return this.#declared().some((one) => one.arn === arn);
  }

  /** Adds a subscription: that of a queue is confirmed, that of an HTTP endpoint gets a token. */
  add(made: Omit<Subscription, 'arn' | 'token'>): Subscription {
    const { topicArn, protocol, endpoint, isRaw } = made;
    const arn = `${topicArn}:${randomUUID()}`;
    const token = protocol === 'http' ? randomBytes(64).toString('hex') : null;
    this.#insert.run(arn, topicArn, protocol, endpoint, Number(isRaw), token);
    return { ...made, arn, ...(token !== null && { token }) };
  }

  confirm({ arn }: Subscription): void {
    this.#confirm.run(arn);
  }

  remove({ arn }: Subscription): void {
    this.#remove.run(arn);
  }
}

function readSubscription({ arn, topic, protocol, endpoint, is_raw, token }: Row): Subscription {
  return {
    arn: String(arn),
    topicArn: String(topic),
    protocol: protocol === 'http' ? 'http' : 'sqs',
    endpoint: String(endpoint),
    isRaw: Number(is_raw) === 1,
    ...(token !== null && { token: String(token) }),
  };
}
