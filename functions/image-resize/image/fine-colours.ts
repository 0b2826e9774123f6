import type { Pixels } from './pixels.ts';

/** More blocks would not change the share, and take more than a millisecond. */
const MOST_BLOCKS = 8_192;
/** Below this difference in Cb or Cr, from 0 to 255, a smeared edge is hardly seen. */
const SEEN_DIFFERENCE = 24;
/** Differences that are no edge: grain, and what a lossy source leaves. */
const GRAIN = 4;

/**
 * Measures what 4:2:0 would smear, because it stores one colour for each block of 2 × 2 pixels.
 * @param background the colour behind transparent pixels, as #rrggbb.
 * @returns the share of those blocks whose colours differ visibly, among the blocks with any edge: from 0 to 1.
 */
export function measureFineColours({ data, raw }: Pixels, background: string): number {
  const { width, height, channels } = raw;
  const ground = [1, 3, 5].map((at) => Number.parseInt(background.slice(at, at + 2), 16));
  const [red = 0, green = 0, blue = 0] = ground;
  const columns = Math.ceil(width / 2);
  const blocks = columns * Math.ceil(height / 2);
  const step = Math.max(1, Math.ceil(blocks / MOST_BLOCKS));
  let edges = 0;
  let smeared = 0;
  for (let block = 0; block < blocks; block += step) {
    const x = (block % columns) * 2;
    const y = Math.floor(block / columns) * 2;
    let [leastY, mostY, leastCb, mostCb, leastCr, mostCr] = [255, 0, 255, -255, 255, -255];
    for (let pixel = 0; pixel < 4; pixel += 1) {
      const column = Math.min(width - 1, x + (pixel & 1));
      const row = Math.min(height - 1, y + (pixel >> 1));
      const at = (row * width + column) * channels;
      const alpha = channels === 4 ? (data[at + 3] ?? 0) / 255 : 1;
      const r = red + ((data[at] ?? 0) - red) * alpha;
      const g = green + ((data[at + 1] ?? 0) - green) * alpha;
      const b = blue + ((data[at + 2] ?? 0) - blue) * alpha;
      // ITU-T T.871, 7.
      const luma = 0.299 * r + 0.587 * g + 0.114 * b;
      const [cb, cr] = [(b - luma) * 0.564, (r - luma) * 0.713];
      if (luma < leastY) leastY = luma;
      if (luma > mostY) mostY = luma;
      if (cb < leastCb) leastCb = cb;
      if (cb > mostCb) mostCb = cb;
      if (cr < leastCr) leastCr = cr;
      if (cr > mostCr) mostCr = cr;
    }
    const difference = Math.max(mostCb - leastCb, mostCr - leastCr);
    if (difference > GRAIN || mostY - leastY > GRAIN) edges += 1;
    if (difference > SEEN_DIFFERENCE) smeared += 1;
  }
  return smeared / Math.max(1, edges);
}

/** At most 0.25 in the photographs that were measured, at least 0.5 in coloured text: docs/renditions.md. */
const PHOTOGRAPH_SHARE = 0.4;
/** An icon's file is so short that it counts as a photograph. */
const ICON_SIDE = 48;
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
  const share = isIcon ? ICON_SHARE : PHOTOGRAPH_SHARE;
  return measureFineColours(pixels, background) > (isPhotograph ? share : GRAPHIC_SHARE);
}
