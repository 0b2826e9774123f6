import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import type { RenditionRow } from '../functions/image-resize/image/rows/rendition-row.ts';
import { RENDITIONS } from '../functions/image-resize/renditions.ts';
import type { Task } from './image-runner.ts';

/** A photograph of 16 megapixels under CC0. */
const PHOTOGRAPH = 'local/sample/dandelion.jpg';

export interface Scene extends Task {
  readonly name: string;
}

/** Writes the images of each scene into a folder. All of them are made from one photograph. */
export async function makeScenes(folder: string, batch: number): Promise<Scene[]> {
  mkdirSync(folder, { recursive: true });
  const write = (name: string, body: Buffer) => {
    const file = join(folder, name);
    writeFileSync(file, body);
    return file;
  };
  const photograph = (width: number, height: number) =>
    sharp(PHOTOGRAPH).resize({ width, height, fit: 'cover' });
  const jpeg = write('24-megapixels.jpg', await photograph(6000, 4000).jpeg({ quality: 90 }).toBuffer());
  const png = write(
    '12-megapixels.png',
    await photograph(4000, 3000).png({ compressionLevel: 6 }).toBuffer(),
  );
  const phones = await Promise.all(Array.from({ length: 5 }, (_, index) => phonePhotograph(index)));
  const phoneFiles = phones.map((body, index) => write(`phone-${index}.jpg`, body));
  const gif = write('animation.gif', await pan());
  const thumbnail = RENDITIONS.filter(({ name }) => name === 'thumbnail');
  const moving: readonly RenditionRow[] = [
    { name: 'moving', width: 320, format: 'webp', quality: 80, effort: 2, animated: true },
  ];
  return [
    { name: '24 MP JPEG', files: [jpeg], rows: RENDITIONS },
    { name: '12 MP PNG', files: [png], rows: RENDITIONS },
    { name: '24 MP JPEG, thumbnail alone', files: [jpeg], rows: thumbnail },
    { name: 'animated GIF', files: [gif], rows: moving },
    {
      name: `${batch} phone photographs`,
      files: Array.from({ length: batch }, (_, index) => phoneFiles[index % phoneFiles.length] ?? jpeg),
      rows: RENDITIONS,
    },
  ];
}

/** A photograph of 12 megapixels in landscape format, as phones store them. Each index gives another crop. */
async function phonePhotograph(index: number): Promise<Buffer> {
  const crop = await sharp(PHOTOGRAPH)
    .extract({ left: index * 300, top: 0, width: 3984, height: 2988 })
    .toBuffer();
  return sharp(crop).resize({ width: 4032, height: 3024, fit: 'fill' }).jpeg({ quality: 88 }).toBuffer();
}

/** 24 frames of 480 × 270 across the photograph. */
async function pan(): Promise<Buffer> {
  const [width, height, frames] = [480, 270, 24];
  const strip = await sharp(PHOTOGRAPH)
    .resize({ width: width + frames * 8, height, fit: 'cover' })
    .toBuffer();
  const pictures = await Promise.all(
    Array.from({ length: frames }, (_, index) =>
      sharp(strip)
        .extract({ left: index * 8, top: 0, width, height })
        .raw()
        .toBuffer(),
    ),
  );
  const raw = { width, height: height * frames, channels: 3 as const, pageHeight: height };
  return sharp(Buffer.concat(pictures), { raw, pages: -1 })
    .gif({ delay: Array(frames).fill(80) })
    .toBuffer();
}
