import type { DatabaseSync } from 'node:sqlite';
import { createOutlast, DISK_FULL, isDiskFull, type Outlast } from '../full-disk.ts';
import { AccessDeniedError, type Authorize, type Principal } from '../iam/index.ts';
import type { Queue, Sqs } from '../sqs/index.ts';
import { attempt, TemplateError } from '../template/index.ts';
import { Deliveries, LostError } from './deliveries.ts';
import { envelopeOf, headersOf, type Message } from './messages.ts';
import { newMessage, runOperation } from './operations.ts';
import { type SnsAnswer, SnsFault, writeAnswer, writeFault } from './protocol.ts';
import { type Subscription, Subscriptions } from './subscriptions.ts';
import type { Topic } from './topics.ts';

export type { SnsAnswer } from './protocol.ts';

interface SnsOptions {
  readonly database: DatabaseSync;
  /** SNS's own, for the addresses in messages. */
  readonly url: string;
  /** Returns the template's topics, which a reload may replace. */
  readonly topics: () => readonly Topic[];
  /** Returns the template's subscriptions. */
  readonly declared: () => readonly Subscription[];
  readonly sqs: Pick<Sqs, 'find' | 'send'>;
  /** Whether a queue's policy lets SNS send for a topic. */
  readonly letsSend: (queue: Queue, topicArn: string) => boolean;
  readonly authorize: Authorize;
  /** Receives a message for each message that a subscriber does not get. */
  readonly warn: (message: string) => void;
  readonly outlast?: Outlast;
  /** For tests: the pause between two attempts, in milliseconds. */
  readonly retryMs?: number;
}

export interface Sns {
  /** Answers a request of the query protocol. */
  handle(fields: URLSearchParams, principal: Principal): SnsAnswer;
  /** Call it inside the transaction that stores the object: the message is then as durable as the object. */
  record(topicArn: string, subject: string, text: string): void;
  /** Starts delivering what was recorded. */
  deliver(): void;
  /** Stops delivering; returns how many deliveries are left for the next start. */
  stop(): number;
}

// SNS's default for HTTP.
const RETRY_MS = 20_000;
/** SNS waits for an endpoint's answer as long. */
const ANSWER_LIMIT_MS = 15_000;

export function createSns(options: SnsOptions): Sns {
  const { database, topics, sqs, authorize, warn, retryMs = RETRY_MS } = options;
  const { outlast = createOutlast(() => {}) } = options;
  const subscriptions = new Subscriptions(database, options.declared);
  const carry = async (message: Message, subscription: Subscription, stopping: AbortSignal) => {
    if (subscription.protocol === 'sqs') sendToQueue(message, subscription, options);
    else await post(message, subscription, options, stopping);
  };
  const find = (arn: string) => subscriptions.find(arn);
  const deliveries = new Deliveries({ database, find, carry, retryMs, warn, outlast });
  const record = (topicArn: string, message: Message): void => {
    for (const subscription of subscriptions.of(topicArn))
      if (subscription.token === undefined) deliveries.record(subscription, message);
  };
  const service = {
    topics,
    subscriptions,
    hasQueue: (arn: string) => sqs.find(arn) !== undefined,
    authorize,
    send: (subscription: Subscription, message: Message) => {
      deliveries.record(subscription, message);
      deliveries.deliver();
    },
    publish: (topicArn: string, message: Message) => {
      database.exec('BEGIN IMMEDIATE');
      try {
        record(topicArn, message);
        database.exec('COMMIT');
      } finally {
        if (database.isTransaction) database.exec('ROLLBACK');
      }
      deliveries.deliver();
    },
  };
  return {
    handle(fields, principal) {
      try {
        return writeAnswer(fields.get('Action') ?? '', runOperation(service, fields, principal));
      } catch (error) {
        return writeFault(faultOf(error));
      }
    },
    record: (topicArn, subject, text) => record(topicArn, newMessage('Notification', subject, text)),
    deliver: () => deliveries.deliver(),
    stop: () => deliveries.stop(),
  };
}

function faultOf(error: unknown): SnsFault {
  if (error instanceof AccessDeniedError) return new SnsFault(403, 'AuthorizationError', error.message);
  if (error instanceof SnsFault) return error;
  if (isDiskFull(error)) return new SnsFault(503, 'ServiceUnavailable', DISK_FULL);
  throw error;
}

/** @throws LostError if the queue does not take it: SNS does not try again then, either. */
function sendToQueue(message: Message, subscription: Subscription, { url, sqs, letsSend }: SnsOptions): void {
  const { endpoint, topicArn, isRaw } = subscription;
  const queue = sqs.find(endpoint);
  if (!queue) throw new LostError('there is no such queue');
  const isLetIn = attempt(() => letsSend(queue, topicArn));
  if (isLetIn instanceof TemplateError)
    throw new LostError(`its policy is not supported: ${isLetIn.message}`);
  if (!isLetIn) throw new LostError("the queue's policy does not let sns.amazonaws.com send for the topic");
  sqs.send(queue, isRaw ? message.text : envelopeOf(message, subscription, url));
}

/**
 * Posts a message to an HTTP endpoint.
 * @throws LostError if it answers with 300 to 499, after which SNS does not try again; another error if it answers with
 *   500 or more, or not at all.
 */
async function post(
  message: Message,
  subscription: Subscription,
  { url }: SnsOptions,
  stopping: AbortSignal,
): Promise<void> {
  const isBare = subscription.isRaw && message.type === 'Notification';
  const { status, body } = await fetch(subscription.endpoint, {
    method: 'POST',
    headers: headersOf(message, subscription),
    body: isBare ? message.text : envelopeOf(message, subscription, url),
    redirect: 'manual',
    signal: AbortSignal.any([stopping, AbortSignal.timeout(ANSWER_LIMIT_MS)]),
  }).catch((cause: unknown) => {
    throw new Error(`it did not answer (${codeOf(cause)})`, { cause });
  });
  await body?.cancel();
  if (status >= 500) throw new Error(`it answered ${status}`);
  if (status >= 300) throw new LostError(`it answered ${status}, which SNS takes for a success`);
}

/** Why a request failed: the code of the system's error, such as ECONNREFUSED, or the name of another one. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error && 'code' in error.cause) return String(error.cause.code);
  return error.name;
}
