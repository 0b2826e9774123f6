import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { functionsOf } from 'aws-on-one-machine';
import { expect } from 'chai';
import sharp, { type Sharp } from 'sharp';
import type { RenditionRow } from '../../functions/image-resize/image/rows/rendition-row.ts';
import { RENDITIONS } from '../../functions/image-resize/renditions.ts';
import { readReal } from '../support/template-file.ts';
import {
  type Av1Image,
  gridOfOneTile,
  takeAv1Image,
  withAlphaItem,
  withTracks,
} from '../unit/image/avif/handmade-avif.ts';
import {
  flatJpeg,
  flatPng,
  insertChunks,
  insertSegments,
  manyPagesTiff,
  manyScansJpeg,
  pngChunk,
  repeatGifFrame,
  repeatWebpFrame,
  segment,
} from '../unit/image/handmade.ts';
import { flatTiff, sharedTableTiff } from '../unit/image/tiff/handmade-tiff.ts';

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
  'an AVIF of 64 × 64 pixels whose transparency has 50 megapixels': {
    make: async () =>
      withAlphaItem(await makeTile(64), takeAv1Image(makeLargeAvif()), [LARGE_SIDE, LARGE_SIDE]),
    refusal: /^ImageTooLargeError: .*item of an AVIF image but found 50410000/,
  },
  'an AVIF that decodes a tile of 16 megapixels 256 times': {
    make: async () =>
      gridOfOneTile(await makeTile(4_000), {
        columns: 16,
        rows: 16,
        side: 4_000,
        width: 5_000,
        height: 5_000,
      }),
    refusal: /^ImageTooLargeError: .*tiles of an AVIF but found 4096000000/,
  },
  'an AVIF that declares 50 tracks of 10 million frames': {
    make: async () => withTracks(await makeTile(64), 50, 10_000_000),
    refusal: /^ImageTooLargeError: .*track of an AVIF but found 10000000/,
  },
  'a TIFF of 5,000,000 × 10 pixels': {
    make: () => flatTiff(5_000_000, 10),
    refusal: /^ImageTooLargeError: .*longer side of an image but found 5000000/,
  },
  'a TIFF of 349,525 × 143 pixels, whose rows have the length of the limit': {
    make: () => flatTiff(349_525, 143),
  },
  'a TIFF of 1,000 pages that share a table of a million strips': {
    make: () => sharedTableTiff(1_000, 1_000_000),
    refusal: /^ImageTooLargeError: .*values of a TIFF but found 8000000000/,
  },
  'a JPEG of ten million empty segments': {
    make: () => {
      const empty = segment(0xe1, []);
      const jpeg = flatJpeg({ width: 64, height: 64, samples: [1, 2, 3] });
      return insertSegments(jpeg, Buffer.alloc(10_000_000 * empty.length, empty));
    },
    refusal: /^ImageTooLargeError: .*segments in a JPEG but found 10000005/,
  },
  'a JPEG of 17 megapixels with 800 legal scans': {
    make: () => manyScansJpeg(800, { side: 4_096 }),
    refusal: /^ImageTooLargeError: .*scans in a JPEG but found 800/,
  },
  'a WebP of 100,000 frames for rows that use only the first': {
    make: async () => repeatWebpFrame(await makePixel().webp().toBuffer(), 100_000),
    refusal: /^ImageTooLargeError: .*frames in a WebP but found 100000/,
  },
  'a GIF of 100,000 frames for rows that use only the first': {
    make: async () => repeatGifFrame(await makePixel().gif().toBuffer(), 100_000),
  },
  'a PNG of four million empty EXIF chunks': {
    make: () => {
      const empty = pngChunk('eXIf', Buffer.alloc(0));
      return insertChunks(flatPng(64, 64), [Buffer.alloc(4_000_000 * empty.length, empty)]);
    },
    refusal: /^ImageTooLargeError: .*chunks without pixels in a PNG but found 4000002/,
  },
};

async function film(frames: number): Promise<Buffer> {
  const frame = await sharp({ create: { width: 500, height: 500, channels: 3, background: '#c86432' } })
    .gif()
    .toBuffer();
  return repeatGifFrame(frame, frames);
}

function makePixel(): Sharp {
  return sharp({ create: { width: 1, height: 1, channels: 3, background: '#c86432' } });
}

async function makeTile(side: number): Promise<Av1Image> {
  const tile = sharp({ create: { width: side, height: side, channels: 3, background: '#c86432' } });
  return takeAv1Image(await tile.avif({ effort: 0 }).toBuffer());
}

const LARGE_SIDE = 7_100;

let largeAvif: Buffer | undefined;

/** Once for both files that contain it, and in a separate process, because encoding it takes a gigabyte of memory. */
function makeLargeAvif(): Buffer {
  largeAvif ??= encodeLargeAvif();
  return largeAvif;
}

function encodeLargeAvif(): Buffer {
  const script = `require('sharp')({ create: { width: ${LARGE_SIDE}, height: ${LARGE_SIDE}, channels: 3, background: '#c86432' } })
    .avif({ effort: 0, chromaSubsampling: '4:2:0', tune: 'psnr' }).toBuffer().then((avif) => process.stdout.write(avif))`;
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
    it(`Within ${MAX_MEBIBYTES} MiB of memory, the image core ${refusal ? 'refuses' : 'renders'} ${what}, and then renders an ordinary image`, async () => {
      const file = join(directory, 'bomb');
      writeFileSync(file, await make());
      const child = join(import.meta.dirname, '../unit/image/rendering/render-file.ts');
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
