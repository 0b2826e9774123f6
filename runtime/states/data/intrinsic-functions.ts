/**
 * The 18 intrinsic functions. Follows https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
 *
 * One difference from AWS: JavaScript has one kind of number, so `1.0` in an input becomes `1` in a string.
 */
import { Buffer } from 'node:buffer';
import { createHash, randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { isJsonArray, isJsonObject, type Json, parseLossless } from './json.ts';

type Function = (values: readonly Json[], around: readonly string[] | undefined) => Json;

// AWS's limits for the inputs of Base64 and Hash, and for the result of States.ArrayRange.
const MAX_CHARACTERS = 10_000;
const MAX_RANGE = 1_000;
const HASHES: Readonly<Record<string, string>> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};

export const FUNCTIONS = {
  'States.Array': (values) => values,
  'States.ArrayPartition': (values) => {
    const [array, size] = exactly(2, values);
    const length = integer(size);
    if (length < 1) throw new Error(`Expected a chunk size of 1 or more but received ${length}`);
    const items = list(array);
    return Array.from({ length: Math.ceil(items.length / length) }, (_, i) =>
      items.slice(i * length, (i + 1) * length),
    );
  },
  'States.ArrayContains': (values) => {
    const [array, wanted] = exactly(2, values);
    return list(array).some((item) => isDeepStrictEqual(item, wanted));
  },
  'States.ArrayRange': (values) => {
    const [first, last, increment] = exactly(3, values).map(integer);
    if (first === undefined || last === undefined || !increment)
      throw new Error('Expected a step that is not 0');
    const length = Math.max(0, Math.floor((last - first) / increment) + 1);
    if (length > MAX_RANGE)
      throw new Error(`Expected at most ${MAX_RANGE} items but this range has ${length}`);
    return Array.from({ length }, (_, i) => first + i * increment);
  },
  'States.ArrayGetItem': (values) => {
    const [array, position] = exactly(2, values);
    const items = list(array);
    const index = integer(position);
    const item = items[index];
    if (item === undefined)
      throw new Error(`Expected an index from 0 to ${items.length - 1} but received ${index}`);
    return item;
  },
  'States.ArrayLength': (values) => list(exactly(1, values)[0]).length,
  'States.ArrayUnique': (values) => {
    // Compares texts: comparing each item with each other one would take minutes for the largest payload.
    const seen = new Map<string, Json>();
    for (const item of list(exactly(1, values)[0])) {
      const text = sortedText(item);
      if (!seen.has(text)) seen.set(text, item);
    }
    return [...seen.values()];
  },
  'States.Base64Encode': (values) => Buffer.from(bounded(exactly(1, values)[0])).toString('base64'),
  'States.Base64Decode': (values) => {
    const encoded = bounded(exactly(1, values)[0]);
    if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/.test(encoded))
      throw new Error(`Expected Base64 but received ${encoded}`);
    return Buffer.from(encoded, 'base64').toString('utf8');
  },
  'States.Hash': (values) => {
    const [data, algorithm] = exactly(2, values);
    const hash = Object.hasOwn(HASHES, text(algorithm)) ? HASHES[text(algorithm)] : undefined;
    if (hash === undefined)
      throw new Error(`Expected one of ${Object.keys(HASHES).join(', ')} but received ${text(algorithm)}`);
    return createHash(hash).update(bounded(data)).digest('hex');
  },
  'States.JsonMerge': (values) => {
    const [base, over, deep] = exactly(3, values);
    if (deep !== false)
      throw new Error('Expected false as third argument: a deep merge is not supported, here as on AWS');
    if (!isJsonObject(base) || !isJsonObject(over)) throw new Error('Expected two objects');
    return { ...base, ...over };
  },
  'States.StringToJson': (values) => parseLossless(text(exactly(1, values)[0])),
  'States.JsonToString': (values) => JSON.stringify(exactly(1, values)[0]),
  'States.MathRandom': (values) => {
    const [start, end, seed] = (values.length === 2 ? exactly(2, values) : exactly(3, values)).map(integer);
    if (start === undefined || end === undefined || end <= start)
      throw new Error('Expected a start that is less than the end');
    return start + Math.floor((seed === undefined ? Math.random() : seeded(seed)) * (end - start));
  },
  'States.MathAdd': (values) => {
    const [a, b] = exactly(2, values);
    return integer(integer(a) + integer(b));
  },
  'States.StringSplit': (values) => {
    const [string, delimiters] = exactly(2, values).map(text);
    // Each character is a delimiter, and empty parts are dropped, as by Java's StringTokenizer.
    const parts = [''];
    for (const character of string ?? '') {
      if (delimiters?.includes(character)) parts.push('');
      else parts.push((parts.pop() ?? '') + character);
    }
    return parts.filter((part) => part !== '');
  },
  'States.UUID': (values) => {
    exactly(0, values);
    return randomUUID();
  },
  'States.Format': (values, around) => {
    const [template, ...fillings] = values;
    const parts = around ?? text(template).split('{}');
    if (parts.length - 1 !== fillings.length) {
      throw new Error(
        `Expected as many arguments as the template has {} (${parts.length - 1}) but received ${fillings.length}`,
      );
    }
    return parts
      .map((part, index) => part + (index < fillings.length ? formatted(fillings[index]) : ''))
      .join('');
  },
} as const satisfies Record<string, Function>;

export type FunctionName = keyof typeof FUNCTIONS;

export function isFunctionName(name: string): name is FunctionName {
  return Object.hasOwn(FUNCTIONS, name);
}

function exactly(count: number, values: readonly Json[]): readonly Json[] {
  if (values.length !== count) throw new Error(`Expected ${count} arguments but received ${values.length}`);
  return values;
}

function list(value: Json | undefined): readonly Json[] {
  if (!isJsonArray(value)) throw new Error(`Expected an array but received ${JSON.stringify(value)}`);
  return value;
}

function text(value: Json | undefined): string {
  if (typeof value !== 'string') throw new Error(`Expected a string but received ${JSON.stringify(value)}`);
  return value;
}

function bounded(value: Json | undefined): string {
  const string = text(value);
  if (string.length > MAX_CHARACTERS)
    throw new Error(`Expected at most ${MAX_CHARACTERS} characters but received ${string.length}`);
  return string;
}

/** AWS rounds a number that is no integer; the result must fit in 32 bits. */
function integer(value: Json | undefined): number {
  if (typeof value !== 'number') throw new Error(`Expected a number but received ${JSON.stringify(value)}`);
  const rounded = Math.round(value);
  if (rounded < -2_147_483_648 || rounded > 2_147_483_647)
    throw new Error(`Expected a 32-bit integer but received ${value}`);
  return rounded === 0 ? 0 : rounded;
}

function formatted(value: Json | undefined): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null)
    throw new Error(
      `Expected a string, number, boolean or null for {} but received ${JSON.stringify(value)}`,
    );
  return String(value);
}

/** JSON text that is the same for all values that are equal, whatever the order of their keys. */
function sortedText(value: Json): string {
  return JSON.stringify(value, (_key, part: Json) =>
    isJsonObject(part)
      ? Object.fromEntries(
          Object.keys(part)
            .sort()
            .map((key) => [key, part[key]]),
        )
      : part,
  );
}

/** A number in [0, 1) from a seed: the same seed, the same number (mulberry32's mixing). */
function seeded(seed: number): number {
  let mixed = (seed + 0x6d2b79f5) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
}
