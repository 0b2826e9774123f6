import { AccessDeniedError, type Authorize, type Principal } from '../iam/index.ts';
import { ACCOUNT_ID, REGION } from '../template/index.ts';
import { compileFilterPattern, PatternError } from './filter-pattern.ts';
import { type LogEvent, LogGroup } from './log-group.ts';

export interface Logs {
  /** Answers `POST /` with an X-Amz-Target of `Logs_20140328.…`. */
  handle(target: string, body: unknown, principal: Principal): LogsAnswer;
  /** Keeps an event, in the log group of this name. */
  append(logGroup: string, event: Omit<LogEvent, 'number'>): void;
}

interface LogsAnswer {
  readonly status: number;
  readonly body: unknown;
}

interface LogsOptions {
  /** The names of the log groups that there are. A reload may replace them. */
  readonly groups: () => readonly string[];
  readonly authorize: Authorize;
}

type Fields = Readonly<Record<string, unknown>>;

class LogsFault extends Error {
  readonly type: string;

  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

/** AWS: a page has up to 1 MB and 10,000 events. */
const PAGE_BYTES = 1_048_576;
const MOST_EVENTS = 10_000;
/** `interleaved` has had no effect since 2019. */
const MEMBERS = [
  'logGroupName',
  'startTime',
  'endTime',
  'filterPattern',
  'limit',
  'nextToken',
  'interleaved',
];

export function createLogs({ groups, authorize }: LogsOptions): Logs {
  const kept = new Map<string, LogGroup>();

  const filterLogEvents = (body: unknown, principal: Principal): object => {
    const request = readFields(body);
    const name = request.logGroupName;
    if (typeof name !== 'string') throw invalid('Expected the name of a log group as logGroupName.');
    authorize(
      principal,
      'logs:FilterLogEvents',
      `arn:aws:logs:${REGION}:${ACCOUNT_ID}:log-group:${name}:log-stream:`,
    );
    if (!groups().includes(name))
      throw new LogsFault('ResourceNotFoundException', 'The specified log group does not exist.');
    const { events, nextToken } = pageOf(kept.get(name) ?? new LogGroup(), request);
    return {
      events: events.map(written),
      searchedLogStreams: [],
      ...(nextToken !== undefined && { nextToken }),
    };
  };

  return {
    append(name, event) {
      const group = kept.get(name) ?? new LogGroup();
      kept.set(name, group);
      group.append(event);
    },
    handle(target, body, principal) {
      try {
        if (target !== 'Logs_20140328.FilterLogEvents')
          throw new LogsFault(
            'UnknownOperationException',
            `${target} is not supported by the local CloudWatch Logs.`,
          );
        return { status: 200, body: filterLogEvents(body, principal) };
      } catch (error) {
        return answerFault(error);
      }
    },
  };
}

function pageOf(group: LogGroup, request: Fields): { events: LogEvent[]; nextToken?: string } {
  const startTime = readCount(request, 'startTime') ?? 0;
  const endTime = readCount(request, 'endTime') ?? Number.POSITIVE_INFINITY;
  const limit = readCount(request, 'limit') ?? MOST_EVENTS;
  if (limit < 1 || limit > MOST_EVENTS) throw invalid(`Expected a limit from 1 to ${MOST_EVENTS}.`);
  const matches = readPattern(request.filterPattern);
  const events: LogEvent[] = [];
  let bytes = 0;
  for (const event of group.from(readToken(request.nextToken))) {
    const { timestamp, message } = event;
    if (timestamp < startTime || timestamp > endTime || !matches(message)) continue;
    bytes += Buffer.byteLength(message);
    if (events.length === limit || (events.length > 0 && bytes > PAGE_BYTES))
      return { events, nextToken: String(event.number) };
    events.push(event);
  }
  return { events };
}

function written({ number, timestamp, stream, message }: LogEvent): object {
  // 56 digits, as on AWS.
  return {
    logStreamName: stream,
    timestamp,
    message,
    ingestionTime: timestamp,
    eventId: String(number).padStart(56, '0'),
  };
}

function readFields(body: unknown): Fields {
  if (!isFields(body))
    throw new LogsFault('SerializationException', 'Expected a JSON object as the request.');
  const other = Object.keys(body).find((name) => !MEMBERS.includes(name));
  if (other !== undefined) throw invalid(`The local CloudWatch Logs does not support the member ${other}.`);
  return body;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readCount(request: Fields, name: string): number | undefined {
  const value = request[name] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  throw invalid(`${name}: expected a whole number of 0 or more but received ${JSON.stringify(value)}.`);
}

function readToken(token: unknown): number {
  if (token === undefined || token === null) return 0;
  if (typeof token === 'string' && /^\d+$/.test(token)) return Number(token);
  throw invalid('The specified nextToken is invalid.');
}

function readPattern(pattern: unknown): (message: string) => boolean {
  if (pattern !== undefined && pattern !== null && typeof pattern !== 'string')
    throw invalid('filterPattern: expected a text.');
  try {
    return compileFilterPattern(pattern ?? '');
  } catch (error) {
    throw error instanceof PatternError ? invalid(error.message) : error;
  }
}

function invalid(message: string): LogsFault {
  return new LogsFault('InvalidParameterException', message);
}

function answerFault(error: unknown): LogsAnswer {
  if (error instanceof LogsFault)
    return { status: 400, body: { __type: error.type, message: error.message } };
  if (error instanceof AccessDeniedError)
    return { status: 400, body: { __type: 'AccessDeniedException', message: error.message } };
  throw error;
}
