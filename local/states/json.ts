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
