import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The largest images of each kind within the limits, as the sharp expressions that make them. */
const WORST_INPUTS: Readonly<Record<string, string>> = {
  'AVIF, 50 megapixels, alpha': `noise(7071, 7071, 4).avif({ effort: 0, quality: 50, chromaSubsampling: '4:4:4' })`,
  'AVIF, 38 megapixels, 12 bits, alpha': `noise(6200, 6200, 4).avif({ effort: 0, quality: 50, chromaSubsampling: '4:4:4', bitdepth: 12 })`,
  'PNG, 25 megapixels, interlaced, 16 bits, alpha': `flat(5000, 5000, 4).toColourspace('rgb16').png({ progressive: true })`,
  'GIF, 50 megapixels': `noise(7071, 7071, 3).gif({ effort: 1 })`,
  'WebP, 50 megapixels, lossless, alpha': `flat(7071, 7071, 4).webp({ lossless: true, effort: 0 })`,
  'JPEG, 25 megapixels, progressive': `noise(5000, 5000, 3).jpeg({ quality: 90, progressive: true })`,
  'JPEG, 50 megapixels, baseline': `noise(7071, 7071, 3).jpeg({ quality: 90 })`,
};

/** Enlarged noise, or a flat colour: noise of full size would exceed the limit on bytes. */
const NOISE = `const sharp = require('sharp');
const noise = (width, height, channels) => {
  const create = { width: 500, height: 500, channels: 3, background: '#808080', noise: { type: 'gaussian', mean: 128, sigma: 30 } };
  const image = sharp({ create }).resize(width, height);
  return channels === 4 ? image.ensureAlpha(0.5) : image;
};
const flat = (width, height, channels) => sharp({ create: { width, height, channels, background: '#33669980' } });`;

export interface Peak {
  readonly input: string;
  readonly mebibytes: number;
}

/** Measures the peak memory of making the default renditions of each input, in a process of its own. */
export function measurePeaks(
  coreFile: string,
  folder: string,
  environment: Readonly<Record<string, string>>,
): Peak[] {
  return Object.entries(WORST_INPUTS).map(([input, expression]) => {
    const file = join(folder, 'worst-input');
    const script = `${NOISE} ${expression}.toBuffer().then((image) => process.stdout.write(image))`;
    writeFileSync(file, execFileSync(process.execPath, ['-e', script], { maxBuffer: 2 ** 30 }));
    const { stdout, stderr } = spawnSync(process.execPath, [coreFile, file, join(folder, 'worst-output')], {
      env: { ...process.env, ...environment },
      encoding: 'utf8',
    });
    if (!(Number(stdout) > 0))
      throw new Error(`${input}: ${/\[\w+Error\]: .*/.exec(stderr)?.[0] ?? stderr.slice(-500)}`);
    return { input, mebibytes: Math.round(Number(stdout)) };
  });
}
