import sharp, { type Sharp } from 'sharp';
import type { Turn } from '../avif/avif-alpha.ts';
import { convertBareInks } from '../colour/bare-inks.ts';
import type { ColourSignal } from '../colour/colour-signal.ts';
import { convertColours } from '../colour/convert-colours.ts';
import { type Gamut, primariesOf } from '../colour/gamut.ts';
import { unpremultiply } from '../colour/unpremultiply.ts';
import { toCorruptImageError } from '../errors.ts';
import type { Limits } from '../limits.ts';
import { type Pixels, release, type Samples, toPixels } from '../pixels.ts';
import type { SourceFacts } from '../reading/inspect.ts';
import type { Cascade, PlannedSize } from './plan.ts';

/** The whole image at one size: one frame, or each frame of an animation. */
export type Frames = readonly Pixels[];

type Size = Pick<PlannedSize, 'width' | 'height'>;

/**
 * Decodes the source at one size, upright and in 8 bits of the gamut.
 * @throws CorruptImageError if the image's data is missing or broken.
 */
export async function decode(
  source: Buffer,
  size: Size,
  { frames, gamut }: Pick<Cascade, 'frames' | 'gamut'>,
  facts: SourceFacts,
  limits: Limits,
): Promise<Frames> {
  const { signal, hasSrgbProfile, hasBareInks, avifAlpha } = facts;
  // sharp scales an animation as one tall image, which mixes frames at their edges, and colours without their transparency
  // only if they are not multiplied by it: such images are scaled after the decode.
  const isAnimation = frames > 1;
  const isScaledLater = isAnimation || avifAlpha?.isPremultiplied;
  const image = sharp(source, {
    failOn: 'error',
    limitInputPixels: limits.maxPixels,
    pages: frames,
    // libvips does not rotate animations; inspectImage returns their stored size.
    autoOrient: facts.frames === 1,
    ignoreIcc: signal !== undefined || hasSrgbProfile || hasBareInks,
  }).resize(isScaledLater ? {} : { ...storedSize(size, avifAlpha?.turns ?? []), fit: 'fill' });
  try {
    const pixels = await decodeColours(image, facts, gamut);
    const upright = await turn(pixels, avifAlpha?.turns ?? []);
    const whole = isAnimation ? cutFrames(upright, frames) : [upright];
    const scaled = await scale(whole, size);
    if (scaled !== whole) release(whole);
    return scaled;
  } catch (cause) {
    throw toCorruptImageError(cause);
  }
}

function decodeColours(image: Sharp, facts: SourceFacts, gamut: Gamut): Promise<Pixels> {
  if (facts.hasBareInks) return decodeBareInks(image, facts);
  return facts.signal ? decodeSignal(image, facts, facts.signal, gamut) : decodeProfile(image, facts, gamut);
}

/** libvips leaves the inks as they are stored. */
async function decodeBareInks(image: Sharp, { isDeep, hasAlpha }: SourceFacts): Promise<Pixels> {
  const stored = image.pipelineColourspace('cmyk').toColourspace('cmyk');
  const inks = await toPixels(stored, isDeep ? 'ushort' : 'uchar');
  const data = convertBareInks({
    data: isDeep ? to16Bits(inks).data : inks.data,
    channels: hasAlpha ? 5 : 4,
  });
  release([inks]);
  return { data, raw: { ...inks.raw, channels: hasAlpha ? 4 : 3 } };
}

/** libvips converts the colours. In 16 bits it converts them to Display P3, unless it is told otherwise. */
async function decodeProfile(
  image: Sharp,
  { isDeepWithProfile, avifAlpha }: SourceFacts,
  gamut: Gamut,
): Promise<Pixels> {
  const deep = gamut === 'p3' ? image.pipelineColourspace('rgb16') : image;
  const converted = deep.toColourspace('srgb');
  const isDeepInSrgb = isDeepWithProfile && gamut === 'srgb';
  const pixels = await toPixels(isDeepInSrgb ? converted.withIccProfile('srgb') : converted);
  if (avifAlpha?.isPremultiplied) unpremultiply(pixels);
  return pixels;
}

/** libvips leaves the samples as they are stored. */
async function decodeSignal(
  image: Sharp,
  { isDeep, avifAlpha }: SourceFacts,
  signal: ColourSignal,
  gamut: Gamut,
): Promise<Pixels> {
  const stored = isDeep
    ? to16Bits(await toPixels(image.toColourspace('rgb16'), 'ushort'))
    : await toPixels(image.toColourspace('srgb'));
  if (avifAlpha?.isPremultiplied) unpremultiply(stored);
  const pixels = convertColours(stored, signal, primariesOf(gamut));
  release([stored]);
  return pixels;
}

function to16Bits({ data, raw }: Pixels): Samples {
  return { data: new Uint16Array(data.buffer, data.byteOffset, data.length / 2), raw };
}

/** @returns the size before the image is turned. */
function storedSize({ width, height }: Size, turns: readonly Turn[]): Size {
  const isOnItsSide = turns.filter((turn) => turn === 90 || turn === 270).length % 2 === 1;
  return isOnItsSide ? { width: height, height: width } : { width, height };
}

async function turn(pixels: Pixels, turns: readonly Turn[]): Promise<Pixels> {
  let turned = pixels;
  // One pipeline for each, because within one sharp ignores the order of the calls.
  for (const step of turns) {
    const image = sharp(turned.data, { raw: turned.raw });
    turned = await toPixels(typeof step === 'number' ? image.rotate(step) : image[step]());
  }
  return turned;
}

/** Cuts one tall image into its frames. */
function cutFrames({ data, raw }: Pixels, frames: number): Frames {
  const frame = { ...raw, height: raw.height / frames };
  const bytes = data.length / frames;
  return Array.from({ length: frames }, (_, index) => ({
    data: data.subarray(index * bytes, (index + 1) * bytes),
    raw: frame,
  }));
}

/** @returns the same frames if they have the size already. */
export async function scale(from: Frames, { width, height }: Size): Promise<Frames> {
  const [first] = from;
  if (first?.raw.width === width && first.raw.height === height) return from;
  return Promise.all(
    from.map(({ data, raw }) => toPixels(sharp(data, { raw }).resize({ width, height, fit: 'fill' }))),
  );
}
