import { randomBytes } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { expect } from 'chai';
import sharp from 'sharp';
import { DEFAULT_LIMITS, type Limits } from '../../../../functions/image-resize/image/limits.ts';
import { inspectImage } from '../../../../functions/image-resize/image/reading/inspect.ts';
import { paintUpright } from '../../../support/images.ts';
import { flatPng, insertChunks, pngChunk } from '../handmade.ts';
import { flatTiff } from '../tiff/handmade-tiff.ts';

const image = () => paintUpright(40, 20);
const inspect = (bytes: Buffer, limits: Partial<Limits> = {}) =>
  inspectImage(bytes, { ...DEFAULT_LIMITS, ...limits });
const refusal = (bytes: Buffer, limits: Partial<Limits> = {}) =>
  inspect(bytes, limits).catch((error: unknown) => error);

const accepted: Record<string, () => Promise<Buffer>> = {
  jpeg: () => image().jpeg().toBuffer(),
  png: () => image().png().toBuffer(),
  webp: () => image().webp().toBuffer(),
  gif: () => image().gif().toBuffer(),
  avif: () => image().avif({ effort: 0 }).toBuffer(),
  tiff: () => image().tiff().toBuffer(),
};

const refused: Record<string, Buffer> = {
  SVG: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'),
  HEIC: Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypheic\0\0\0\0mif1heic')]),
  PDF: Buffer.from('%PDF-1.7'),
  BMP: Buffer.from('BM\x36\0\0\0'),
  text: Buffer.from('This is no image.'),
  'an empty file': Buffer.alloc(0),
  'bytes of no known format': Buffer.from([1, 2, 3, 4]),
};

describe('Inspecting an image', () => {
  for (const [format, make] of Object.entries(accepted))
    it(`The image inspection detects a file of the format ${format} by its content`, async () => {
      expect(await inspect(await make())).to.deep.include({ format, width: 40, height: 20 });
    });

  for (const [found, bytes] of Object.entries(refused))
    it(`The image inspection refuses ${found} and names it in the error`, async () => {
      const error = await refusal(bytes);
      expect(error).to.have.property('name', 'UnsupportedImageError');
      expect(error).to.have.property('message').that.includes(`but received ${found}.`);
    });

  it('The image inspection returns the size of the upright image', async () => {
    const turned = await image().withMetadata({ orientation: 6 }).jpeg().toBuffer();
    expect(await inspect(turned)).to.deep.include({ width: 20, height: 40 });
  });

  it('The image inspection refuses an image whose header is broken', async () => {
    const png = await accepted.png?.();
    expect(await refusal(png?.subarray(0, 20) ?? Buffer.alloc(0))).to.have.property(
      'name',
      'CorruptImageError',
    );
  });

  const tooLarge: readonly [string, () => Promise<Buffer>, Partial<Limits>, RegExp][] = [
    ['bytes', () => image().png().toBuffer(), { maxBytes: 10 }, /at most 10 bytes/],
    [
      'pixels',
      () => image().png().toBuffer(),
      { maxPixels: 799 },
      /at most 799 pixels in an image but found 800/,
    ],
    [
      'pixels in a progressive JPEG',
      () => image().jpeg({ progressive: true }).toBuffer(),
      { maxUnstreamedPixels: 799 },
      /found 800/,
    ],
    [
      'pixels in an interlaced PNG',
      () => image().png({ progressive: true }).toBuffer(),
      { maxUnstreamedPixels: 799 },
      /found 800/,
    ],
    ['pixels in an AVIF', () => image().avif({ effort: 0 }).toBuffer(), { maxPixels: 799 }, /found 800/],
    [
      'pixels in an AVIF of more than 8 bits',
      () => image().avif({ effort: 0, bitdepth: 10 }).toBuffer(),
      { maxImageMebibytes: 100.02 },
      /at most 776 pixels in an AVIF of more than 8 bits but found 800/,
    ],
    [
      'pixels on the longer side',
      () => image().png().toBuffer(),
      { maxSide: 39 },
      /at most 39 pixels on the longer side of an image but found 40 \(40 × 20\)/,
    ],
    [
      'bytes in a row of 8-bit RGB',
      () => image().tiff().toBuffer(),
      { maxRowBytes: 119 },
      /at most 119 bytes in a row of pixels but found 120 \(40 × 20\)/,
    ],
    [
      'bytes in a row of 16-bit RGB with transparency',
      () => image().ensureAlpha(0.5).toColourspace('rgb16').png().toBuffer(),
      { maxRowBytes: 319 },
      /at most 319 bytes in a row of pixels but found 320/,
    ],
    [
      'bytes of colour profile',
      () => image().withIccProfile('p3').jpeg().toBuffer(),
      { maxIccBytes: 100 },
      /colour profile of at most 100/,
    ],
    [
      'text chunks in a PNG',
      () => withText(2),
      { maxPngTextChunks: 1 },
      /at most 1 text chunks in a PNG but found 2/,
    ],
    [
      'chunks without pixels in a PNG',
      () => withText(2),
      { maxPngChunks: 4 },
      /at most 4 chunks without pixels in a PNG but found 5\./,
    ],
    [
      'bytes of compressed text in a PNG',
      () => withText(1),
      { maxPngCompressedTextBytes: 10 },
      /at most 10 bytes of compressed text/,
    ],
  ];
  for (const [what, make, limits, message] of tooLarge)
    it(`The image inspection refuses too many ${what} with an error about the limit`, async () => {
      const bytes = await make();
      expect(await inspect(bytes)).to.have.property('width', 40);
      const error = await refusal(bytes, limits);
      expect(error).to.have.property('name', 'ImageTooLargeError');
      expect(error).to.have.property('message').that.matches(message);
    });

  it('The image inspection accepts panoramas and waveforms up to the limits of the longer side and of a row', async () => {
    for (const [width, height] of [
      [65_535, 762],
      [349_525, 143],
      [50, 1_000_000],
    ] as const)
      expect(await inspect(flatTiff(width, height))).to.deep.include({ width, height });
    expect(String(await refusal(flatTiff(349_526, 143)))).to.equal(
      'ImageTooLargeError: Expected at most 1048576 bytes in a row of pixels but found 1048578 (349526 × 143).',
    );
    expect(String(await refusal(flatTiff(49, 1_000_001)))).to.equal(
      'ImageTooLargeError: Expected at most 1000000 pixels on the longer side of an image but found 1000001 (49 × 1000001).',
    );
  });

  it('The image inspection accepts a PNG with 10,000 chunks without pixels, and refuses a PNG with more', async () => {
    const chunks = (count: number) => insertChunks(flatPng(64, 64), Array<Buffer>(count).fill(emptyChunk));
    const emptyChunk = pngChunk('prVt', Buffer.alloc(0));
    expect(await inspect(chunks(10_000 - 2))).to.have.property('width', 64);
    expect(String(await refusal(chunks(10_000 - 1)))).to.equal(
      'ImageTooLargeError: Expected at most 10000 chunks without pixels in a PNG but found 10001.',
    );
  });

  it('The image inspection accepts a PNG with any number of pixel chunks and frame chunks', async () => {
    const many = ['IDAT', 'fdAT', 'fcTL'].flatMap((type) =>
      Array<Buffer>(20_000).fill(pngChunk(type, Buffer.alloc(0))),
    );
    expect(await inspect(insertChunks(flatPng(64, 64), many))).to.have.property('width', 64);
  });

  it('The image inspection counts international text in a PNG only if it is compressed', async () => {
    const header = (isCompressed: 0 | 1) =>
      Buffer.from(`XML:com.adobe.xmp\0${isCompressed ? '\x01' : '\0'}\0\0\0`);
    const plain = Buffer.concat([header(0), Buffer.alloc(200 * 1024, 'a')]);
    expect(await inspect(insertChunks(flatPng(40, 64), [pngChunk('iTXt', plain)]))).to.have.property(
      'width',
      40,
    );
    const compressed = Buffer.concat([header(1), deflateSync(randomBytes(200 * 1024))]);
    expect(String(await refusal(insertChunks(flatPng(40, 64), [pngChunk('iTXt', compressed)])))).to.match(
      /^ImageTooLargeError: Expected at most 131072 bytes of compressed text in a PNG but found 20\d{4}\.$/,
    );
  });

  it('The image inspection refuses a PNG of 500 text chunks without inflating them', async () => {
    expect(await refusal(await withText(500))).to.have.property('name', 'ImageTooLargeError');
  });
});

/** A PNG with `count` compressed text chunks, each of 100 KB of text, before its pixels. */
async function withText(count: number): Promise<Buffer> {
  const png = await sharp({ create: { width: 40, height: 20, channels: 3, background: '#fff' } })
    .png()
    .toBuffer();
  const afterHeader = 8 + 25;
  const data = Buffer.concat([Buffer.from('Comment\0\0'), deflateSync(Buffer.alloc(100_000, 'a'))]);
  return Buffer.concat([
    png.subarray(0, afterHeader),
    ...Array(count).fill(pngChunk('zTXt', data)),
    png.subarray(afterHeader),
  ]);
}
