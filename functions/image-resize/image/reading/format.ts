import { UnsupportedImageError } from '../errors.ts';

/** Those that sharp decodes. */
export const SOURCE_FORMATS = ['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff'] as const;
/** HEIC has a decoder of its own, which not every stack has. */
export type SourceFormat = (typeof SOURCE_FORMATS)[number] | 'heic';

/** Those of HEVC, and those of any image or sequence in an ISO media file: an AVIF has a brand of its own besides. */
const HEIC_BRANDS = /^(hei[cxms]|hev[cmx]|mif1|msf1)$/;

/** The accepted formats, and others that users upload, so that the error names what it found. The first match counts. */
const SIGNATURES: readonly { readonly format: string; readonly matches: (start: Buffer) => boolean }[] = [
  { format: 'jpeg', matches: (start) => start.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff])) },
  { format: 'a PNG of an iOS app (CgBI)', matches: (start) => latin(start, 12, 16) === 'CgBI' },
  { format: 'png', matches: (start) => latin(start, 0, 8) === '\x89PNG\r\n\x1a\n' },
  { format: 'gif', matches: (start) => /^GIF8[79]a$/.test(latin(start, 0, 6)) },
  { format: 'webp', matches: (start) => latin(start, 0, 4) === 'RIFF' && latin(start, 8, 12) === 'WEBP' },
  { format: 'avif', matches: (start) => brands(start).some((brand) => /^(avif|avis|MA1[AB])$/.test(brand)) },
  { format: 'tiff', matches: (start) => ['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].includes(latin(start, 0, 4)) },
  { format: 'heic', matches: (start) => brands(start).some((brand) => HEIC_BRANDS.test(brand)) },
  { format: 'a video or other ISO media file', matches: (start) => latin(start, 4, 8) === 'ftyp' },
  {
    format: 'JPEG XL',
    matches: (start) => latin(start, 0, 2) === '\xff\x0a' || latin(start, 4, 8) === 'JXL ',
  },
  { format: 'JPEG 2000', matches: (start) => latin(start, 4, 8) === 'jP  ' },
  { format: 'BMP', matches: (start) => latin(start, 0, 2) === 'BM' },
  { format: 'ICO', matches: (start) => latin(start, 0, 4) === '\0\0\x01\0' },
  { format: 'a Photoshop document', matches: (start) => latin(start, 0, 4) === '8BPS' },
  { format: 'PDF', matches: (start) => latin(start, 0, 5) === '%PDF-' },
  {
    format: 'SVG',
    matches: (start) => /^(\xef\xbb\xbf)?\s*(<\?xml|<!--|<!DOCTYPE svg|<svg)/.test(latin(start)),
  },
  { format: 'an empty file', matches: (start) => start.length === 0 },
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters distinguish binary from text
  { format: 'text', matches: (start) => !/[\x00-\x08\x0e-\x1a\x1c-\x1f]/.test(latin(start)) },
];

/** The first bytes of a file, which tell its format. The file's name does not, because it is often wrong. */
function findFormat(bytes: Buffer): string {
  const start = bytes.subarray(0, 256);
  return SIGNATURES.find(({ matches }) => matches(start))?.format ?? 'bytes of no known format';
}

export function isHeic(bytes: Buffer): boolean {
  return findFormat(bytes) === 'heic';
}

/**
 * Detects a format that sharp decodes.
 * @throws UnsupportedImageError, which names what was found and what is accepted.
 */
export function detectFormat(bytes: Buffer): (typeof SOURCE_FORMATS)[number] {
  const found = findFormat(bytes);
  const format = SOURCE_FORMATS.find((accepted) => accepted === found);
  if (format) return format;
  throw new UnsupportedImageError(
    found === 'heic'
      ? 'Expected JPEG, PNG, WebP, GIF, AVIF or TIFF but received HEIC. Deploy with AcceptHeic=true, or convert the image and upload it again.'
      : `Expected JPEG, PNG, WebP, GIF, AVIF or TIFF but received ${found}. Convert the image and upload it again.`,
  );
}

function latin(bytes: Buffer, from = 0, to = bytes.length): string {
  return bytes.toString('latin1', from, to);
}

/** The major and the compatible brands of an ISO media file (ISO/IEC 14496-12, 4.3). */
function brands(start: Buffer): string[] {
  if (start.length < 16 || latin(start, 4, 8) !== 'ftyp') return [];
  const boxEnd = Math.min(start.readUInt32BE(0), start.length);
  const found = [latin(start, 8, 12)];
  for (let offset = 16; offset + 4 <= boxEnd; offset += 4) found.push(latin(start, offset, offset + 4));
  return found;
}
