import { checkHeicItems } from '../avif/avif-items.ts';
import { CorruptImageError, isImageFault } from '../errors.ts';
import { checkAtMost, checkBytes, checkProfileBytes, type Limits } from '../limits.ts';
import { findHeicSignal, isWideGamut } from '../reading/find-signal.ts';
import type { SourceFacts } from '../reading/inspect.ts';
import { createPlainTiff } from '../tiff/plain-tiff.ts';
import { fillRgb, type Size } from './heif-colours.ts';
import { HeifFile, type HeifPixels } from './heif-file.ts';
import type { HeifLoader } from './heif-library.ts';

/** As in EXIF. */
const UPRIGHT = 1;

/** A HEIC whose pixels are decoded. */
export interface Heic {
  readonly facts: SourceFacts;
  /**
   * Writes the image as a file that libvips reads, in a size that is at least the given one.
   * @throws UnsupportedImageError if it is not known how the samples stand for colours.
   */
  toTiff(size: Size): Promise<Buffer>;
}

/**
 * Decodes the primary image of a HEIC with its transparency: not its other images, gain map, depth or thumbnails. The file's
 * own properties turn it upright. Its EXIF orientation repeats them, and is not applied.
 * @throws UnsupportedImageError if libheif cannot decode it.
 * @throws CorruptImageError if it is damaged, or if it ends the library.
 * @throws ImageTooLargeError with the figure found and the figure allowed.
 */
export function decodeHeic(bytes: Buffer, limits: Limits, loader: HeifLoader): Heic {
  checkBytes(bytes.length, limits);
  checkHeicItems(bytes, limits);
  const library = loader.load();
  try {
    const file = new HeifFile(bytes, library);
    checkSize(file, limits);
    const profile = file.readProfile();
    const codes = file.readCodes();
    const peak = file.readPeak();
    const pixels = file.decode();
    const isGrey = pixels.colours.length === 1;
    const header = { space: isGrey ? 'grey16' : 'rgb16', ...(profile && { icc: profile }) } as const;
    const signal = findHeicSignal(header, { ...(codes ?? pixels.codes), ...(peak && { peak }) });
    const isWide = isWideGamut(header, signal);
    const colours = {
      isWideGamut: isWide,
      hasSrgbProfile: false,
      hasBareInks: false,
      ...(signal && { signal }),
    };
    return {
      facts: { ...describe(file, pixels, bytes, profile !== undefined), ...colours },
      toTiff: async (size) => {
        const { width, height } = pixels.alpha ? file : size;
        const image = { width, height, hasAlpha: pixels.alpha !== undefined, ...(profile && { profile }) };
        const tiff = createPlainTiff(
          { ...image, colours: 'RGB', orientation: UPRIGHT },
          isDeep(pixels.colours),
        );
        await fillRgb(pixels, image, tiff.data);
        return tiff.file;
      },
    };
  } catch (error) {
    if (isImageFault(error)) throw error;
    // WebAssembly has stopped. The library is not used again.
    throw new CorruptImageError(`The image ends its decoder: ${String(error)}`, { cause: error });
  }
}

function checkSize({ width, height, profileBytes }: HeifFile, limits: Limits): void {
  // libheif decodes it all the same, and reports 0 × 0.
  if (width === 0 || height === 0)
    throw new CorruptImageError('The image is damaged: the HEIC does not state its sides.');
  const sides = `${width} × ${height}`;
  checkAtMost(limits.maxPixels, 'pixels in an image', width * height, sides);
  checkAtMost(limits.maxSide, 'pixels on the longer side of an image', Math.max(width, height), sides);
  checkProfileBytes(profileBytes, limits);
}

function describe(
  { width, height }: HeifFile,
  { colours, alpha }: HeifPixels,
  bytes: Buffer,
  hasProfile: boolean,
): Omit<SourceFacts, 'isWideGamut' | 'hasSrgbProfile' | 'hasBareInks'> {
  return {
    format: 'heic',
    width,
    height,
    hasAlpha: alpha !== undefined,
    bytes: bytes.length,
    frames: 1,
    delay: [],
    loop: 0,
    // Nothing but cameras writes this format.
    isPhotograph: true,
    isDeepWithProfile: isDeep(colours) && hasProfile,
    isDeep: isDeep(colours),
  };
}

function isDeep(planes: HeifPixels['colours']): boolean {
  return planes.some(({ depth }) => depth > 8);
}
