import type { Pixels } from '../pixels.ts';

/** In pixels: a longer picture is averaged down to between one and two times this. */
const LONGER_SIDE = 640;
/** The side of a block, and how many lumas it has. */
const SIDE = 8;
const BLOCK = 64;
/** 256 times the luma of white. */
const WHITE = 65_280;
/** Enough to measure a share to one hundredth. */
const MOST_BLOCKS = 1_024;

/** Fewer dead blocks may be chance. */
const DEAD_SHARE = 0.02;
/** At most 0.75 in 108 photographs, above 0.8 in nine of ten screenshots: docs/research/renditions.md. */
const DEAD_OF_QUIET = 0.78;
/** A clear sky behind trees or roofs has less. */
const TWO_TONE_SHARE = 0.05;

/** Shares of the blocks of 8 × 8 pixels, from 0 to 1. */
export interface BlockShares {
  /** Blocks of one luma, or of two that differ by 1 of 255. */
  readonly dead: number;
  /** Blocks whose luma differs by at most 3: the dead ones and those of soft slopes and little grain. */
  readonly quiet: number;
  /** Blocks with a clear edge, of whose pixels at least 40 of 64 have one of two shades. */
  readonly twoTone: number;
}

/**
 * Whether a picture is a drawing, a screenshot or text, whatever its file says. Their flat areas are quite flat, also after
 * a JPEG, while the flat areas of a photograph have every degree of grain.
 */
export function isGraphic({ dead, quiet, twoTone }: BlockShares): boolean {
  return dead > DEAD_SHARE && dead > DEAD_OF_QUIET * quiet && twoTone > TWO_TONE_SHARE;
}

export function measureBlocks(pixels: Pixels): BlockShares {
  const { width, height } = pixels.raw;
  const cell = Math.max(1, Math.floor(Math.max(width, height) / LONGER_SIDE));
  const columns = Math.floor(width / (SIDE * cell));
  const blocks = columns * Math.floor(height / (SIDE * cell));
  const step = Math.max(1, blocks / MOST_BLOCKS);
  const lumas = new Uint8Array(BLOCK);
  const counts = { dead: 0, quiet: 0, twoTone: 0 };
  let measured = 0;
  for (let place = 0; place < blocks; place += step, measured += 1) {
    const block = Math.floor(place);
    const left = (block % columns) * SIDE * cell;
    const top = Math.floor(block / columns) * SIDE * cell;
    const range = readLumas(pixels, left, top, cell, lumas);
    if (range <= 1) counts.dead += 1;
    if (range <= 3) counts.quiet += 1;
    if (range >= 64 && countTwoShades(lumas) >= 40) counts.twoTone += 1;
  }
  const share = (count: number) => count / Math.max(1, measured);
  return { dead: share(counts.dead), quiet: share(counts.quiet), twoTone: share(counts.twoTone) };
}

/**
 * Reads one block, of which each luma is the mean of the four corners of a cell of pixels.
 * @returns the difference between the highest and the lowest luma.
 */
function readLumas(
  { data, raw }: Pixels,
  left: number,
  top: number,
  cell: number,
  lumas: Uint8Array,
): number {
  const { width, channels } = raw;
  const across = (cell - 1) * channels;
  const down = (cell - 1) * width * channels;
  let least = 255;
  let most = 0;
  for (let place = 0; place < BLOCK; place += 1) {
    const at = ((top + (place >> 3) * cell) * width + left + (place & 7) * cell) * channels;
    const mean =
      cell === 1
        ? lumaAt(data, at, channels) >> 8
        : (lumaAt(data, at, channels) +
            lumaAt(data, at + across, channels) +
            lumaAt(data, at + down, channels) +
            lumaAt(data, at + down + across, channels)) >>
          10;
    lumas[place] = mean;
    if (mean < least) least = mean;
    if (mean > most) most = mean;
  }
  return most - least;
}

/** @returns 256 times the luma, as a whole number. Transparent pixels are white. */
function lumaAt(data: Buffer, at: number, channels: number): number {
  const luma = 77 * (data[at] ?? 0) + 150 * (data[at + 1] ?? 0) + 29 * (data[at + 2] ?? 0);
  return channels === 4 ? WHITE + Math.trunc(((luma - WHITE) * (data[at + 3] ?? 0)) / 255) : luma;
}

/** @returns how many lumas lie in the two fullest of 32 equal shades. */
function countTwoShades(lumas: Uint8Array): number {
  const shades = new Uint8Array(32);
  for (const luma of lumas) shades[luma >> 3] = (shades[luma >> 3] ?? 0) + 1;
  const [second = 0, fullest = 0] = shades.toSorted().slice(-2);
  return fullest + second;
}
