import { expect } from 'chai';
import fc from 'fast-check';
import sharp from 'sharp';
import { readAvifAlpha, withoutTurns } from '../../../functions/image-resize/image/avif/avif-alpha.ts';
import { checkAvifItems, checkHeicItems } from '../../../functions/image-resize/image/avif/avif-items.ts';
import { readAvifColours } from '../../../functions/image-resize/image/avif/avif-signal.ts';
import {
  isWideProfile,
  readProfileCodes,
  readProfileCurve,
} from '../../../functions/image-resize/image/colour/icc-profile.ts';
import { DEFAULT_LIMITS, type Limits } from '../../../functions/image-resize/image/limits.ts';
import { checkJpegSegments } from '../../../functions/image-resize/image/reading/jpeg-segments.ts';
import { checkPngChunks } from '../../../functions/image-resize/image/reading/png-chunks.ts';
import { readPngSignals } from '../../../functions/image-resize/image/reading/png-signal.ts';
import { checkWebpFrames } from '../../../functions/image-resize/image/reading/webp-frames.ts';
import { checkTiffPages } from '../../../functions/image-resize/image/tiff/tiff-pages.ts';
import { paintUpright } from '../../support/images.ts';
import {
  box,
  codes,
  contentLight,
  gridOfOneTile,
  mirroring,
  rotation,
  takeAv1Image,
  withAlphaItem,
  withTracks,
  withTransparency,
} from './avif/handmade-avif.ts';
import { chartPng } from './colour/colour-chart.ts';
import { COLOUR_CHUNKS, GREY_PROFILES, hdrProfile, p3Profile } from './colour/colour-kinds.ts';
import { flatPng, insertSegments, manyScansJpeg, pngChunk, repeatWebpFrame, segment } from './handmade.ts';
import { tiledHeic, transparentHeic } from './heic/heic-pictures.ts';
import { assembleTiff, greyPage, TIFF_DATA_START, TIFF_LAYOUTS } from './tiff/handmade-tiff.ts';

type Check = (bytes: Buffer, limits: Limits) => void;

function readAvif(bytes: Buffer): void {
  readAvifColours(bytes);
  readAvifAlpha(bytes);
  withoutTurns(bytes);
}

/** Each check with files that have all that it reads. */
const CHECKS: Record<string, { readonly check: Check; readonly makeFiles: () => Promise<Buffer[]> }> = {
  JPEG: {
    check: checkJpegSegments,
    makeFiles: async () => [
      manyScansJpeg(5, { between: segment(0xe1, [1, 2, 3]) }),
      await paintUpright(64, 64).jpeg().toBuffer(),
      Buffer.concat([await paintUpright(64, 64).jpeg({ progressive: true }).toBuffer(), manyScansJpeg(2)]),
    ],
  },
  PNG: {
    check: checkPngChunks,
    makeFiles: async () => [flatPng(64, 64), await paintUpright(64, 64).png().toBuffer()],
  },
  WebP: {
    check: checkWebpFrames,
    makeFiles: async () => {
      const still = await paintUpright(8, 8).webp().toBuffer();
      return [still, repeatWebpFrame(still, 5)];
    },
  },
  AVIF: {
    check: checkAvifItems,
    makeFiles: async () => {
      const image = takeAv1Image(await paintUpright(64, 64).avif({ effort: 0 }).toBuffer());
      const grid = { columns: 3, rows: 2, side: 64, width: 190, height: 127 };
      return [
        await paintUpright(64, 64).ensureAlpha(0.5).avif({ effort: 0 }).toBuffer(),
        withAlphaItem(image, image, [64, 64]),
        gridOfOneTile(image, grid),
        gridOfOneTile(image, { ...grid, hasLongNumbers: true }),
        withTracks(image, 2, 3),
      ];
    },
  },
  'AVIF (colours and transparency)': {
    check: readAvif,
    makeFiles: async () => {
      const image = takeAv1Image(await paintUpright(64, 64).removeAlpha().avif({ effort: 0 }).toBuffer());
      const colours = [codes(12, 16), contentLight(400)];
      return [
        withTransparency(image, image, {
          width: 64,
          height: 64,
          turns: [rotation(1), mirroring(0), ...colours],
          isPremultiplied: true,
        }),
        withTransparency(image, image, { width: 64, height: 64, alphaTurns: [rotation(1)] }),
      ];
    },
  },
  'PNG (colours)': { check: readPngSignals, makeFiles: async () => [chartPng(8, [...COLOUR_CHUNKS])] },
  'ICC (profiles)': {
    check: (bytes) => {
      readProfileCodes(bytes);
      readProfileCurve(bytes);
      isWideProfile(bytes);
    },
    makeFiles: async () => [p3Profile, hdrProfile(16), ...GREY_PROFILES],
  },
  HEIC: {
    check: checkHeicItems,
    makeFiles: async () => [tiledHeic(), transparentHeic()],
  },
  TIFF: {
    check: checkTiffPages,
    makeFiles: async () => [
      await paintUpright(64, 64).tiff().toBuffer(),
      ...TIFF_LAYOUTS.map((layout) =>
        assembleTiff(Array(4).fill([...greyPage(), [50_000, 12, 4, TIFF_DATA_START]]), {
          ...layout,
          data: Buffer.alloc(40),
        }),
      ),
    ],
  },
};

/** Bytes that have a meaning in one of the formats, beside all others. */
const meaningfulByte = fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 0x7f, 0x80, 0xd8, 0xd9, 0xda, 0xff));

/** What may happen to a file: some bytes are replaced, a part is missing or there twice, and the end is missing. */
const damage = fc.record({
  replaced: fc.array(fc.tuple(fc.nat(), meaningfulByte), { maxLength: 12 }),
  moved: fc.option(fc.tuple(fc.nat(), fc.nat(), fc.nat())),
  end: fc.option(fc.nat()),
});

function damageFile(
  file: Buffer,
  { replaced, moved, end }: typeof damage extends fc.Arbitrary<infer T> ? T : never,
) {
  let damaged: Buffer = Buffer.from(file);
  for (const [offset, value] of replaced) damaged[offset % damaged.length] = value;
  if (moved) {
    const [from = 0, length = 0, to = 0] = moved.map((offset) => offset % damaged.length);
    const part = damaged.subarray(from, from + length);
    damaged = Buffer.concat([damaged.subarray(0, to), part, damaged.subarray(to)]);
  }
  return end === null ? damaged : damaged.subarray(0, end % (damaged.length + 1));
}

/** Runs a check, which may refuse the file but must not fail. */
function run(check: Check, bytes: Buffer, limits: Limits = DEFAULT_LIMITS): string {
  try {
    check(bytes, limits);
    return 'accepted';
  } catch (error) {
    expect(error).to.have.property('name').that.is.oneOf(['ImageTooLargeError', 'CorruptImageError']);
    return String(error);
  }
}

const LOW_LIMITS: Limits = {
  ...DEFAULT_LIMITS,
  maxPages: 2,
  maxStoredFrames: 2,
  maxJpegScans: 2,
  maxJpegSegments: 9,
};

for (const [format, { check, makeFiles }] of Object.entries(CHECKS))
  describe(`The check of the structure of ${format} files`, () => {
    let files: readonly Buffer[];
    before(async () => {
      files = await makeFiles();
    });

    it(`The structure check of ${format} files accepts files that an encoder wrote, whole or truncated anywhere`, () => {
      for (const file of files)
        for (let end = 0; end <= file.length; end += file.length > 4_000 ? 7 : 1)
          expect(run(check, file.subarray(0, end))).to.equal('accepted');
    });

    it(`The structure check of ${format} files ends on every damaged file, and fails on none`, () => {
      fc.assert(
        fc.property(fc.nat(), damage, (index, damages) => {
          const damaged = damageFile(files[index % files.length] ?? Buffer.alloc(1), damages);
          run(check, damaged);
          run(check, damaged, LOW_LIMITS);
        }),
        { numRuns: 3_000 },
      );
    });

    it(`The structure check of ${format} files ends on random bytes behind the start of a file`, () => {
      fc.assert(
        fc.property(
          fc.nat(),
          fc.nat(64),
          fc.array(meaningfulByte, { maxLength: 400 }),
          (index, kept, bytes) => {
            const start = files[index % files.length]?.subarray(0, kept) ?? Buffer.alloc(0);
            run(check, Buffer.concat([start, Buffer.from(bytes)]));
            run(check, Buffer.concat([start, Buffer.from(bytes)]), LOW_LIMITS);
          },
        ),
        { numRuns: 3_000 },
      );
    });
  });

/** A fifth of the most that a file may have, in a fifth of the 15 seconds that an image may take. */
const BYTES = 10 * 1024 * 1024;
const MAX_CPU_SECONDS = 3;
const fill = (pattern: Buffer) => Buffer.alloc(BYTES, pattern);
const behindScan = (...pattern: readonly number[]) =>
  Buffer.concat([manyScansJpeg(3).subarray(0, -2), fill(Buffer.from(pattern))]);
/** The image is item 1. */
const PRIMARY_ITEM = box('pitm', Buffer.from([0, 0, 0, 0, 0, 1]));
const inItems = (...content: readonly Buffer[]) => box('meta', Buffer.alloc(4), ...content);

/** Long files that the checks themselves could spend much time on. */
const LONGEST: Record<string, readonly [Check, () => Buffer]> = {
  'a JPEG of fill bytes': [checkJpegSegments, () => behindScan(0xff)],
  'a JPEG of escaped bytes': [checkJpegSegments, () => behindScan(0xff, 0x00, 0x01)],
  'a JPEG of restarts': [checkJpegSegments, () => behindScan(0xff, 0xd0, 0x01)],
  'a JPEG of empty segments': [
    checkJpegSegments,
    () => insertSegments(manyScansJpeg(2), fill(segment(0xe1, []))),
  ],
  'a JPEG of images without content': [checkJpegSegments, () => behindScan(0xff, 0xd8, 0xff, 0xd9)],
  'a JPEG of segments that contain images': [
    checkJpegSegments,
    () => insertSegments(manyScansJpeg(2), fill(segment(0xe1, [0xff, 0xd8, 0xff, 0xe1, 0, 2]))),
  ],
  'a PNG of empty chunks': [
    checkPngChunks,
    () => Buffer.concat([flatPng(1, 1), fill(pngChunk('prVt', Buffer.alloc(0)))]),
  ],
  'a WebP of empty chunks': [
    checkWebpFrames,
    () =>
      Buffer.concat([Buffer.from('RIFF\xff\xff\xff\xffWEBP', 'latin1'), fill(Buffer.from('ABCD\0\0\0\0'))]),
  ],
  'an AVIF of empty boxes': [checkAvifItems, () => fill(box('free'))],
  'an AVIF of properties': [
    checkAvifItems,
    () => inItems(box('iprp', box('ipco', fill(box('ispe', Buffer.alloc(12)))))),
  ],
  'an AVIF of items': [
    checkAvifItems,
    () =>
      inItems(
        box(
          'iprp',
          box('ipco', box('ispe', Buffer.alloc(12))),
          box(
            'ipma',
            Buffer.from([1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]),
            fill(Buffer.from([0, 0, 0, 9, 1, 1])),
          ),
        ),
      ),
  ],
  'an AVIF of references': [
    checkAvifItems,
    () =>
      inItems(
        box(
          'iref',
          Buffer.alloc(4),
          fill(box('dimg', Buffer.from([0, 1, 0xff, 0xff]), Buffer.alloc(131_070))),
        ),
      ),
  ],
  "an AVIF of items' properties": [
    readAvif,
    () =>
      inItems(
        PRIMARY_ITEM,
        box(
          'iprp',
          box('ipco', ...Array<Buffer>(255).fill(box('irot', Buffer.from([1])))),
          box('ipma', Buffer.from([1, 0, 0, 0, 0, 1, 0, 0]), fill(Buffer.from([0, 0, 0, 1, 1, 1]))),
        ),
      ),
  ],
  'an AVIF of transparencies': [
    readAvif,
    () =>
      inItems(PRIMARY_ITEM, box('iref', Buffer.alloc(4), fill(box('auxl', Buffer.from([0, 2, 0, 1, 0, 1]))))),
  ],
  'an AVIF of properties that turn': [
    readAvif,
    () => inItems(PRIMARY_ITEM, box('iprp', box('ipco', fill(box('irot', Buffer.from([1])))))),
  ],
  'a PNG of different chunks': [
    readPngSignals,
    () => {
      const chunks = fill(pngChunk('prVt', Buffer.alloc(0)));
      for (let chunk = 0; chunk + 12 <= chunks.length; chunk += 12) chunks.writeUInt32BE(chunk, chunk + 4);
      return Buffer.concat([flatPng(1, 1).subarray(0, 33), chunks]);
    },
  ],
  'a HEIC of references': [
    checkHeicItems,
    () => inItems(box('iref', Buffer.alloc(4), fill(box('dimg', Buffer.from([0, 0, 0, 1, 0, 0]))))),
  ],
  'a TIFF of empty pages': [checkTiffPages, () => emptyPages()],
  'a TIFF of empty pages in a circle': [checkTiffPages, () => emptyPages({ isCircle: true })],
};

/** Pages without tags, each of which refers to the next. */
function emptyPages({ isCircle = false } = {}): Buffer {
  const file = Buffer.alloc(BYTES);
  file.write('II*\0\x08', 'latin1');
  for (let page = 8; page + 6 <= file.length; page += 6) file.writeUInt32LE(page + 6, page + 2);
  if (isCircle) file.writeUInt32LE(8, 8 + 6 * 1_600_000 + 2);
  return file;
}

describe('The check of the structure of a file', () => {
  for (const [what, [check, make]] of Object.entries(LONGEST))
    it(`The structure check takes less than ${MAX_CPU_SECONDS} seconds of CPU for ${what} of 10 MiB`, () => {
      const file = make();
      const start = process.cpuUsage();
      run(check, file);
      // Not the time of the clock, which other programs on the machine make longer.
      expect(process.cpuUsage(start).user / 1e6).to.be.below(MAX_CPU_SECONDS);
    });

  it('The structure check accepts an image of every kind that sharp writes', async () => {
    const image = () => paintUpright(64, 64).withMetadata({ orientation: 6 }).withIccProfile('p3');
    const written = {
      JPEG: [image().jpeg(), image().jpeg({ mozjpeg: true }), image().toColourspace('cmyk').jpeg()],
      PNG: [image().png(), image().png({ progressive: true, palette: true })],
      WebP: [image().webp(), image().webp({ lossless: true })],
      AVIF: [image().avif({ effort: 0 }), image().avif({ effort: 0, bitdepth: 12 })],
      TIFF: [
        image().tiff(),
        image().tiff({ tile: true, pyramid: true, tileWidth: 16, tileHeight: 16, bigtiff: true }),
      ],
    };
    for (const [format, images] of Object.entries(written))
      for (const one of images) {
        const file = await one.toBuffer();
        expect(await sharp(file).metadata()).to.have.property('width');
        const check = CHECKS[format]?.check;
        if (check) expect(run(check, file), format).to.equal('accepted');
      }
  });
});
