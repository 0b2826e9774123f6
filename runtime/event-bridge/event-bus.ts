import { randomUUID } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { createOutlast, type Outlast } from '../full-disk.ts';
import type { S3Event } from '../s3/index.ts';
import type { Matcher } from './event-pattern.ts';

export interface Rule {
  readonly logicalId: string;
  readonly matches: Matcher;
  /** Starts an execution; resolves when it has ended, with whatever status; rejects if it could not be started. */
  start(event: unknown): Promise<void>;
  /** Takes an event that could not be delivered. */
  giveUp(event: unknown, error: unknown): void;
}

interface EventBridge {
  /**
   * Call it inside the transaction that stores the object: the event is then as durable as the object.
   * @returns whether a rule matches the event.
   */
  record(event: S3Event): boolean;
  /** Starts delivering what was recorded. */
  deliver(): void;
  /** Stops delivering; returns how many events are left for the next start, those being delivered included. */
  stop(): number;
}

type Row = NonNullable<ReturnType<StatementSync['get']>>;

/** Executions in flight at once, enough to keep a large machine's processes busy; other events wait in the database. */
const MAX_IN_FLIGHT = 32;

/** @param rules returns the current rules, which a reload may replace. */
export function createEventBridge(
  database: DatabaseSync,
  rules: () => readonly Rule[],
  outlast: Outlast = createOutlast(() => {}),
): EventBridge {
  // AUTOINCREMENT, because `newestStarted` requires that no id is used twice.
  database.exec(`CREATE TABLE IF NOT EXISTS event_bridge_deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, rule TEXT NOT NULL, event TEXT NOT NULL)`);
  const insert = database.prepare('INSERT INTO event_bridge_deliveries (rule, event) VALUES (?, ?)');
  const findAfter = database.prepare(
    'SELECT id, rule, event FROM event_bridge_deliveries WHERE id > ? ORDER BY id LIMIT ?',
  );
  const remove = database.prepare('DELETE FROM event_bridge_deliveries WHERE id = ?');
  const count = database.prepare('SELECT count(*) AS waiting FROM event_bridge_deliveries');
  let newestStarted = 0;
  let inFlight = 0;
  const stopping = new AbortController();

  /** The rule that an event was recorded for; if the template no longer has it, all rules that match the event. */
  const receiversOf = (logicalId: unknown, event: unknown): readonly Rule[] => {
    const rule = rules().find((one) => one.logicalId === logicalId);
    return rule ? [rule] : rules().filter(({ matches }) => matches(event));
  };

  /** @throws the reason of `stopping` if that aborts first: the next start delivers the event then. */
  const deliverTo = async (rule: Rule, event: unknown): Promise<void> => {
    try {
      await outlast(() => rule.start(event), stopping.signal);
    } catch (error) {
      stopping.signal.throwIfAborted();
      await outlast(() => rule.giveUp(event, error), stopping.signal);
    }
    stopping.signal.throwIfAborted();
  };

  const deliverRow = async ({ id, rule, event: text }: Row): Promise<void> => {
    const event: unknown = JSON.parse(String(text));
    await Promise.all(receiversOf(rule, event).map((receiver) => deliverTo(receiver, event)));
    await outlast(() => remove.run(Number(id)), stopping.signal);
  };

  const deliver = (): void => {
    if (stopping.signal.aborted || inFlight >= MAX_IN_FLIGHT) return;
    for (const row of findAfter.all(newestStarted, MAX_IN_FLIGHT - inFlight)) {
      newestStarted = Number(row.id);
      inFlight += 1;
      void deliverRow(row).then(
        () => {
          inFlight -= 1;
          deliver();
        },
        (error: unknown) => {
          // Any other error is one of the database, which must end the process.
          if (!stopping.signal.aborted) throw error;
        },
      );
    }
  };

  return {
    record(s3Event) {
      const event = toEventBridgeEvent(s3Event);
      const receivers = rules().filter(({ matches }) => matches(event));
      for (const { logicalId } of receivers) insert.run(logicalId, JSON.stringify(event));
      return receivers.length > 0;
    },
    deliver,
    stop: () => {
      stopping.abort();
      return Number(count.get()?.waiting);
    },
  };
}

/** Follows "Amazon S3 events to EventBridge: event message structure". */
function toEventBridgeEvent(event: S3Event) {
  const { bucket, key, size, etag, sequencer, deletionType } = event;
  const version = event.versionId === undefined ? {} : { 'version-id': event.versionId };
  const object = {
    key,
    ...(event.type === 'Object Created' && { size }),
    ...(deletionType !== 'Permanently Deleted' && { etag }),
    ...version,
    sequencer,
  };
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': event.type,
    source: 'aws.s3',
    account: '000000000000',
    time: event.time,
    region: 'us-east-1',
    resources: [`arn:aws:s3:::${bucket}`],
    detail: {
      version: '0',
      'event-version': '1.0',
      bucket: { name: bucket },
      object,
      'request-id': event.requestId,
      requester: '000000000000',
      'source-ip-address': event.sourceIp,
      reason: event.reason,
      ...(deletionType !== undefined && { 'deletion-type': deletionType }),
    },
  };
}
