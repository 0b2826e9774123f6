/** A part of an ISO media file, from its first byte to the byte after its last. */
export interface Part {
  readonly start: number;
  readonly end: number;
}

/** The content of a box. */
export interface Box extends Part {
  /** The four characters as a number, see boxType. */
  readonly type: number;
}

/** The bytes of a box's length and type. */
const HEADER_BYTES = 8;
/** A length of 1 means that a length of 64 bits follows the type. */
const LONG_HEADER_BYTES = 16;

export function boxType(name: string): number {
  return Buffer.from(name, 'latin1').readUInt32BE();
}

/**
 * Lists the boxes within a part of the file (ISO/IEC 14496-12, 4.2). The list ends at a length that is shorter than
 * a box's header. A box that is longer than its parent ends with it.
 */
export function* boxesIn(bytes: Buffer, { start, end }: Part): Generator<Box> {
  for (let offset = start; offset + HEADER_BYTES <= end; ) {
    let length = bytes.readUInt32BE(offset);
    let header = HEADER_BYTES;
    if (length === 1 && offset + LONG_HEADER_BYTES <= end) {
      length = Number(bytes.readBigUInt64BE(offset + HEADER_BYTES));
      header = LONG_HEADER_BYTES;
    }
    // A length of 0 means that the box is the last one.
    if (length === 0) length = end - offset;
    if (length < header) return;
    const type = bytes.readUInt32BE(offset + 4);
    yield { type, start: offset + header, end: Math.min(offset + length, end) };
    offset += length;
  }
}

/**
 * Lists the boxes at the end of a path.
 * @param path the types of each level, from the outermost; an empty level stands for all types.
 */
export function* findBoxes(bytes: Buffer, part: Part, path: readonly (readonly number[])[]): Generator<Box> {
  const [types = [], ...rest] = path;
  for (const box of boxesIn(bytes, part)) {
    if (types.length > 0 && !types.includes(box.type)) continue;
    if (rest.length > 0) yield* findBoxes(bytes, box, rest);
    else yield box;
  }
}

/** Reads unsigned numbers one after the other. */
export class BoxReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #offset: number;

  constructor(bytes: Buffer, { start, end }: Part) {
    this.#bytes = bytes;
    this.#offset = start;
    this.#end = end;
  }

  get isAtEnd(): boolean {
    return this.#offset >= this.#end;
  }

  /** 0 if the number reaches out of the box. */
  read(size: 1 | 2 | 4): number {
    const offset = this.#offset;
    this.#offset += size;
    return this.#offset <= this.#end ? this.#bytes.readUIntBE(offset, size) : 0;
  }
}
