import sharp, { type Sharp } from 'sharp';
import { inspectImage } from '../functions/image-resize/image/inspect.ts';
import { DEFAULT_LIMITS } from '../functions/image-resize/image/limits.ts';
import { type OutputFormat, outputFormat } from '../functions/image-resize/image/output-format.ts';
import { planRenditions } from '../functions/image-resize/image/plan.ts';
import type { RenditionRow } from '../functions/image-resize/image/rendition-row.ts';

/** Makes the renditions of one image and answers their bytes. */
export type Subject = (source: Buffer, rows: readonly RenditionRow[]) => Promise<number>;

export const SUBJECTS = {
  /** This project's image core, guards and placeholder included. */
  core: async (source, rows) => {
    // Loaded by this subject alone: how it sets sharp is a part of it.
    const { renderImage } = await import('../functions/image-resize/image/render.ts');
    const facts = await inspectImage(source, DEFAULT_LIMITS);
    let bytes = 0;
    await renderImage(
      source,
      planRenditions(facts, rows, DEFAULT_LIMITS),
      DEFAULT_LIMITS,
      async ({ body }) => {
        bytes += body.length;
      },
    );
    return bytes;
  },
  /** One decode, one resize per size, the encodes, and nothing else. */
  floor: async (source, rows) => {
    sharp.concurrency(1);
    return sum(await renderFloor(source, rows));
  },
  /** sharp as everyone writes it: a fresh pipeline for each rendition, one after the other. */
  'naive, one by one': async (source, rows) => {
    const made: Buffer[] = [];
    for (const row of rows) made.push(await encode(fresh(source, row), row).toBuffer());
    return sum(made);
  },
  'naive, all at once': async (source, rows) =>
    sum(await Promise.all(rows.map((row) => encode(fresh(source, row), row).toBuffer()))),
  /** As above, one by one, with sharp's WebP as it is by default in place of AVIF. */
  'naive, default WebP': async (source, rows) => {
    const made: Buffer[] = [];
    for (const row of rows) {
      const image = fresh(source, row);
      made.push(await (row.format === 'avif' ? image.webp() : encode(image, row)).toBuffer());
    }
    return sum(made);
  },
} as const satisfies Record<string, Subject>;

/** What `SUBJECTS.floor` makes: bare sharp, used well. */
export async function renderFloor(source: Buffer, rows: readonly RenditionRow[]): Promise<Buffer[]> {
  const { data, info } = await rawAt(sharp(source), Math.max(...rows.map(widthOf)));
  let pixels = { data, raw: info };
  const encodes: Promise<Buffer>[] = [];
  const widths = [...new Set(rows.map(widthOf))].sort((a, b) => b - a);
  for (const width of widths) {
    if (width < pixels.raw.width) {
      const smaller = await rawAt(sharp(pixels.data, { raw: pixels.raw }), width);
      pixels = { data: smaller.data, raw: smaller.info };
    }
    for (const row of rows.filter((other) => widthOf(other) === width))
      encodes.push(encode(sharp(pixels.data, { raw: pixels.raw }), row).toBuffer());
  }
  return Promise.all(encodes);
}

function fresh(source: Buffer, row: RenditionRow): Sharp {
  const { width, height } = row;
  return sharp(source, { animated: row.animated ?? false })
    .autoOrient()
    .resize({ width, height, fit: 'inside', withoutEnlargement: true });
}

function rawAt(image: Sharp, width: number) {
  return image
    .autoOrient()
    .resize({ width, withoutEnlargement: true })
    .raw()
    .toBuffer({ resolveWithObject: true });
}

/** The bench's images lie on their side, so a box's width is what counts. */
function widthOf({ width }: RenditionRow): number {
  return width ?? Number.POSITIVE_INFINITY;
}

function encode(image: Sharp, { format, quality, effort }: RenditionRow): Sharp {
  const told = {
    ...(typeof quality === 'number' && { quality }),
    ...(effort !== undefined && { effort }),
  };
  return outputFormat(format as OutputFormat).encode(image, told);
}

function sum(bodies: readonly Buffer[]): number {
  return bodies.reduce((bytes, body) => bytes + body.length, 0);
}
