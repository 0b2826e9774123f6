import { crc32, deflateSync } from 'node:zlib';
import { expect } from 'chai';
import sharp from 'sharp';
import { inspectImage } from '../../../functions/image-resize/image/inspect.ts';
import { DEFAULT_LIMITS, type Limits } from '../../../functions/image-resize/image/limits.ts';
import { paintUpright } from '../../support/images.ts';

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
    it(`detects ${format} by its content`, async () => {
      expect(await inspect(await make())).to.deep.include({ format, width: 40, height: 20 });
    });

  for (const [found, bytes] of Object.entries(refused))
    it(`refuses ${found} and names it in the error`, async () => {
      const error = await refusal(bytes);
      expect(error).to.have.property('name', 'UnsupportedImageError');
      expect(error).to.have.property('message').that.includes(`but received ${found}.`);
    });

  it('returns the size of the upright image', async () => {
    const turned = await image().withMetadata({ orientation: 6 }).jpeg().toBuffer();
    expect(await inspect(turned)).to.deep.include({ width: 20, height: 40 });
  });

  it('refuses an image whose header is broken', async () => {
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
    [
      'pixels in an AVIF',
      () => image().avif({ effort: 0 }).toBuffer(),
      { maxUnstreamedPixels: 799 },
      /found 800/,
    ],
    [
      'pixels in an AVIF of more than 8 bits',
      () => image().avif({ effort: 0, bitdepth: 10 }).toBuffer(),
      { maxUnstreamedPixels: 1199 },
      /at most 799 pixels in an AVIF of more than 8 bits but found 800/,
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
      'bytes of compressed text in a PNG',
      () => withText(1),
      { maxPngCompressedTextBytes: 10 },
      /at most 10 bytes of compressed text/,
    ],
  ];
  for (const [what, make, limits, message] of tooLarge)
    it(`refuses too many ${what} with an error about the limit`, async () => {
      const bytes = await make();
      expect(await inspect(bytes)).to.have.property('width', 40);
      const error = await refusal(bytes, limits);
      expect(error).to.have.property('name', 'ImageTooLargeError');
      expect(error).to.have.property('message').that.matches(message);
    });

  it('refuses a PNG of 500 text chunks without inflating them', async () => {
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

function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(data.length, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return chunk;
}
