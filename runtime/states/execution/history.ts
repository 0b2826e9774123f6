/**
 * The events of executions. They are kept in memory only: a history is lost when its process ends.
 * Follows https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
 */
import { StateError } from '../data/errors.ts';
import type { Json, JsonObject } from '../data/json.ts';
import type { Resource } from '../definition/resources.ts';
import type { EventLog } from './event-log.ts';

export interface HistoryEvent {
  readonly id: number;
  readonly previousEventId: number;
  readonly timestamp: number;
  readonly type: string;
  readonly [details: `${string}EventDetails`]: JsonObject;
}

interface HistoryOptions {
  readonly limited?: boolean;
  readonly makeRoom?: (characters: number) => boolean;
  readonly log?: EventLog | undefined;
}

type Details = Readonly<Record<string, Json | undefined>>;

// AWS ends a STANDARD execution whose history grows to 25,000 events; the last of them says so.
const MAX_EVENTS = 25_000;

/** The details that are written as JSON text. */
const PAYLOADS = ['input', 'output', 'parameters'];

/** The events whose details are not named after the event. */
const SHARED_DETAILS: readonly (readonly [RegExp, string])[] = [
  [/StateEntered$/, 'stateEnteredEventDetails'],
  [/StateExited$/, 'stateExitedEventDetails'],
];

/** For all histories together: about as much memory as the runtime needs without any. */
const MAX_CHARACTERS = 64 * 1024 * 1024;
/** The approximate size of an event without its payloads, as JSON. */
const EVENT_CHARACTERS = 300;
const MAX_HISTORIES = 1_000;

/** The newest histories, as many as fit into MAX_CHARACTERS and MAX_HISTORIES. */
export class Histories {
  readonly #kept = new Map<string, History>();
  readonly #maxCharacters: number;
  #characters = 0;

  constructor(maxCharacters = MAX_CHARACTERS) {
    this.#maxCharacters = maxCharacters;
  }

  find(executionArn: string): History | undefined {
    return this.#kept.get(executionArn);
  }

  /** Makes the history of an execution that starts; it replaces the one of an earlier start. */
  open(executionArn: string, log?: EventLog): History {
    this.#forget(executionArn);
    const makeRoom = (characters: number) => this.#makeRoom(characters);
    const history = new History({ limited: true, makeRoom, log });
    this.#kept.set(executionArn, history);
    return history;
  }

  /** Forgets histories of executions that have ended, the oldest first; returns whether the characters fit now. */
  #makeRoom(characters: number): boolean {
    for (const [arn, { hasEnded }] of this.#kept) {
      if (this.#characters + characters <= this.#maxCharacters && this.#kept.size <= MAX_HISTORIES) break;
      if (hasEnded) this.#forget(arn);
    }
    const hasRoom = this.#characters + characters <= this.#maxCharacters;
    if (hasRoom) this.#characters += characters;
    return hasRoom;
  }

  #forget(executionArn: string): void {
    this.#characters -= this.#kept.get(executionArn)?.characters ?? 0;
    this.#kept.delete(executionArn);
  }
}

/** A history. Its events are only counted and logged if nobody can ask for them (EXPRESS executions, a Map Run's children). */
export class History {
  readonly events: HistoryEvent[] = [];
  /** How many of the characters in Histories are its own. */
  characters = 0;
  hasEnded = false;
  readonly #limited: boolean;
  readonly #makeRoom: ((characters: number) => boolean) | undefined;
  readonly #log: EventLog | undefined;
  #count = 0;

  /** Without `makeRoom`, no events are kept. */
  constructor({ limited = false, makeRoom, log }: HistoryOptions = {}) {
    this.#limited = limited;
    this.#makeRoom = makeRoom;
    this.#log = log;
  }

  append(type: string, previousEventId: number, details: Details): number {
    this.#count += 1;
    const isLast = type.startsWith('Execution');
    if (this.#limited && this.#count >= MAX_EVENTS && !isLast) {
      throw new StateError(
        'States.Runtime',
        `The execution reached the maximum number of history events (${MAX_EVENTS}).`,
      );
    }
    this.hasEnded = isLast && type !== 'ExecutionStarted';
    const atMs = Date.now();
    if (this.#makeRoom) {
      const texts = withPayloadsAsText(details);
      const characters = Object.values(texts).reduce<number>(
        (sum, value) => sum + (typeof value === 'string' ? value.length : 0),
        EVENT_CHARACTERS,
      );
      const isWhole = this.#makeRoom(characters);
      if (isWhole) this.characters += characters;
      this.events.push({
        id: this.#count,
        previousEventId,
        timestamp: atMs / 1000,
        type,
        ...detailsOf(type, texts, isWhole),
      });
    }
    if (this.#log?.isFor(type))
      this.#log.write({
        id: this.#count,
        previousEventId,
        atMs,
        type,
        details: toldDetails(withPayloadsAsText(details), true),
      });
    return this.#count;
  }
}

function withPayloadsAsText(details: Details): Details {
  return Object.fromEntries(
    Object.entries(details).map(([key, value]) => [
      key,
      value !== undefined && PAYLOADS.includes(key) ? JSON.stringify(value) : value,
    ]),
  );
}

function detailsOf(type: string, details: Details, isWhole: boolean): Record<string, JsonObject> {
  const told = toldDetails(details, isWhole);
  if (Object.keys(told).length === 0) return {};
  const shared = SHARED_DETAILS.find(([pattern]) => pattern.test(type))?.[1];
  return { [shared ?? `${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`]: told };
}

/** @param isWhole false leaves the payloads out. */
function toldDetails(details: Details, isWhole: boolean): JsonObject {
  const entries = Object.entries(details).flatMap(([key, value]): [string, Json][] => {
    if (value === undefined) return [];
    const kept: [string, Json][] = isWhole || ![...PAYLOADS, 'cause'].includes(key) ? [[key, value]] : [];
    // AWS notes whether the text is truncated.
    const isNoted = key === 'input' || key === 'output';
    return isNoted ? [...kept, [`${key}Details`, { truncated: !isWhole }]] : kept;
  });
  return Object.fromEntries(entries);
}

/** A chain of events, each of which names the previous one: the execution's own, or a branch's. */
export class Thread {
  readonly history: History;
  /** `$$.Map.Item` for the states of an iteration. */
  readonly mapItem: JsonObject | undefined;
  #previous: number;

  constructor(history: History, previous = 0, mapItem?: JsonObject) {
    this.history = history;
    this.#previous = previous;
    this.mapItem = mapItem;
  }

  add(type: string, details: Details): void {
    this.#previous = this.history.append(type, this.#previous, details);
  }

  /** Adds the first event. On AWS, the second event's previousEventId is 0, not 1. */
  start(type: string, details: Details): void {
    this.history.append(type, 0, details);
  }

  fork(mapItem: JsonObject | undefined = this.mapItem): Thread {
    return new Thread(this.history, this.#previous, mapItem);
  }

  /** Adds the first events of a service call; the result adds the last one. A function ARN has event types of its own. */
  task(resource: Resource, parameters: Json, timeoutInSeconds: number | undefined): TaskEvents {
    if (resource.kind === 'function') {
      this.add('LambdaFunctionScheduled', { resource: resource.arn, input: parameters, timeoutInSeconds });
      this.add('LambdaFunctionStarted', {});
      return {
        succeeded: (output) => this.add('LambdaFunctionSucceeded', { output }),
        failed: ({ error, cause }) => this.add('LambdaFunctionFailed', { error, cause }),
        timedOut: () => this.add('LambdaFunctionTimedOut', { error: 'States.Timeout' }),
      };
    }
    const about = { resourceType: resource.type, resource: resource.action };
    this.add('TaskScheduled', { ...about, region: 'us-east-1', parameters, timeoutInSeconds });
    this.add('TaskStarted', about);
    return {
      succeeded: (output) => this.add('TaskSucceeded', { ...about, output }),
      failed: ({ error, cause }) => this.add('TaskFailed', { ...about, error, cause }),
      timedOut: () => this.add('TaskTimedOut', { ...about, error: 'States.Timeout' }),
    };
  }
}

interface TaskEvents {
  readonly succeeded: (output: Json) => void;
  readonly failed: (error: StateError) => void;
  readonly timedOut: () => void;
}
