/** The bytes of a page's parts. A page begins with its count of tags and ends with the offset of the next page. */
interface Layout {
  readonly firstPage: number;
  readonly count: 2 | 8;
  readonly tag: number;
  readonly offset: 4 | 8;
}

/** TIFF 6.0, section 2. */
const CLASSIC: Layout = { firstPage: 4, count: 2, tag: 12, offset: 4 };
/** The BigTIFF file format, https://www.awaresystems.be/imaging/tiff/bigtiff.html */
const BIG: Layout = { firstPage: 8, count: 8, tag: 20, offset: 8 };
const BIG_VERSION = 43;

/** The bytes of a value of each type: BYTE, ASCII, SHORT, LONG, RATIONAL, … IFD, and BigTIFF's three. */
const TYPE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];
const SHORT = 3;
const LONG = 4;
const RATIONAL = 5;
const FLOAT = 11;
const MOST_SHORT = 0xffff;

/** Longer lists are no facts of an image: they say where its strips are. */
const MOST_NUMBERS = 16;

/** A page of a TIFF, by its offset in the file. */
export interface TiffPage {
  /** Count of tags. */
  readonly tags: number;
  readonly firstTag: number;
  /** The offset of the next page; 0 behind the last one. */
  readonly next: number;
}

/** The values of a tag. */
interface Values {
  readonly type: number;
  readonly count: number;
  readonly bytes: number;
  readonly offset: number;
}

/** Reads the tags of a TIFF. Numbers outside of the file are 0. */
export class TiffFile {
  readonly bytes: Buffer;
  readonly #view: DataView;
  readonly #isLittleEndian: boolean;
  readonly #layout: Layout;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#isLittleEndian = bytes[0] === 0x49;
    this.#layout = this.#read(2, 2) === BIG_VERSION ? BIG : CLASSIC;
  }

  get firstPage(): number {
    return this.#read(this.#layout.firstPage, this.#layout.offset);
  }

  /** @returns undefined if there is no page at the offset, or if it reaches out of the file. */
  readPage(offset: number): TiffPage | undefined {
    const { count, tag, offset: size } = this.#layout;
    const tags = this.#read(offset, count);
    const firstTag = offset + count;
    const end = firstTag + tags * tag;
    return offset > 0 && end <= this.bytes.length
      ? { tags, firstTag, next: this.#read(end, size) }
      : undefined;
  }

  /** Bytes of the values of all tags, without those within a tag and those outside of the file: libtiff does not read them. */
  countValueBytes({ tags, firstTag }: TiffPage): number {
    let sum = 0;
    for (let index = 0; index < tags; index += 1) {
      const { bytes, offset } = this.#readValues(firstTag + index * this.#layout.tag);
      if (bytes > this.#layout.offset && offset + bytes <= this.bytes.length) sum += bytes;
    }
    return sum;
  }

  /** @returns the first numbers of a tag; none if the page lacks it. */
  numbers(page: TiffPage, id: number): number[] {
    const values = this.#findValues(page, id);
    if (!values) return [];
    const { type, count, offset } = values;
    const size = TYPE_BYTES[type] ?? 0;
    return Array.from({ length: Math.min(count, MOST_NUMBERS) }, (_, index) =>
      this.#readNumber(type, offset + index * size),
    );
  }

  /** @returns the bytes of a tag; undefined if the page lacks it, or if they reach out of the file. */
  data(page: TiffPage, id: number): Buffer | undefined {
    const values = this.#findValues(page, id);
    if (!values || values.offset + values.bytes > this.bytes.length) return undefined;
    return this.bytes.subarray(values.offset, values.offset + values.bytes);
  }

  /**
   * @param kept the tags that the copy has, if the page has them.
   * @param changed the only value of some tags.
   * @returns a copy of the file in which this page is the only one.
   */
  withOnlyPage(page: TiffPage, kept: ReadonlySet<number>, changed: ReadonlyMap<number, number>): Buffer {
    const { count, tag, offset: size } = this.#layout;
    const old = Array.from({ length: page.tags }, (_, index) => page.firstTag + index * tag)
      .map((at) => this.bytes.subarray(at, at + tag))
      .filter((bytes) => kept.has(this.#readId(bytes)) && !changed.has(this.#readId(bytes)));
    const tags = [...old, ...[...changed].map(([id, value]) => this.#makeTag(id, value))].toSorted(
      (a, b) => this.#readId(a) - this.#readId(b),
    );
    // A page begins at an even offset.
    const padding = Buffer.alloc(this.bytes.length % 2);
    const start = this.bytes.length + padding.length;
    const copy = Buffer.concat([
      this.bytes,
      padding,
      this.#number(count, tags.length),
      ...tags,
      Buffer.alloc(size),
    ]);
    this.#number(size, start).copy(copy, this.#layout.firstPage);
    return copy;
  }

  #makeTag(id: number, value: number): Buffer {
    const { tag, offset } = this.#layout;
    const [type, size] = value <= MOST_SHORT ? ([SHORT, 2] as const) : ([LONG, 4] as const);
    const parts = [
      this.#number(2, id),
      this.#number(2, type),
      this.#number(offset, 1),
      this.#number(size, value),
    ];
    return Buffer.concat(parts, tag);
  }

  #number(size: 2 | 4 | 8, value: number): Buffer {
    const bytes = Buffer.alloc(size);
    // A file has fewer bytes than a number of six bytes can say.
    const used = Math.min(size, 6);
    if (this.#isLittleEndian) bytes.writeUIntLE(value, 0, used);
    else bytes.writeUIntBE(value, size - used, used);
    return bytes;
  }

  #readId(tag: Buffer): number {
    return this.#isLittleEndian ? tag.readUInt16LE() : tag.readUInt16BE();
  }

  /** @returns where a tag is, and of what its values are; undefined if the page lacks it. */
  findTag(
    { tags, firstTag }: TiffPage,
    id: number,
  ): { readonly offset: number; readonly type: number; readonly count: number } | undefined {
    for (let index = 0; index < tags; index += 1) {
      const offset = firstTag + index * this.#layout.tag;
      if (this.#read(offset, 2) !== id) continue;
      const { type, count } = this.#readValues(offset);
      return { offset, type, count };
    }
    return undefined;
  }

  #findValues(page: TiffPage, id: number): Values | undefined {
    const tag = this.findTag(page, id);
    return tag && this.#readValues(tag.offset);
  }

  /** Values that fit stand within the tag, at its end. */
  #readValues(tag: number): Values {
    const { offset: size } = this.#layout;
    const type = this.#read(tag + 2, 2);
    const count = this.#read(tag + 4, size);
    const bytes = (TYPE_BYTES[type] ?? 0) * count;
    const place = tag + 4 + size;
    return { type, count, bytes, offset: bytes <= size ? place : this.#read(place, size) };
  }

  #readNumber(type: number, offset: number): number {
    if (type === RATIONAL) return this.#read(offset, 4) / (this.#read(offset + 4, 4) || 1);
    if (type === FLOAT)
      return offset + 4 <= this.bytes.length ? this.#view.getFloat32(offset, this.#isLittleEndian) : 0;
    const size = TYPE_BYTES[type];
    return size === 1 || size === 2 || size === 4 || size === 8 ? this.#read(offset, size) : 0;
  }

  #read(offset: number, size: 1 | 2 | 4 | 8): number {
    if (offset + size > this.bytes.length) return 0;
    if (size === 1) return this.#view.getUint8(offset);
    if (size === 2) return this.#view.getUint16(offset, this.#isLittleEndian);
    if (size === 4) return this.#view.getUint32(offset, this.#isLittleEndian);
    return Number(this.#view.getBigUint64(offset, this.#isLittleEndian));
  }
}
