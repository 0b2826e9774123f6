/** Samples as libvips reads them in every case: unsigned, those of a pixel side by side, alpha unassociated and last. */
export interface PlainSamples {
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  readonly colours: 'grey' | 'RGB' | 'CMYK';
  readonly hasAlpha: boolean;
  readonly data: Uint8Array | Uint16Array;
  /** As in EXIF. */
  readonly orientation: number;
  readonly profile?: Buffer;
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

/** Writes a TIFF without compression, in the byte order of this machine's typed arrays (little-endian). */
export function writePlainTiff(image: PlainSamples): Buffer {
  const { width, height, colours, hasAlpha, data, orientation, profile } = image;
  const samples = COLOUR_SAMPLES[colours] + Number(hasAlpha);
  const pixels = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const stripBytes = (pixels.length / height) * ROWS_PER_STRIP;
  const strips = Array.from({ length: Math.ceil(height / ROWS_PER_STRIP) }, (_, index) => index * stripBytes);
  const tags: Tag[] = [
    [256, LONG, [width]],
    [257, LONG, [height]],
    [258, SHORT, Array<number>(samples).fill(data.BYTES_PER_ELEMENT * 8)],
    [259, SHORT, [1]],
    [262, SHORT, [PHOTOMETRIC[colours]]],
    [273, LONG, strips.map((start) => HEADER_BYTES + start)],
    [274, SHORT, [orientation]],
    [277, SHORT, [samples]],
    [278, LONG, [ROWS_PER_STRIP]],
    [279, LONG, strips.map((start) => Math.min(stripBytes, pixels.length - start))],
    ...(hasAlpha ? [[338, SHORT, [UNASSOCIATED_ALPHA]] as const] : []),
    ...(profile ? [[34_675, UNDEFINED, profile] as const] : []),
  ];
  // Every part begins at an even offset.
  const padding = Buffer.alloc(pixels.length % 2);
  const page = HEADER_BYTES + pixels.length + padding.length;
  const header = Buffer.from('II*\0\0\0\0\0', 'latin1');
  header.writeUInt32LE(page, 4);
  return Buffer.concat([header, pixels, padding, ...assemblePage(tags, page)]);
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
