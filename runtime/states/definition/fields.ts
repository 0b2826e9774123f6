import { type Amount, type Bounds, describe, isWithin } from '../data/amounts.ts';
import { DefinitionError } from '../data/errors.ts';
import { isJsonArray, isJsonObject, type Json } from '../data/json.ts';
import { type Path, parsePath, parseSinglePath } from '../data/paths.ts';
import { parseTemplate, type Template } from '../data/templates.ts';

/**
 * The fields of one object of a definition. Reading a field takes it; `end` refuses by name what has not been taken,
 * because an unknown field must never be ignored. Methods throw a DefinitionError that names the place.
 */
export class Fields {
  readonly at: string;
  readonly #left: Map<string, Json>;
  readonly #all: ReadonlySet<string>;

  constructor(value: Json | undefined, at: string) {
    if (!isJsonObject(value))
      throw new DefinitionError(`${at}: expected an object but received ${JSON.stringify(value)}`);
    this.at = at;
    this.#left = new Map(Object.entries(value));
    this.#all = new Set(this.#left.keys());
  }

  /** Whether the object has the field, taken or not. */
  has(name: string): boolean {
    return this.#all.has(name);
  }

  /** Names not taken yet. */
  names(): string[] {
    return [...this.#left.keys()];
  }

  /** A field's value, without taking it. */
  peek(name: string): Json | undefined {
    return this.#left.get(name);
  }

  /** Refuses fields that AWS knows and this runtime does not, with the reason. */
  refuse(reasons: Readonly<Record<string, string>>): void {
    for (const name of this.names()) {
      if (Object.hasOwn(reasons, name))
        throw new DefinitionError(`${this.at}: ${name} is not supported: ${reasons[name]}`);
    }
  }

  end(): void {
    const [name] = this.names();
    if (name !== undefined) throw new DefinitionError(`${this.at}: the field ${name} is not supported here`);
  }

  optionalJson(name: string): Json | undefined {
    const value = this.#left.get(name);
    this.#left.delete(name);
    return value;
  }

  json(name: string): Json {
    const value = this.optionalJson(name);
    if (value === undefined)
      throw new DefinitionError(`${this.at}: expected the field ${name}, which is missing`);
    return value;
  }

  string(name: string): string {
    const value = this.json(name);
    if (typeof value !== 'string') throw this.#wrong(name, 'a string', value);
    return value;
  }

  optionalString(name: string): string | undefined {
    return this.#left.has(name) ? this.string(name) : undefined;
  }

  boolean(name: string): boolean {
    const value = this.json(name);
    if (typeof value !== 'boolean') throw this.#wrong(name, 'true or false', value);
    return value;
  }

  oneOf<T extends string>(name: string, values: readonly T[]): T {
    const value = this.json(name);
    const found = values.find((candidate) => candidate === value);
    if (found === undefined) throw this.#wrong(name, values.join(' or '), value);
    return found;
  }

  optionalNumber(name: string, bounds: Bounds): number | undefined {
    const value = this.optionalJson(name);
    if (value === undefined) return undefined;
    if (!isWithin(value, bounds)) throw this.#wrong(name, describe(bounds), value);
    return value;
  }

  object(name: string): Fields {
    return new Fields(this.json(name), `${this.at}.${name}`);
  }

  optionalObject(name: string): Fields | undefined {
    return this.#left.has(name) ? this.object(name) : undefined;
  }

  optionalList(name: string): Fields[] | undefined {
    const value = this.optionalJson(name);
    if (value === undefined) return undefined;
    if (!isJsonArray(value)) throw this.#wrong(name, 'an array', value);
    return value.map((item, index) => new Fields(item, `${this.at}.${name}[${index}]`));
  }

  /** A string, read by a parser whose DefinitionErrors get the field's place. */
  parsed<T>(name: string, parse: (text: string) => T): T {
    return this.#located(name, () => parse(this.string(name)));
  }

  optionalParsed<T>(name: string, parse: (text: string) => T): T | undefined {
    return this.#left.has(name) ? this.parsed(name, parse) : undefined;
  }

  /** InputPath and similar fields: `$` if absent, null if the definition has null. */
  pathOrNull(name: string, parse: (text: string) => Path = parsePath): Path | null {
    if (this.#left.get(name) !== null) return this.optionalParsed(name, parse) ?? parsePath('$');
    this.#left.delete(name);
    return null;
  }

  optionalTemplate(name: string): Template | undefined {
    if (!this.#left.has(name)) return undefined;
    const value = this.json(name);
    if (!isJsonObject(value)) throw this.#wrong(name, 'an object', value);
    return this.#located(name, () => parseTemplate(value));
  }

  /** A number, or the path to one in `<name>Path`; a definition may have only one of the two. */
  optionalAmount(name: string, bounds: Bounds): Amount | undefined {
    const pathName = `${name}Path`;
    if (this.has(name) && this.has(pathName))
      throw new DefinitionError(`${this.at}: expected either ${name} or ${pathName} but received both`);
    const path = this.optionalParsed(pathName, parseSinglePath);
    if (path) return { kind: 'path', path, field: pathName, bounds };
    const value = this.optionalNumber(name, bounds);
    return value === undefined ? undefined : { kind: 'number', value };
  }

  #located<T>(name: string, read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof DefinitionError) || error.message.startsWith(this.at)) throw error;
      throw new DefinitionError(`${this.at}.${name}: ${error.message}`);
    }
  }

  #wrong(name: string, expected: string, received: Json): DefinitionError {
    return new DefinitionError(
      `${this.at}: expected ${expected} for ${name} but received ${JSON.stringify(received)}`,
    );
  }
}
