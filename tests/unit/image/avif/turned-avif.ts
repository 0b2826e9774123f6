import sharp from 'sharp';
import { mirroring, rotation, takeAv1Image, takeGreyAv1Image, withTransparency } from './handmade-avif.ts';

/** The sides of the picture as it is stored, in pixels. */
const [WIDTH, HEIGHT] = [96, 64];

type Rgba = readonly [number, number, number, number];

/** The quarters of the picture, by the letters by which they are named. */
const QUARTERS: Readonly<Record<string, Rgba>> = {
  r: [255, 0, 0, 255],
  g: [0, 255, 0, 255],
  b: [0, 0, 255, 255],
  '-': [0, 0, 0, 0],
};

/** As stored: top left, top right, bottom left, bottom right. */
const STORED = 'rgb-';

export interface TurnedPicture {
  readonly name: string;
  readonly turns: readonly Buffer[];
  /** The quarters as a viewer shows them. */
  readonly seen: string;
}

/** ISO/IEC 23008-12, 6.5.10 and 6.5.12. Chromium shows the same; a test in tests/browser compares it. */
export const TURNED_PICTURES: readonly TurnedPicture[] = [
  { name: 'not turned', turns: [], seen: 'rgb-' },
  { name: 'turned by a quarter', turns: [rotation(1)], seen: 'g-rb' },
  { name: 'turned by two quarters', turns: [rotation(2)], seen: '-bgr' },
  { name: 'turned by three quarters', turns: [rotation(3)], seen: 'br-g' },
  { name: 'mirrored top to bottom', turns: [mirroring(0)], seen: 'b-rg' },
  { name: 'mirrored left to right', turns: [mirroring(1)], seen: 'gr-b' },
  { name: 'turned by a quarter and mirrored', turns: [rotation(1), mirroring(0)], seen: 'rbg-' },
];

/** The picture, whose transparency is turned by properties of its own, or has none. */
export async function turnedAvif(turns: readonly Buffer[], alphaTurns: readonly Buffer[]): Promise<Buffer> {
  const pixels = Array.from({ length: WIDTH * HEIGHT }, (_, pixel) => {
    const [x, y] = [pixel % WIDTH, Math.floor(pixel / WIDTH)];
    const quarter = (y < HEIGHT / 2 ? 0 : 2) + (x < WIDTH / 2 ? 0 : 1);
    return QUARTERS[STORED[quarter] ?? ''] ?? [];
  });
  const raw = { width: WIDTH, height: HEIGHT, channels: 4 } as const;
  const picture = sharp(Uint8Array.from(pixels.flat()), { raw });
  const image = takeAv1Image(await picture.clone().removeAlpha().avif({ effort: 0 }).toBuffer());
  const alpha = takeGreyAv1Image(await picture.clone().avif({ effort: 0 }).toBuffer());
  return withTransparency(image, alpha, { width: WIDTH, height: HEIGHT, turns, alphaTurns });
}

/** @returns the letters of the four quarters, with ? for a colour that is none of theirs. */
export async function readQuarters(image: Buffer): Promise<string> {
  const { data, info } = await sharp(image).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  const letters = [0, 1, 2, 3].map((quarter) => {
    const x = Math.floor(info.width * (quarter % 2 === 0 ? 0.25 : 0.75));
    const y = Math.floor(info.height * (quarter < 2 ? 0.25 : 0.75));
    const found = data.subarray((y * info.width + x) * 4).subarray(0, 4);
    return Object.keys(QUARTERS).find((letter) => isNear(found, QUARTERS[letter] ?? [])) ?? '?';
  });
  return letters.join('');
}

function isNear(found: Uint8Array, expected: readonly number[]): boolean {
  if (expected[3] === 0) return (found[3] ?? 255) < 16;
  return expected.every((value, index) => Math.abs(value - (found[index] ?? 0)) < 16);
}
