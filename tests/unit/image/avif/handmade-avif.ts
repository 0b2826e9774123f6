/** AVIF files put together from boxes, around samples that an encoder made. */

/** An encoded image: its configuration box and its samples. */
export interface Av1Image {
  readonly configuration: Buffer;
  readonly samples: Buffer;
}

/** Takes the first image out of an AVIF that sharp made. */
export function takeAv1Image(avif: Buffer): Av1Image {
  const configuration = avif.indexOf('av1C') - 4;
  const samples = avif.indexOf('mdat') - 4;
  return {
    configuration: avif.subarray(configuration, configuration + avif.readUInt32BE(configuration)),
    samples: avif.subarray(samples + 8, samples + avif.readUInt32BE(samples)),
  };
}

/** The AV1 temporal delimiter, with which sharp begins each image. */
const IMAGE_START = Buffer.from([0x12, 0x00]);

/** Takes the transparency out of an AVIF that sharp made: an image in grey. */
export function takeGreyAv1Image(avif: Buffer): Av1Image {
  const configuration = avif.lastIndexOf('av1C') - 4;
  const { samples } = takeAv1Image(avif);
  return {
    configuration: avif.subarray(configuration, configuration + avif.readUInt32BE(configuration)),
    samples: samples.subarray(samples.lastIndexOf(IMAGE_START)),
  };
}

export interface AvifItem {
  readonly type: 'av01' | 'hvc1' | 'grid' | 'iovl' | 'tmap' | 'Exif';
  readonly data: Buffer;
  /** Numbers of properties, from 1. */
  readonly properties: readonly number[];
}

export interface AvifParts {
  /** Numbered from 1. The others than the primary one are hidden. */
  readonly items: readonly AvifItem[];
  readonly properties: readonly Buffer[];
  readonly references?: readonly (readonly [type: string, from: number, to: readonly number[]])[];
  /** Numbers of items and properties have the longer of the two widths that the format has. */
  readonly hasLongNumbers?: boolean;
  /** Boxes after the last one. */
  readonly after?: readonly Buffer[];
  /** The major brand; `avif` is among the compatible ones. */
  readonly brand?: string;
  readonly compatibleBrands?: string;
  /** The number of the item that is the image. */
  readonly primary?: number;
}

export function assembleAvif(parts: AvifParts): Buffer {
  const length = writeMeta(parts, 0).length;
  const meta = writeMeta(parts, length + 8);
  const data = box('mdat', ...parts.items.map((item) => item.data));
  return Buffer.concat([meta, data, ...(parts.after ?? [])]);
}

function writeMeta(
  {
    items,
    properties,
    references = [],
    hasLongNumbers = false,
    brand = 'avif',
    compatibleBrands = 'avifmif1miaf',
    primary = 1,
  }: AvifParts,
  dataStart: number,
) {
  const id = hasLongNumbers ? uint32 : uint16;
  let offset = dataStart;
  const locations = items.map(({ data }, index) => {
    const location = [id(index + 1), uint16(0), uint16(0), uint16(1), uint32(offset), uint32(data.length)];
    offset += data.length;
    return Buffer.concat(location);
  });
  const entries = items.map(({ type }, index) =>
    fullBox(
      'infe',
      hasLongNumbers ? 3 : 2,
      index + 1 === primary ? 0 : 1,
      id(index + 1),
      uint16(0),
      Buffer.from(`${type}\0`),
    ),
  );
  const associations = items.map((item, index) =>
    Buffer.concat([
      id(index + 1),
      Buffer.from([item.properties.length]),
      ...item.properties.map((number) => (hasLongNumbers ? uint16(number) : Buffer.from([number]))),
    ]),
  );
  return Buffer.concat([
    box('ftyp', Buffer.from(`${brand}\0\0\0\0${compatibleBrands}`)),
    fullBox(
      'meta',
      0,
      0,
      fullBox('hdlr', 0, 0, uint32(0), Buffer.from('pict'), Buffer.alloc(13)),
      fullBox('pitm', hasLongNumbers ? 1 : 0, 0, id(primary)),
      fullBox('iloc', hasLongNumbers ? 2 : 1, 0, Buffer.from([0x44, 0]), id(items.length), ...locations),
      fullBox('iinf', 0, 0, uint16(items.length), ...entries),
      ...(references.length > 0
        ? [
            fullBox(
              'iref',
              hasLongNumbers ? 1 : 0,
              0,
              ...references.map(([type, from, to]) => box(type, id(from), uint16(to.length), ...to.map(id))),
            ),
          ]
        : []),
      box(
        'iprp',
        box('ipco', ...properties),
        fullBox(
          'ipma',
          hasLongNumbers ? 1 : 0,
          hasLongNumbers ? 1 : 0,
          uint32(items.length),
          ...associations,
        ),
      ),
    ),
  ]);
}

/** An AVIF of 64 × 64 pixels whose transparency is an image of its own size. */
export function withAlphaItem(
  image: Av1Image,
  alpha: Av1Image,
  [width, height]: readonly [number, number],
): Buffer {
  return assembleAvif({
    items: [
      { type: 'av01', data: image.samples, properties: [1, 2, 3] },
      { type: 'av01', data: alpha.samples, properties: [4, 5, 6] },
    ],
    properties: [
      extent(64, 64),
      channels(3),
      image.configuration,
      extent(width, height),
      alpha.configuration,
      fullBox('auxC', 0, 0, Buffer.from('urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0')),
    ],
    references: [['auxl', 2, [1]]],
  });
}

/** Marks the number of a property that a reader must understand. */
const ESSENTIAL = 0x80;

/** An AVIF with transparency, as encoders write it. */
export function withTransparency(
  image: Av1Image,
  alpha: Av1Image,
  {
    width,
    height,
    turns = [],
    alphaTurns = [],
    isPremultiplied = false,
  }: {
    readonly width: number;
    readonly height: number;
    /** Properties that turn the image, and those that turn the transparency. */
    readonly turns?: readonly Buffer[];
    readonly alphaTurns?: readonly Buffer[];
    readonly isPremultiplied?: boolean;
  },
): Buffer {
  const properties = [
    extent(width, height),
    image.configuration,
    alpha.configuration,
    fullBox('auxC', 0, 0, Buffer.from('urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0')),
  ];
  // Browsers refuse a file whose turns a reader may ignore.
  const numbersOf = (from: number, boxes: readonly Buffer[]) =>
    boxes.map((_, index) => ESSENTIAL | (from + index + 1));
  return assembleAvif({
    items: [
      { type: 'av01', data: image.samples, properties: [1, 2, ...numbersOf(properties.length, turns)] },
      {
        type: 'av01',
        data: alpha.samples,
        properties: [1, 3, 4, ...numbersOf(properties.length + turns.length, alphaTurns)],
      },
    ],
    properties: [...properties, ...turns, ...alphaTurns],
    references: [['auxl', 2, [1]], ...(isPremultiplied ? [['prem', 1, [2]] as const] : [])],
  });
}

/** The property `irot`. @param quarters against the clock. */
export function rotation(quarters: number): Buffer {
  return box('irot', Buffer.from([quarters]));
}

/** The property `imir`. @param axis 0 mirrors top to bottom, 1 left to right. */
export function mirroring(axis: number): Buffer {
  return box('imir', Buffer.from([axis]));
}

/** An AVIF that shows the same tile in every cell of a grid. */
export function gridOfOneTile(
  tile: Av1Image,
  {
    columns,
    rows,
    side,
    width,
    height,
    hasLongNumbers = false,
  }: {
    readonly columns: number;
    readonly rows: number;
    /** Of the tile, which is a square. */
    readonly side: number;
    readonly width: number;
    readonly height: number;
    readonly hasLongNumbers?: boolean;
  },
): Buffer {
  const grid = Buffer.concat([Buffer.from([0, 1, rows - 1, columns - 1]), uint32(width), uint32(height)]);
  return assembleAvif({
    items: [
      { type: 'grid', data: grid, properties: [1, 2] },
      { type: 'av01', data: tile.samples, properties: [3, 2, 4] },
    ],
    properties: [extent(width, height), channels(3), extent(side, side), tile.configuration],
    references: [['dimg', 1, Array<number>(columns * rows).fill(2)]],
    hasLongNumbers,
  });
}

/** An AVIF of 64 × 64 pixels, beside tracks of frames that do not exist. */
export function withTracks(image: Av1Image, tracks: number, frames: number, brand = 'avif'): Buffer {
  const track = trackOf(image, frames);
  const header = fullBox('mvhd', 0, 0, Buffer.alloc(8), uint32(1000), uint32(1000), Buffer.alloc(80));
  return assembleAvif({
    items: [{ type: 'av01', data: image.samples, properties: [1, 2, 3] }],
    properties: [extent(64, 64), channels(3), image.configuration],
    after: [box('moov', header, ...Array<Buffer>(tracks).fill(track))],
    brand,
  });
}

/** The boxes of ISO/IEC 14496-12 that libheif requires of a track. */
function trackOf(image: Av1Image, frames: number): Buffer {
  const sampleEntry = box(
    'av01',
    Buffer.alloc(6),
    uint16(1),
    Buffer.alloc(16),
    uint16(64),
    uint16(64),
    Buffer.alloc(50),
    image.configuration,
  );
  const table = box(
    'stbl',
    fullBox('stsd', 0, 0, uint32(1), sampleEntry),
    fullBox('stts', 0, 0, uint32(1), uint32(frames), uint32(10)),
    fullBox('stsc', 0, 0, uint32(1), uint32(1), uint32(frames), uint32(1)),
    fullBox('stsz', 0, 0, uint32(10), uint32(frames)),
    fullBox('stco', 0, 0, uint32(1), uint32(100)),
  );
  const information = box(
    'minf',
    fullBox('vmhd', 0, 1, Buffer.alloc(8)),
    box('dinf', fullBox('dref', 0, 0, uint32(1), fullBox('url ', 0, 1))),
    table,
  );
  const media = box(
    'mdia',
    fullBox('mdhd', 0, 0, Buffer.alloc(8), uint32(1000), uint32(1000), Buffer.alloc(4)),
    fullBox('hdlr', 0, 0, uint32(0), Buffer.from('pict'), Buffer.alloc(13)),
    information,
  );
  const header = fullBox(
    'tkhd',
    0,
    7,
    Buffer.alloc(8),
    uint32(1),
    Buffer.alloc(60),
    uint32(64 << 16),
    uint32(64 << 16),
  );
  return box('trak', header, media);
}

/** The property `ispe`, which contains the sides of an item. */
export function extent(width: number, height: number): Buffer {
  return fullBox('ispe', 0, 0, uint32(width), uint32(height));
}

export function channels(count: number, depth = 8): Buffer {
  return fullBox('pixi', 0, 0, Buffer.from([count, ...Array<number>(count).fill(depth)]));
}

/** The property `colr` with codes of ITU-T H.273. The matrix is that of BT.601. */
export function codes(primaries: number, transfer: number, isFullRange = true, matrix = 6): Buffer {
  const numbers = [primaries, transfer, matrix].map(uint16);
  return box('colr', Buffer.from('nclx'), ...numbers, Buffer.from([isFullRange ? 0x80 : 0]));
}

/** The property `colr` with a profile. */
export function profile(icc: Buffer): Buffer {
  return box('colr', Buffer.from('prof'), icc);
}

/** The property `mdcv`, of which only the peak counts. @param peak in cd/m². */
export function masteringDisplay(peak: number): Buffer {
  return box('mdcv', Buffer.alloc(16), uint32(peak * 10_000), uint32(1));
}

/** The property `clli`. @param peak in cd/m². */
export function contentLight(peak: number): Buffer {
  return box('clli', uint16(peak), uint16(100));
}

export function box(type: string, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([uint32(body.length + 8), Buffer.from(type, 'latin1'), body]);
}

export function fullBox(type: string, version: number, flags: number, ...content: readonly Buffer[]): Buffer {
  return box(type, uint32((version << 24) | flags), ...content);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

export function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
