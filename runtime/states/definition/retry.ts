/**
 * Retry and Catch: which errors they match, and how long each retry waits.
 * Follows https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
 */
import { DefinitionError, type StateError } from '../data/errors.ts';
import { isJsonArray } from '../data/json.ts';
import { type Path, parseReferencePath } from '../data/paths.ts';
import type { Fields } from './fields.ts';

export interface Retrier {
  readonly errors: readonly string[];
  readonly intervalSeconds: number;
  readonly maxAttempts: number;
  readonly backoffRate: number;
  readonly maxDelaySeconds: number | undefined;
  readonly fullJitter: boolean;
}

export interface Catcher {
  readonly errors: readonly string[];
  readonly resultPath: Path | null;
  readonly next: string;
}

// AWS: MaxAttempts below 100000000, MaxDelaySeconds below 31622401 (a leap year).
const MAX_ATTEMPTS = 99_999_999;
const MAX_DELAY_SECONDS = 31_622_400;
const MAX_SECONDS = 99_999_999;

export function parseRetriers(list: readonly Fields[] | undefined): readonly Retrier[] {
  return (list ?? []).map((fields, index, all) => {
    fields.optionalString('Comment');
    const retrier = {
      errors: errorEquals(fields, index === all.length - 1),
      intervalSeconds: fields.optionalNumber('IntervalSeconds', { min: 1, max: MAX_SECONDS }) ?? 1,
      maxAttempts: fields.optionalNumber('MaxAttempts', { min: 0, max: MAX_ATTEMPTS }) ?? 3,
      backoffRate:
        fields.optionalNumber('BackoffRate', { min: 1, max: Number.MAX_VALUE, fraction: true }) ?? 2,
      maxDelaySeconds: fields.optionalNumber('MaxDelaySeconds', { min: 1, max: MAX_DELAY_SECONDS }),
      fullJitter: fields.has('JitterStrategy') && fields.oneOf('JitterStrategy', ['FULL', 'NONE']) === 'FULL',
    };
    fields.end();
    if (retrier.maxDelaySeconds !== undefined && retrier.maxDelaySeconds <= retrier.intervalSeconds) {
      throw new DefinitionError(
        `${fields.at}: expected MaxDelaySeconds above IntervalSeconds (${retrier.intervalSeconds}) but received ${retrier.maxDelaySeconds}`,
      );
    }
    return retrier;
  });
}

export function parseCatchers(list: readonly Fields[] | undefined): readonly Catcher[] {
  return (list ?? []).map((fields, index, all) => {
    fields.optionalString('Comment');
    fields.refuse({ Assign: 'variables are not run here', Output: 'it belongs to JSONata' });
    const catcher = {
      errors: errorEquals(fields, index === all.length - 1),
      resultPath: fields.pathOrNull('ResultPath', parseReferencePath),
      next: fields.string('Next'),
    };
    fields.end();
    return catcher;
  });
}

function errorEquals(fields: Fields, isLast: boolean): readonly string[] {
  const value = fields.json('ErrorEquals');
  const errors = isJsonArray(value) ? value.filter((name) => typeof name === 'string') : [];
  if (!isJsonArray(value) || errors.length === 0 || errors.length < value.length) {
    throw new DefinitionError(
      `${fields.at}: expected a list of error names for ErrorEquals but received ${JSON.stringify(value)}`,
    );
  }
  if (errors.includes('States.ALL') && (errors.length > 1 || !isLast)) {
    throw new DefinitionError(`${fields.at}: States.ALL must stand alone, in the last retrier or catcher`);
  }
  return errors;
}

/** Whether a list of error names covers an error. No list covers States.Runtime: such an execution always fails. */
export function matches(errors: readonly string[], error: string | undefined): boolean {
  if (error === 'States.Runtime') return false;
  // A Fail state may give no error name, which only the wildcard covers.
  if (error === undefined) return errors.includes('States.ALL');
  if (errors.includes(error)) return true;
  if (error === 'States.DataLimitExceeded') return false;
  return (
    errors.includes('States.ALL') || (errors.includes('States.TaskFailed') && error !== 'States.Timeout')
  );
}

/** Which retrier takes an error, and how long it waits before the next attempt. */
interface Retry {
  /** The retrier's place in the list. */
  readonly index: number;
  /** Undefined if the retrier has no attempt left. */
  readonly delaySeconds: number | undefined;
}

/** One state's retries. Each retrier counts separately, for as long as the execution stays in the state. */
export class Retries {
  readonly #retriers: readonly Retrier[];
  readonly #used = new Map<Retrier, number>();
  readonly #usedBefore: number;

  /** @param usedBefore how many retries each retrier has made already. */
  constructor(retriers: readonly Retrier[], usedBefore = 0) {
    this.#retriers = retriers;
    this.#usedBefore = usedBefore;
  }

  /** Counts a failed attempt; undefined if no retrier takes its error. */
  next({ error }: StateError): Retry | undefined {
    const index = this.#retriers.findIndex((candidate) => matches(candidate.errors, error));
    const retrier = this.#retriers[index];
    if (!retrier) return undefined;
    const used = this.#used.get(retrier) ?? this.#usedBefore;
    if (used >= retrier.maxAttempts) return { index, delaySeconds: undefined };
    this.#used.set(retrier, used + 1);
    const seconds = Math.min(
      retrier.intervalSeconds * retrier.backoffRate ** used,
      retrier.maxDelaySeconds ?? Number.MAX_SAFE_INTEGER,
    );
    return { index, delaySeconds: seconds * (retrier.fullJitter ? Math.random() : 1) };
  }
}
