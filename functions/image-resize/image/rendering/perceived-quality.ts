import type { Pixels } from '../pixels.ts';

/** The quality of sharp's default WebP, with which `auto` looks the same. */
export const DEFAULT_TARGET = 80;
/** Enough to measure the mean difference to one part in thirty, in a millisecond. */
const MOST_PIXELS = 131_072;

/**
 * What AVIF needs to look like a WebP of quality 80 at the least detail and the least width, and how much more for twice the
 * detail or the width. Fitted by bench/quality.ts: docs/research/renditions.md.
 */
const BASE = { quality: 42.3, detail: 0.5, width: 640 };
const PER_DOUBLING = { detail: 5.6, width: -0.5 };
/** What the targets 50, 60, 70, 80 and 90 add. */
const PER_TARGET = [-13.5, -10.5, -7, 0, 16];
/** No photograph had more than 32 times the least detail. */
const MOST_DOUBLINGS = 6;

/**
 * Measures edges, texture and noise together, because lossy encoders lose all of them alike. Only exact arithmetic, so that
 * every processor finds the same number.
 * @param background the colour behind transparent pixels, as #rrggbb.
 * @returns the mean difference in luma between a pixel and its neighbours to the right and below, from 0 to 255.
 */
export function measureDetail({ data, raw }: Pixels, background: string): number {
  const { width, height, channels } = raw;
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => Number.parseInt(background.slice(at, at + 2), 16));
  const ground = weigh(r, g, b);
  const lumaAt = (at: number) => {
    const luma = weigh(data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0);
    return channels === 4 ? ground + Math.trunc(((luma - ground) * (data[at + 3] ?? 0)) / 255) : luma;
  };
  const right = width > 1 ? channels : 0;
  const below = height > 1 ? width * channels : 0;
  const step = Math.max(1, Math.ceil((width * height) / MOST_PIXELS));
  let sum = 0;
  let count = 0;
  for (let y = 0; y < Math.max(1, height - 1); y += step) {
    let at = y * width * channels;
    let luma = lumaAt(at);
    for (let x = 0; x < Math.max(1, width - 1); x += 1, at += channels) {
      const next = lumaAt(at + right);
      sum += Math.abs(next - luma) + Math.abs(lumaAt(at + below) - luma);
      count += 2;
      luma = next;
    }
  }
  return sum / count / 256;
}

/** @returns 256 times the luma of ITU-T T.871, as a whole number. */
function weigh(r: number, g: number, b: number): number {
  return 77 * r + 150 * g + 29 * b;
}

/**
 * @param detail see measureDetail.
 * @param width of the rendition, in pixels.
 * @param target the quality of a WebP that looks the same.
 * @returns a quality for AVIF.
 */
export function chooseQuality(detail: number, width: number, target: number): number {
  const forDetail = PER_DOUBLING.detail * countDoublings(detail, BASE.detail);
  const forWidth = PER_DOUBLING.width * countDoublings(width, BASE.width);
  return Math.round(BASE.quality + forDetail + forWidth + addForTarget(target));
}

function addForTarget(target: number): number {
  const place = (target - 50) / 10;
  const low = PER_TARGET[Math.floor(place)] ?? 0;
  const high = PER_TARGET[Math.ceil(place)] ?? 0;
  return low + (place - Math.floor(place)) * (high - low);
}

/** Linear within each doubling, because processors may differ in a logarithm. */
export function countDoublings(value: number, first: number): number {
  let doublings = 0;
  for (let from = first; doublings < MOST_DOUBLINGS && value > from; from *= 2)
    doublings += Math.min(1, value / from - 1);
  return doublings;
}
