import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { functionsOf } from 'aws-on-one-machine';
import { expect } from 'chai';
import sharp from 'sharp';
import type { RenditionRow } from '../../../functions/image-resize/image/rendition-row.ts';
import { RENDITIONS } from '../../../functions/image-resize/renditions.ts';
import { readReal } from '../../support/template-file.ts';
import { flatJpeg, flatPng, insertChunks, manyPagesTiff, pngChunk, repeatGifFrame } from './handmade.ts';

/** About a third of the template's MemorySize. */
const MAX_MEBIBYTES = 600;

const SIDE = 16_000;
const MOVING: readonly RenditionRow[] = [{ name: 'moving', width: 320, format: 'webp', animated: true }];

interface Bomb {
  readonly make: () => Buffer | Promise<Buffer>;
  readonly table?: readonly RenditionRow[];
  /** Missing if the image is rendered. */
  readonly refusal?: RegExp;
}

const BOMBS: Record<string, Bomb> = {
  'a PNG of 16,000 × 16,000 pixels in one colour': {
    make: () => flatPng(SIDE, SIDE),
    refusal: /^ImageTooLargeError: .*found 256000000/,
  },
  'an interlaced PNG of 16,000 × 16,000 pixels in one colour': {
    make: () => flatPng(SIDE, SIDE, { interlaced: true }),
    refusal: /^ImageTooLargeError: .*found 256000000/,
  },
  'a progressive JPEG of 16,000 × 16,000 pixels in one colour': {
    make: () => flatJpeg({ width: SIDE, height: SIDE, samples: [100], isProgressive: true }),
    refusal: /^ImageTooLargeError: .*found 256000000/,
  },
  'a PNG whose data inflates to more pixels than its header claims': {
    make: () => flatPng(64, 64, { pixels: Buffer.alloc(300_000_000) }),
  },
  'a PNG whose data has fewer pixels than its header claims': {
    make: () => flatPng(7_000, 7_000, { pixels: Buffer.alloc(1000) }),
    refusal: /^CorruptImageError: /,
  },
  'a PNG of 500 text chunks that inflate to 8 MB each': {
    make: () => {
      const text = Buffer.concat([Buffer.from('Comment\0\0'), deflateSync(Buffer.alloc(8_000_000, 'a'))]);
      return insertChunks(flatPng(64, 64), Array<Buffer>(500).fill(pngChunk('zTXt', text)));
    },
    refusal: /^ImageTooLargeError: .*text chunks in a PNG but found 500/,
  },
  'a GIF of 1,200 frames for rows that use only the first': { make: () => film(1_200) },
  'a GIF of 1,200 frames for a row that uses all': {
    make: () => film(1_200),
    table: MOVING,
    refusal: /^ImageTooLargeError: .*at most 600 frames in an animation but found 1200/,
  },
  'a GIF of 600 large frames for a row that uses all': {
    make: () => film(600),
    table: MOVING,
    refusal: /^ImageTooLargeError: .*pixels in all frames of an animation but found 150000000/,
  },
  'a TIFF of 60,000 pages': {
    make: () => manyPagesTiff(60_000),
    refusal: /^ImageTooLargeError: .*pages in a TIFF but found 60000/,
  },
  'a JPEG with a colour profile of 16 MB': {
    make: () => flatJpeg({ width: 64, height: 64, samples: [1, 2, 3], profile: Buffer.alloc(16_000_000) }),
    refusal: /^ImageTooLargeError: .*profile of at most 4194304 bytes but found \d{7}\./,
  },
  'an AVIF of 50 megapixels': {
    make: makeLargeAvif,
    refusal: /^ImageTooLargeError: .*AVIF image but found 50410000/,
  },
};

async function film(frames: number): Promise<Buffer> {
  const frame = await sharp({ create: { width: 500, height: 500, channels: 3, background: '#c86432' } })
    .gif()
    .toBuffer();
  return repeatGifFrame(frame, frames);
}

/** In a separate process, because encoding it takes a gigabyte of memory. */
function makeLargeAvif(): Buffer {
  const script = `require('sharp')({ create: { width: 7100, height: 7100, channels: 3, background: '#c86432' } })
    .avif({ effort: 0 }).toBuffer().then((avif) => process.stdout.write(avif))`;
  return execFileSync(process.execPath, ['-e', script]);
}

describe('The image core', () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'bombs-'));
  });
  after(() => rmSync(directory, { recursive: true }));

  const [lambda] = functionsOf(readReal());

  for (const [what, { make, table = RENDITIONS, refusal }] of Object.entries(BOMBS))
    it(`${refusal ? 'refuses' : 'renders'} ${what} within ${MAX_MEBIBYTES} MiB of memory, and then renders an ordinary image`, async () => {
      const file = join(directory, 'bomb');
      writeFileSync(file, await make());
      const child = join(import.meta.dirname, 'render-file.ts');
      const output = execFileSync(
        process.execPath,
        ['--disable-warning=ExperimentalWarning', child, file, JSON.stringify(table)],
        { env: { ...process.env, ...lambda?.environment }, encoding: 'utf8' },
      );
      const { made, error, message, next, peakMebibytes } = JSON.parse(output);
      if (refusal) expect(`${error}: ${message}`).to.match(refusal);
      else expect(made).to.have.members(table.map(({ name }) => name));
      expect(next).to.equal(RENDITIONS.length);
      expect(peakMebibytes).to.be.within(1, MAX_MEBIBYTES);
    });
});
