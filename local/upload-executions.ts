/**
 * How the executions of uploads end, as far as a stack tells: its log has the error, if it logs everything with its data;
 * otherwise UnprocessedUploadsQueue has the upload, and the log what failed at that time.
 */
import { type CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeStateMachineCommand, type SFNClient } from '@aws-sdk/client-sfn';
import { ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { explainAwsError, isAboutCaller } from '../operate/aws-error.ts';
import { describeFailure, isUnprocessed, LEFT_ON_QUEUE, requestIdOf } from './describe-execution.ts';
import type { Failure, UploadEnd } from './upload-files.ts';

export interface ExecutionsPlace {
  readonly states: SFNClient;
  readonly logs: CloudWatchLogsClient;
  readonly sqs: SQSClient;
  /** Of ResizeUploadStateMachine. */
  readonly stateMachineArn: string;
  readonly queueUrl: () => Promise<string>;
  /** Between two looks. */
  readonly pauseMs: number;
  /** Gets what the caller may not look at, in one line. */
  readonly warn: (message: string) => void;
}

interface Failed extends Failure {
  readonly atMs: number;
}

/** The clock of this machine may be ahead of that of AWS. */
const CLOCKS_DIFFER_MS = 60_000;
/** CloudWatch Logs may show a line some seconds after a later one. */
const OVERLAP_MS = 10_000;
/** An execution fails as soon as its message is sent; the log tells of it some seconds later. */
const AFTER_MESSAGE_MS = 3000;
const LOG_DELAY_MS = 10_000;
/** Long enough to receive every message once; then others can receive it again. */
const HIDDEN_SECONDS = 2;
const MOST_RECEIVES = 10;
const STARTS_AND_ENDS =
  '?ExecutionStarted ?ExecutionSucceeded ?ExecutionFailed ?ExecutionTimedOut ?ExecutionAborted';
const ENDS: Readonly<Record<string, 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED'>> = {
  ExecutionSucceeded: 'SUCCEEDED',
  ExecutionFailed: 'FAILED',
  ExecutionTimedOut: 'TIMED_OUT',
  ExecutionAborted: 'ABORTED',
};

export class UploadExecutions {
  readonly #place: ExecutionsPlace;
  /** By the ID of the upload's request to S3. */
  readonly #ends = new Map<string, UploadEnd>();
  /** The request IDs of the uploads that the log tells of, by the ARN of the execution. */
  readonly #started = new Map<string, string>();
  /** Those of which the log does not tell the upload, by the ARN of the execution. */
  readonly #failed = new Map<string, Failed>();
  #logGroup: string | undefined;
  #logTellsAll = false;
  #hasDescribed = false;
  #hasQueue = true;
  #sinceMs = Date.now() - CLOCKS_DIFFER_MS;
  #looking: Promise<void> | undefined;

  constructor(place: ExecutionsPlace) {
    this.#place = place;
  }

  /** @returns `unseen` if nobody could tell that the execution has succeeded. */
  async endOf(requestId: string): Promise<UploadEnd | 'running' | 'unseen'> {
    this.#looking ??= this.#look().finally(() =>
      setTimeout(() => {
        this.#looking = undefined;
      }, this.#place.pauseMs).unref(),
    );
    await this.#looking;
    return this.#ends.get(requestId) ?? (this.#logTellsAll ? 'running' : 'unseen');
  }

  async #look(): Promise<void> {
    if (!this.#hasDescribed && (await this.#try(() => this.#describe())) !== undefined)
      this.#hasDescribed = true;
    if (this.#logGroup !== undefined && (await this.#try(() => this.#readLog())) !== undefined) {
      this.#logGroup = undefined;
      this.#logTellsAll = false;
    }
    if (this.#logTellsAll || !this.#hasQueue) return;
    const refusal = await this.#try(() => this.#readQueue());
    if (refusal === undefined) return;
    this.#hasQueue = false;
    this.#place.warn(`An upload that fails is waited for until its time is up. ${refusal}`);
  }

  /** @returns why the caller may not ask this at all. What fails otherwise is asked again. */
  async #try(ask: () => Promise<void>): Promise<string | undefined> {
    try {
      await ask();
    } catch (error) {
      return isAboutCaller(error) ? explainAwsError(error) : undefined;
    }
    return undefined;
  }

  async #describe(): Promise<void> {
    const { states, stateMachineArn } = this.#place;
    const { loggingConfiguration } = await states.send(new DescribeStateMachineCommand({ stateMachineArn }));
    const { level, includeExecutionData, destinations: [destination] = [] } = loggingConfiguration ?? {};
    const arn = destination?.cloudWatchLogsLogGroup?.logGroupArn;
    if (level !== 'OFF') this.#logGroup = arn?.replace(/^.*:log-group:/, '').replace(/:\*$/, '');
    this.#logTellsAll = this.#logGroup !== undefined && level === 'ALL' && includeExecutionData === true;
    this.#hasDescribed = true;
  }

  async #readLog(): Promise<void> {
    let nextToken: string | undefined;
    let newestMs = this.#sinceMs + OVERLAP_MS;
    do {
      const page = await this.#place.logs.send(
        new FilterLogEventsCommand({
          logGroupName: this.#logGroup,
          startTime: this.#sinceMs,
          filterPattern: STARTS_AND_ENDS,
          nextToken,
        }),
      );
      for (const { message = '', timestamp = 0 } of page.events ?? []) {
        newestMs = Math.max(newestMs, timestamp);
        this.#take(JSON.parse(message), timestamp);
      }
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    this.#sinceMs = newestMs - OVERLAP_MS;
  }

  #take({ type, execution_arn: arn, details }: LoggedEvent, atMs: number): void {
    const started = requestIdOf(details?.input ?? '');
    if (started !== undefined) this.#started.set(arn, started);
    const status = ENDS[type];
    if (status === undefined) return;
    const requestId = this.#started.get(arn);
    const { error, cause } = details ?? {};
    const end = { status, ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) };
    const failure = isUnprocessed(end) ? this.#failureOf(arn, end) : undefined;
    if (requestId !== undefined) this.#ends.set(requestId, failure ? { failure } : {});
    else if (failure) this.#failed.set(arn, { ...failure, atMs });
  }

  #failureOf(arn: string, end: Omit<Parameters<typeof describeFailure>[0], 'name' | 'stateMachineArn'>) {
    // An EXPRESS execution's ARN ends in its name and a number for each start.
    const name = arn.split(':')[7] ?? arn;
    return describeFailure({ ...end, name, stateMachineArn: this.#place.stateMachineArn });
  }

  async #readQueue(): Promise<void> {
    const QueueUrl = await this.#place.queueUrl();
    for (let receives = 0; receives < MOST_RECEIVES; receives += 1) {
      const { Messages = [] } = await this.#place.sqs.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: 10,
          VisibilityTimeout: HIDDEN_SECONDS,
          MessageSystemAttributeNames: ['SentTimestamp'],
        }),
      );
      for (const { Body = '', Attributes } of Messages) {
        const requestId = requestIdOf(Body);
        const failure = this.#failureAt(Number(Attributes?.SentTimestamp));
        if (requestId !== undefined && failure) this.#ends.set(requestId, { failure });
      }
      if (Messages.length === 0) break;
    }
  }

  /** Why the execution failed that has sent a message then; undefined as long as the log may tell it later. */
  #failureAt(sentMs: number): Failure | undefined {
    const failed = [...this.#failed.values()].filter(
      ({ atMs }) => atMs >= sentMs && atMs < sentMs + AFTER_MESSAGE_MS,
    );
    const reasons = new Set(failed.map(({ reason }) => reason));
    const [one, ...others] = failed;
    // Of several that failed at the same time, nobody knows which one it was, but they mostly have the same reason.
    if (one && reasons.size === 1)
      return others.length === 0 ? one : { reason: one.reason, message: LEFT_ON_QUEUE };
    if (failed.length === 0 && this.#logGroup !== undefined && Date.now() < sentMs + LOG_DELAY_MS)
      return undefined;
    return { reason: 'its execution has failed', message: LEFT_ON_QUEUE };
  }
}

/** A line of the log of a state machine. */
interface LoggedEvent {
  readonly type: string;
  readonly execution_arn: string;
  readonly details?: { readonly input?: string; readonly error?: string; readonly cause?: string };
}
