/**
 * The events of one execution. In memory only: a history ends with the process that ran it.
 * After https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
 */
import { StateError } from './errors.ts';
import type { Json, JsonObject } from './json.ts';
import type { Resource } from './tasks.ts';

export interface HistoryEvent {
  readonly id: number;
  readonly previousEventId: number;
  readonly timestamp: number;
  readonly type: string;
  readonly [details: `${string}EventDetails`]: JsonObject;
}

type Details = Readonly<Record<string, Json | undefined>>;

// AWS ends a STANDARD execution whose history grows to 25,000 events; the last of them says so.
const MAX_EVENTS = 25_000;

/** Whose details are told under another name than the event's own. */
const SHARED_DETAILS: readonly (readonly [RegExp, string])[] = [
  [/StateEntered$/, 'stateEnteredEventDetails'],
  [/StateExited$/, 'stateExitedEventDetails'],
];

/** A history that is kept, or only counted where nobody can ask for it (EXPRESS, a Map Run's children). */
export class History {
  readonly events: HistoryEvent[] = [];
  readonly #kept: boolean;
  readonly #limited: boolean;
  #count = 0;

  constructor({ kept, limited }: { kept: boolean; limited: boolean }) {
    this.#kept = kept;
    this.#limited = limited;
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
    if (this.#kept)
      this.events.push({
        id: this.#count,
        previousEventId,
        timestamp: Date.now() / 1000,
        type,
        ...detailsOf(type, details),
      });
    return this.#count;
  }
}

function detailsOf(type: string, details: Details): Record<string, JsonObject> {
  const told = Object.entries(details).flatMap(([key, value]): [string, Json][] => {
    if (value === undefined) return [];
    // Payloads travel as JSON text, each with a note that it is whole.
    if (key === 'input' || key === 'output')
      return [
        [key, JSON.stringify(value)],
        [`${key}Details`, { truncated: false }],
      ];
    if (key === 'parameters') return [[key, JSON.stringify(value)]];
    return [[key, value]];
  });
  if (told.length === 0) return {};
  const shared = SHARED_DETAILS.find(([pattern]) => pattern.test(type))?.[1];
  return {
    [shared ?? `${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`]: Object.fromEntries(told),
  };
}

/** A line of events, each after the one before: the execution's own, or a branch's. */
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

  /** The first event. AWS tells 0, not 1, as the one before the second. */
  start(type: string, details: Details): void {
    this.history.append(type, 0, details);
  }

  fork(mapItem: JsonObject | undefined = this.mapItem): Thread {
    return new Thread(this.history, this.#previous, mapItem);
  }

  /** The events of a service call, in the older form for a plain function ARN. */
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

export interface TaskEvents {
  readonly succeeded: (output: Json) => void;
  readonly failed: (error: StateError) => void;
  readonly timedOut: () => void;
}
