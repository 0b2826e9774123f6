import sharp, { type Channels, type Sharp } from 'sharp';
import { corrupt } from './inspect.ts';
import type { Limits } from './limits.ts';
import { makePlaceholder, type Placeholder } from './placeholder.ts';
import type { PlannedRendition, PlannedSize, RenderPlan, RenditionRow } from './plan.ts';

// A Lambda sees each image once: libvips' cache of operations would only hold memory.
sharp.cache(false);

export interface Rendition {
  readonly name: string;
  readonly format: RenditionRow['format'];
  readonly width: number;
  readonly height: number;
  readonly body: Buffer;
}

/** Decoded 8-bit sRGB pixels. */
interface Pixels {
  readonly data: Buffer;
  readonly raw: { readonly width: number; readonly height: number; readonly channels: Channels };
}

/**
 * Decodes the source once, upright and in sRGB, at the largest size that is needed; scales each smaller size from
 * the one above it; encodes what belongs to a size while the next one is being scaled.
 * @param deliver takes each rendition as soon as it is encoded; the render ends when all deliveries have.
 * @throws CorruptImageError if the image's data is missing or broken.
 */
export async function renderImage(
  source: Buffer,
  plan: RenderPlan,
  limits: Limits,
  deliver: (rendition: Rendition) => Promise<void>,
): Promise<Placeholder> {
  const deliveries: Promise<void>[] = [];
  let pixels: Pixels | undefined;
  try {
    for (const size of plan.sizes) {
      pixels = pixels ? await scale(pixels, size) : await decode(source, size, limits);
      const scaled = pixels;
      for (const rendition of size.renditions) {
        const delivery = encode(scaled, rendition).then(deliver);
        // Its failure is reported below; without this it would count as unhandled until then.
        delivery.catch(() => {});
        deliveries.push(delivery);
      }
    }
  } finally {
    // A render that fails half-way still waits for what it began: nothing is written behind its caller's back.
    await Promise.allSettled(deliveries);
  }
  await Promise.all(deliveries);
  if (!pixels) throw new TypeError('Expected at least one rendition in the plan but found none.');
  return makePlaceholder(sharp(pixels.data, { raw: pixels.raw }));
}

async function decode(source: Buffer, size: PlannedSize, limits: Limits): Promise<Pixels> {
  try {
    const { data, info } = await sharp(source, {
      failOn: 'error',
      limitInputPixels: limits.maxPixels,
      pages: 1,
    })
      .autoOrient()
      .resize({ width: size.width, height: size.height, fit: 'fill' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { data, raw: info };
  } catch (cause) {
    throw corrupt(cause);
  }
}

async function scale(from: Pixels, size: PlannedSize): Promise<Pixels> {
  const { data, info } = await sharp(from.data, { raw: from.raw })
    .resize({ width: size.width, height: size.height, fit: 'fill' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, raw: info };
}

async function encode(pixels: Pixels, { row, width, height }: PlannedRendition): Promise<Rendition> {
  const image = sharp(pixels.data, { raw: pixels.raw });
  const body = await ENCODERS[row.format](image, row.quality).toBuffer();
  return { name: row.name, format: row.format, width, height, body };
}

const ENCODERS: Record<RenditionRow['format'], (image: Sharp, quality: number) => Sharp> = {
  // JPEG has no alpha; white is what a page behind it most likely shows.
  jpeg: (image, quality) => image.flatten({ background: '#ffffff' }).jpeg({ quality }),
  // Effort 0: effort 1 costs two to four times the CPU, sharp's default of 4 thirty times, for a tenth of the bytes.
  avif: (image, quality) => image.avif({ quality, effort: 0, chromaSubsampling: '4:2:0' }),
  webp: (image, quality) => image.webp({ quality, effort: 2 }),
};
