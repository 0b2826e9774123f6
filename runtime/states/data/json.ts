import { Buffer } from 'node:buffer';

/** A JSON value. */
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

/** @throws SyntaxError */
export function parseJson(text: string): Json {
  return JSON.parse(text);
}

/**
 * Reads JSON text from outside.
 * @throws SyntaxError also for a number that JavaScript would change.
 */
export function parseLossless(text: string): Json {
  const value = parseJson(text);
  // Only a number with 16 digits or an exponent can be changed; few texts have one, and the others need no second pass.
  if (/\d{16}|\d[eE]/.test(text)) JSON.parse(text, refuseInexact);
  return value;
}

function refuseInexact(_key: string, value: unknown, { source }: { readonly source?: string }): unknown {
  if (typeof value === 'number' && source !== undefined && !isExact(value, source))
    throw new SyntaxError(
      `Expected integers of at most 53 bits, which JavaScript does not change, but received ${source}`,
    );
  return value;
}

/** Whether a number equals its text: AWS has integers of 64 bits, JavaScript of 53. */
export function isExact(value: number, source: string): boolean {
  if (!Number.isFinite(value)) return false;
  return !/^-?\d+$/.test(source) || BigInt(source) === BigInt(value);
}

/** Any value as JSON: `undefined` becomes null, a Date its text. */
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
