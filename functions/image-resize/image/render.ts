import sharp, { type Sharp } from 'sharp';
import { ImageTooLargeError } from './errors.ts';
import { corrupt, type SourceFacts } from './inspect.ts';
import type { Limits } from './limits.ts';
import { type Encoding, type OutputFormat, outputFormat } from './output-format.ts';
import { makePlaceholder, PLACEHOLDER_SIDE, type Placeholder } from './placeholder.ts';
import {
  type Cascade,
  keepsShape,
  type PlannedRendition,
  type PlannedSize,
  type RenderPlan,
} from './plan.ts';
import { DEFAULT_BACKGROUND, OPTIONS, type Pixels, type RenditionEncoding } from './rendition-row.ts';

// A Lambda sees each image once: libvips' cache of operations would only hold memory.
sharp.cache(false);
// The encodes of an image overlap already: more threads for each cost CPU, and make nothing sooner.
sharp.concurrency(1);

export interface Rendition {
  readonly name: string;
  readonly format: OutputFormat;
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  readonly body: Buffer;
}

/** The whole image at one size: one frame or, for an animation, all of them, each a picture of its own. */
type Frames = readonly Pixels[];

/**
 * Decodes the source once, upright and in sRGB, at the largest size that is needed; scales each smaller size from
 * one above it; encodes what belongs to a size while the next one is being scaled. Only where a table asks for both
 * an animation and stills of it is the source decoded a second time, for its first frame.
 * @param deliver takes each rendition as soon as it is encoded; the render ends when all deliveries have.
 * @throws CorruptImageError if the image's data is missing or broken, ImageTooLargeError if it takes too long.
 */
export async function renderImage(
  source: Buffer,
  { facts, cascades }: RenderPlan,
  limits: Limits,
  deliver: (rendition: Rendition) => Promise<void>,
): Promise<Placeholder> {
  const deliveries: Promise<void>[] = [];
  const decoded: Frames[] = [];
  let placeholder: Placeholder | undefined;
  try {
    for (const cascade of cascades) {
      const smallest = await renderCascade(source, facts, cascade, limits, (size, frames) => {
        decoded.push(frames);
        for (const rendition of size.renditions) {
          const delivery = makeRendition(frames, rendition, facts, limits).then((made) =>
            deliverEach(made, deliver),
          );
          // Its failure is reported below; without this it would count as unhandled until then.
          delivery.catch(() => {});
          deliveries.push(delivery);
        }
      });
      // While the encodes run.
      placeholder = smallest && makePlaceholder(smallest);
    }
  } finally {
    // A render that fails half-way still waits for what it began: nothing is written behind its caller's back.
    await Promise.allSettled(deliveries);
    release(decoded.flat());
  }
  await Promise.all(deliveries);
  if (!placeholder) throw new TypeError('Expected at least one rendition in the plan but found none.');
  return placeholder;
}

/** Gives pixels back at once: V8 sees no need to, and the next image would find two or three others still in memory. */
function release(pixels: Frames): void {
  for (const memory of new Set(pixels.map(({ data }) => data.buffer)))
    if (memory instanceof ArrayBuffer) memory.transfer(0);
}

/**
 * @param render is given each size as soon as there is one.
 * @returns the first frame of the smallest size that a placeholder can be made of.
 */
async function renderCascade(
  source: Buffer,
  facts: SourceFacts,
  { frames, sizes }: Cascade,
  limits: Limits,
  render: (size: PlannedSize, frames: Frames) => void,
): Promise<Pixels | undefined> {
  const scaled: Frames[] = [];
  for (const size of sizes) {
    const larger = size.scaledFrom === undefined ? undefined : scaled[size.scaledFrom];
    const made = larger ? await scale(larger, size) : await decode(source, size, frames, facts, limits);
    scaled.push(made);
    render(size, made);
  }
  return scaled[findPlaceholderSize(sizes, facts)]?.[0];
}

async function decode(
  source: Buffer,
  size: PlannedSize,
  frames: number,
  facts: SourceFacts,
  limits: Limits,
): Promise<Frames> {
  // Scaled together, frames would run into each other at their edges.
  const isAnimation = frames > 1;
  const image = sharp(source, {
    failOn: 'error',
    limitInputPixels: limits.maxPixels,
    pages: frames,
    // libvips turns no animations; inspectImage gives their size as it is stored.
    autoOrient: facts.frames === 1,
  })
    .resize(isAnimation ? {} : { width: size.width, height: size.height, fit: 'fill' })
    .toColourspace('srgb')
    .timeout({ seconds: limits.maxRenderSeconds });
  try {
    const { data, info } = await (facts.isDeepWithProfile ? image.withIccProfile('srgb') : image)
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const { width, channels } = info;
    if (!isAnimation) return [{ data, raw: info }];
    return scale(cutFrames(data, { width, height: info.height / frames, channels }), size);
  } catch (cause) {
    throw tookTooLong(cause, limits) ?? corrupt(cause);
  }
}

function cutFrames(data: Buffer, raw: Pixels['raw']): Frames {
  const bytes = raw.width * raw.height * raw.channels;
  return Array.from({ length: data.length / bytes }, (_, index) => ({
    data: data.subarray(index * bytes, (index + 1) * bytes),
    raw,
  }));
}

async function scale(
  from: Frames,
  { width, height }: Pick<PlannedSize, 'width' | 'height'>,
): Promise<Frames> {
  const [first] = from;
  if (first?.raw.width === width && first.raw.height === height) return from;
  return Promise.all(
    from.map(({ data, raw }) => toPixels(sharp(data, { raw }).resize({ width, height, fit: 'fill' }))),
  );
}

async function toPixels(image: Sharp): Promise<Pixels> {
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  return { data, raw: { width: info.width, height: info.height, channels: info.channels } };
}

/** Everything that is done to the pixels of one size to make one rendition of them. */
async function makeRendition(
  frames: Frames,
  rendition: PlannedRendition,
  facts: SourceFacts,
  limits: Limits,
): Promise<Made> {
  const framed = await Promise.all(frames.map((pixels) => frame(pixels, rendition)));
  const painted = await Promise.all(framed.map((pixels) => paint(pixels, rendition)));
  return { rendition, frames: painted.length, body: await encode(painted, rendition, facts, limits) };
}

interface Made {
  readonly rendition: PlannedRendition;
  readonly frames: number;
  readonly body: Buffer;
}

/** Crops to the box that the image covers, or pads to the box that contains it. */
async function frame(pixels: Pixels, { row, width, height }: PlannedRendition): Promise<Pixels> {
  if (pixels.raw.width === width && pixels.raw.height === height) return pixels;
  const options = optionsOf(row).map(({ frame }) => frame?.(row));
  const resize = Object.assign({ background: DEFAULT_BACKGROUND, withoutEnlargement: true }, ...options);
  return toPixels(sharp(pixels.data, { raw: pixels.raw }).resize({ ...resize, width, height }));
}

/** Each step on its own: sharp would carry them out in an order of its own. */
async function paint(pixels: Pixels, { row }: PlannedRendition): Promise<Pixels> {
  let painted = pixels;
  for (const { paint } of optionsOf(row))
    if (paint)
      painted = await toPixels(await paint(sharp(painted.data, { raw: painted.raw }), row, painted.raw));
  return painted;
}

async function encode(
  frames: Frames,
  { row, encoding }: PlannedRendition,
  { delay, loop }: SourceFacts,
  limits: Limits,
): Promise<Buffer> {
  const format = outputFormat(encoding.format);
  const told: Encoding[] = optionsOf(encoding).map(({ encode }) => encode?.(encoding) ?? {});
  const image = joinFrames(frames).timeout({ seconds: limits.maxRenderSeconds });
  const flat = format.hasAlpha ? image : image.flatten({ background: row.background ?? DEFAULT_BACKGROUND });
  const animation = frames.length > 1 ? { delay: [...delay], loop } : {};
  try {
    return await format.encode(flat, Object.assign({}, animation, ...told)).toBuffer();
  } catch (cause) {
    throw tookTooLong(cause, limits) ?? cause;
  }
}

function joinFrames(frames: Frames): Sharp {
  const [first] = frames;
  if (!first) throw new TypeError('Expected at least one frame but found none.');
  if (frames.length === 1) return sharp(first.data, { raw: first.raw });
  const { width, height, channels } = first.raw;
  const raw = { width, height: height * frames.length, channels, pageHeight: height };
  return sharp(Buffer.concat(frames.map(({ data }) => data)), { raw, pages: -1 });
}

function optionsOf(row: RenditionEncoding) {
  return Object.entries(OPTIONS).flatMap(([name, option]) => (name in row ? [option] : []));
}

/** libvips reports how far it came, which helps nobody. */
function tookTooLong(cause: unknown, { maxRenderSeconds }: Limits): ImageTooLargeError | undefined {
  if (!(cause instanceof Error && cause.message.includes('timeout'))) return undefined;
  return new ImageTooLargeError(
    `Expected an image that is decoded, and encoded, within ${maxRenderSeconds} seconds but this one takes longer. Upload it smaller or simpler.`,
    { cause },
  );
}

async function deliverEach(
  { rendition, frames, body }: Made,
  deliver: (rendition: Rendition) => Promise<void>,
): Promise<void> {
  const { names, width, height, encoding } = rendition;
  await Promise.all(
    names.map((name) => deliver({ name, format: encoding.format, width, height, frames, body })),
  );
}

/** The smallest that shows the whole image, undistorted, in more pixels than the placeholder keeps. */
function findPlaceholderSize(sizes: readonly PlannedSize[], facts: SourceFacts): number {
  return Math.max(
    0,
    sizes.findLastIndex(
      (size) => keepsShape(size, facts) && Math.max(size.width, size.height) >= PLACEHOLDER_SIDE,
    ),
  );
}
