import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import {
  type Av1Image,
  assembleAvif,
  codes,
  extent,
  takeAv1Image,
  takeGreyAv1Image,
} from '../avif/handmade-avif.ts';
import { pngChunk } from '../handmade.ts';

/** Squares of one colour each, in one row: a picture whose colours can be stated. */

type Triple = readonly [number, number, number];

/** Samples from 0 to 1. In PQ, 0.58 is the white of standard dynamic range. */
const PATCHES: readonly Triple[] = [
  ...[0, 0.1, 0.3, 0.5, 0.58, 0.75, 1].map((grey): Triple => [grey, grey, grey]),
  [0.6, 0.2, 0.2],
  [0.2, 0.6, 0.2],
  [0.2, 0.2, 0.6],
  [0.75, 0.3, 0.3],
  [0.5, 0.5, 0.2],
];

/** The side of a square in pixels. */
const SIDE = 16;

/** In pixels. */
export const CHART_SIDES = { width: PATCHES.length * SIDE, height: SIDE } as const;

type Depth = 8 | 10 | 16;
type Kind = 'grey' | 'grey and alpha' | 'rgb' | 'rgb and alpha';

/** The colour type in a PNG (PNG specification, table 11.1). */
const PNG_TYPES: Readonly<Record<Kind, number>> = {
  grey: 0,
  rgb: 2,
  'grey and alpha': 4,
  'rgb and alpha': 6,
};

/** The samples of one patch, transparency included. Of a grey chart, the red ones. */
function samplesOf(patch: Triple, kind: Kind): readonly number[] {
  const colour = kind.startsWith('grey') ? [patch[0]] : patch;
  return kind.endsWith('alpha') ? [...colour, 0.5] : colour;
}

/** @returns all samples of the chart from 0 to `most`. */
function paintChart(kind: Kind, most: number): number[] {
  const row = PATCHES.flatMap((patch) => {
    const pixel = samplesOf(patch, kind).map((sample) => Math.round(sample * most));
    return Array<number[]>(SIDE).fill(pixel).flat();
  });
  return Array<number[]>(SIDE).fill(row).flat();
}

/** @param chunks stand before the pixels. */
export function chartPng(depth: 8 | 16, chunks: readonly Buffer[], kind: Kind = 'rgb'): Buffer {
  const samples = paintChart(kind, 2 ** depth - 1);
  const bytes = depth === 8 ? Buffer.from(samples) : Buffer.from(Uint16Array.from(samples).buffer).swap16();
  const rowBytes = bytes.length / SIDE;
  const rows = Array.from({ length: SIDE }, (_, row) => [
    Buffer.from([0]),
    bytes.subarray(row * rowBytes, (row + 1) * rowBytes),
  ]);
  const header = Buffer.from([
    ...uint32(CHART_SIDES.width),
    ...uint32(SIDE),
    depth,
    PNG_TYPES[kind],
    0,
    0,
    0,
  ]);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', header),
    ...chunks,
    pngChunk('IDAT', deflateSync(Buffer.concat(rows.flat()))),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/** The chart as sharp reads it from memory: 8 or 16 bits, in RGB. */
export function chartImage(depth: 8 | 16, kind: 'rgb' | 'rgb and alpha' = 'rgb') {
  const samples = paintChart(kind, 2 ** depth - 1);
  const raw = { ...CHART_SIDES, channels: kind === 'rgb' ? 3 : 4 } as const;
  const image = sharp(depth === 8 ? Uint8Array.from(samples) : Uint16Array.from(samples), { raw });
  return depth === 8 ? image : image.toColourspace('rgb16');
}

/** The chart in AV1, with the matrix of BT.601 and full range. */
export async function chartAv1(depth: Depth): Promise<Av1Image> {
  const image = chartImage(depth === 8 ? 8 : 16);
  const options = { quality: 100, effort: 0, chromaSubsampling: '4:4:4' };
  return takeAv1Image(await image.avif({ ...options, bitdepth: depth === 8 ? 8 : 10 }).toBuffer());
}

/** The chart in grey AV1. */
export async function chartGreyAv1(depth: Depth): Promise<Av1Image> {
  const [first = 0, ...rest] = paintChart('grey', depth === 8 ? 255 : 65_535);
  const samples = [first, ...rest].flatMap((sample) => [0, 0, 0, sample]);
  const raw = { ...CHART_SIDES, channels: 4 } as const;
  const image =
    depth === 8
      ? sharp(Uint8Array.from(samples), { raw })
      : sharp(Uint16Array.from(samples), { raw }).toColourspace('rgb16');
  const options = { lossless: true, effort: 0, bitdepth: depth === 8 ? 8 : 10 } as const;
  return takeGreyAv1Image(await image.avif(options).toBuffer());
}

/** @param properties the chart's, besides its sides and samples. */
export function chartAvif(image: Av1Image, properties: readonly Buffer[] = []): Buffer {
  const all = [extent(CHART_SIDES.width, CHART_SIDES.height), image.configuration, ...properties];
  const numbers = all.map((_, index) => index + 1);
  return assembleAvif({
    items: [{ type: 'av01', data: image.samples, properties: numbers }],
    properties: all,
  });
}

/** The chart with a gain map (ISO 21496-1), by which a display of high dynamic range may brighten it. */
export function chartAvifWithGainMap(image: Av1Image, gainMap: Av1Image): Buffer {
  const sides = extent(CHART_SIDES.width, CHART_SIDES.height);
  return assembleAvif({
    items: [
      { type: 'av01', data: image.samples, properties: [1, 2] },
      { type: 'av01', data: gainMap.samples, properties: [1, 3] },
      { type: 'tmap', data: Buffer.alloc(62), properties: [1, 4] },
    ],
    properties: [sides, image.configuration, gainMap.configuration, codes(9, 16)],
    references: [['dimg', 3, [1, 2]]],
  });
}

/** The codes that sharp writes into AV1: BT.709, sRGB, BT.601. */
const SHARP_CODES = [1, 13, 6];

/** Replaces the codes in the AV1 bitstream, where they may begin at any bit. The bit behind them is the range. */
export function recodeAv1(
  image: Av1Image,
  primaries: number,
  transfer: number,
  isFullRange = true,
): Av1Image {
  const bits = [...image.samples].map((byte) => toBits(byte, 8)).join('');
  const wanted = SHARP_CODES.map((code) => toBits(code, 8)).join('');
  const start = bits.indexOf(wanted);
  if (start < 0) throw new Error(`Expected the codes ${SHARP_CODES} in the bitstream but found none.`);
  const changed = toBits(primaries, 8) + toBits(transfer, 8) + bits.slice(start + 16, start + 24);
  const recoded = `${bits.slice(0, start)}${changed}${isFullRange ? 1 : 0}${bits.slice(start + 25)}`;
  const bytes = recoded.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? [];
  return { ...image, samples: Buffer.from(bytes) };
}

/** @returns the colours in the middle of the squares, each as six hexadecimal digits. */
export async function readChart(image: Buffer): Promise<string> {
  const { data, info } = await sharp(image)
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return PATCHES.map((_, index) => {
    const offset = ((SIDE / 2) * info.width + index * SIDE + SIDE / 2) * 3;
    return data.toString('hex', offset, offset + 3);
  }).join(' ');
}

/** The mean difference of two charts' samples, out of 255. */
export function chartDifference(one: string, other: string): number {
  const [samples, others] = [one, other].map((colours) => Buffer.from(colours.replaceAll(' ', ''), 'hex'));
  if (!samples || samples.length !== others?.length) return Infinity;
  const sum = samples.reduce((total, sample, index) => total + Math.abs(sample - (others[index] ?? 0)), 0);
  return sum / samples.length;
}

function toBits(value: number, count: number): string {
  return value.toString(2).padStart(count, '0');
}

function uint32(value: number): readonly number[] {
  return [value >>> 24, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff];
}
