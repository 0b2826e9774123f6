import {
  type AvifItem,
  type AvifParts,
  assembleAvif,
  box,
  extent,
  fullBox,
  uint16,
  uint32,
} from '../avif/handmade-avif.ts';
import type { HevcSamples } from './hevc-samples.ts';

/** HEIC files put together from boxes, around pictures of hevc-samples.ts. */

export function assembleHeic(parts: Omit<AvifParts, 'brand' | 'compatibleBrands'>): Buffer {
  return assembleAvif({ ...parts, brand: 'heic', compatibleBrands: 'mif1heic' });
}

/** A picture as the data of an item. */
export function hevcItem(samples: HevcSamples, picture: number, properties: readonly number[]): AvifItem {
  const slice = Buffer.from(samples.pictures[picture] ?? '', 'base64');
  return { type: 'hvc1', data: Buffer.concat([uint32(slice.length), slice]), properties };
}

const CHROMA_FORMATS = ['grey', '4:2:0', '4:2:2', '4:4:4'] as const;

export interface HevcForm {
  /** Bits of each sample. */
  readonly depth?: number;
  readonly chroma?: (typeof CHROMA_FORMATS)[number];
}

const PARAMETER_SETS = [32, 33, 34];
const SPS = 1;

/** The property `hvcC` of all pictures (ISO/IEC 14496-15, 8.3.2.1). */
export function hevcConfiguration(
  { headers }: HevcSamples,
  { depth = 8, chroma = '4:2:0' }: HevcForm = {},
): Buffer {
  const units = headers.map((header) => Buffer.from(header, 'base64'));
  const sps = Buffer.from(units[SPS]?.toString('latin1').replaceAll('\0\0\x03', '\0\0') ?? '', 'latin1');
  return box(
    'hvcC',
    Buffer.from([1]),
    // Profile, tier and level, as the SPS has them behind its first three bytes.
    sps.subarray(3, 15),
    Buffer.from([
      0xf0,
      0,
      0xfc,
      0xfc | CHROMA_FORMATS.indexOf(chroma),
      0xf8 | (depth - 8),
      0xf8 | (depth - 8),
      0,
      0,
      0x0f,
      3,
    ]),
    ...units.map((unit, index) =>
      Buffer.concat([
        Buffer.from([0x80 | (PARAMETER_SETS[index] ?? 0)]),
        uint16(1),
        uint16(unit.length),
        unit,
      ]),
    ),
  );
}

/** The data of an item of the type `grid`. */
export function gridData(columns: number, rows: number, width: number, height: number): Buffer {
  return Buffer.concat([Buffer.from([0, 1, rows - 1, columns - 1]), uint32(width), uint32(height)]);
}

/** The property `clap`: a part of whole pixels whose centre is so far from the image's (ISO/IEC 14496-12, 12.1.4). */
export function crop(width: number, height: number, fromCentre: readonly [x: number, y: number]): Buffer {
  const [x, y] = fromCentre;
  return box('clap', ...[width, 1, height, 1, x * 2, 2, y * 2, 2].map(uint32));
}

/** The property `auxC`, which says what an auxiliary image is. */
export function auxiliary(type: string): Buffer {
  return fullBox('auxC', 0, 0, Buffer.from(`${type}\0`));
}

export const ALPHA = 'urn:mpeg:hevc:2015:auxid:1';
export const DEPTH = 'urn:mpeg:hevc:2015:auxid:2';
export const GAIN_MAP = 'urn:com:apple:photo:2020:aux:hdrgainmap';

/** A film of one picture of 64 × 64 pixels, without a still image (ISO/IEC 23008-12, 7). */
export function heicFilm(samples: HevcSamples): Buffer {
  const { data } = hevcItem(samples, 0, []);
  const start = Buffer.concat([
    box('ftyp', Buffer.from('msf1\0\0\0\0hevcmsf1iso8')),
    filmOf(samples, data.length, 0),
  ]);
  const film = filmOf(samples, data.length, start.length + 8);
  return Buffer.concat([start.subarray(0, start.length - film.length), film, box('mdat', data)]);
}

function filmOf(samples: HevcSamples, bytes: number, offset: number): Buffer {
  const side = uint32(64 << 16);
  const entry = box(
    'hvc1',
    Buffer.alloc(6),
    uint16(1),
    Buffer.alloc(16),
    uint16(64),
    uint16(64),
    Buffer.alloc(50),
    hevcConfiguration(samples),
  );
  const tables = box(
    'stbl',
    fullBox('stsd', 0, 0, uint32(1), entry),
    fullBox('stts', 0, 0, uint32(1), uint32(1), uint32(10)),
    fullBox('stsc', 0, 0, uint32(1), uint32(1), uint32(1), uint32(1)),
    fullBox('stsz', 0, 0, uint32(bytes), uint32(1)),
    fullBox('stco', 0, 0, uint32(1), uint32(offset)),
  );
  const data = box('dinf', fullBox('dref', 0, 0, uint32(1), fullBox('url ', 0, 1)));
  const media = box(
    'mdia',
    fullBox('mdhd', 0, 0, Buffer.alloc(8), uint32(1000), uint32(1000), Buffer.alloc(4)),
    fullBox('hdlr', 0, 0, uint32(0), Buffer.from('pict'), Buffer.alloc(13)),
    box('minf', fullBox('vmhd', 0, 1, Buffer.alloc(8)), data, tables),
  );
  const header = fullBox('tkhd', 0, 7, Buffer.alloc(8), uint32(1), Buffer.alloc(60), side, side);
  const whole = fullBox('mvhd', 0, 0, Buffer.alloc(8), uint32(1000), uint32(1000), Buffer.alloc(80));
  return box('moov', whole, box('trak', header, media));
}

/** A HEIC of one picture of the samples. */
export function heicOf(
  samples: HevcSamples,
  [width, height]: readonly [number, number],
  properties: readonly Buffer[] = [],
  form: HevcForm = {},
): Buffer {
  const all = [extent(width, height), hevcConfiguration(samples, form), ...properties];
  const numbers = all.map((_, index) => index + 1);
  return assembleHeic({ items: [hevcItem(samples, 0, numbers)], properties: all });
}
