import { riff, webpChunk } from '../unit/image/handmade.ts';

/** Writes numbers bit by bit, the lowest bit first (RFC 9649, 3.1). */
class BitWriter {
  readonly #bytes: number[] = [];
  #bits = 0;

  get bits(): number {
    return this.#bits;
  }

  get bytes(): Buffer {
    return Buffer.from(this.#bytes);
  }

  write(value: number, bits: number): void {
    for (let bit = 0; bit < bits; bit += 1) {
      const last = this.#bits >> 3;
      this.#bytes[last] = (this.#bytes[last] ?? 0) | (((value >> bit) & 1) << (this.#bits & 7));
      this.#bits += 1;
    }
  }

  /** A prefix code is written from its highest bit. */
  writeCode([code, bits]: readonly [code: number, bits: number]): void {
    for (let bit = bits - 1; bit >= 0; bit -= 1) this.write(code >> bit, 1);
  }
}

/** The lengths of a prefix code's words, in the order of its symbols: so many of this length, then so many of that. */
type Runs = readonly (readonly [count: number, length: number])[];

const REPEAT_LENGTH = 16;
const REPEAT_ZERO = 18;
/** RFC 9649, 6.2.2: the order in which the lengths of the code for lengths are stored. */
const LENGTHS_ORDER = [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

/** Writes a prefix code by the lengths of its words, which are themselves written in a prefix code. */
function writePrefixCode(writer: BitWriter, runs: Runs): void {
  const lengths = runs.map(([, length]) => length).filter((length) => length > 0);
  const symbols = [...new Set([...lengths, REPEAT_LENGTH, REPEAT_ZERO])].sort((a, b) => a - b);
  // Words of 1, 2, 3 … bits, and two of the longest: 0, 10, 110, 111.
  const words = symbols.map((_, index): readonly [number, number] => {
    const bits = Math.min(index + 1, symbols.length - 1);
    return [2 ** bits - (index === symbols.length - 1 ? 1 : 2), bits];
  });
  const wordOf = (symbol: number) => words[symbols.indexOf(symbol)];
  const put = (symbol: number) => writer.writeCode(wordOf(symbol) ?? [0, 0]);
  writer.write(0, 1);
  writer.write(LENGTHS_ORDER.length - 4, 4);
  for (const symbol of LENGTHS_ORDER) writer.write(wordOf(symbol)?.[1] ?? 0, 3);
  writer.write(0, 1);
  for (const [count, length] of runs) {
    let left = count;
    if (length > 0) {
      put(length);
      left -= 1;
    }
    const [repeat, least, most, bits] = length > 0 ? [REPEAT_LENGTH, 3, 6, 2] : [REPEAT_ZERO, 11, 138, 7];
    while (left >= least) {
      // What is left must be enough for one more repetition, or nothing.
      const times = left > most && left < most + least ? left - least : Math.min(left, most);
      put(repeat);
      writer.write(times - least, bits);
      left -= times;
    }
    for (; left > 0; left -= 1) put(length);
  }
}

/** A prefix code of the one symbol 0, whose word has no bits. */
function writeEmptyCode(writer: BitWriter): void {
  writer.write(0b101, 3);
  writer.write(0, 8);
}

const SIDE = 1024;
/** As many as the two bytes that choose a group can name: one for each block of 4 × 4 pixels. */
const GROUPS = 65_536;
const BLOCK_BITS = 2;
const CACHE_BITS = 11;
const BYTE_OF_8_BITS: Runs = [[256, 8]];

/** Long words, so that a decoder's tables for them are large. */
function writeGroup(writer: BitWriter): void {
  writePrefixCode(writer, [
    [2048, 11],
    [280, 0],
  ]);
  for (let channel = 0; channel < 3; channel += 1)
    writePrefixCode(writer, [
      [1, 1],
      [1, 8],
      [254, 9],
    ]);
  writePrefixCode(writer, [
    [24, 5],
    [16, 6],
  ]);
}

/** A lossless WebP of one megapixel, and of as many groups of prefix codes as the format allows (RFC 9649, 3.7). */
export function manyCodesWebp(): Buffer {
  const writer = new BitWriter();
  writer.write(0x2f, 8);
  for (const side of [SIDE, SIDE]) writer.write(side - 1, 14);
  // With alpha, version 0, without transforms.
  writer.write(1, 1 + 3 + 1);
  writer.write(1, 1);
  writer.write(CACHE_BITS, 4);
  // The image that chooses a group for each block by its red and green bytes; it has no cache of colours.
  writer.write(1, 1);
  writer.write(BLOCK_BITS - 2, 3);
  writer.write(0, 1);
  writePrefixCode(writer, [...BYTE_OF_8_BITS, [24, 0]]);
  writePrefixCode(writer, BYTE_OF_8_BITS);
  for (let code = 0; code < 3; code += 1) writeEmptyCode(writer);
  for (let group = 0; group < GROUPS; group += 1) {
    writer.writeCode([group & 0xff, 8]);
    writer.writeCode([group >> 8, 8]);
  }
  // Eight groups fill whole bytes, so that the bytes of all others repeat them.
  const start = Math.ceil(writer.bits / 8);
  const before = writer.bits;
  writeGroup(writer);
  const period = writer.bits - before;
  for (let group = 1; group <= 8; group += 1) writeGroup(writer);
  const { bytes } = writer;
  const groups = Buffer.alloc((period * GROUPS) / 8, bytes.subarray(start, start + period));
  return riff(webpChunk('VP8L', Buffer.concat([bytes.subarray(0, start), groups, Buffer.alloc(1024)])));
}
