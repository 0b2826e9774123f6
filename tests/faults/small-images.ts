import sharp, { type Sharp } from 'sharp';
import { randomFrom } from '../support/random.ts';
import { flatPng } from '../unit/image/handmade.ts';

/** A file to upload, and what must become of it. */
export interface SmallImage {
  readonly name: string;
  readonly body: Buffer;
  /** Missing if the image is made. */
  readonly fault?: 'UnsupportedImageError' | 'CorruptImageError' | 'ImageTooLargeError';
}

const ENCODERS: Readonly<Record<string, (image: Sharp) => Sharp>> = {
  jpeg: (image) => image.jpeg(),
  'progressive jpeg': (image) => image.jpeg({ progressive: true }),
  png: (image) => image.png(),
  'palette png': (image) => image.png({ palette: true }),
  webp: (image) => image.webp(),
  'lossless webp': (image) => image.webp({ lossless: true }),
  gif: (image) => image.gif(),
  avif: (image) => image.avif({ effort: 0 }),
  tiff: (image) => image.tiff({ compression: 'lzw' }),
};

/** Images of several formats, sizes and contents, and three files that must be refused. */
export async function makeSmallImages(seed: number): Promise<SmallImage[]> {
  const random = randomFrom(seed);
  const made: SmallImage[] = [];
  for (const [format, encode] of Object.entries(ENCODERS))
    for (let version = 1; version <= 3; version += 1)
      made.push({ name: `${format} ${version}`, body: await encode(paintNoise(random)).toBuffer() });
  const png = await paintNoise(random).png().toBuffer();
  return [
    ...made,
    { name: 'text', body: Buffer.from('This is no image.'), fault: 'UnsupportedImageError' },
    { name: 'truncated png', body: png.subarray(0, png.length / 2), fault: 'CorruptImageError' },
    { name: 'png of 256 megapixels', body: flatPng(16_000, 16_000), fault: 'ImageTooLargeError' },
  ];
}

/** Noise on a colour, so that no two images and no two renditions of them are equal. */
export function paintNoise(random: () => number, channels: 3 | 4 = 3): Sharp {
  const width = 24 + Math.floor(random() * 24);
  const height = 16 + Math.floor(random() * 24);
  const pixels = Buffer.from(
    Array.from({ length: width * height * channels }, (_, index) => (index % 97) + random() * 150),
  );
  return sharp(pixels, { raw: { width, height, channels } });
}
