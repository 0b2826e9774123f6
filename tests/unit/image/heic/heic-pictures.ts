import sharp from 'sharp';
import { DEFAULT_LIMITS, type Limits } from '../../../../functions/image-resize/image/limits.ts';
import { type MadeImage, makeRenditions } from '../../../../functions/image-resize/image/make-renditions.ts';
import type { RenditionRow } from '../../../../functions/image-resize/image/rows/rendition-row.ts';
import { createHeifLoader } from '../../../../functions/image-resize/load-heif-library.ts';
import { extent } from '../avif/handmade-avif.ts';
import { ALPHA, assembleHeic, auxiliary, gridData, hevcConfiguration, hevcItem } from './handmade-heic.ts';
import { LARGE, LARGE_ALPHA, LARGE_DEEP, RAMP, TILES } from './hevc-samples.ts';

/** The picture that TILES shows, and how the image core makes a rendition of it. */

const heif = createHeifLoader(import.meta.filename);

/** In pixels. An odd height, and no multiple of a tile's side. */
export const PICTURE = { width: 190, height: 127 } as const;
const TILE = 64;
const COLUMNS = 3;

export interface MadeHeic extends MadeImage {
  /** The rendition's pixels. */
  readonly data: Buffer;
  readonly channels: number;
  readonly format: string;
  readonly hasProfile: boolean;
}

/** Makes one rendition with the decoder of HEIC. Without a width, it has the size of the image. */
export async function renderHeic(
  source: Buffer,
  row: Partial<RenditionRow> = {},
  limits: Partial<Limits> = {},
): Promise<MadeHeic> {
  const bodies: Buffer[] = [];
  const made = await makeRenditions(
    source,
    {
      rows: [{ name: 'only', format: 'png', width: 8192, ...row }],
      limits: { ...DEFAULT_LIMITS, ...limits },
      acceptsHeic: true,
    },
    async ({ body }) => void bodies.push(body),
    heif,
  );
  const image = sharp(bodies[0]);
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  const { format, hasProfile } = await image.metadata();
  return { ...made, data, channels: info.channels, format, hasProfile };
}

/** The formula of the samples: a dark rectangle near the upper left corner in a field of all colours. */
export function paintPicture(): Buffer {
  const { width, height } = PICTURE;
  const pixels = Array.from({ length: width * height }, (_, index) => {
    const [x, y] = [index % width, Math.floor(index / width)];
    if (x >= 8 && x < 40 && y >= 8 && y < 32) return [20, 40, 60];
    return [(255 * x) / (width - 1), (255 * y) / (height - 1), 128 + 100 * Math.sin((x + 2 * y) / 40)];
  });
  return Buffer.from(Uint8ClampedArray.from(pixels.flat()));
}

/** The picture as sharp reads it from memory. */
export function pictureImage() {
  return sharp(paintPicture(), { raw: { ...PICTURE, channels: 3 } });
}

/** The picture as phones store it: tiles, and the grid that joins them. */
export function tiledHeic(properties: readonly Buffer[] = []): Buffer {
  const own = properties.map((_, index) => index + 4);
  return assembleHeic({
    items: [
      { type: 'grid', data: gridData(COLUMNS, 2, PICTURE.width, PICTURE.height), properties: [1, ...own] },
      ...TILES.pictures.map((_, index) => hevcItem(TILES, index, [2, 3])),
    ],
    properties: [
      extent(PICTURE.width, PICTURE.height),
      extent(TILE, TILE),
      hevcConfiguration(TILES),
      ...properties,
    ],
    references: [['dimg', 1, [2, 3, 4, 5, 6, 7]]],
  });
}

/** 48 megapixels, as the largest phones write them: 16 × 12 tiles that reach over the edges. In pixels. */
export const LARGE_PICTURE = { width: 8064, height: 6048 } as const;

/** The tile LARGE in each cell. */
export function largeHeic(): Buffer {
  const { width, height } = LARGE_PICTURE;
  const tiles = Array.from({ length: 16 * 12 }, (_, index) => index + 2);
  return assembleHeic({
    items: [
      { type: 'grid', data: gridData(16, 12, width, height), properties: [1] },
      ...tiles.map(() => hevcItem(LARGE, 0, [2, 3])),
    ],
    properties: [extent(width, height), extent(512, 512), hevcConfiguration(LARGE)],
    references: [['dimg', 1, tiles]],
  });
}

/** 47 megapixels in 10 bits and with transparency: the tiles LARGE_DEEP and LARGE_ALPHA in each cell. */
export function largeTransparentHeic(): Buffer {
  const [columns, rows, side] = [15, 12, 512];
  const tiles = Array.from({ length: columns * rows }, (_, index) => index + 2);
  const alpha = tiles.length + 2;
  const grid = gridData(columns, rows, columns * side, rows * side);
  return assembleHeic({
    items: [
      { type: 'grid', data: grid, properties: [1] },
      ...tiles.map(() => hevcItem(LARGE_DEEP, 0, [2, 3])),
      { type: 'grid', data: grid, properties: [1, 5] },
      ...tiles.map(() => hevcItem(LARGE_ALPHA, 0, [2, 4])),
    ],
    properties: [
      extent(columns * side, rows * side),
      extent(side, side),
      hevcConfiguration(LARGE_DEEP, { depth: 10 }),
      hevcConfiguration(LARGE_ALPHA, { chroma: 'grey' }),
      auxiliary(ALPHA),
    ],
    references: [
      ['dimg', 1, tiles],
      ['dimg', alpha, tiles.map((tile) => tile + tiles.length + 1)],
      ['auxl', alpha, [1]],
    ],
  });
}

/** The first tile with transparency from the left, where it is invisible, to the right. */
export function transparentHeic(isPremultiplied = false): Buffer {
  return assembleHeic({
    items: [hevcItem(TILES, 0, [1, 2]), hevcItem(RAMP, 0, [1, 3, 4])],
    properties: [
      extent(TILE, TILE),
      hevcConfiguration(TILES),
      hevcConfiguration(RAMP, { chroma: 'grey' }),
      auxiliary(ALPHA),
    ],
    references: [['auxl', 2, [1]], ...(isPremultiplied ? [['prem', 1, [2]] as const] : [])],
  });
}

/** The mean difference of two images' samples, out of 255. */
export function meanDifference(one: Uint8Array, other: Uint8Array): number {
  if (one.length !== other.length) return Number.POSITIVE_INFINITY;
  return one.reduce((sum, sample, index) => sum + Math.abs(sample - (other[index] ?? 0)), 0) / one.length;
}

/** The mean colours of the 8 × 8 cells in a tile, as FFMPEG_CELLS has them; 0 for a cell outside of the image. */
export function readCells(
  { data, channels }: Pick<MadeHeic, 'data' | 'channels'>,
  { width, height }: { readonly width: number; readonly height: number },
  tile = 0,
): Buffer {
  const [left, top] = [(tile % COLUMNS) * TILE, Math.floor(tile / COLUMNS) * TILE];
  const means = Array.from({ length: 64 }, (_, cell) => {
    const sums = [0, 0, 0, 0];
    for (let pixel = 0; pixel < 64; pixel += 1) {
      const x = left + (cell % 8) * 8 + (pixel % 8);
      const y = top + Math.floor(cell / 8) * 8 + Math.floor(pixel / 8);
      if (x >= width || y >= height) continue;
      const start = (y * width + x) * channels;
      for (const channel of [0, 1, 2]) sums[channel] = (sums[channel] ?? 0) + (data[start + channel] ?? 0);
      sums[3] = (sums[3] ?? 0) + 1;
    }
    const [red = 0, green = 0, blue = 0, count = 0] = sums;
    return [red, green, blue].map((sum) => Math.round(sum / Math.max(1, count)));
  });
  return Buffer.from(means.flat());
}
