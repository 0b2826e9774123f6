import sharp, { type Sharp } from 'sharp';
import { changeGamut, colourIn, type Gamut } from '../colour/gamut.ts';
import type { Limits } from '../limits.ts';
import { type Pixels, release, toPixels } from '../pixels.ts';
import type { SourceFacts } from '../reading/inspect.ts';
import { type Encoding, type OutputFormat, outputFormat } from '../rows/output-format.ts';
import { DEFAULT_BACKGROUND, OPTIONS, type RenditionEncoding } from '../rows/rendition-row.ts';
import { decode, type Frames, scale } from './decode.ts';
import { needsFineColours } from './fine-colours.ts';
import { chooseQuality, DEFAULT_TARGET, measureDetail } from './perceived-quality.ts';
import { makePlaceholder, PLACEHOLDER_SIDE, type Placeholder } from './placeholder.ts';
import {
  type Cascade,
  keepsShape,
  type PlannedRendition,
  type PlannedSize,
  type RenderPlan,
} from './plan.ts';
import { encodingOfSmall } from './small-pictures.ts';

// libvips' cache of operations would only hold memory, because a Lambda process sees each image once.
sharp.cache(false);
// The encodes of one image already run in parallel. More threads for each cost CPU and save no time.
sharp.concurrency(1);

export interface Rendition {
  readonly name: string;
  readonly format: OutputFormat;
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  /** On the format's own scale, given by the table or chosen for this image. Missing if it is lossless or the default. */
  readonly quality?: number;
  /** The encoded file. */
  readonly body: Buffer;
}

/** What was decoded already to look at it. */
export interface FirstDecode {
  readonly gamut: Gamut;
  readonly frames: Frames;
}

/**
 * Decodes what the plan decodes first. Pass it to renderImage, which releases it.
 * @throws CorruptImageError if the image's data is missing or broken.
 */
export async function decodeFirst(
  source: Buffer,
  { facts, cascades }: RenderPlan,
  limits: Limits,
): Promise<FirstDecode> {
  const [cascade] = cascades;
  const [size] = cascade?.sizes ?? [];
  if (!cascade || !size) throw new TypeError('Expected a size in the plan but found none.');
  return { gamut: cascade.gamut, frames: await decode(source, size, cascade, facts, limits) };
}

/**
 * Decodes the source once, upright and in sRGB, at the largest size that is needed, and scales each smaller size from a
 * larger one. The renditions of a size are encoded while the next size is being scaled. If the table asks for an
 * animation and for stills of it, the source is decoded a second time for its first frame.
 * @param source what openImage gives to read.
 * @param deliver is called with each rendition as soon as it is encoded; its promise is awaited.
 * @param extras `credits`: a packet of XMP for the renditions that keep the copyright; `first`: what decodeFirst gave.
 * @throws CorruptImageError if the image's data is missing or broken.
 * @throws what `deliver` throws.
 */
export async function renderImage(
  source: Buffer,
  { facts, cascades }: RenderPlan,
  limits: Limits,
  deliver: (rendition: Rendition) => Promise<void>,
  {
    credits,
    first,
  }: { readonly credits?: string | undefined; readonly first?: FirstDecode | undefined } = {},
): Promise<Placeholder> {
  const deliveries: Promise<void>[] = [];
  const decoded: Frames[] = first ? [first.frames] : [];
  let placeholder: Placeholder | undefined;
  try {
    for (const cascade of cascades) {
      const { gamut } = cascade;
      const decodeSize = async (size: PlannedSize) =>
        reuse(first, size, cascade) ?? (await decode(source, size, cascade, facts, limits));
      const smallest = await renderCascade(decodeSize, facts, cascade, (size, frames) => {
        decoded.push(frames);
        for (const rendition of size.renditions) {
          const delivery = makeRendition(frames, inGamut(rendition, gamut), gamut, facts, credits).then(
            (made) => deliverEach(made, deliver),
          );
          // A failure is thrown below; without this handler Node would end the process before that.
          delivery.catch(() => {});
          deliveries.push(delivery);
        }
      });
      // Here, because the encodes are still running in libvips' threads.
      placeholder = smallest && makePlaceholder(changeGamut(smallest, gamut, 'srgb'));
    }
  } finally {
    // A render that fails also waits for its deliveries, so that none of them writes after the caller has the error.
    await Promise.allSettled(deliveries);
    release(decoded.flat());
  }
  await Promise.all(deliveries);
  if (!placeholder) throw new TypeError('Expected at least one rendition in the plan but found none.');
  return placeholder;
}

function reuse(first: FirstDecode | undefined, size: PlannedSize, cascade: Cascade): Frames | undefined {
  const [{ raw } = {}] = first?.frames ?? [];
  const fits = raw?.width === size.width && raw.height === size.height;
  return fits && first?.gamut === cascade.gamut && first.frames.length === cascade.frames
    ? first.frames
    : undefined;
}

/**
 * @param render is called with each size as soon as its pixels exist.
 * @returns the first frame of the size from which the placeholder is made.
 */
async function renderCascade(
  decodeSize: (size: PlannedSize) => Promise<Frames>,
  facts: SourceFacts,
  cascade: Cascade,
  render: (size: PlannedSize, frames: Frames) => void,
): Promise<Pixels | undefined> {
  const { sizes } = cascade;
  const scaled: Frames[] = [];
  for (const size of sizes) {
    const larger = size.scaledFrom === undefined ? undefined : scaled[size.scaledFrom];
    const made = larger ? await scale(larger, size) : await decodeSize(size);
    scaled.push(made);
    render(size, made);
  }
  return scaled[findPlaceholderSize(sizes, facts)]?.[0];
}

/** The table names colours in sRGB. */
function inGamut(rendition: PlannedRendition, gamut: Gamut): PlannedRendition {
  if (gamut === 'srgb') return rendition;
  const { row } = rendition;
  return { ...rendition, row: { ...row, background: colourIn(gamut, row.background ?? DEFAULT_BACKGROUND) } };
}

/** Crops or pads, paints and encodes one rendition. */
async function makeRendition(
  frames: Frames,
  rendition: PlannedRendition,
  gamut: Gamut,
  facts: SourceFacts,
  credits: string | undefined,
): Promise<Made> {
  const framed = await Promise.all(frames.map((pixels) => frame(pixels, rendition)));
  const painted = await Promise.all(framed.map((pixels) => paint(pixels, rendition, gamut)));
  const { row } = rendition;
  const background = row.background ?? DEFAULT_BACKGROUND;
  const encoding = encodingOfSmall(rendition.encoding, painted, background, facts.isPhotograph);
  const planned = { ...rendition, encoding };
  const quality = qualityOf(planned, painted);
  const body = await encode(painted, planned, quality, gamut, facts, credits);
  return { rendition, frames: painted.length, ...(quality !== undefined && { quality }), body };
}

interface Made {
  readonly rendition: PlannedRendition;
  readonly frames: number;
  readonly quality?: number;
  readonly body: Buffer;
}

/** Crops the image (`cover`) or pads it (`contain`) to the rendition's size. */
async function frame(pixels: Pixels, { row, width, height, corner }: PlannedRendition): Promise<Pixels> {
  if (pixels.raw.width === width && pixels.raw.height === height) return pixels;
  if (corner) return toPixels(sharp(pixels.data, { raw: pixels.raw }).extract({ ...corner, width, height }));
  const options = optionsOf(row).map(({ frame }) => frame?.(row));
  const resize = Object.assign({ background: DEFAULT_BACKGROUND, withoutEnlargement: true }, ...options);
  return toPixels(sharp(pixels.data, { raw: pixels.raw }).resize({ ...resize, width, height }));
}

/** Applies each option in a separate pipeline, because within one pipeline sharp ignores the order of the calls. */
async function paint(pixels: Pixels, { row }: PlannedRendition, gamut: Gamut): Promise<Pixels> {
  let painted = pixels;
  for (const { paint } of optionsOf(row))
    if (paint)
      painted = await toPixels(
        await paint(sharp(painted.data, { raw: painted.raw }), row, painted.raw, gamut),
      );
  return painted;
}

function qualityOf(
  { row, width, encoding: { format, quality } }: PlannedRendition,
  frames: Frames,
): number | undefined {
  const { qualities, hasTargets } = outputFormat(format);
  if (qualities === 'none' || quality === undefined || quality === 'lossless') return undefined;
  if (typeof quality === 'number') return quality;
  const target = quality === 'auto' ? DEFAULT_TARGET : quality.target;
  if (!hasTargets) return target;
  const details = frames.map((pixels) => measureDetail(pixels, row.background ?? DEFAULT_BACKGROUND));
  return chooseQuality(Math.max(...details), width, target);
}

async function encode(
  frames: Frames,
  { row, encoding }: PlannedRendition,
  quality: number | undefined,
  gamut: Gamut,
  { delay, loop, isPhotograph }: SourceFacts,
  credits: string | undefined,
): Promise<Buffer> {
  const format = outputFormat(encoding.format);
  const encodings: Encoding[] = optionsOf(encoding).map(({ encode }) => encode?.(encoding) ?? {});
  if (quality !== undefined) encodings.push({ quality });
  const image = joinFrames(frames);
  const background = row.background ?? DEFAULT_BACKGROUND;
  const flat = format.hasAlpha ? image : image.flatten({ background });
  if (encoding.format === 'jpeg' || encoding.format === 'avif')
    encodings.push({
      hasFineColours: frames.some((pixels) => needsFineColours(pixels, background, isPhotograph)),
    });
  const animation = frames.length > 1 ? { delay: [...delay], loop } : {};
  const tagged = gamut === 'p3' ? attachP3Profile(flat) : flat;
  const credited = row.keep && credits && format.hasCredits ? tagged.withXmp(credits) : tagged;
  return format.encode(credited, Object.assign({}, animation, ...encodings)).toBuffer();
}

/**
 * In a pipeline of 16 bits, sharp takes samples without a profile for Display P3. So it attaches the profile and converts
 * nothing.
 */
function attachP3Profile(image: Sharp): Sharp {
  return image.pipelineColourspace('rgb16').withIccProfile('p3');
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

async function deliverEach(
  { rendition, ...made }: Made,
  deliver: (rendition: Rendition) => Promise<void>,
): Promise<void> {
  const { names, width, height, encoding } = rendition;
  await Promise.all(names.map((name) => deliver({ name, format: encoding.format, width, height, ...made })));
}

/** Index of the smallest size that is not stretched and not smaller than what the placeholder samples. */
function findPlaceholderSize(sizes: readonly PlannedSize[], facts: SourceFacts): number {
  return Math.max(
    0,
    sizes.findLastIndex(
      (size) => keepsShape(size, facts) && Math.max(size.width, size.height) >= PLACEHOLDER_SIDE,
    ),
  );
}
