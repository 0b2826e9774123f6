import { Buffer } from 'node:buffer';

/** What JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isJsonArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** Reads JSON text; throws SyntaxError where it is none. */
export function parseJson(text: string): Json {
  return JSON.parse(text);
}

/**
 * Reads JSON text that somebody wrote.
 * @throws SyntaxError where it is none, or has a number that JavaScript would keep as another one.
 */
export function parseLossless(text: string): Json {
  const value = parseJson(text);
  // Few texts have digits enough: the others need no second look.
  if (/\d{16}|\d[eE]/.test(text)) JSON.parse(text, refuseInexact);
  return value;
}

function refuseInexact(_key: string, value: unknown, { source }: { readonly source?: string }): unknown {
  if (typeof value === 'number' && source !== undefined && !isExact(value, source))
    throw new SyntaxError(`Expected integers of 53 bits, which are kept as they are, but received ${source}`);
  return value;
}

/** Whether a number is what its text says: AWS keeps integers of 64 bits, JavaScript of 53. */
export function isExact(value: number, source: string): boolean {
  if (!Number.isFinite(value)) return false;
  return !/^-?\d+$/.test(source) || BigInt(source) === BigInt(value);
}

/** The JSON form of any value, as it would travel: `undefined` becomes null, a Date its text. */
export function toJson(value: unknown): Json {
  return value === undefined ? null : parseJson(JSON.stringify(value) ?? 'null');
}

/** Looks up an own key only: a payload's `__proto__` or `constructor` is data like any other. */
export function ownValue(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** A copy with one key set; a computed key defines even `__proto__`, where an assignment would lose it. */
export function withKey(object: JsonObject, key: string, value: Json): JsonObject {
  return { ...object, [key]: value };
}

export function jsonBytes(value: Json): number {
  return Buffer.byteLength(JSON.stringify(value));
}
