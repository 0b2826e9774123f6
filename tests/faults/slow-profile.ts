import { displayProfile } from '../unit/image/handmade.ts';

/** Where the tags of an ICC profile begin, and the bytes of a tag's entry (ICC.1:2022, 7.3). */
const TAG_COUNT = 128;
const TAG_TABLE = 132;
const TAG_BYTES = 12;
const VERSION_4_3 = 0x04300000;

const DISPLAY_P3 = [
  [0.5151, 0.2412, -0.0011],
  [0.292, 0.6922, 0.0419],
  [0.1571, 0.0666, 0.7841],
];

/**
 * The profile of a display, which converts each colour by so many tables, one after the other. All of them are stored in
 * the same bytes.
 */
export function slowProfile(tables: number): Buffer {
  const conversion = chainOfTables(tables);
  const intents = ['D2B0', 'D2B1', 'D2B2'];
  return withTags(
    displayProfile(DISPLAY_P3, (signal) => signal ** 2.2),
    intents,
    conversion,
  );
}

/** multiProcessElementsType (ICC.1:2022, 10.16) of tables with two points for each of three channels. */
function chainOfTables(count: number): Buffer {
  const points = Array.from({ length: 8 }, (_, index) => [index >> 2, (index >> 1) & 1, index & 1]);
  const grid = Buffer.alloc(16);
  grid.fill(2, 0, 3);
  const table = Buffer.concat([
    Buffer.from('clut\0\0\0\0'),
    uint16(3),
    uint16(3),
    grid,
    ...points.flat().map(float),
  ]);
  const start = 16 + 8 * count;
  const position = Buffer.concat([uint32(start), uint32(table.length)]);
  const header = [Buffer.from('mpet\0\0\0\0'), uint16(3), uint16(3), uint32(count)];
  return Buffer.concat([...header, Buffer.alloc(8 * count, position), table]);
}

/** Adds tags that share their data. */
function withTags(profile: Buffer, names: readonly string[], data: Buffer): Buffer {
  const count = profile.readUInt32BE(TAG_COUNT);
  const moved = names.length * TAG_BYTES;
  const header = Buffer.from(profile.subarray(0, TAG_COUNT));
  const table = Buffer.from(profile.subarray(TAG_TABLE, TAG_TABLE + count * TAG_BYTES));
  for (let tag = 4; tag < table.length; tag += TAG_BYTES)
    table.writeUInt32BE(table.readUInt32BE(tag) + moved, tag);
  const added = names.flatMap((name) => [
    Buffer.from(name),
    uint32(profile.length + moved),
    uint32(data.length),
  ]);
  const rest = profile.subarray(TAG_TABLE + table.length);
  const larger = Buffer.concat([header, uint32(count + names.length), table, ...added, rest, data]);
  larger.writeUInt32BE(larger.length, 0);
  larger.writeUInt32BE(VERSION_4_3, 8);
  return larger;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function float(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatBE(value);
  return bytes;
}
