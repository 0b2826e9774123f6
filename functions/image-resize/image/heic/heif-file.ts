import { CorruptImageError, type ImageFault, ImageTooLargeError, UnsupportedImageError } from '../errors.ts';
import type { HeifLibrary } from './heif-library.ts';

/** One channel of a decoded image, in the library's memory: it may change with the library's next call. */
export interface Plane {
  readonly samples: Uint8Array | Uint16Array;
  readonly width: number;
  readonly height: number;
  /** Samples from the start of one row to that of the next. */
  readonly stride: number;
  /** Bits of each sample. */
  readonly depth: number;
}

/** How samples stand for colours, in the codes of ITU-T H.273. */
export interface HeifCodes {
  readonly primaries: number;
  readonly transfer: number;
  readonly matrix: number;
  readonly isFullRange: boolean;
}

/** The upright pixels of an image. */
export interface HeifPixels {
  /** Grey; or Y, Cb and Cr; or R, G and B. */
  readonly colours: readonly Plane[];
  readonly isRgb: boolean;
  readonly alpha?: Plane;
  readonly isPremultiplied: boolean;
  /** Those of the file, or of the bitstream if the file has none. */
  readonly codes?: HeifCodes;
}

// The values of libheif's enumerations.
const UNDEFINED = 99;
const RGB = 1;
const MONOCHROME = 2;
const CHANNELS = { grey: [0], ycc: [0, 1, 2], rgb: [3, 4, 5], alpha: 6 };

/**
 * Where `heif_decoding_options` has these two bytes. The structure only ever grows at its end. With the first, damage is an
 * error; otherwise a damaged tile is left out. With the second, samples stay as they are coded; otherwise they are converted
 * to those of sRGB in BT.601, and the codes of the bitstream are lost.
 */
const STRICT_DECODING = 21;
const KEEP_CODES = 69;

/** Enough for each structure that the library writes here. */
const SCRATCH_BYTES = 64;

/** The primary image of a HEIF file. Its memory is that of the library, and goes with it. */
export class HeifFile {
  /** In pixels, of the upright image. */
  readonly width: number;
  readonly height: number;
  readonly hasAlpha: boolean;
  readonly isPremultiplied: boolean;
  readonly #library: HeifLibrary;
  readonly #error: number;
  readonly #result: number;
  readonly #handle: number;

  /** @throws UnsupportedImageError, CorruptImageError or ImageTooLargeError by the library's error. */
  constructor(bytes: Buffer, library: HeifLibrary) {
    this.#library = library;
    this.#error = library._malloc(SCRATCH_BYTES);
    this.#result = library._malloc(SCRATCH_BYTES);
    const file = library._malloc(bytes.length);
    library.HEAPU8.set(bytes, file);
    const context = library._heif_context_alloc();
    library._heif_context_read_from_memory_without_copy(this.#error, context, file, bytes.length, 0);
    this.#check();
    library._heif_context_get_primary_image_handle(this.#error, context, this.#result);
    if (this.#read(this.#error) !== 0 && library._heif_context_has_sequence(context) !== 0)
      throw new UnsupportedImageError('Expected a HEIC with a still image but found a film alone.');
    this.#check();
    this.#handle = this.#read(this.#result);
    this.width = library._heif_image_handle_get_width(this.#handle);
    this.height = library._heif_image_handle_get_height(this.#handle);
    this.hasAlpha = library._heif_image_handle_has_alpha_channel(this.#handle) !== 0;
    this.isPremultiplied = library._heif_image_handle_is_premultiplied_alpha(this.#handle) !== 0;
  }

  /** 0 if there is no ICC profile. */
  get profileBytes(): number {
    return this.#library._heif_image_handle_get_raw_color_profile_size(this.#handle);
  }

  /** @returns the ICC profile, or undefined if there is none. */
  readProfile(): Buffer | undefined {
    const bytes = this.profileBytes;
    if (bytes === 0) return undefined;
    const profile = this.#library._malloc(bytes);
    this.#library._heif_image_handle_get_raw_color_profile(this.#error, this.#handle, profile);
    this.#check();
    return Buffer.from(this.#library.HEAPU8.subarray(profile, profile + bytes));
  }

  /** @returns what the file says, not the bitstream; undefined if it says nothing. */
  readCodes(): HeifCodes | undefined {
    this.#library._heif_image_handle_get_nclx_color_profile(this.#error, this.#handle, this.#result);
    return this.#takeCodes();
  }

  /** @returns the brightest light of the image in cd/m², or undefined if the file does not say. */
  readPeak(): number | undefined {
    const isThere = this.#library._heif_image_handle_get_content_light_level(this.#handle, this.#result);
    return (isThere && this.#view().getUint16(this.#result, true)) || undefined;
  }

  /** Decodes the image with its transparency and turns it upright. Gain map, depth and thumbnails are not decoded. */
  decode(): HeifPixels {
    const library = this.#library;
    const options = library._heif_decoding_options_alloc();
    library.HEAPU8[options + STRICT_DECODING] = 1;
    library.HEAPU8[options + KEEP_CODES] = 1;
    library._heif_decode_image(this.#error, this.#handle, this.#result, UNDEFINED, UNDEFINED, options);
    this.#check();
    const image = this.#read(this.#result);
    const colourspace = library._heif_image_get_colorspace(image);
    const channels =
      colourspace === RGB ? CHANNELS.rgb : colourspace === MONOCHROME ? CHANNELS.grey : CHANNELS.ycc;
    library._heif_image_get_nclx_color_profile(this.#error, image, this.#result);
    const codes = this.#takeCodes();
    const planes = [...channels, CHANNELS.alpha].map((channel) => this.#findPlane(image, channel));
    const colours = planes.slice(0, -1).filter((plane) => plane !== undefined);
    if (colours.length < channels.length)
      throw new UnsupportedImageError(
        `Expected a HEIC whose channels are apart but found the colour space ${colourspace}.`,
      );
    const alpha = planes.at(-1);
    return {
      colours,
      isRgb: colourspace === RGB,
      ...(alpha && { alpha }),
      isPremultiplied: this.isPremultiplied,
      ...(codes && { codes }),
    };
  }

  #findPlane(image: number, channel: number): Plane | undefined {
    const library = this.#library;
    const start = library._heif_image_get_plane_readonly(image, channel, this.#result);
    if (start === 0) return undefined;
    const strideBytes = this.#read(this.#result);
    const depth = library._heif_image_get_bits_per_pixel_range(image, channel);
    const width = library._heif_image_get_width(image, channel);
    const height = library._heif_image_get_height(image, channel);
    const { buffer } = library.HEAPU8;
    return depth > 8
      ? {
          samples: new Uint16Array(buffer, start, (strideBytes / 2) * height),
          width,
          height,
          stride: strideBytes / 2,
          depth,
        }
      : {
          samples: new Uint8Array(buffer, start, strideBytes * height),
          width,
          height,
          stride: strideBytes,
          depth,
        };
  }

  /** Reads `heif_color_profile_nclx`: version, primaries, transfer, matrix, full range. */
  #takeCodes(): HeifCodes | undefined {
    if (this.#read(this.#error) !== 0) return undefined;
    const at = this.#read(this.#result);
    const [primaries, transfer, matrix] = [4, 8, 12].map((offset) => this.#read(at + offset));
    return {
      primaries: primaries ?? 2,
      transfer: transfer ?? 2,
      matrix: matrix ?? 2,
      isFullRange: this.#library.HEAPU8[at + 16] !== 0,
    };
  }

  /** Reads `heif_error`: code, subcode, message. */
  #check(): void {
    const [code, subcode] = [this.#read(this.#error), this.#read(this.#error + 4)];
    if (code !== 0) throw toFault(code, subcode, this.#readText(this.#read(this.#error + 8)));
  }

  #read(address: number): number {
    return this.#view().getUint32(address, true);
  }

  #readText(start: number): string {
    const end = this.#library.HEAPU8.indexOf(0, start);
    const text = Buffer.from(this.#library.HEAPU8.subarray(start, end)).toString('latin1');
    return text.replaceAll(/\s+/g, ' ').trim();
  }

  #view(): DataView {
    return new DataView(this.#library.HEAPU8.buffer);
  }
}

// heif_error.h
const UNSUPPORTED_FILE_TYPE = 3;
const UNSUPPORTED_FEATURE = 4;
const OUT_OF_MEMORY = 6;
/** Of a codec that this build of libheif does not have. */
const NO_PLUGIN = 11;
const SECURITY_LIMIT_EXCEEDED = 1000;

function toFault(code: number, subcode: number, message: string): ImageFault {
  if (code === OUT_OF_MEMORY || subcode === SECURITY_LIMIT_EXCEEDED)
    return new ImageTooLargeError(`Expected a HEIC within the limits of libheif but it reports: ${message}`);
  if ([UNSUPPORTED_FILE_TYPE, UNSUPPORTED_FEATURE, NO_PLUGIN].includes(code))
    return new UnsupportedImageError(`Expected a HEIC that libheif can decode but it reports: ${message}`);
  return new CorruptImageError(`The image is damaged: ${message}`);
}
