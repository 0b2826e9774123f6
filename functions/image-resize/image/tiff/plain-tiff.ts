/** An image whose samples libvips reads in every case: unsigned, those of a pixel side by side, alpha unassociated and last. */
interface PlainImage {
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  readonly colours: 'grey' | 'RGB' | 'CMYK';
  readonly hasAlpha: boolean;
  /** As in EXIF. */
  readonly orientation: number;
  readonly profile?: Buffer;
}

type Samples = Uint8Array | Uint16Array;

export interface PlainSamples extends PlainImage {
  readonly data: Samples;
}

/** A TIFF whose samples are still to be filled in: they lie inside the file, because they are too many to be held twice. */
export interface EmptyTiff {
  readonly file: Buffer;
  readonly data: Samples;
}

type Tag = readonly [id: number, type: 3 | 4 | 7, values: readonly number[] | Buffer];

const [SHORT, LONG, UNDEFINED] = [3, 4, 7] as const;
const HEADER_BYTES = 8;
const TAG_BYTES = 12;
const INLINE_BYTES = 4;

const PHOTOMETRIC = { grey: 1, RGB: 2, CMYK: 5 } as const;
const COLOUR_SAMPLES = { grey: 1, RGB: 3, CMYK: 4 } as const;
const UNASSOCIATED_ALPHA = 2;

/** libtiff holds one strip at a time. */
const ROWS_PER_STRIP = 64;

/** Writes the samples into a TIFF that createPlainTiff makes. */
export function writePlainTiff(image: PlainSamples): Buffer {
  const { file, data } = createPlainTiff(image, image.data.BYTES_PER_ELEMENT === 2);
  data.set(image.data);
  return file;
}

/**
 * A TIFF without compression, in the byte order of this machine's typed arrays (little-endian).
 * @param isDeep whether each sample has 16 bits, and not 8.
 */
export function createPlainTiff(image: PlainImage, isDeep: boolean): EmptyTiff {
  const { width, height, colours, hasAlpha, orientation, profile } = image;
  const samples = COLOUR_SAMPLES[colours] + Number(hasAlpha);
  const sampleBytes = isDeep ? 2 : 1;
  const count = width * height * samples;
  const pixelBytes = count * sampleBytes;
  const stripBytes = width * samples * sampleBytes * ROWS_PER_STRIP;
  const strips = Array.from({ length: Math.ceil(height / ROWS_PER_STRIP) }, (_, index) => index * stripBytes);
  const tags: Tag[] = [
    [256, LONG, [width]],
    [257, LONG, [height]],
    [258, SHORT, Array<number>(samples).fill(sampleBytes * 8)],
    [259, SHORT, [1]],
    [262, SHORT, [PHOTOMETRIC[colours]]],
    [273, LONG, strips.map((start) => HEADER_BYTES + start)],
    [274, SHORT, [orientation]],
    [277, SHORT, [samples]],
    [278, LONG, [ROWS_PER_STRIP]],
    [279, LONG, strips.map((start) => Math.min(stripBytes, pixelBytes - start))],
    ...(hasAlpha ? [[338, SHORT, [UNASSOCIATED_ALPHA]] as const] : []),
    ...(profile ? [[34_675, UNDEFINED, profile] as const] : []),
  ];
  // Every part begins at an even offset.
  const page = HEADER_BYTES + pixelBytes + (pixelBytes % 2);
  const pageParts = Buffer.concat(assemblePage(tags, page));
  // A buffer of its own, so that its samples begin at an even address.
  const { buffer } = new Uint8Array(page + pageParts.length);
  const file = Buffer.from(buffer);
  file.write('II*\0', 'latin1');
  file.writeUInt32LE(page, 4);
  pageParts.copy(file, page);
  const data = isDeep
    ? new Uint16Array(buffer, HEADER_BYTES, count)
    : new Uint8Array(buffer, HEADER_BYTES, count);
  return { file, data };
}

function assemblePage(tags: readonly Tag[], start: number): Buffer[] {
  const count = Buffer.alloc(2);
  count.writeUInt16LE(tags.length);
  const behind: Buffer[] = [];
  let offset = start + count.length + tags.length * TAG_BYTES + INLINE_BYTES;
  const entries = tags.map(([id, type, values]) => {
    const bytes = toBytes(type, values);
    const entry = Buffer.alloc(TAG_BYTES);
    entry.writeUInt16LE(id);
    entry.writeUInt16LE(type, 2);
    entry.writeUInt32LE(values.length, 4);
    if (bytes.length <= INLINE_BYTES) bytes.copy(entry, 8);
    else {
      entry.writeUInt32LE(offset, 8);
      behind.push(bytes, Buffer.alloc(bytes.length % 2));
      offset += bytes.length + (bytes.length % 2);
    }
    return entry;
  });
  return [count, ...entries, Buffer.alloc(INLINE_BYTES), ...behind];
}

function toBytes(type: Tag[1], values: Tag[2]): Buffer {
  if (Buffer.isBuffer(values)) return values;
  const size = type === SHORT ? 2 : 4;
  const bytes = Buffer.alloc(values.length * size);
  for (const [index, value] of values.entries()) bytes.writeUIntLE(value, index * size, size);
  return bytes;
}
