import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { expect } from 'chai';
import sharp from 'sharp';
import { DEFAULT_LIMITS } from '../../functions/image-resize/image/limits.ts';
import { openImage } from '../../functions/image-resize/image/reading/inspect.ts';
import { ImageProcess } from '../../functions/image-resize/image-process.ts';
import { RENDITIONS } from '../../functions/image-resize/renditions.ts';
import { watchChildMemory } from '../support/child-memory.ts';
import { useFunctionEnvironment } from '../support/function-environment.ts';
import { bundleImageWorker } from '../support/image-worker.ts';
import { paintUpright } from '../support/images.ts';
import { type Av1Image, assembleAvif, box, extent, takeAv1Image } from '../unit/image/avif/handmade-avif.ts';
import { flatJpeg, insertSegments, segment, swatchPng } from '../unit/image/handmade.ts';
import { manyCodesWebp } from './many-codes-webp.ts';
import { sharedPieceTiff } from './shared-piece-tiff.ts';
import { slowProfile } from './slow-profile.ts';

/**
 * The limit for slow bombs, in seconds. MAX_IMAGE_SECONDS=15, the default of the function, proves that they are slow; a lower
 * limit makes the proof short.
 */
const SECONDS = Number(process.env.MAX_IMAGE_SECONDS ?? 1);
/** The time of memory bombs, which a machine in use may need to allocate so much. */
const MOST_SECONDS = 60;
/** For the start of a process in place of the killed one. */
const MORE_SECONDS = 3;
/** The process is measured every 20 ms, and grows between two measurements. */
const MOST_MEBIBYTES = 1.1 * DEFAULT_LIMITS.maxImageMebibytes;

interface Bomb {
  readonly exceeds: 'memory' | 'time';
  readonly make: () => Buffer | Promise<Buffer>;
}

/** 49 megapixels. */
const LARGE = { width: 7_000, height: 7_000 } as const;
const GREY_TILES = { ...LARGE, bits: 8, samples: 1, layout: { tileSide: 16 } } as const;
const BELOW_A_MEBIBYTE = 1_000_000;

/** Kinds that no check of the headers names. */
const BOMBS: Readonly<Record<string, Bomb>> = {
  'a lossless WebP of 65,536 groups of prefix codes': { exceeds: 'memory', make: manyCodesWebp },
  'an AVIF of 64 × 64 pixels whose transparency has 70 megapixels, which no property contains': {
    exceeds: 'memory',
    make: async () => withUnsizedAlpha(takeAv1Image(await flatAvif(64)), takeAv1Image(makeLargeAvif(8_400))),
  },
  'an AVIF of 4 megapixels whose sample contains 10,000 frames': {
    exceeds: 'time',
    make: async () => {
      const { configuration, samples } = takeAv1Image(await flatAvif(2_000));
      return assembleAvif({
        items: [{ type: 'av01', data: Buffer.concat(Array(10_000).fill(samples)), properties: [1, 2] }],
        properties: [extent(2_000, 2_000), configuration],
      });
    },
  },
  'a PNG of 4 KB whose profile converts each colour by 100,000 tables': {
    exceeds: 'time',
    make: () => swatchPng([200, 100, 50], slowProfile(100_000)),
  },
  'a TIFF of deflated tiles, each behind 190,000 empty blocks': {
    exceeds: 'time',
    make: () => {
      const tile = deflateSync(Buffer.alloc(16 * 16));
      const emptyBlock = Buffer.from([0, 0, 0, 0xff, 0xff]);
      const empty = Buffer.alloc(BELOW_A_MEBIBYTE, emptyBlock);
      const piece = Buffer.concat([tile.subarray(0, 2), empty, tile.subarray(2)]);
      return sharedPieceTiff({ ...GREY_TILES, compression: 8, piece });
    },
  },
  'a TIFF of LZW tiles, each behind 880,000 codes that clear the table': {
    exceeds: 'time',
    make: () => {
      // 1 0000 0000, eight times.
      const clearCodes = Buffer.from('804020100804020100', 'hex');
      const piece = Buffer.concat([Buffer.alloc(BELOW_A_MEBIBYTE, clearCodes), Buffer.alloc(16 * 16 * 2)]);
      return sharedPieceTiff({ ...GREY_TILES, compression: 5, piece });
    },
  },
  'a TIFF of PackBits tiles, each behind a million bytes without a meaning': {
    exceeds: 'time',
    make: () => {
      const tile = Buffer.from([0x81, 0, 0x81, 0]);
      const piece = Buffer.concat([Buffer.alloc(BELOW_A_MEBIBYTE, 0x80), tile]);
      return sharedPieceTiff({ ...GREY_TILES, compression: 32_773, piece });
    },
  },
  'a TIFF of fax rows, each behind a million bytes of fill bits': {
    exceeds: 'time',
    make: () => {
      // The end of a row, and the codes of 960 and 40 white pixels (ITU-T T.4, tables 2 and 3).
      const row = Buffer.from('016a1480', 'hex');
      return sharedPieceTiff({
        width: 1_000,
        height: 50_000,
        bits: 1,
        samples: 1,
        compression: 3,
        layout: { rowsPerStrip: 1 },
        piece: Buffer.concat([Buffer.alloc(BELOW_A_MEBIBYTE), row]),
      });
    },
  },
  'a TIFF of JPEG strips, each behind 160,000 segments': {
    exceeds: 'time',
    make: () => {
      const restartInterval = segment(0xdd, [0, 0]);
      const strip = flatJpeg({ width: 100, height: 8, samples: [100] });
      return sharedPieceTiff({
        width: 100,
        height: 500_000,
        bits: 8,
        samples: 1,
        compression: 7,
        layout: { rowsPerStrip: 8 },
        piece: insertSegments(strip, Buffer.alloc(160_000 * restartInterval.length, restartInterval)),
      });
    },
  },
};

function withUnsizedAlpha(image: Av1Image, alpha: Av1Image): Buffer {
  const purpose = Buffer.from('\0\0\0\0urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0');
  return assembleAvif({
    items: [
      { type: 'av01', data: image.samples, properties: [1, 2] },
      { type: 'av01', data: alpha.samples, properties: [3, 4] },
    ],
    properties: [extent(64, 64), image.configuration, alpha.configuration, box('auxC', purpose)],
    references: [['auxl', 2, [1]]],
  });
}

function flatAvif(side: number): Promise<Buffer> {
  const create = { width: side, height: side, channels: 3, background: '#c86432' } as const;
  return sharp({ create }).avif({ effort: 0 }).toBuffer();
}

/** In a separate process, because encoding it takes more than a gigabyte of memory. */
function makeLargeAvif(side: number): Buffer {
  const script = `require('sharp')({ create: { width: ${side}, height: ${side}, channels: 3, background: '#c86432' } })
    .avif({ effort: 0 }).toBuffer().then((avif) => process.stdout.write(avif))`;
  return execFileSync(process.execPath, ['-e', script]);
}

// The image process finds its memory in /proc.
const describeOnLinux = process.platform === 'linux' ? describe : describe.skip;

describe('A bomb that a check of the headers names', () => {
  it('A TIFF of four planes of floats, each in one strip, is refused by its pixels before a sample is read', async () => {
    const floats = sharedPieceTiff({
      ...LARGE,
      bits: 32,
      samples: 4,
      compression: 8,
      layout: { rowsPerStrip: LARGE.height },
      piece: deflateSync(Buffer.alloc(LARGE.width * LARGE.height * 4)),
    });
    const refused: unknown = await openImage(floats, DEFAULT_LIMITS).catch((error: unknown) => error);
    expect(refused).to.have.property('name', 'ImageTooLargeError');
    expect(refused)
      .to.have.property('message')
      .that.matches(/^Expected at most \d+ pixels/);
  });
});

describeOnLinux('The image process, given bombs that no check of the headers knows', () => {
  useFunctionEnvironment();
  const worker = join(bundleImageWorker(), 'image-worker.js');
  const memory = watchChildMemory(worker);
  let images: ImageProcess;
  let good: Buffer;
  before(async () => {
    images = new ImageProcess(worker);
    good = await paintUpright(400, 300).jpeg().toBuffer();
  });
  after(() => memory.stop());

  const make = (source: Buffer, maxImageSeconds: number) =>
    images
      .make(source, { rows: RENDITIONS, limits: { ...DEFAULT_LIMITS, maxImageSeconds } }, async () => {})
      .then(
        () => 'made',
        (error: Error) => `${error.name}: ${error.message}`,
      );

  for (const [what, { exceeds, make: makeBomb }] of Object.entries(BOMBS)) {
    const limitSeconds = exceeds === 'time' ? SECONDS : MOST_SECONDS;
    const limit =
      exceeds === 'time'
        ? `${limitSeconds} seconds but it takes longer`
        : `${DEFAULT_LIMITS.maxImageMebibytes} MiB of memory but it reached`;
    it(`refuses ${what} by its ${exceeds}, and makes the next image`, async () => {
      const bomb = await makeBomb();
      const startedMs = performance.now();
      const outcome = await make(bomb, limitSeconds);
      const seconds = (performance.now() - startedMs) / 1000;
      const mebibytes = memory.takePeak();
      console.log(`${what}: ${bomb.length} bytes, ${seconds.toFixed(1)} s, ${Math.round(mebibytes)} MiB`);
      // The words of image-process.ts; a check of the headers has others.
      expect(outcome).to.include(
        `ImageTooLargeError: Expected an image that can be decoded and encoded within ${limit}`,
      );
      expect(seconds).to.be.below(limitSeconds + MORE_SECONDS);
      expect(mebibytes).to.be.within(50, MOST_MEBIBYTES);
      expect(await make(good, DEFAULT_LIMITS.maxImageSeconds)).to.equal('made');
    });
  }
});
