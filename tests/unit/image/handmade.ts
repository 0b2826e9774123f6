import { crc32, deflateSync } from 'node:zlib';

/** Image files written byte by byte, because no encoder writes them or because it would take too much memory. */

const PNG_SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
const PNG_HEADER_END = 8 + 25;

export function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  return Buffer.concat([uint32(data.length), body, uint32(crc32(body))]);
}

/** Puts chunks between a PNG's header and its pixels. */
export function insertChunks(png: Buffer, chunks: readonly Buffer[]): Buffer {
  return Buffer.concat([png.subarray(0, PNG_HEADER_END), ...chunks, png.subarray(PNG_HEADER_END)]);
}

/** A black PNG of one bit per pixel. `pixels` replaces the data, whose length otherwise follows from width and height. */
export function flatPng(
  width: number,
  height: number,
  { interlaced = false, pixels = Buffer.alloc(0) } = {},
) {
  const header = Buffer.concat([
    uint32(width),
    uint32(height),
    Buffer.from([1, 0, 0, 0, Number(interlaced)]),
  ]);
  const rows = (columns: number, count: number) => (columns > 0 ? count * (1 + Math.ceil(columns / 8)) : 0);
  const bytes = interlaced
    ? ADAM7.reduce(
        (sum, [x, y, dx, dy]) => sum + rows(Math.ceil((width - x) / dx), Math.ceil((height - y) / dy)),
        0,
      )
    : rows(width, height);
  const data = pixels.length > 0 ? pixels : Buffer.alloc(bytes);
  return Buffer.concat([
    PNG_SIGNATURE,
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(data)),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/** First column, first row, column step and row step of each pass (PNG specification, 8.2). */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** A PNG of one colour with an embedded colour profile, of 8 or 16 bits per channel. */
export function swatchPng(rgb: readonly number[], profile: Buffer, depth: 8 | 16 = 8): Buffer {
  const side = 32;
  const pixel = Buffer.from(rgb.flatMap((value) => (depth === 16 ? [value, value] : [value])));
  const row = Buffer.concat([Buffer.from([0]), ...Array<Buffer>(side).fill(pixel)]);
  return Buffer.concat([
    PNG_SIGNATURE,
    pngChunk('IHDR', Buffer.concat([uint32(side), uint32(side), Buffer.from([depth, 2, 0, 0, 0])])),
    pngChunk('iCCP', Buffer.concat([Buffer.from('profile\0\0'), deflateSync(profile)])),
    pngChunk('IDAT', deflateSync(Buffer.concat(Array<Buffer>(side).fill(row)))),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

interface FlatJpeg {
  readonly width: number;
  readonly height: number;
  /** One sample for each component. */
  readonly samples: readonly number[];
  readonly isProgressive?: boolean;
  /** The transform in Adobe's APP14 segment: 0 none, 1 YCbCr, 2 YCCK. */
  readonly adobeTransform?: number;
  readonly profile?: Buffer;
}

/** A JPEG of one colour: the first block of each component contains it, and all others have a difference of 0 to it. */
export function flatJpeg({
  width,
  height,
  samples,
  isProgressive = false,
  adobeTransform,
  profile,
}: FlatJpeg): Buffer {
  const ids = samples.map((_, index) => index + 1);
  const frame = [
    8,
    ...uint16(height),
    ...uint16(width),
    samples.length,
    ...ids.flatMap((id) => [id, 0x11, 0]),
  ];
  const scan = [samples.length, ...ids.flatMap((id) => [id, 0]), 0, isProgressive ? 0 : 63, 0];
  const adobe = [...Buffer.from('Adobe'), 0, 100, 0, 0, 0, 0, adobeTransform ?? 0];
  // Huffman tables: difference 0 has the one bit 0, each of 11 other sizes has five bits. The other table ends a block.
  const differences = [0, 1, 0, 0, 0, 11, ...Array<number>(11).fill(0), ...Array(12).keys()];
  const blockEnd = [0x10, 1, ...Array<number>(15).fill(0), 0];
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    ...(adobeTransform === undefined ? [] : [segment(0xee, adobe)]),
    ...(profile ? profileSegments(profile) : []),
    segment(0xdb, [0, ...Array<number>(64).fill(1)]),
    segment(isProgressive ? 0xc2 : 0xc0, frame),
    segment(0xc4, differences),
    segment(0xc4, blockEnd),
    segment(0xda, scan),
    flatScan(samples, Math.ceil(width / 8) * Math.ceil(height / 8), isProgressive),
    Buffer.from([0xff, 0xd9]),
  ]);
}

function flatScan(samples: readonly number[], blocks: number, isProgressive: boolean): Buffer {
  const end = isProgressive ? '' : '0';
  const first = samples.map((sample) => differenceBits((sample - 128) * 8) + end).join('');
  const rest = samples.length * (1 + end.length) * (blocks - 1);
  const bytes = Buffer.alloc(Math.ceil((first.length + rest) / 8));
  [...first].forEach((bit, index) => {
    if (bit === '1') bytes[index >> 3] = (bytes[index >> 3] ?? 0) | (0x80 >> (index & 7));
  });
  return Buffer.from(bytes.toString('latin1').replaceAll('\xff', '\xff\0'), 'latin1');
}

function differenceBits(difference: number): string {
  if (difference === 0) return '0';
  const size = Math.abs(difference).toString(2).length;
  const value = difference > 0 ? difference : difference + 2 ** size - 1;
  return (15 + size).toString(2) + value.toString(2).padStart(size, '0');
}

export function profileSegments(profile: Buffer): Buffer[] {
  const most = 65_519;
  const count = Math.ceil(profile.length / most);
  return Array.from({ length: count }, (_, index) =>
    segment(0xe2, [
      ...Buffer.from('ICC_PROFILE\0'),
      index + 1,
      count,
      ...profile.subarray(index * most, (index + 1) * most),
    ]),
  );
}

export function segment(marker: number, data: readonly number[]): Buffer {
  return Buffer.from([0xff, marker, ...uint16(data.length + 2), ...data]);
}

/** Puts bytes behind the start of a JPEG. */
export function insertSegments(jpeg: Buffer, segments: Buffer): Buffer {
  return Buffer.concat([jpeg.subarray(0, 2), segments, jpeg.subarray(2)]);
}

/** The scans that a grey image can have beside its first one: each of 14 bits of each of 63 coefficients. */
const MOST_REFINING_SCANS = 63 * 14;

/**
 * A progressive JPEG of grey pixels with this many scans, all of them legal. Each but the first refines one bit of one
 * coefficient of all blocks, and changes no pixel.
 * @param options.side in pixels, a power of 2 from 64 on.
 * @param options.between is put in front of each scan but the first.
 */
export function manyScansJpeg(
  scans: number,
  { side = 64, between = Buffer.alloc(0) }: { readonly side?: number; readonly between?: Buffer } = {},
): Buffer {
  if (scans - 1 > MOST_REFINING_SCANS)
    throw new RangeError(`A grey JPEG has at most ${MOST_REFINING_SCANS + 1} scans.`);
  const jpeg = flatJpeg({ width: side, height: side, samples: [100], isProgressive: true });
  const blocks = (side / 8) ** 2;
  // The table's only code ends a run of 2 ** exponent blocks. It has one bit, and as many as the exponent follow.
  const exponent = Math.min(14, Math.log2(blocks));
  const runsEnd = segment(0xc4, [0x10, 1, ...Array<number>(15).fill(0), exponent << 4]);
  const bits = (blocks / 2 ** exponent) * (1 + exponent);
  const samples = Buffer.alloc(Math.ceil(bits / 8));
  if (bits % 8 > 0) samples[samples.length - 1] = 0xff >> (bits % 8);
  const refining = Array.from({ length: scans - 1 }, (_, index) => {
    const coefficient = 1 + Math.floor(index / 14);
    const bit = 13 - (index % 14);
    const approximation = ((bit === 13 ? 0 : bit + 1) << 4) | bit;
    const scan = segment(0xda, [1, 1, 0, coefficient, coefficient, approximation]);
    return Buffer.concat([between, scan, samples]);
  });
  return Buffer.concat([jpeg.subarray(0, -2), runsEnd, ...refining, jpeg.subarray(-2)]);
}

/** A TIFF whose pages all refer to the same black pixel. */
export function manyPagesTiff(pages: number): Buffer {
  const tags = [
    [256, 1],
    [257, 1],
    [258, 8],
    [259, 1],
    [262, 1],
    [273, 8],
    [277, 1],
    [278, 1],
    [279, 1],
  ] as const;
  const pageBytes = 2 + tags.length * 12 + 4;
  const start = 10;
  const file = Buffer.alloc(start + pages * pageBytes);
  file.write('II*\0', 'latin1');
  file.writeUInt32LE(start, 4);
  for (let page = 0; page < pages; page += 1) {
    const offset = start + page * pageBytes;
    file.writeUInt16LE(tags.length, offset);
    tags.forEach(([tag, value], index) => {
      const entry = offset + 2 + index * 12;
      file.writeUInt16LE(tag, entry);
      file.writeUInt16LE(3, entry + 2);
      file.writeUInt32LE(1, entry + 4);
      file.writeUInt32LE(value, entry + 8);
    });
    file.writeUInt32LE(page + 1 < pages ? offset + pageBytes : 0, offset + pageBytes - 4);
  }
  return file;
}

/** An animation of one pixel, made of the chunks of a still WebP. */
export function repeatWebpFrame(still: Buffer, frames: number): Buffer {
  const pixel = Buffer.alloc(6);
  const milliseconds = Buffer.from([100, 0, 0]);
  const frame = webpChunk(
    'ANMF',
    Buffer.concat([Buffer.alloc(6), pixel, milliseconds, Buffer.alloc(1), still.subarray(12)]),
  );
  const header = webpChunk('VP8X', Buffer.concat([Buffer.from([2, 0, 0, 0]), pixel]));
  return riff(
    header,
    webpChunk('ANIM', Buffer.alloc(6)),
    // A million small buffers would take more memory than the file.
    Buffer.alloc(frame.length * frames, frame),
  );
}

export function riff(...chunks: readonly Buffer[]): Buffer {
  return webpChunk('RIFF', Buffer.concat([Buffer.from('WEBP'), ...chunks]));
}

export function webpChunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(data.length);
  return Buffer.concat([Buffer.from(type), length, data, Buffer.alloc(data.length % 2)]);
}

/** Repeats the frame of a GIF that has one. */
export function repeatGifFrame(gif: Buffer, frames: number): Buffer {
  const [packed = 0] = gif.subarray(10);
  const start = 13 + (packed & 0x80 ? 3 * 2 ** ((packed & 7) + 1) : 0);
  const frame = gif.subarray(start, -1);
  return Buffer.concat([gif.subarray(0, start), ...Array<Buffer>(frames).fill(frame), Buffer.from([0x3b])]);
}

/**
 * A display's colour profile (ICC.1:2001, three colorants and one curve).
 * @param colorants XYZ of red, green and blue, adapted to D50.
 * @param decode the linear light from 0 to 1 for a signal from 0 to 1.
 * @param more tags besides those of the colorants and the curve.
 */
export function displayProfile(
  colorants: readonly (readonly number[])[],
  decode: (signal: number) => number,
  more: readonly (readonly [string, Buffer])[] = [],
): Buffer {
  const xyz = (values: readonly number[]) =>
    Buffer.concat([Buffer.from('XYZ \0\0\0\0'), ...values.map((value) => fixed(value))]);
  const curve = profileCurve(decode);
  const [red = [], green = [], blue = []] = colorants;
  return assembleProfile([
    ['desc', DESCRIPTION],
    ['wtpt', xyz([0.9642, 1, 0.8249])],
    ['rXYZ', xyz(red)],
    ['gXYZ', xyz(green)],
    ['bXYZ', xyz(blue)],
    ['rTRC', curve],
    ['gTRC', curve],
    ['bTRC', curve],
    ...more,
  ]);
}

/**
 * A colour profile for grey.
 * @param curve the tag's data: of light, or of L* in a profile that connects by L*a*b*.
 */
export function greyProfile(curve: Buffer, connection: 'XYZ ' | 'Lab ' = 'XYZ '): Buffer {
  const tags = [
    ['desc', DESCRIPTION],
    ['kTRC', curve],
  ] as const;
  return assembleProfile(tags, 'GRAY', connection);
}

/** A curve of 1,024 values. */
export function profileCurve(decode: (signal: number) => number): Buffer {
  const steps = 1024;
  return Buffer.concat([
    Buffer.from('curv\0\0\0\0'),
    uint32(steps),
    ...Array.from({ length: steps }, (_, step) =>
      Buffer.from(uint16(Math.round(65_535 * decode(step / (steps - 1))))),
    ),
  ]);
}

const DESCRIPTION = Buffer.concat([
  Buffer.from('desc\0\0\0\0'),
  uint32('a test'.length + 1),
  Buffer.from('a test'),
  Buffer.alloc(1 + 4 + 4 + 2 + 1 + 67 + 3),
]);

/** @param space four letters, `RGB ` or `GRAY`. */
export function assembleProfile(
  tags: readonly (readonly [string, Buffer])[],
  space = 'RGB ',
  connection = 'XYZ ',
): Buffer {
  const header = Buffer.alloc(128);
  header.writeUInt32BE(0x02400000, 8);
  header.write(`mntr${space}${connection}`, 12, 'latin1');
  header.write('acsp', 36, 'latin1');
  fixed(0.9642).copy(header, 68);
  fixed(1).copy(header, 72);
  fixed(0.8249).copy(header, 76);
  let offset = 128 + 4 + tags.length * 12;
  const table: Buffer[] = [uint32(tags.length)];
  for (const [name, data] of tags) {
    table.push(Buffer.from(name), uint32(offset), uint32(data.length));
    offset += data.length;
  }
  const profile = Buffer.concat([header, ...table, ...tags.map(([, data]) => data)]);
  profile.writeUInt32BE(profile.length, 0);
  return profile;
}

function fixed(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(Math.round(value * 65_536));
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function uint16(value: number): readonly [number, number] {
  return [value >> 8, value & 0xff];
}
