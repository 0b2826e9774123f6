import { setImmediate } from 'node:timers/promises';
import sharp from 'sharp';
import { toCorruptImageError } from '../errors.ts';
import { checkAtMost, type Limits } from '../limits.ts';
import { writePlainTiff } from './plain-tiff.ts';
import { readTiffFacts, TIFF_TAGS, type TiffFacts } from './tiff-facts.ts';
import { TiffFile, type TiffPage } from './tiff-file.ts';
import { findPicture } from './tiff-pages.ts';
import { hasTiledPlanes, planTiff, type SamplePlan } from './tiff-plan.ts';
import { type StoredSamples, toPlainSamples } from './tiff-samples.ts';

/** FillOrder, the tables of strips and tiles, ColorMap, and the options and tables of the fax and JPEG codecs. */
const STORAGE_TAGS = [266, 273, 279, 292, 293, 320, 324, 325, 347];
const PAGE_TAGS: ReadonlySet<number> = new Set([...Object.values(TIFF_TAGS), ...STORAGE_TAGS]);
/** What libtiff or libvips would change samples for. */
const MEANING_TAGS: readonly number[] = [
  TIFF_TAGS.extraSamples,
  TIFF_TAGS.inkSet,
  TIFF_TAGS.subsampling,
  TIFF_TAGS.blackAndWhite,
  TIFF_TAGS.profile,
];
const SAMPLE_TAGS: ReadonlySet<number> = new Set([...PAGE_TAGS].filter((tag) => !MEANING_TAGS.includes(tag)));
/** The photometric interpretation of a camera's raw data, whose samples libvips leaves as they are. */
const AS_STORED = 34_892;

/**
 * @returns the file itself if libvips reads it right; a copy with the picture alone if another page comes first; or a plain
 * TIFF with the samples of the picture.
 * @throws UnsupportedImageError if the samples are of a kind that is not read.
 * @throws ImageTooLargeError if samples that are to be converted exceed a limit.
 * @throws CorruptImageError if libtiff cannot read these samples.
 */
export async function convertTiff(bytes: Buffer, limits: Limits): Promise<Buffer> {
  const file = new TiffFile(bytes);
  const page = findPicture(file, limits);
  if (!page) return bytes;
  const facts = readTiffFacts(file, page);
  const plan = planTiff(facts);
  if (plan) {
    checkSize(facts, plan, limits);
    const stored = await readSamples(file, page, facts, plan);
    const plain = toPlainSamples(stored, facts, plan);
    await releaseSamples(stored);
    return writePlainTiff(plain);
  }
  const isFirst = page.firstTag === file.readPage(file.firstPage)?.firstTag;
  return isFirst ? bytes : file.withOnlyPage(page, PAGE_TAGS, new Map());
}

const DEPTHS = { uint8: 'uchar', uint16: 'ushort', uint32: 'uint', float: 'float' } as const;
const SAMPLE_BYTES = { uint8: 1, uint16: 2, uint32: 4, float: 4 } as const;

/** Frees the samples before the next copy is made: V8 would collect them late, and Node frees them in a later turn. */
async function releaseSamples({ buffer }: StoredSamples): Promise<void> {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
  await setImmediate();
}

/** With more, memory would exceed that of an interlaced PNG of 16 bits with alpha, the most of other formats. */
const MOST_PIXEL_BYTES = 8;

/** All samples are in memory at once. inspect.ts checks the rest. */
function checkSize(facts: TiffFacts, { type, samples }: SamplePlan, limits: Limits): void {
  const { width } = facts;
  // The last tiles may reach far below the picture.
  const height = hasTiledPlanes(facts) ? planeHeight(facts) : facts.height;
  const sides = `${width} × ${height}`;
  const pixelBytes = samples * SAMPLE_BYTES[type];
  const share = Math.min(1, MOST_PIXEL_BYTES / pixelBytes);
  const kind = share < 1 ? ` and take ${pixelBytes} bytes per pixel` : '';
  checkAtMost(
    Math.floor(limits.maxUnstreamedPixels * share),
    `pixels in a TIFF whose samples are converted${kind}`,
    width * height,
    sides,
  );
  checkAtMost(limits.maxRowBytes, 'bytes in a row of pixels', width * pixelBytes, sides);
}

/** libtiff unpacks the samples, and libvips hands them out as they are. */
async function readSamples(
  file: TiffFile,
  page: TiffPage,
  facts: TiffFacts,
  plan: SamplePlan,
): Promise<StoredSamples> {
  const changed = new Map([
    [TIFF_TAGS.photometric, AS_STORED],
    ...describeBlocks(facts, plan),
    ...describePlanes(facts),
  ]);
  const stored = file.withOnlyPage(page, SAMPLE_TAGS, changed);
  try {
    const { data } = await sharp(stored, { failOn: 'error', limitInputPixels: false })
      .toColourspace('multiband')
      .raw({ depth: DEPTHS[plan.type] })
      .toBuffer({ resolveWithObject: true });
    const samples = toSamples(data, plan.type);
    if (!hasTiledPlanes(facts)) return samples;
    const together = putSideBySide(samples, facts, plan.type);
    await releaseSamples(samples);
    return together;
  } catch (cause) {
    throw toCorruptImageError(cause);
  }
}

/** Subsampled YCbCr is read as a grey image in which each block of pixels stands in one row. */
function describeBlocks(facts: TiffFacts, { subsampling }: SamplePlan): (readonly [number, number])[] {
  if (!subsampling) return [];
  const { x, y } = subsampling;
  const across = (pixels: number) => Math.ceil(pixels / x) * (x * y + 2);
  const down = (pixels: number) => Math.ceil(pixels / y);
  const { width, height, rowsPerStrip, tileWidth, tileHeight } = facts;
  return [
    [TIFF_TAGS.width, across(width)],
    [TIFF_TAGS.height, down(height)],
    [TIFF_TAGS.bits, 8],
    [TIFF_TAGS.samples, 1],
    ...(tileWidth !== undefined && tileHeight !== undefined
      ? ([
          [TIFF_TAGS.tileWidth, across(tileWidth)],
          [TIFF_TAGS.tileHeight, down(tileHeight)],
        ] as const)
      : ([[TIFF_TAGS.rowsPerStrip, down(Math.min(height, rowsPerStrip))]] as const)),
  ];
}

/** Tiled planes are read as a grey image in which they stand below one another. libvips reads no others. */
function describePlanes(facts: TiffFacts): (readonly [number, number])[] {
  if (!hasTiledPlanes(facts)) return [];
  return [
    [TIFF_TAGS.height, planeHeight(facts) * facts.samples],
    [TIFF_TAGS.bits, facts.bits[0] ?? 1],
    [TIFF_TAGS.samples, 1],
    [TIFF_TAGS.planar, SIDE_BY_SIDE],
    [TIFF_TAGS.sampleFormat, facts.sampleFormat[0] ?? 1],
  ];
}

const SIDE_BY_SIDE = 1;

/** A plane reaches to the end of its last tiles. */
function planeHeight({ height, tileHeight = height }: TiffFacts): number {
  return Math.ceil(height / tileHeight) * tileHeight;
}

function putSideBySide(planes: StoredSamples, facts: TiffFacts, type: SamplePlan['type']): StoredSamples {
  const { width, height, samples } = facts;
  const [pixels, plane] = [width * height, width * planeHeight(facts)];
  const together = toSamples(Buffer.alloc(pixels * samples * SAMPLE_BYTES[type]), type);
  for (let sample = 0; sample < samples; sample += 1)
    for (let pixel = 0; pixel < pixels; pixel += 1)
      together[pixel * samples + sample] = planes[sample * plane + pixel] ?? 0;
  return together;
}

function toSamples({ buffer, byteOffset, length }: Buffer, type: SamplePlan['type']): StoredSamples {
  const count = length / SAMPLE_BYTES[type];
  switch (type) {
    case 'uint8':
      return new Uint8Array(buffer, byteOffset, count);
    case 'uint16':
      return new Uint16Array(buffer, byteOffset, count);
    case 'uint32':
      return new Uint32Array(buffer, byteOffset, count);
    case 'float':
      return new Float32Array(buffer, byteOffset, count);
  }
}
