/**
 * npx node bench/same-bytes.ts FILE ...
 *
 * Makes the default renditions of each file twice and prints their hashes, the qualities that were chosen and the placeholder.
 * Equal lines from two machines mean equal bytes. Below, hashes of what each step gives show which step differs.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import sharp from 'sharp';
import { DEFAULT_LIMITS } from '../functions/image-resize/image/limits.ts';
import { makeRenditions } from '../functions/image-resize/image/make-renditions.ts';
import { createHeifLoader } from '../functions/image-resize/load-heif-library.ts';
import { RENDITIONS } from '../functions/image-resize/renditions.ts';

const heif = createHeifLoader(resolve('bench/same-bytes.ts'));
const hash = (data: Uint8Array | string) => createHash('sha256').update(data).digest('hex').slice(0, 16);

for (const file of process.argv.slice(2)) {
  const [once, again] = [await makeAll(readFileSync(file)), await makeAll(readFileSync(file))];
  console.log(`${basename(file)}: ${once.join('\n') === again.join('\n') ? 'twice the same' : 'DIFFERS'}`);
  for (const line of once) console.log(`  ${line}`);
}
for (const line of await hashSteps()) console.log(line);

async function makeAll(source: Buffer): Promise<string[]> {
  const lines: string[] = [];
  const settings = { rows: RENDITIONS, limits: DEFAULT_LIMITS, acceptsHeic: true };
  const { placeholder } = await makeRenditions(
    source,
    settings,
    async ({ name, format, quality, body }) => {
      lines.push(`${name}.${format} ${quality ?? ''} ${body.length} bytes ${hash(body)}`);
    },
    heif,
  );
  return [...lines.sort(), `placeholder ${hash(JSON.stringify(placeholder))}`];
}

/** Each step on pixels that whole numbers give, so that no step before it can differ. */
async function hashSteps(): Promise<string[]> {
  const raw = { width: 900, height: 600, channels: 3 } as const;
  let state = 1;
  const noise = () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 28;
  };
  const { width, height, channels } = raw;
  const data = Buffer.alloc(width * height * channels);
  for (let at = 0; at < data.length; at += 1)
    data[at] = Math.floor(((at % (width * channels)) * 240) / (width * channels)) + noise();
  const picture = () => sharp(data, { raw });
  const jpeg = readFileSync('local/sample/dandelion.jpg');
  const steps = {
    'decode JPEG': sharp(jpeg).raw(),
    'decode JPEG at half its size': sharp(jpeg).resize({ width: 2000 }).raw(),
    resize: picture().resize({ width: 320 }).raw(),
    'encode JPEG': picture().jpeg({ quality: 80 }),
    'encode WebP': picture().webp({ quality: 80, effort: 4 }),
    'encode AVIF': picture().avif({ quality: 55, effort: 0, chromaSubsampling: '4:2:0' }),
  };
  return Promise.all(
    Object.entries(steps).map(async ([step, image]) => `${step} ${hash(await image.toBuffer())}`),
  );
}
