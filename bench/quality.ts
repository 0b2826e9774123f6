/**
 * node bench/quality.ts FOLDER
 *
 * Fits `quality: 'auto'` to photographs in FOLDER/fit and judges it on those in FOLDER/held-back, of several widths. Each photograph is resized
 * to each width of the AVIF rows that does not enlarge it, or stays as wide as it is. For each quality in QUALITIES the bench
 * measures the SSIMULACRA2 score of AVIF, and interpolates between them. Prints the coefficients that fit best, and for
 * each width how far the score is from that of sharp's default WebP: with the quality that perceived-quality.ts chooses, with
 * FIXED, and with the quality that equals WebP. FOLDER/points.jsonl keeps what was measured, so that a run that
 * ends early goes on. Needs the program ssimulacra2_rs (`cargo install ssimulacra2_rs --no-default-features`).
 */
import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import {
  chooseQuality,
  countDoublings,
  DEFAULT_TARGET,
  measureDetail,
} from '../functions/image-resize/image/rendering/perceived-quality.ts';
import { RENDITIONS } from '../functions/image-resize/renditions.ts';
import { scaleReference } from './reference-picture.ts';
import { score } from './ssimulacra2.ts';

const QUALITIES = [36, 44, 52, 60, 68, 76];
/** The best qualities that are the same for all images: the means of 23 photographs. */
const FIXED = [
  { upTo: 640, quality: 58 },
  { upTo: 1280, quality: 54 },
  { upTo: Number.POSITIVE_INFINITY, quality: 52 },
];

interface Encoded {
  readonly bytes: number;
  readonly score: number;
}

interface Point {
  readonly half: string;
  readonly name: string;
  readonly width: number;
  readonly detail: number;
  readonly webp: Encoded;
  /** In the order of QUALITIES. */
  readonly avif: readonly Encoded[];
}

const [folder = '.'] = process.argv.slice(2);
const points: Point[] = [];
for (const half of ['fit', 'held-back'])
  for (const name of readdirSync(join(folder, half)).sort()) points.push(...(await measureImage(half, name)));
fitCoefficients(points.filter(({ half }) => half === 'fit'));
for (const half of ['fit', 'held-back']) judge(points.filter((point) => point.half === half));

async function measureImage(half: string, name: string): Promise<Point[]> {
  const image = sharp(readFileSync(join(folder, half, name))).autoOrient();
  const { autoOrient } = await image.metadata();
  const rows = RENDITIONS.flatMap(({ format, width = 0 }) => (format === 'avif' ? [width] : []));
  const inside = rows.filter((width) => width <= autoOrient.width);
  const found: Point[] = [];
  for (const width of inside.length > 0 ? inside : [autoOrient.width]) {
    const kept = readKept().find(
      (point) => point.half === half && point.name === name && point.width === width,
    );
    found.push(kept ?? (await measure(half, name, width)));
  }
  return found;
}

function readKept(): Point[] {
  const path = join(folder, 'points.jsonl');
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  return lines.map((line): Point => JSON.parse(line));
}

async function measure(half: string, name: string, width: number): Promise<Point> {
  const { data, raw, source, png } = await scaleReference(readFileSync(join(folder, half, name)), width);
  const encode = async (image: Sharp): Promise<Encoded> => {
    const body = await image.toBuffer();
    return { bytes: body.length, score: await score(png, body) };
  };
  const webp = await encode(source().webp());
  const avif: Encoded[] = [];
  for (const quality of QUALITIES)
    avif.push(await encode(source().avif({ quality, effort: 0, chromaSubsampling: '4:2:0' })));
  const detail = measureDetail({ data, raw }, '#ffffff');
  const point = { half, name, width, detail, webp, avif };
  appendFileSync(join(folder, 'points.jsonl'), `${JSON.stringify(point)}\n`);
  console.error(`${half}: ${name} at ${width} px`);
  return point;
}

/** What AVIF gives at a quality: interpolated, and beyond QUALITIES as steep as at their end. */
function at({ avif }: Point, quality: number): Encoded {
  const place = Math.max(0, Math.min(QUALITIES.length - 2, Math.floor((quality - 36) / 8)));
  const [low, high] = [avif[place], avif[place + 1]];
  if (!low || !high) throw new TypeError(`Expected ${QUALITIES.length} qualities but found ${avif.length}.`);
  const share = (quality - 36) / 8 - place;
  const between = (from: number, to: number) => from + share * (to - from);
  return {
    bytes: Math.exp(between(Math.log(low.bytes), Math.log(high.bytes))),
    score: between(low.score, high.score),
  };
}

/** The lowest quality, in tenths, whose score is that of WebP. */
function equalQuality(point: Point): number {
  for (let quality = 20; quality < 90; quality += 0.1)
    if (at(point, quality).score >= point.webp.score) return quality;
  return 90;
}

/** Prints the coefficients with the least squares of the score's difference to WebP. */
function fitCoefficients(given: readonly Point[]): void {
  const rows = given.map((point) => {
    const quality = equalQuality(point);
    // Points of score for one of quality.
    const weight = (at(point, quality + 4).score - at(point, quality - 4).score) / 8;
    const terms = [1, countDoublings(point.detail, 0.5), countDoublings(point.width, 640)];
    return [...terms, quality].map((term) => term * weight);
  });
  const sums = [0, 1, 2].map((row) =>
    [0, 1, 2, 3].map((column) =>
      rows.reduce((sum, terms) => sum + (terms[row] ?? 0) * (terms[column] ?? 0), 0),
    ),
  );
  const [least, detail, width] = solve(sums).map((value) => value.toFixed(1));
  console.log(`\nquality = ${least} + ${detail} for twice the detail ${width} for twice the width`);
}

/** Gauss and Jordan, for equations whose matrix is positive. */
function solve(equations: readonly (readonly number[])[]): number[] {
  let left = equations;
  for (let pivot = 0; pivot < left.length; pivot += 1) {
    const row = left[pivot] ?? [];
    const unit = row.map((value) => value / (row[pivot] ?? 1));
    left = left.map((other, place) =>
      place === pivot
        ? unit
        : other.map((value, column) => value - (other[pivot] ?? 0) * (unit[column] ?? 0)),
    );
  }
  return left.map((row) => row.at(-1) ?? 0);
}

function judge(given: readonly Point[]): void {
  const qualities: Record<string, (point: Point) => number> = {
    chosen: ({ detail, width }) => chooseQuality(detail, width, DEFAULT_TARGET),
    fixed: ({ width }) => FIXED.find(({ upTo }) => width <= upTo)?.quality ?? 0,
    equal: equalQuality,
  };
  for (const [label, qualityOf] of Object.entries(qualities)) {
    console.log(`\n${given[0]?.half}, ${label}: score minus that of sharp's default WebP, and bytes`);
    for (const [place, { upTo }] of FIXED.entries())
      report(
        `up to ${upTo} px`,
        given.filter(({ width }) => width <= upTo && width > (FIXED[place - 1]?.upTo ?? 0)),
        qualityOf,
      );
    report('all', given, qualityOf);
  }
}

function report(label: string, given: readonly Point[], qualityOf: (point: Point) => number): void {
  if (given.length === 0) return;
  const made = given.map((point) => ({ point, ...at(point, qualityOf(point)) }));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const differences = made.map(({ point, score: found }) => found - point.webp.score);
  const deviation = Math.sqrt(mean(differences.map((value) => (value - mean(differences)) ** 2)));
  const worst = Math.min(...differences);
  const bytes = Math.exp(mean(made.map(({ point, bytes: found }) => Math.log(found / point.webp.bytes))));
  console.log(
    `${label.padEnd(18)} ${String(given.length).padStart(3)}  mean ${mean(differences).toFixed(2)}  deviation ${deviation.toFixed(2)}  worst ${worst.toFixed(2)} (${made[differences.indexOf(worst)]?.point.name})  bytes ${bytes.toFixed(2)}`,
  );
}
