import { flatJpeg } from '../handmade.ts';

const jpeg = flatJpeg({ width: 64, height: 64, samples: [100, 128, 128] });
const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));

/** @param at an offset within the frame header, which begins with its marker. */
function withByte(at: number, value: number): Buffer {
  const copy = Buffer.from(jpeg);
  copy[frame + at] = value;
  return copy;
}

function withHeightBehind(): Buffer {
  const height = jpeg.subarray(frame + 5, frame + 7);
  const copy = Buffer.concat([
    jpeg.subarray(0, -2),
    Buffer.from([0xff, 0xdc, 0, 4]),
    height,
    jpeg.subarray(-2),
  ]);
  copy.writeUInt16BE(0, frame + 5);
  return copy;
}

const [MARKER, BITS] = [1, 4];

/** Files of a kind that libjpeg does not decode: what the message says was expected, and what found. */
export const REFUSED_JPEGS: readonly (readonly [file: Buffer, expected: string, found: string])[] = [
  [withByte(BITS, 12), 'a JPEG of 8 bits per sample', '12'],
  [withByte(BITS, 16), 'a JPEG of 8 bits per sample', '16'],
  [withByte(MARKER, 0xf7), 'a JPEG that is sequential or progressive', 'JPEG-LS'],
  [withByte(MARKER, 0xc5), 'a JPEG that is sequential or progressive', 'a hierarchical one'],
  [withByte(MARKER, 0xcf), 'a JPEG that is sequential or progressive', 'a hierarchical one'],
  [withHeightBehind(), 'a JPEG that states its height before its pixels', 'it behind them'],
];
