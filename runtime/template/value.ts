import { describe, TemplateError } from './error.ts';

/** Locates values, so that errors can name file and line. */
export interface Place {
  readonly name: string;
  lineOf(path: readonly (string | number)[]): number;
}

/**
 * A resolved value of the template whose type is not known yet. Every method that reads it throws a TemplateError
 * with file and line if the type is wrong.
 */
export class Value {
  readonly raw: unknown;
  readonly path: readonly (string | number)[];
  readonly place: Place;

  constructor(raw: unknown, path: readonly (string | number)[], place: Place) {
    this.raw = raw;
    this.path = path;
    this.place = place;
  }

  get line(): number {
    return this.place.lineOf(this.path);
  }

  get isAbsent(): boolean {
    return this.raw === undefined;
  }

  fail(expected: string, found = describe(this.raw)): never {
    throw new TemplateError(
      `${this.place.name}:${this.line}: expected ${expected} for ${this.path.join('.')}, found ${found}`,
    );
  }

  /** The value under a key; absent if there is none. */
  at(key: string | number): Value {
    const { raw } = this;
    if (raw !== undefined && (typeof raw !== 'object' || raw === null)) this.fail('a map');
    const entry = raw && Object.entries(raw).find(([name]) => name === String(key));
    return new Value(entry?.[1], [...this.path, key], this.place);
  }

  ifPresent<T>(read: (value: Value) => T): T | undefined {
    return this.isAbsent ? undefined : read(this);
  }

  text(): string {
    return typeof this.raw === 'string' ? this.raw : this.fail('a text');
  }

  /** A text, or a number or boolean as text: CloudFormation converts the values of text properties in this way. */
  scalar(): string {
    const { raw } = this;
    if (typeof raw === 'string' || typeof raw === 'number' || typeof raw === 'boolean') return String(raw);
    return this.fail('a text');
  }

  number(): number {
    const number = typeof this.raw === 'string' && this.raw.trim() !== '' ? Number(this.raw) : this.raw;
    return typeof number === 'number' && Number.isFinite(number) ? number : this.fail('a number');
  }

  integer(least: number, most: number): number {
    const number = this.number();
    return Number.isInteger(number) && number >= least && number <= most
      ? number
      : this.fail(`a whole number from ${least} to ${most}`);
  }

  boolean(): boolean {
    if (this.raw === true || this.raw === 'true') return true;
    if (this.raw === false || this.raw === 'false') return false;
    return this.fail('true or false');
  }

  oneOf<const T extends string>(choices: readonly T[]): T {
    return choices.find((choice) => choice === this.raw) ?? this.fail(`one of ${choices.join(', ')}`);
  }

  list(): Value[] {
    const { raw } = this;
    if (!Array.isArray(raw)) return this.fail('a list');
    return raw.map((item: unknown, index) => new Value(item, [...this.path, index], this.place));
  }

  /** A list, or a single value as a list of one. */
  listOrOne(): Value[] {
    return Array.isArray(this.raw) ? this.list() : [this];
  }

  entries(): [string, Value][] {
    const { raw } = this;
    if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return this.fail('a map');
    return Object.entries(raw).map(([key, item]) => [key, new Value(item, [...this.path, key], this.place)]);
  }

  /** Refuses a map with any other key than these: an unsupported key must not be ignored. */
  only(keys: readonly string[]): this {
    for (const [key, value] of this.entries())
      if (!keys.includes(key))
        throw new TemplateError(
          `${this.place.name}:${value.line}: ${key} is not supported here for ${this.path.join('.')}; supported are ${keys.join(', ')}`,
        );
    return this;
  }
}
