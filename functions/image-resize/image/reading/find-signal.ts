import type { Metadata } from 'sharp';
import { readAvifColours } from '../avif/avif-signal.ts';
import { exceedsSrgb } from '../colour/colour-matrix.ts';
import {
  type ColourCodes,
  type ColourSignal,
  isHdr,
  isSrgb,
  SRGB_PRIMARIES,
  shownSignal,
  signalOf,
  signalOfCodes,
} from '../colour/colour-signal.ts';
import {
  isSrgbProfile,
  isWideProfile,
  profileSpace,
  readProfileCodes,
  readProfileCurve,
} from '../colour/icc-profile.ts';
import type { SourceFormat } from './format.ts';
import { readPngSignals } from './png-signal.ts';

const GREY_SPACES = ['b-w', 'grey16'];
const RGB_SPACES = ['srgb', 'rgb', 'rgb16'];
const CONVERTIBLE_SPACES = [...GREY_SPACES, ...RGB_SPACES];
const CONVERTIBLE_DEPTHS = ['uchar', 'ushort'];

/**
 * Finds out how an image encodes light, in the order that browsers follow: the codes in a PNG, the profile, the codes in
 * an AVIF, gAMA and cHRM in a PNG, sRGB.
 * @returns undefined if libvips needs no help: the image is in sRGB, or libvips applies its profile.
 */
export function findSignal(format: SourceFormat, bytes: Buffer, header: Metadata): ColourSignal | undefined {
  if (!CONVERTIBLE_SPACES.includes(header.space) || !CONVERTIBLE_DEPTHS.includes(header.depth))
    return undefined;
  if (format === 'png') return findInPng(bytes, header);
  const signal = format === 'avif' ? findInAvif(bytes, header) : readProfile(header);
  return signal && !isSrgb(signal) ? signal : undefined;
}

/**
 * The same for a HEIC, which libvips reads as colours of full range, even if it is grey.
 * @param codes those of the file or of the bitstream.
 */
export function findHeicSignal(
  header: Pick<Metadata, 'icc' | 'space'>,
  codes: Partial<ColourCodes>,
): ColourSignal | undefined {
  const signal = header.icc ? readProfile(header) : shownSignal(codes);
  return signal && !isSrgb(signal) ? signal : undefined;
}

function findInPng(bytes: Buffer, header: Metadata): ColourSignal | undefined {
  const { coded, measured } = readPngSignals(bytes);
  // Even if the codes are those of sRGB, libvips must not apply the profile.
  if (coded && header.icc) return coded;
  const signal = coded ?? (header.icc ? readProfile(header) : measured);
  return signal && !isSrgb(signal) ? signal : undefined;
}

function findInAvif(bytes: Buffer, header: Metadata): ColourSignal | undefined {
  const colours = readAvifColours(bytes);
  if (!header.icc) return colours?.signal;
  const profiled = readProfile(header, colours?.isGrey);
  // libvips would apply the profile to the limited range.
  return colours?.signal.isLimited ? { ...(profiled ?? colours.signal), isLimited: true } : profiled;
}

/** @returns what libvips does not take from a profile: high dynamic range, and the curve of many grey images. */
function readProfile(
  { icc, space }: Pick<Metadata, 'icc' | 'space'>,
  isGreyAvif = false,
): ColourSignal | undefined {
  if (!icc) return undefined;
  const codes = readProfileCodes(icc);
  const coded = codes && signalOfCodes(codes);
  if (coded && isHdr(coded.transfer)) return coded;
  const isApplied = space === 'b-w' && profileSpace(icc) === 'GRAY';
  const isGrey = isGreyAvif || GREY_SPACES.includes(space);
  const curve = isGrey && !isApplied ? readProfileCurve(icc) : undefined;
  return curve && signalOf(SRGB_PRIMARIES, curve);
}

/**
 * Whether an image may have colours that sRGB does not have. The inks of CMYK have some, but libvips converts them to sRGB.
 */
export function isWideGamut(
  { icc, space }: Pick<Metadata, 'icc' | 'space'>,
  signal: ColourSignal | undefined,
): boolean {
  if (signal) return exceedsSrgb(signal.primaries);
  return icc !== undefined && RGB_SPACES.includes(space) && isWideProfile(icc);
}

/** Whether an image is in CMYK, and no profile says how the inks look. */
export function hasBareInks({ icc, space }: Pick<Metadata, 'icc' | 'space'>): boolean {
  return space === 'cmyk' && (icc === undefined || profileSpace(icc) !== 'CMYK');
}

/** Whether an image of 8 bits has a profile that changes nothing. */
export function hasSrgbProfile(
  { icc, space }: Pick<Metadata, 'icc' | 'space'>,
  signal: ColourSignal | undefined,
): boolean {
  return !signal && icc !== undefined && space === 'srgb' && isSrgbProfile(icc);
}
