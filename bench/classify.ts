/**
 * node bench/classify.ts FOLDER
 *
 * Counts how many pictures graphic.ts takes for graphics: of the photographs in FOLDER/photographs as they are, and of the
 * drawings and screenshots in FOLDER/graphics, with those of bench/graphics.ts, as JPEGs of three qualities. Prints each
 * picture that is told wrong with its shares.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { isGraphic, measureBlocks } from '../functions/image-resize/image/rendering/graphic.ts';
import { RENDITIONS } from '../functions/image-resize/renditions.ts';
import { paintGraphics } from './graphics.ts';

const JPEG_QUALITIES = [60, 85, 95];
const width = Math.max(...RENDITIONS.map((row) => row.width ?? 0));
const [folder = '.'] = process.argv.slice(2);

const photographs = read('photographs');
await count('photographs', photographs, 'photograph');
const graphics = [...read('graphics'), ...(await paintGraphics())];
for (const quality of JPEG_QUALITIES) {
  const jpegs = graphics.map(async ({ name, image }) => ({
    name,
    image: await sharp(image).flatten({ background: '#ffffff' }).jpeg({ quality }).toBuffer(),
  }));
  await count(`graphics as JPEG ${quality}`, await Promise.all(jpegs), 'graphic');
}

function read(kind: string): { name: string; image: Buffer }[] {
  const path = join(folder, kind);
  if (!existsSync(path)) return [];
  return readdirSync(path).map((name) => ({ name, image: readFileSync(join(path, name)) }));
}

async function count(
  label: string,
  pictures: readonly { readonly name: string; readonly image: Buffer }[],
  expected: 'photograph' | 'graphic',
): Promise<void> {
  let found = 0;
  for (const { name, image } of pictures) {
    const { data, info } = await sharp(image)
      .autoOrient()
      .resize({ width, withoutEnlargement: true })
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    const shares = measureBlocks({ data, raw: info });
    if (isGraphic(shares)) found += 1;
    if (isGraphic(shares) !== (expected === 'graphic')) console.log(`${name}: ${JSON.stringify(shares)}`);
  }
  console.log(`${found} of ${pictures.length} ${label} count as graphics\n`);
}
