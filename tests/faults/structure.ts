import { crc32 } from 'node:zlib';
import type { SourceFormat } from '../../functions/image-resize/image/reading/format.ts';

/** A chunk, segment, box, tag or block, from its first byte to the byte after its last. */
export interface Part {
  readonly start: number;
  readonly end: number;
}

/** An unsigned number on which a decoder relies: a length, a side, a count or an offset. */
export interface Field {
  readonly offset: number;
  readonly size: 1 | 2 | 3 | 4;
  readonly isLittleEndian?: boolean;
}

export interface Structure {
  readonly parts: readonly Part[];
  readonly fields: readonly Field[];
}

/** The structure of a file up to where it is damaged. */
export function readStructure(format: SourceFormat, bytes: Buffer): Structure {
  const found = new Found(bytes);
  READERS[format](found);
  return found;
}

class Found implements Structure {
  readonly bytes: Buffer;
  readonly parts: Part[] = [];
  readonly fields: Field[] = [];

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** Records a field. @returns its value; 0 outside of the file. */
  field(offset: number, size: Field['size'], isLittleEndian = false): number {
    if (offset + size > this.bytes.length) return 0;
    const field = { offset, size, isLittleEndian };
    this.fields.push(field);
    return readField(this.bytes, field);
  }

  part(start: number, end: number): void {
    if (start < end && end <= this.bytes.length) this.parts.push({ start, end });
  }

  text(offset: number): string {
    return this.bytes.toString('latin1', offset, offset + 4);
  }
}

const READERS: Readonly<Record<SourceFormat, (found: Found) => void>> = {
  jpeg: readJpeg,
  png: readPng,
  webp: readWebp,
  gif: readGif,
  avif: (found) => readBoxes(found, 0, found.bytes.length),
  heic: (found) => readBoxes(found, 0, found.bytes.length),
  tiff: readTiff,
};

/** ITU-T T.81, annex B. */
function readJpeg(found: Found): void {
  const { bytes } = found;
  for (let offset = 2; offset >= 0 && offset + 4 <= bytes.length; ) {
    if (bytes[offset] !== 0xff || (bytes[offset + 1] ?? 0) < 0xc0 || bytes[offset + 1] === 0xff) {
      offset = bytes.indexOf(0xff, offset + 1);
      continue;
    }
    const marker = bytes[offset + 1] ?? 0;
    const length = marker >= 0xd0 && marker <= 0xd9 ? 0 : found.field(offset + 2, 2);
    if (marker >= 0xc0 && marker <= 0xc2) for (const [at, size] of JPEG_FRAME) found.field(offset + at, size);
    found.part(offset, offset + 2 + length);
    offset += 2 + length;
  }
}

/** Depth, height, width, count of components, and the sampling of the first. */
const JPEG_FRAME = [
  [4, 1],
  [5, 2],
  [7, 2],
  [9, 1],
  [11, 1],
] as const;

/** PNG specification, 5.3 and 11.2.1. */
function readPng(found: Found): void {
  for (let offset = 8; offset + 12 <= found.bytes.length; ) {
    const length = found.field(offset, 4);
    if (found.text(offset + 4) === 'IHDR') {
      for (const at of [8, 12] as const) found.field(offset + at, 4);
      for (const at of [16, 17, 20]) found.field(offset + at, 1);
    }
    found.part(offset, offset + 12 + length);
    offset += 12 + length;
  }
}

/** RFC 9649, 2.3 and 2.7. */
function readWebp(found: Found): void {
  found.field(4, 4, true);
  readChunks(found, 12, found.bytes.length);
}

function readChunks(found: Found, start: number, end: number): void {
  for (let offset = start; offset + 8 <= end; ) {
    const type = found.text(offset);
    const length = found.field(offset + 4, 4, true);
    const body = offset + 8;
    if (type === 'VP8X') for (const at of [4, 7]) found.field(body + at, 3, true);
    if (type === 'VP8 ') for (const at of [6, 8]) found.field(body + at, 2, true);
    if (type === 'VP8L') found.field(body + 1, 4, true);
    if (type === 'ANMF') {
      for (const at of [0, 3, 6, 9, 12]) found.field(body + at, 3, true);
      readChunks(found, body + 16, Math.min(body + length, end));
    }
    found.part(offset, body + length + (length % 2));
    offset = body + length + (length % 2);
  }
}

/** GIF89a specification, 17 to 26. */
function readGif(found: Found): void {
  const { bytes } = found;
  for (const at of [6, 8]) found.field(at, 2, true);
  const table = (packed = 0) => (packed & 0x80 ? 3 * 2 ** ((packed & 7) + 1) : 0);
  let offset = 13 + table(bytes[10]);
  while (offset + 2 < bytes.length && bytes[offset] !== 0x3b) {
    const start = offset;
    if (bytes[offset] === 0x2c) {
      for (const at of [1, 3, 5, 7]) found.field(offset + at, 2, true);
      offset += 10 + table(bytes[offset + 9]);
      found.field(offset, 1);
      offset += 1;
    } else offset += 2;
    for (let length = -1; length !== 0; ) {
      length = found.field(offset, 1);
      offset += 1 + length;
    }
    found.part(start, offset);
  }
}

const CONTAINERS = ['meta', 'iprp', 'ipco', 'iref', 'moov', 'trak', 'mdia', 'minf', 'stbl', 'dinf'];
/** Containers that begin with a version and flags. */
const VERSIONED = ['meta', 'iref'];

/** ISO/IEC 14496-12, 4.2. */
function readBoxes(found: Found, start: number, end: number): void {
  for (let offset = start; offset + 8 <= end; ) {
    const length = found.field(offset, 4);
    const type = found.text(offset + 4);
    const boxEnd = Math.min(length === 0 ? end : offset + length, end);
    if (length !== 0 && length < 8) return;
    if (CONTAINERS.includes(type)) readBoxes(found, offset + (VERSIONED.includes(type) ? 12 : 8), boxEnd);
    else if (type !== 'mdat')
      for (let at = offset + 8; at + 4 <= boxEnd; at += 2) found.field(at, at % 4 ? 2 : 4);
    found.part(offset, boxEnd);
    offset = boxEnd;
  }
}

/** TIFF 6.0, section 2. BigTIFF, whose tags are longer, has the offset of its first page alone. */
function readTiff(found: Found): void {
  const { bytes } = found;
  const isLittleEndian = bytes[0] === 0x49;
  const field = (offset: number, size: Field['size']) => found.field(offset, size, isLittleEndian);
  field(2, 2);
  let page = field(4, 4);
  for (let pages = 0; page > 0 && page < bytes.length && pages < 100; pages += 1) {
    const tags = field(page, 2);
    for (let tag = page + 2; tag < page + 2 + 12 * tags && tag + 12 <= bytes.length; tag += 12) {
      field(tag, 2);
      const type = field(tag + 2, 2);
      field(tag + 4, 4);
      field(tag + 8, type === 3 ? 2 : 4);
      found.part(tag, tag + 12);
    }
    page = field(page + 2 + 12 * tags, 4);
  }
}

export function readField(bytes: Buffer, { offset, size, isLittleEndian }: Field): number {
  return isLittleEndian ? bytes.readUIntLE(offset, size) : bytes.readUIntBE(offset, size);
}

export function writeField(bytes: Buffer, { offset, size, isLittleEndian }: Field, value: number): void {
  const limited = value % 2 ** (8 * size);
  if (isLittleEndian) bytes.writeUIntLE(limited, offset, size);
  else bytes.writeUIntBE(limited, offset, size);
}

/** Corrects what lets a decoder refuse a changed file at once: a PNG's checksums, and the length of a WebP. */
export function repair(format: SourceFormat, bytes: Buffer): void {
  if (format === 'webp' && bytes.length > 8) bytes.writeUInt32LE(bytes.length - 8, 4);
  if (format !== 'png') return;
  for (let offset = 8; offset + 12 <= bytes.length; ) {
    const end = offset + 8 + bytes.readUInt32BE(offset);
    if (end + 4 > bytes.length) return;
    bytes.writeUInt32BE(crc32(bytes.subarray(offset + 4, end)), end);
    offset = end + 4;
  }
}
