/**
 * The JSON 1.0 protocol of Step Functions: faults as AWS spells them, and the members of a request.
 * Follows https://docs.aws.amazon.com/step-functions/latest/apireference/CommonErrors.html
 */
import { Buffer } from 'node:buffer';
import { isJsonObject, type Json, type JsonObject, toJson } from '../data/json.ts';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

// The namespaces in AWS's `__type`s: those of the service and of its framework.
const SERVICE = 'com.amazonaws.swf.service.v2.model';
const FRAMEWORK = 'com.amazon.coral.service';
const VALIDATION = 'com.amazon.coral.validate';

/** An error answer: 400 with `__type` and a message. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly type: string;

  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }

  answer(): Answer {
    // Only the framework spells it Message; the SDKs read both.
    const key = this.type.startsWith(FRAMEWORK) ? 'Message' : 'message';
    return { status: 400, body: { __type: this.type, [key]: this.message } };
  }
}

/** A fault that the service's model names, such as ExecutionDoesNotExist. */
export function serviceFault(name: string, message: string): Fault {
  return new Fault(`${SERVICE}#${name}`, message);
}

export function accessDenied(message: string): Fault {
  return new Fault(`${FRAMEWORK}#AccessDeniedException`, message);
}

export function unknownOperation(target: string): Fault {
  return new Fault(
    `${FRAMEWORK}#UnknownOperationException`,
    `${target || 'A request without X-Amz-Target'} is not supported by the local Step Functions service`,
  );
}

export function invalid(message: string): Fault {
  return new Fault(`${VALIDATION}#ValidationException`, `1 validation error detected: ${message}`);
}

/**
 * A request's members. One that the operation does not take is refused by name, never ignored.
 * Every method throws a Fault for an invalid member.
 */
export class Request {
  readonly #members: JsonObject;
  /** What precedes a member's name in messages. */
  readonly #at: string;

  constructor(body: unknown, allowed: readonly string[], at = '') {
    this.#at = at;
    const members = toJson(body ?? {});
    if (!isJsonObject(members))
      throw new Fault(`${FRAMEWORK}#SerializationException`, 'Expected a JSON object as the request');
    const unknown = Object.keys(members).find((name) => !allowed.includes(name));
    if (unknown !== undefined)
      throw invalid(`The member '${at}${unknown}' is not supported by the local Step Functions service`);
    this.#members = members;
  }

  has(name: string): boolean {
    return (this.#members[name] ?? null) !== null;
  }

  /** A member that has members itself. */
  optionalStructure(name: string, allowed: readonly string[]): Request | undefined {
    return this.has(name) ? new Request(this.#members[name], allowed, `${this.#at}${name}.`) : undefined;
  }

  /** An integer of 0 or more. */
  optionalCount(name: string): number | undefined {
    const value = this.#members[name] ?? undefined;
    if (value === undefined) return undefined;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0)
      throw invalid(
        `Value '${JSON.stringify(value)}' at '${this.#at}${name}' failed to satisfy constraint: Member must be an integer greater than or equal to 0`,
      );
    return value;
  }

  optionalString(name: string, maxLength = Number.POSITIVE_INFINITY): string | undefined {
    const value: Json | undefined = this.#members[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'string')
      throw invalid(`Value at '${this.#at}${name}' failed to satisfy constraint: Member must be a string`);
    if (value.length > maxLength)
      throw invalid(
        `Value at '${this.#at}${name}' failed to satisfy constraint: Member must have length less than or equal to ${maxLength}`,
      );
    return value;
  }

  string(name: string, maxLength?: number): string {
    const value = this.optionalString(name, maxLength);
    if (value === undefined)
      throw invalid(
        `Value null at '${this.#at}${name}' failed to satisfy constraint: Member must not be null`,
      );
    return value;
  }

  optionalBoolean(name: string): boolean | undefined {
    const value = this.#members[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'boolean')
      throw invalid(`Value at '${this.#at}${name}' failed to satisfy constraint: Member must be a boolean`);
    return value;
  }

  oneOf<T extends string>(name: string, values: readonly T[]): T | undefined {
    const value = this.optionalString(name);
    if (value === undefined) return undefined;
    const found = values.find((candidate) => candidate === value);
    if (found === undefined)
      throw invalid(
        `Value '${value}' at '${this.#at}${name}' failed to satisfy constraint: Member must satisfy enum value set: [${values.join(', ')}]`,
      );
    return found;
  }

  /** Cuts one page out of a list. Entries that were added since the previous page do not shift this one. */
  page<T>(
    all: readonly T[],
    order: 'oldest first' | 'newest first' = 'oldest first',
  ): { page: readonly T[]; next: { nextToken?: string } } {
    const limit = this.#members.maxResults ?? 0;
    if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 0 || limit > MAX_RESULTS) {
      throw invalid(
        `Value '${JSON.stringify(limit)}' at 'maxResults' failed to satisfy constraint: Member must be between 0 and ${MAX_RESULTS}`,
      );
    }
    const token = this.#token();
    const isNewestFirst = order === 'newest first';
    const from = token === undefined ? 0 : isNewestFirst ? Math.max(0, all.length - token) : token;
    const to = from + (limit || DEFAULT_RESULTS);
    const nextToken = Buffer.from(`at:${isNewestFirst ? all.length - to : to}`).toString('base64url');
    return { page: all.slice(from, to), next: to < all.length ? { nextToken } : {} };
  }

  /** The number in nextToken: how many entries precede the page; with the newest first, how many follow its start. */
  #token(): number | undefined {
    const token = this.optionalString('nextToken');
    if (token === undefined) return undefined;
    const place = /^at:(\d+)$/.exec(Buffer.from(token, 'base64url').toString())?.[1];
    if (place === undefined) throw serviceFault('InvalidToken', `Invalid Token: '${token}'`);
    return Number(place);
  }
}

// AWS: "The default is 100 and the maximum allowed page size is 1000. A value of 0 uses the default."
const DEFAULT_RESULTS = 100;
const MAX_RESULTS = 1000;
