/** GIF files written byte by byte: frames that no encoder leaves as they are. */

export interface GifFrame {
  /** In pixels of the screen: left, top, width, height. */
  readonly area: readonly [number, number, number, number];
  /** Index into GIF_COLOURS of all pixels of the frame. */
  readonly colour: number;
  /** 1 keeps the frame, 2 clears its area, 3 restores what was there before. */
  readonly disposal?: number;
  readonly transparent?: number;
}

/** Red, green, blue and yellow. */
export const GIF_COLOURS = [
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
  [255, 255, 0],
] as const;

/** @param background index into GIF_COLOURS, which browsers ignore. */
export function assembleGif(
  [width, height]: readonly [number, number],
  frames: readonly GifFrame[],
  background = 2,
): Buffer {
  const loopForever = [0x21, 0xff, 11, ...Buffer.from('NETSCAPE2.0'), 3, 1, 0, 0, 0];
  return Buffer.concat([
    Buffer.from('GIF89a'),
    Buffer.from([...uint16(width), ...uint16(height), 0x91, background, 0, ...GIF_COLOURS.flat()]),
    Buffer.from(loopForever),
    ...frames.flatMap(assembleFrame),
    Buffer.from([0x3b]),
  ]);
}

function assembleFrame({ area, colour, disposal = 0, transparent }: GifFrame): Buffer[] {
  const flags = (disposal << 2) | Number(transparent !== undefined);
  const [, , width, height] = area;
  return [
    Buffer.from([0x21, 0xf9, 4, flags, 10, 0, transparent ?? 0, 0]),
    Buffer.from([0x2c, ...area.flatMap(uint16), 0]),
    compress(colour, width * height),
  ];
}

/** LZW codes of three bits. The clear code (4) after every two pixels keeps their width. */
function compress(colour: number, pixels: number): Buffer {
  const codes = Array.from({ length: pixels }, (_, pixel) => (pixel % 2 === 0 ? [4, colour] : [colour]));
  const bits = [...codes.flat(), 5].map((code) => code.toString(2).padStart(3, '0')).toReversed();
  const text = bits.join('');
  const bytes = Buffer.from(
    Array.from({ length: Math.ceil(text.length / 8) }, (_, index) =>
      Number.parseInt(text.slice(Math.max(0, text.length - 8 * index - 8), text.length - 8 * index), 2),
    ),
  );
  const blocks = Array.from({ length: Math.ceil(bytes.length / 255) }, (_, index) => {
    const block = bytes.subarray(index * 255, (index + 1) * 255);
    return Buffer.concat([Buffer.from([block.length]), block]);
  });
  return Buffer.concat([Buffer.from([2]), ...blocks, Buffer.from([0])]);
}

function uint16(value: number): readonly [number, number] {
  return [value & 0xff, value >> 8];
}
