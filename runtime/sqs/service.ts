import { createHash, randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { DISK_FULL, isDiskFull } from '../full-disk.ts';
import type { Authorize, Principal } from '../iam/index.ts';
import { nameOf, Value } from '../template/index.ts';
import { CreatedQueues, type Queue } from './created-queues.ts';
import { DEFAULT_RETENTION_SECONDS, DEFAULT_VISIBILITY_TIMEOUT_SECONDS } from './queues.ts';

export type { Queue } from './created-queues.ts';

export interface ServiceAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export interface Sqs {
  /** Answers `POST /` with an X-Amz-Target of `AmazonSQS.…`. */
  handle(target: string, body: unknown, principal: Principal): ServiceAnswer;
  /** Stores a message without a permission check. */
  send(queue: Queue, messageBody: string): { readonly MessageId: string; readonly MD5OfMessageBody: string };
  /** A queue of the template, or one that a client has created. */
  find(arn: string): Queue | undefined;
  /** What the policy of a queue that a client has created says; undefined for a queue of the template. */
  policyOf(queue: Queue): Value | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

class SqsFault extends Error {
  readonly type: string;
  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

/** The request members that are accepted. A message's two attributes are always returned. */
const FIELDS = [
  'AttributeNames',
  'Attributes',
  'MaxNumberOfMessages',
  'MessageBody',
  'MessageSystemAttributeNames',
  'QueueName',
  'QueueUrl',
  'ReceiptHandle',
  'VisibilityTimeout',
  'WaitTimeSeconds',
];
const MAX_MESSAGE_BYTES = 1_048_576;
/** API_SendMessage: the characters that XML 1.0 allows. */
const MESSAGE = /^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]*$/u;
/** Receipt handles are UUIDs here. One that is no longer valid deletes nothing and is no error, as on AWS. */
const RECEIPT = /^[\da-f]{8}-([\da-f]{4}-){3}[\da-f]{12}$/;

/** @param urlOf makes the URL of a queue that a client creates. */
export function createSqs(
  database: DatabaseSync,
  queues: readonly Queue[],
  authorize: Authorize,
  urlOf: (name: string) => string,
): Sqs {
  database.exec(`CREATE TABLE IF NOT EXISTS sqs_messages (
    id TEXT PRIMARY KEY, queue TEXT NOT NULL, body TEXT NOT NULL, sent_ms INTEGER NOT NULL,
    visible_ms INTEGER NOT NULL, receives INTEGER NOT NULL, receipt TEXT)`);
  const created = new CreatedQueues(database, urlOf);
  const insert = database.prepare('INSERT INTO sqs_messages VALUES (?, ?, ?, ?, ?, 0, NULL)');
  const findVisible = database.prepare(
    'SELECT id, body, sent_ms, receives FROM sqs_messages WHERE queue = ? AND visible_ms <= ? ORDER BY sent_ms, rowid LIMIT ?',
  );
  const hide = database.prepare(
    'UPDATE sqs_messages SET visible_ms = ?, receives = receives + 1, receipt = ? WHERE id = ?',
  );
  const remove = database.prepare('DELETE FROM sqs_messages WHERE queue = ? AND receipt = ?');
  const expire = database.prepare('DELETE FROM sqs_messages WHERE queue = ? AND sent_ms < ?');
  const countVisible = database.prepare(
    'SELECT count(*) AS n FROM sqs_messages WHERE queue = ? AND visible_ms <= ?',
  );
  const countHidden = database.prepare(
    'SELECT count(*) AS n FROM sqs_messages WHERE queue = ? AND visible_ms > ?',
  );

  const send: Sqs['send'] = (queue, messageBody) => {
    if (Buffer.byteLength(messageBody) > MAX_MESSAGE_BYTES)
      throw new SqsFault(
        'InvalidParameterValue',
        `Expected a message of at most ${MAX_MESSAGE_BYTES} bytes.`,
      );
    const now = Date.now();
    const MessageId = randomUUID();
    insert.run(MessageId, queue.arn, messageBody, now, now);
    return { MessageId, MD5OfMessageBody: md5(messageBody) };
  };

  const receive = (queue: Queue, request: Fields): unknown => {
    const now = Date.now();
    const most = integer(request, 'MaxNumberOfMessages', [1, 10]) ?? 1;
    const hiddenSeconds = integer(request, 'VisibilityTimeout', [0, 43_200]);
    const hiddenMs = (hiddenSeconds ?? queue.visibilityTimeoutSeconds) * 1000;
    const messages = findVisible.all(queue.arn, now, most).map((row) => {
      const receipt = randomUUID();
      const body = String(row.body);
      hide.run(now + hiddenMs, receipt, String(row.id));
      const Attributes = {
        SentTimestamp: String(row.sent_ms),
        ApproximateReceiveCount: String(Number(row.receives) + 1),
      };
      return {
        MessageId: String(row.id),
        ReceiptHandle: receipt,
        Body: body,
        MD5OfBody: md5(body),
        Attributes,
      };
    });
    return messages.length > 0 ? { Messages: messages } : {};
  };

  const calls: Record<string, (queue: Queue, request: Fields) => unknown> = {
    SendMessage: (queue, request) => {
      const body = text(request, 'MessageBody');
      if (!MESSAGE.test(body))
        throw new SqsFault(
          'InvalidMessageContents',
          'Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF',
        );
      return send(queue, body);
    },
    ReceiveMessage: receive,
    DeleteMessage: (queue, request) => {
      const receipt = text(request, 'ReceiptHandle');
      if (!RECEIPT.test(receipt))
        throw new SqsFault('ReceiptHandleIsInvalid', `The receipt handle "${receipt}" is not valid.`);
      remove.run(queue.arn, receipt);
    },
    GetQueueUrl: (queue) => ({ QueueUrl: queue.url }),
    GetQueueAttributes: (queue, request) => {
      const attributes: Record<string, string> = {
        QueueArn: queue.arn,
        MessageRetentionPeriod: String(queue.messageRetentionSeconds),
        VisibilityTimeout: String(queue.visibilityTimeoutSeconds),
        ...(queue.policy !== undefined && { Policy: queue.policy }),
        ApproximateNumberOfMessages: String(countVisible.get(queue.arn, Date.now())?.n),
        ApproximateNumberOfMessagesNotVisible: String(countHidden.get(queue.arn, Date.now())?.n),
      };
      const asked = Array.isArray(request.AttributeNames) ? request.AttributeNames.map(String) : [];
      const other = asked.find((name) => name !== 'All' && !Object.hasOwn(attributes, name));
      if (other !== undefined) throw unsupported(`the attribute ${other}`);
      const isAsked = ([name]: [string, string]) => asked.includes('All') || asked.includes(name);
      return { Attributes: Object.fromEntries(Object.entries(attributes).filter(isAsked)) };
    },
    DeleteQueue: (queue) => {
      if (!created.has(queue)) throw unsupported('DeleteQueue of a queue of the template');
      created.remove(queue);
    },
  };

  const create = (request: Fields, principal: Principal): unknown => {
    const name = text(request, 'QueueName');
    if (!QUEUE_NAME.test(name)) throw unsupported(`the queue name ${name}`);
    authorize(principal, 'sqs:CreateQueue', nameOf.queueArn(name));
    const made = readCreated(name, request.Attributes ?? {});
    const existing = all().find(({ logicalId }) => logicalId === name);
    if (existing && (!created.has(existing) || !created.isSame(made)))
      throw new SqsFault(
        'QueueNameExists',
        'A queue already exists with the same name and a different value for attributes.',
      );
    return { QueueUrl: (existing ?? created.add(made)).url };
  };

  const all = (): readonly Queue[] => [...queues, ...created.all()];

  const find = (request: Fields): Queue => {
    const queue = all().find(
      ({ url, logicalId }) => request.QueueUrl === url || request.QueueName === logicalId,
    );
    if (queue) return queue;
    throw new SqsFault('QueueDoesNotExist', 'The specified queue does not exist.');
  };

  return {
    send,
    find: (arn) => all().find((queue) => queue.arn === arn),
    policyOf: ({ policy }) =>
      policy === undefined ? undefined : new Value(JSON.parse(policy), ['Policy'], NO_PLACE),
    handle(target, body, principal) {
      const operation = target.replace(/^AmazonSQS\./, '');
      try {
        const call = Object.hasOwn(calls, operation) ? calls[operation] : undefined;
        if (!call && !['CreateQueue', 'ListQueues'].includes(operation)) throw unsupported(operation);
        if (!isFields(body))
          throw new SqsFault('SerializationException', 'Expected a JSON object as the request.');
        const request = body;
        const other = Object.keys(request).find(
          (field) => !FIELDS.includes(field) || (field === 'Attributes' && operation !== 'CreateQueue'),
        );
        if (other !== undefined) throw unsupported(`${other} in ${operation}`);
        if (operation === 'CreateQueue') return { status: 200, body: create(request, principal) };
        if (!call) return { status: 200, body: { QueueUrls: all().map(({ url }) => url) } };
        const queue = find(request);
        authorize(principal, `sqs:${operation}`, queue.arn);
        expire.run(queue.arn, Date.now() - queue.messageRetentionSeconds * 1000);
        return { status: 200, body: call(queue, request) ?? {} };
      } catch (error) {
        return answerFault(error);
      }
    },
  };
}

// No line can be named: the policy comes from a request.
const NO_PLACE = { name: 'Policy', lineOf: () => 1 };
const QUEUE_NAME = /^[\w-]{1,80}$/;

/** Reads the attributes of CreateQueue. */
function readCreated(name: string, attributes: unknown): Omit<Queue, 'url'> {
  if (!isFields(attributes)) throw new SqsFault('InvalidAttributeValue', 'Expected a map as Attributes.');
  const other = Object.keys(attributes).find((key) => !CREATED_ATTRIBUTES.includes(key));
  if (other !== undefined) throw unsupported(`the attribute ${other} in CreateQueue`);
  const seconds = (key: string, [least, most]: readonly [number, number], usual: number): number =>
    attributes[key] === undefined
      ? usual
      : (integer({ [key]: Number(attributes[key]) }, key, [least, most]) ?? usual);
  const { Policy: policy } = attributes;
  return {
    logicalId: name,
    arn: nameOf.queueArn(name),
    messageRetentionSeconds: seconds('MessageRetentionPeriod', [60, 1_209_600], DEFAULT_RETENTION_SECONDS),
    visibilityTimeoutSeconds: seconds('VisibilityTimeout', [0, 43_200], DEFAULT_VISIBILITY_TIMEOUT_SECONDS),
    ...(typeof policy === 'string' && policy !== '' && { policy: checkJson(policy) }),
  };
}

const CREATED_ATTRIBUTES = ['MessageRetentionPeriod', 'Policy', 'SqsManagedSseEnabled', 'VisibilityTimeout'];

function checkJson(policy: string): string {
  try {
    JSON.parse(policy);
    return policy;
  } catch {
    throw new SqsFault('InvalidAttributeValue', 'Invalid value for the parameter Policy.');
  }
}

function answerFault(error: unknown): ServiceAnswer {
  if (error instanceof SqsFault) return fault(error.type, error.message);
  if (error instanceof Error && error.name === 'AccessDenied')
    return fault('AccessDeniedException', error.message);
  if (isDiskFull(error)) return unavailable(DISK_FULL);
  throw error;
}

/** The error codes of the older query protocol, which the SDKs still report. */
const QUERY_CODES: Readonly<Record<string, string>> = {
  QueueDoesNotExist: 'AWS.SimpleQueueService.NonExistentQueue',
  UnsupportedOperation: 'AWS.SimpleQueueService.UnsupportedOperation',
};

function fault(type: string, message: string): ServiceAnswer {
  return {
    status: 400,
    headers: { 'x-amzn-query-error': `${QUERY_CODES[type] ?? type};Sender` },
    body: { __type: `com.amazonaws.sqs#${type}`, message },
  };
}

function unavailable(message: string): ServiceAnswer {
  return {
    status: 503,
    headers: { 'x-amzn-query-error': 'ServiceUnavailable;Receiver' },
    body: { __type: 'com.amazonaws.sqs#ServiceUnavailable', message },
  };
}

function unsupported(what: string): SqsFault {
  return new SqsFault('UnsupportedOperation', `The local SQS does not support ${what}.`);
}

function md5(value: string): string {
  return createHash('md5').update(value).digest('hex');
}

function text(request: Fields, field: string): string {
  const value = request[field];
  if (typeof value === 'string' && value !== '') return value;
  throw new SqsFault('MissingParameter', `Expected a string in ${field}.`);
}

function integer(
  request: Fields,
  field: string,
  [least, most]: readonly [number, number],
): number | undefined {
  const value = request[field];
  if (value === undefined) return undefined;
  if (Number.isInteger(value) && Number(value) >= least && Number(value) <= most) return Number(value);
  throw new SqsFault(
    'InvalidParameterValue',
    `Value ${value} for parameter ${field} is invalid. Reason: Must be between ${least} and ${most}, if provided.`,
  );
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
