/**
 * node bench/front.ts FOLDER [--only ENCODING] [--widths 640,1280] [--json]
 *
 * Compares the bytes and the CPU time of encodings at equal perceived quality. FOLDER has images in `photographs/` and,
 * in addition to the graphics that bench/graphics.ts draws, in `graphics/`. Each image is resized to each width of the
 * renditions table that does not enlarge it, or stays as wide as it is. For each encoding the bench searches the two
 * qualities around the SSIMULACRA2 score of sharp's default WebP and interpolates bytes and CPU time between them.
 * Prints the geometric means of the ratios to that WebP, and the worst image. Needs the program ssimulacra2_rs
 * (`cargo install ssimulacra2_rs --no-default-features`).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp, { type Sharp } from 'sharp';
import { RENDITIONS } from '../functions/image-resize/renditions.ts';
import { paintGraphics } from './graphics.ts';
import { scaleReference } from './reference-picture.ts';
import { score } from './ssimulacra2.ts';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', default: '' },
    widths: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
});
const [corpus = '.'] = positionals;

type Encode = (image: Sharp, quality: number) => Sharp;

const avif =
  (tune: 'iq' | 'ssim' | 'psnr', chromaSubsampling: '4:2:0' | '4:4:4'): Encode =>
  (image, quality) =>
    image.avif({ quality, effort: 0, chromaSubsampling, tune });

const ENCODINGS: Readonly<Record<string, { readonly start: number; readonly encode: Encode }>> = {
  'AVIF 4:2:0 effort 0': { start: 60, encode: avif('iq', '4:2:0') },
  'AVIF 4:2:0 effort 0, tuned for SSIM': { start: 64, encode: avif('ssim', '4:2:0') },
  'AVIF 4:2:0 effort 0, tuned for PSNR': { start: 64, encode: avif('psnr', '4:2:0') },
  'AVIF 4:4:4 effort 0': { start: 60, encode: avif('iq', '4:4:4') },
  'WebP effort 2': { start: 81, encode: (image, quality) => image.webp({ quality, effort: 2 }) },
  JPEG: { start: 84, encode: (image, quality) => image.jpeg({ quality }) },
};

/** About how much one point of quality changes the score. Used until the score is between two measured qualities. */
const SCORE_STEP = 0.5;
/** Qualities at most this far apart are interpolated: between them the logarithm of the bytes is nearly linear. */
const NEAR = 4;

interface Measured {
  readonly bytes: number;
  readonly cpuMs: number;
  readonly score: number;
}

interface Point {
  readonly kind: string;
  readonly name: string;
  readonly width: number;
  readonly encoding: string;
  readonly bytes: number;
  readonly cpu: number;
  readonly quality: number;
  readonly anchorBytes: number;
}

const widths = options.widths
  ? options.widths.split(',').map(Number)
  : [...new Set(RENDITIONS.filter(({ graphic }) => graphic).map(({ width = 0 }) => width))];
const encodings = Object.entries(ENCODINGS).filter(([name]) => name.includes(options.only));
const points: Point[] = [];
for (const { kind, name, image } of await readCorpus()) {
  const { width: full } = await sharp(image).metadata();
  const wide = widths.filter((width) => width <= full);
  for (const width of wide.length > 0 ? wide : [full])
    points.push(...(await measureWidth(kind, name, image, width)));
  console.error(`${kind}: ${name}`);
}
if (options.json) console.log(JSON.stringify(points));
else for (const kind of ['photographs', 'graphics']) print(points.filter((point) => point.kind === kind));

async function readCorpus(): Promise<{ kind: string; name: string; image: Buffer }[]> {
  const read = (kind: string) =>
    readdirSync(corpus, { withFileTypes: true }).some((entry) => entry.name === kind)
      ? readdirSync(join(corpus, kind)).map((name) => ({
          kind,
          name,
          image: readFileSync(join(corpus, kind, name)),
        }))
      : [];
  const painted = (await paintGraphics()).map((painting) => ({ kind: 'graphics', ...painting }));
  return [...read('photographs'), ...read('graphics'), ...painted];
}

async function measureWidth(kind: string, name: string, image: Buffer, width: number): Promise<Point[]> {
  const { source, png } = await scaleReference(image, width);
  const measure = (encode: (image: Sharp) => Sharp) => measureOnce(() => encode(source()), png);
  const anchor = await measure((picture) => picture.webp());
  const found: Point[] = [];
  for (const [encoding, { start, encode }] of encodings) {
    const met = await meet(anchor.score, start, (quality) => measure((picture) => encode(picture, quality)));
    if (!met) continue;
    const { bytes, cpuMs, quality } = met;
    found.push({
      kind,
      name,
      width,
      encoding,
      quality,
      bytes: bytes / anchor.bytes,
      cpu: cpuMs / anchor.cpuMs,
      anchorBytes: anchor.bytes,
    });
  }
  return found;
}

async function measureOnce(image: () => Sharp, reference: Buffer): Promise<Measured> {
  const times: number[] = [];
  let body = Buffer.alloc(0);
  for (let run = 0; run < 3; run += 1) {
    const before = process.resourceUsage();
    body = await image().toBuffer();
    const after = process.resourceUsage();
    times.push((after.userCPUTime + after.systemCPUTime - before.userCPUTime - before.systemCPUTime) / 1000);
  }
  return { bytes: body.length, cpuMs: Math.min(...times), score: await score(reference, body) };
}

/** Searches two qualities around a score and interpolates between them; undefined if no quality reaches the score. */
async function meet(wanted: number, start: number, measure: (quality: number) => Promise<Measured>) {
  let below: ({ readonly quality: number } & Measured) | undefined;
  let above: typeof below;
  for (let quality = start; ; ) {
    const measured = { quality, ...(await measure(quality)) };
    if (measured.score < wanted) below = measured;
    else above = measured;
    if (below && above) {
      const share = (wanted - below.score) / (above.score - below.score);
      const between = (from: number, to: number) => from + share * (to - from);
      quality = between(below.quality, above.quality);
      if (above.quality - below.quality <= NEAR)
        return {
          bytes: Math.exp(between(Math.log(below.bytes), Math.log(above.bytes))),
          cpuMs: between(below.cpuMs, above.cpuMs),
          quality,
        };
      quality = Math.max(below.quality + 1, Math.min(above.quality - 1, Math.round(quality)));
    } else {
      // One point further than the estimate, so that the next quality is likely on the other side of the score.
      const step = (wanted - measured.score) / SCORE_STEP;
      const next = quality + (step > 0 ? Math.ceil(step) + 1 : Math.floor(step) - 1);
      if (quality === 100 || quality === 1) return undefined;
      quality = Math.max(1, Math.min(100, next));
    }
  }
}

function print(chosen: readonly Point[]): void {
  for (const [encoding, ofEncoding] of Map.groupBy(chosen, (point) => point.encoding)) {
    console.log(
      `\n${ofEncoding[0]?.kind}, ${encoding}, as a ratio to sharp's default WebP at equal SSIMULACRA2`,
    );
    for (const width of widths)
      report(
        `${width} px`,
        ofEncoding.filter((point) => point.width === width),
      );
    const images = Map.groupBy(ofEncoding, ({ name }) => name);
    const allWidths = [...images].map(([name, steps]) => {
      const total = steps.reduce((sum, { anchorBytes }) => sum + anchorBytes, 0);
      const share = (value: (point: Point) => number) =>
        steps.reduce((sum, point) => sum + value(point) * point.anchorBytes, 0) / total;
      return { name, bytes: share(({ bytes }) => bytes), cpu: share(({ cpu }) => cpu), quality: 0 };
    });
    report('all', allWidths);
  }
}

type Ratio = Pick<Point, 'name' | 'bytes' | 'cpu' | 'quality'>;

function report(label: string, ratios: readonly Ratio[]): void {
  const worst = ratios.reduce((found, next) => (next.bytes > found.bytes ? next : found), {
    name: '',
    bytes: 0,
  });
  const median = ratios.map(({ quality }) => quality).toSorted((a, b) => a - b)[
    Math.floor(ratios.length / 2)
  ];
  console.log(
    `${label.padEnd(8)} ${String(ratios.length).padStart(3)} images  bytes ${geometricMean(ratios.map(({ bytes }) => bytes)).toFixed(2)}  worst ${worst.bytes.toFixed(2)} (${worst.name})  CPU ${geometricMean(ratios.map(({ cpu }) => cpu)).toFixed(2)}${median ? `  quality ${median.toFixed(0)}` : ''}`,
  );
}

function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
