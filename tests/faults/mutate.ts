import type { Source } from './sources.ts';
import { type Part, readField, readStructure, repair, writeField } from './structure.ts';

export interface Mutation {
  readonly bytes: Buffer;
  /** What was done to which file, for the message of a failed test. */
  readonly description: string;
}

/** A number from 0 to below 1. */
type Random = () => number;

/** Changes a file, possibly by a part of another one. */
type Change = (bytes: Buffer, source: Source, other: Source, random: Random) => Buffer;

const below = (random: Random, limit: number): number => Math.floor(random() * limit);

const oneOf = <T>(random: Random, choices: readonly T[]): T | undefined =>
  choices[below(random, choices.length)];

const insert = (bytes: Buffer, at: number, inserted: readonly Buffer[]): Buffer =>
  Buffer.concat([bytes.subarray(0, at), ...inserted, bytes.subarray(at)]);

/** The values at which decoders go wrong, and some close to the right one. */
const EXTREMES: readonly ((value: number) => number)[] = [
  () => 0,
  () => 1,
  () => 0x7f,
  () => 0xff,
  () => 0x7fff,
  () => 0xffff,
  () => 0x10000,
  () => 0x7fffffff,
  () => 0x80000000,
  () => 0xffffffff,
  (value) => value + 1,
  (value) => Math.max(0, value - 1),
  (value) => value * 2,
  (value) => value * 256,
  (value) => Math.floor(value / 2),
];

const CHANGES: Readonly<Record<string, Change>> = {
  flip: (bytes, _, __, random) => {
    const flipped = Buffer.from(bytes);
    // Most of what a decoder relies on is at the beginning.
    const reach = random() < 0.5 ? Math.min(200, bytes.length) : bytes.length;
    for (let flips = oneOf(random, [1, 1, 2, 8]) ?? 1; flips > 0; flips -= 1) {
      const offset = below(random, reach);
      const changed = random() < 0.5 ? 1 << below(random, 8) : 1 + below(random, 255);
      flipped[offset] = (flipped[offset] ?? 0) ^ changed;
    }
    return flipped;
  },
  truncate: (bytes, _, __, random) => bytes.subarray(0, below(random, bytes.length)),
  splice: (bytes, _, other, random) => {
    const start = below(random, other.bytes.length);
    const part = other.bytes.subarray(start, start + 1 + below(random, 300));
    const at = below(random, bytes.length);
    if (random() < 0.5) return insert(bytes, at, [part]);
    return Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(at + part.length)]);
  },
  field: (bytes, source, _, random) => {
    const changed = Buffer.from(bytes);
    const field = oneOf(random, readStructure(source.format, bytes).fields);
    const extreme = oneOf(random, EXTREMES);
    if (field && extreme) writeField(changed, field, extreme(readField(bytes, field)));
    return changed;
  },
  duplicate: (bytes, source, _, random) => {
    const part = pickPart(bytes, source, random);
    const copies = oneOf(random, [1, 2, 10, 200]) ?? 1;
    return part ? insert(bytes, part.end, Array(copies).fill(bytes.subarray(part.start, part.end))) : bytes;
  },
  move: (bytes, source, _, random) => {
    const part = pickPart(bytes, source, random);
    if (!part) return bytes;
    const rest = Buffer.concat([bytes.subarray(0, part.start), bytes.subarray(part.end)]);
    const target = pickPart(rest, source, random);
    return insert(rest, target?.start ?? rest.length, [bytes.subarray(part.start, part.end)]);
  },
  remove: (bytes, source, _, random) => {
    const { start, end } = pickPart(bytes, source, random) ?? { start: 0, end: 0 };
    return Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)]);
  },
  fill: (bytes, _, __, random) => {
    const filled = Buffer.from(bytes);
    const start = below(random, bytes.length);
    filled.subarray(start, start + 1 + below(random, 64)).fill(oneOf(random, [0, 0xff, 0x80]) ?? 0);
    return filled;
  },
};

function pickPart(bytes: Buffer, { format }: Source, random: Random): Part | undefined {
  return oneOf(random, readStructure(format, bytes).parts);
}

/** Changes one of the files one to three times. The same numbers give the same mutation. */
export function mutate(sources: readonly Source[], random: Random): Mutation {
  const source = oneOf(random, sources);
  if (!source) throw new RangeError('Expected at least one source.');
  const names: string[] = [];
  let { bytes } = source;
  for (let changes = oneOf(random, [1, 1, 1, 2, 3]) ?? 1; changes > 0; changes -= 1) {
    const [name, change] = oneOf(random, Object.entries(CHANGES)) ?? [];
    const other = oneOf(random, sources);
    if (!name || !change || !other || bytes.length === 0) continue;
    bytes = change(bytes, source, other, random);
    names.push(name);
  }
  if (random() < 0.8) {
    bytes = Buffer.from(bytes);
    repair(source.format, bytes);
    names.push('repair');
  }
  return { bytes, description: `${source.format}, ${source.name}: ${names.join(', ')}` };
}
