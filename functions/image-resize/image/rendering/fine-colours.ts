import type { Pixels } from '../pixels.ts';

/** Enough to measure a share to one hundredth, in a millisecond. */
const MOST_BLOCKS = 8_192;
/** Enough to see that a photograph has far fewer than it needs. */
const FIRST_BLOCKS = 1_024;
/** Below this difference in Cb or Cr, from 0 to 255, a smeared edge is hardly seen. */
const SEEN_DIFFERENCE = 24;
/** Differences that are no edge: grain, and what a lossy source leaves. */
const GRAIN = 4;

/**
 * Measures what 4:2:0 would smear, because it stores one colour for each block of 2 × 2 pixels.
 * @param background the colour behind transparent pixels, as #rrggbb.
 * @param most as many blocks are measured.
 * @param shift 1 for the blocks between those of 4:2:0, whose edges are smeared too when the colours are scaled up.
 * @returns the share of those blocks whose colours differ visibly, among the blocks with any edge: from 0 to 1.
 */
export function measureFineColours(
  { data, raw }: Pixels,
  background: string,
  most = MOST_BLOCKS,
  shift: 0 | 1 = 0,
): number {
  const { width, height, channels } = raw;
  const [groundR = 0, groundG = 0, groundB = 0] = [1, 3, 5].map((at) =>
    Number.parseInt(background.slice(at, at + 2), 16),
  );
  const columns = Math.max(1, Math.ceil((width - shift) / 2));
  const blocks = columns * Math.ceil((height - shift) / 2);
  const step = Math.max(1, Math.ceil(blocks / most));
  let edges = 0;
  let smeared = 0;
  for (let block = 0; block < blocks; block += step) {
    const x = (block % columns) * 2 + shift;
    const y = Math.floor(block / columns) * 2 + shift;
    const right = x + 1 < width ? channels : 0;
    const below = y + 1 < height ? width * channels : 0;
    const corner = (y * width + x) * channels;
    let leastLuma = 255;
    let mostLuma = 0;
    let leastBlue = 255;
    let mostBlue = -255;
    let leastRed = 255;
    let mostRed = -255;
    for (let pixel = 0; pixel < 4; pixel += 1) {
      const at = corner + (pixel & 1 ? right : 0) + (pixel & 2 ? below : 0);
      let r = data[at] ?? 0;
      let g = data[at + 1] ?? 0;
      let b = data[at + 2] ?? 0;
      if (channels === 4) {
        const alpha = (data[at + 3] ?? 0) / 255;
        r = groundR + (r - groundR) * alpha;
        g = groundG + (g - groundG) * alpha;
        b = groundB + (b - groundB) * alpha;
      }
      const luma = 0.299 * r + 0.587 * g + 0.114 * b;
      if (luma < leastLuma) leastLuma = luma;
      if (luma > mostLuma) mostLuma = luma;
      if (b - luma < leastBlue) leastBlue = b - luma;
      if (b - luma > mostBlue) mostBlue = b - luma;
      if (r - luma < leastRed) leastRed = r - luma;
      if (r - luma > mostRed) mostRed = r - luma;
    }
    // Cb and Cr of ITU-T T.871, 7.
    const difference = Math.max((mostBlue - leastBlue) * 0.564, (mostRed - leastRed) * 0.713);
    if (difference > GRAIN || mostLuma - leastLuma > GRAIN) edges += 1;
    if (difference > SEEN_DIFFERENCE) smeared += 1;
  }
  return smeared / Math.max(1, edges);
}

/** At most 0.25 in the photographs that were measured, at least 0.5 in coloured text: docs/renditions.md. */
const PHOTOGRAPH_SHARE = 0.4;
/** An icon's file is so short that it counts as a photograph. */
export const ICON_SIDE = 48;
const ICON_SHARE = 0.1;
/** Black text has none, and needs no more bytes. */
const GRAPHIC_SHARE = 0.01;

/**
 * Whether a JPEG or an AVIF of these pixels must store the colour of each: 4:2:0 smears icons and small coloured text.
 * Photographs look the same, with a quarter fewer bytes.
 * @param background see measureFineColours.
 * @param isPhotograph see SourceFacts.
 */
export function needsFineColours(pixels: Pixels, background: string, isPhotograph: boolean): boolean {
  const isIcon = Math.max(pixels.raw.width, pixels.raw.height) <= ICON_SIDE;
  const exceeds = (share: number) =>
    ([0, 1] as const).some((shift) => measureFineColours(pixels, background, MOST_BLOCKS, shift) > share);
  if (!isPhotograph) return exceeds(GRAPHIC_SHARE);
  if (isIcon) return exceeds(ICON_SHARE);
  const first = measureFineColours(pixels, background, FIRST_BLOCKS);
  return first > PHOTOGRAPH_SHARE / 2 && measureFineColours(pixels, background) > PHOTOGRAPH_SHARE;
}
