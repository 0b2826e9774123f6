import { rgbaToThumbHash } from 'thumbhash';
import type { Pixels } from '../pixels.ts';

/** What a page shows until the image is loaded. */
export interface Placeholder {
  /** Base64 of a ThumbHash (about 25 bytes). */
  readonly thumbHash: string;
  /** `#rrggbb`. */
  readonly dominantColor: string;
}

/** Cells along the longer side. A ThumbHash keeps at most seven half-waves, so more cells would not change it. */
const CELLS = 16;
/** Points sampled along each side of a cell. A blur needs no more, however large the image is. */
const POINTS = 2;

/** The longer side in pixels at which each point is a different pixel. */
export const PLACEHOLDER_SIDE = CELLS * POINTS;

export function makePlaceholder(pixels: Pixels): Placeholder {
  const { width, height } = pixels.raw;
  const longer = Math.max(width, height);
  const columns = Math.max(1, Math.round((width / longer) * CELLS));
  const rows = Math.max(1, Math.round((height / longer) * CELLS));
  const points = takePoints(pixels, columns * POINTS, rows * POINTS);
  const cells = averageCells(points, columns, rows);
  return {
    thumbHash: Buffer.from(rgbaToThumbHash(columns, rows, cells)).toString('base64'),
    dominantColor: findDominantColor(points),
  };
}

/** Samples evenly spread points, as RGBA. */
function takePoints({ data, raw }: Pixels, columns: number, rows: number): Uint8Array {
  const points = new Uint8Array(columns * rows * 4);
  for (let row = 0, to = 0; row < rows; row += 1) {
    const line = Math.floor(((row + 0.5) * raw.height) / rows) * raw.width;
    for (let column = 0; column < columns; column += 1, to += 4) {
      const from = (line + Math.floor(((column + 0.5) * raw.width) / columns)) * raw.channels;
      for (let channel = 0; channel < 3; channel += 1) points[to + channel] = data[from + channel] ?? 0;
      points[to + 3] = raw.channels === 4 ? (data[from + 3] ?? 0) : 255;
    }
  }
  return points;
}

/** The mean RGBA of each cell's points, with colours weighted by alpha. */
function averageCells(points: Uint8Array, columns: number, rows: number): Uint8Array {
  const sums = new Float64Array(columns * rows * 4);
  for (let point = 0; point < points.length / 4; point += 1) {
    const column = Math.floor((point % (columns * POINTS)) / POINTS);
    const row = Math.floor(point / (columns * POINTS * POINTS));
    const cell = (row * columns + column) * 4;
    const alpha = points[point * 4 + 3] ?? 0;
    for (let channel = 0; channel < 3; channel += 1)
      sums[cell + channel] = (sums[cell + channel] ?? 0) + (points[point * 4 + channel] ?? 0) * alpha;
    sums[cell + 3] = (sums[cell + 3] ?? 0) + alpha;
  }
  return Uint8Array.from(sums, (sum, index) => {
    const alpha = sums[index | 3] ?? 0;
    return Math.round((index & 3) === 3 ? alpha / POINTS ** 2 : sum / Math.max(1, alpha));
  });
}

/** Sorts the points of at least half opacity into 16 × 16 × 16 cells of RGB. Returns the mean of the fullest cell. */
function findDominantColor(points: Uint8Array): string {
  const cellOf = (offset: number) =>
    (((points[offset] ?? 0) >> 4) << 8) |
    (((points[offset + 1] ?? 0) >> 4) << 4) |
    ((points[offset + 2] ?? 0) >> 4);
  const isSeen = (offset: number) => (points[offset + 3] ?? 0) >= 128;
  const counts = new Uint32Array(4096);
  let fullest = 0;
  for (let offset = 0; offset < points.length; offset += 4) {
    if (!isSeen(offset)) continue;
    const cell = cellOf(offset);
    counts[cell] = (counts[cell] ?? 0) + 1;
    if ((counts[cell] ?? 0) > (counts[fullest] ?? 0)) fullest = cell;
  }
  const sums = [0, 0, 0];
  for (let offset = 0; offset < points.length; offset += 4)
    if (isSeen(offset) && cellOf(offset) === fullest)
      for (let channel = 0; channel < 3; channel += 1)
        sums[channel] = (sums[channel] ?? 0) + (points[offset + channel] ?? 0);
  const mean = (sum: number) => Math.round(sum / Math.max(1, counts[fullest] ?? 0));
  return `#${sums.map((sum) => mean(sum).toString(16).padStart(2, '0')).join('')}`;
}
