/**
 * The functions of libheif that this code calls, as Emscripten exports them: pointers are numbers, and a result that is a
 * structure is written to the address in the first argument (`heif_error`: code, subcode, message).
 * Source: libheif's headers, heif_context.h, heif_image_handle.h, heif_image.h, heif_decoding.h and heif_color.h.
 */
export interface HeifLibrary {
  /** The library's memory. It is replaced whenever it grows. */
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _heif_context_alloc(): number;
  _heif_context_read_from_memory_without_copy(
    error: number,
    context: number,
    file: number,
    bytes: number,
    options: number,
  ): void;
  _heif_context_has_sequence(context: number): number;
  _heif_context_get_primary_image_handle(error: number, context: number, handle: number): void;
  _heif_image_handle_get_width(handle: number): number;
  _heif_image_handle_get_height(handle: number): number;
  _heif_image_handle_has_alpha_channel(handle: number): number;
  _heif_image_handle_is_premultiplied_alpha(handle: number): number;
  _heif_image_handle_get_raw_color_profile_size(handle: number): number;
  _heif_image_handle_get_raw_color_profile(error: number, handle: number, profile: number): void;
  _heif_image_handle_get_nclx_color_profile(error: number, handle: number, profile: number): void;
  _heif_image_handle_get_content_light_level(handle: number, levels: number): number;
  _heif_decoding_options_alloc(): number;
  _heif_decode_image(
    error: number,
    handle: number,
    image: number,
    colourspace: number,
    chroma: number,
    options: number,
  ): void;
  _heif_image_get_colorspace(image: number): number;
  _heif_image_get_nclx_color_profile(error: number, image: number, profile: number): void;
  _heif_image_get_width(image: number, channel: number): number;
  _heif_image_get_height(image: number, channel: number): number;
  _heif_image_get_bits_per_pixel_range(image: number, channel: number): number;
  _heif_image_get_plane_readonly(image: number, channel: number, stride: number): number;
}

/** Where the library comes from. */
export interface HeifLoader {
  /** @returns the library with a memory of its own, so that no image meets what another one has left in it. */
  load(): HeifLibrary;
  /** Frees the memory of the last library, when nothing refers to it any more. It may be hundreds of megabytes. */
  free(): void;
}
