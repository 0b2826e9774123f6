import sharp, { type Sharp } from 'sharp';
import { DEFAULT_LIMITS } from '../functions/image-resize/image/limits.ts';
import { openImage } from '../functions/image-resize/image/reading/inspect.ts';
import { planRenditions } from '../functions/image-resize/image/rendering/plan.ts';
import { type OutputFormat, outputFormat } from '../functions/image-resize/image/rows/output-format.ts';
import type { RenditionRow } from '../functions/image-resize/image/rows/rendition-row.ts';
import { fixedQuality } from './fixed-quality.ts';

/** Makes the renditions of one image. @returns the sum of their bytes. */
export type Subject = (source: Buffer, rows: readonly RenditionRow[]) => Promise<number>;

export const SUBJECTS = {
  /** This project's image core, with its guards and the placeholder. */
  core: async (source, rows) => {
    // Imported by this subject only, because the module changes sharp's global settings.
    const { renderImage } = await import('../functions/image-resize/image/rendering/render.ts');
    const { facts, readable } = await openImage(source, DEFAULT_LIMITS);
    let bytes = 0;
    await renderImage(
      readable,
      planRenditions(facts, rows, DEFAULT_LIMITS),
      DEFAULT_LIMITS,
      async ({ body }) => {
        bytes += body.length;
      },
    );
    return bytes;
  },
  /** The least work that makes these renditions: one decode, one resize per size and the encodes. */
  'bare sharp': async (source, rows) => {
    sharp.concurrency(1);
    return sum(await renderWithBareSharp(source, rows));
  },
  /** The usual way to use sharp: a pipeline for each rendition, which decodes the image again, one after the other. */
  'naive, one by one': async (source, rows) => {
    const made: Buffer[] = [];
    for (const row of rows) made.push(await encode(fresh(source, row), row).toBuffer());
    return sum(made);
  },
  'naive, all at once': async (source, rows) =>
    sum(await Promise.all(rows.map((row) => encode(fresh(source, row), row).toBuffer()))),
  /** Like 'naive, one by one', with sharp's default WebP in place of AVIF. */
  'naive, default WebP': async (source, rows) => {
    const made: Buffer[] = [];
    for (const row of rows) {
      const image = fresh(source, row);
      made.push(await (row.format === 'avif' ? image.webp() : encode(image, row)).toBuffer());
    }
    return sum(made);
  },
} as const satisfies Record<string, Subject>;

/** Makes renditions with one decode, one resize per size and the encodes, and nothing else. Stills only. */
export async function renderWithBareSharp(source: Buffer, rows: readonly RenditionRow[]): Promise<Buffer[]> {
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

/** The bench's images are wider than high, so the width of a row's box decides their size. */
function widthOf({ width }: RenditionRow): number {
  return width ?? Number.POSITIVE_INFINITY;
}

function encode(image: Sharp, row: RenditionRow): Sharp {
  const { format, effort } = row;
  const quality = fixedQuality(row);
  const options = {
    ...(quality !== undefined && { quality }),
    ...(effort !== undefined && { effort }),
  };
  return outputFormat(format as OutputFormat).encode(image, options);
}

function sum(bodies: readonly Buffer[]): number {
  return bodies.reduce((bytes, body) => bytes + body.length, 0);
}
