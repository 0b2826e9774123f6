import type { Part } from './iso-boxes.ts';

/** What an AV1 bitstream says about its colours. The numbers are those of ITU-T H.273. */
export interface Av1Colours {
  readonly primaries: number;
  readonly transfer: number;
  readonly isFullRange: boolean;
}

const SEQUENCE_HEADER = 1;
/** A sequence header is among the first units. A file that hides it behind more is not worth the search. */
const MOST_UNITS = 16;

/** ITU-T H.273: not said. */
const UNSPECIFIED = 2;
const BT709 = 1;
const SRGB_TRANSFER = 13;
const IDENTITY_MATRIX = 0;

/** Reads the first sequence header among open bitstream units (AV1 specification, 5.3 to 5.5). */
export function readAv1Colours(bytes: Buffer, { start, end }: Part): Av1Colours | undefined {
  let offset = start;
  for (let units = 0; units < MOST_UNITS; units += 1) {
    const header = bytes[offset] ?? 0;
    const hasExtension = (header & 4) !== 0;
    const hasSize = (header & 2) !== 0;
    offset += hasExtension ? 2 : 1;
    let size = end - offset;
    if (hasSize) {
      const length = readLeb128(bytes, offset);
      size = length.value;
      offset += length.bytes;
    }
    if (offset >= Math.min(end, bytes.length)) return undefined;
    if (((header >> 3) & 15) === SEQUENCE_HEADER) return readSequenceHeader(new BitReader(bytes, offset));
    offset += size;
  }
  return undefined;
}

function readLeb128(bytes: Buffer, offset: number): { readonly value: number; readonly bytes: number } {
  let value = 0;
  for (let index = 0; index < 8; index += 1) {
    const byte = bytes[offset + index] ?? 0;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if ((byte & 0x80) === 0) return { value, bytes: index + 1 };
  }
  return { value, bytes: 8 };
}

/** Skips all fields of the header but the colours, which come last. Comments name them as the specification does. */
function readSequenceHeader(bits: BitReader): Av1Colours {
  const profile = bits.read(3);
  bits.read(1); // still_picture
  const isReduced = bits.read(1) === 1;
  if (isReduced)
    bits.read(5); // seq_level_idx
  else skipOperatingPoints(bits);
  const [widthBits, heightBits] = [bits.read(4) + 1, bits.read(4) + 1];
  bits.read(widthBits); // max_frame_width_minus_1
  bits.read(heightBits);
  if (!isReduced && bits.read(1) === 1) bits.read(7); // frame ids
  bits.read(3); // use_128x128_superblock, enable_filter_intra, enable_intra_edge_filter
  if (!isReduced) skipTools(bits);
  bits.read(3); // enable_superres, enable_cdef, enable_restoration
  return readColourConfig(bits, profile);
}

function skipOperatingPoints(bits: BitReader): void {
  let delayBits = 0;
  if (bits.read(1) === 1) {
    bits.read(32); // num_units_in_display_tick
    bits.read(32); // time_scale
    if (bits.read(1) === 1) bits.skipVariableLength(); // num_ticks_per_picture_minus_1
    if (bits.read(1) === 1) {
      delayBits = bits.read(5) + 1;
      bits.read(32); // num_units_in_decoding_tick
      bits.read(10); // buffer_removal_time_length, frame_presentation_time_length
    }
  }
  const hasDisplayDelay = bits.read(1) === 1;
  for (let points = bits.read(5); points >= 0; points -= 1) {
    bits.read(12); // operating_point_idc
    if (bits.read(5) > 7) bits.read(1); // seq_tier
    if (delayBits > 0 && bits.read(1) === 1) {
      bits.read(delayBits); // decoder_buffer_delay
      bits.read(delayBits); // encoder_buffer_delay
      bits.read(1); // low_delay_mode_flag
    }
    if (hasDisplayDelay && bits.read(1) === 1) bits.read(4);
  }
}

function skipTools(bits: BitReader): void {
  bits.read(4); // enable_interintra_compound … enable_dual_filter
  const hasOrderHint = bits.read(1) === 1;
  if (hasOrderHint) bits.read(2); // enable_jnt_comp, enable_ref_frame_mvs
  const choosesScreenContent = bits.read(1) === 1;
  const mayBeScreenContent = choosesScreenContent || bits.read(1) === 1;
  if (mayBeScreenContent && bits.read(1) === 0) bits.read(1); // seq_force_integer_mv
  if (hasOrderHint) bits.read(3); // order_hint_bits_minus_1
}

function readColourConfig(bits: BitReader, profile: number): Av1Colours {
  const isDeep = bits.read(1) === 1;
  if (profile === 2 && isDeep) bits.read(1); // twelve_bit
  const isGrey = profile !== 1 && bits.read(1) === 1;
  const isDescribed = bits.read(1) === 1;
  const primaries = isDescribed ? bits.read(8) : UNSPECIFIED;
  const transfer = isDescribed ? bits.read(8) : UNSPECIFIED;
  const matrix = isDescribed ? bits.read(8) : UNSPECIFIED;
  const isRgb = primaries === BT709 && transfer === SRGB_TRANSFER && matrix === IDENTITY_MATRIX;
  const isFullRange = !isGrey && isRgb ? true : bits.read(1) === 1;
  return { primaries, transfer, isFullRange };
}

class BitReader {
  readonly #bytes: Buffer;
  #bit: number;

  constructor(bytes: Buffer, offset: number) {
    this.#bytes = bytes;
    this.#bit = offset * 8;
  }

  /** The next bits as an unsigned number; bits behind the end are 0. */
  read(count: number): number {
    let value = 0;
    for (let read = 0; read < count; read += 1, this.#bit += 1)
      value = value * 2 + (((this.#bytes[this.#bit >> 3] ?? 0) >> (7 - (this.#bit & 7))) & 1);
    return value;
  }

  /** The format uvlc (AV1 specification, 4.10.3). */
  skipVariableLength(): void {
    let zeros = 0;
    while (zeros < 32 && this.read(1) === 0) zeros += 1;
    this.read(zeros);
  }
}
