import sharp from 'sharp';
import { TiffFile } from '../tiff/tiff-file.ts';
import { type Credits, decodeText } from './credits.ts';
import { readIptcCredits } from './iptc-credits.ts';
import { readXmpCredits } from './xmp-credits.ts';

/** The tags Artist and Copyright (Exif 2.32, section 4.6.4). */
const ARTIST = 0x013b;
const COPYRIGHT = 0x8298;

/** Cameras and Lightroom write some KiB; a history of edits may have megabytes. */
const MAX_BYTES = 1024 * 1024;
/** Of one tag. Ten artists have less. */
const MAX_TAG_BYTES = 32 * 1024;

/**
 * Reads the credits of a file, of its XMP first, then of IPTC, then of EXIF, each field of the first that has it. Damaged
 * metadata counts as missing, because an image without credits is better than none.
 * @param source a file whose limits have been checked.
 */
export async function readCredits(source: Buffer): Promise<Credits> {
  const { exif, iptc, xmp, format } = await sharp(source, { limitInputPixels: false, failOn: 'none' })
    .metadata()
    .catch(() => ({ exif: undefined, iptc: undefined, xmp: undefined, format: undefined }));
  // In a TIFF they are tags of the page itself.
  const tags = format === 'tiff' ? source : exif;
  return {
    ...clean(tags ? readExifCredits(tags) : {}),
    ...clean(iptc && iptc.length <= MAX_BYTES ? readIptcCredits(iptc) : {}),
    ...clean(xmp && xmp.length <= MAX_BYTES ? readXmpCredits(xmp) : {}),
  };
}

function readExifCredits(exif: Buffer): Credits {
  const start = exif.toString('latin1', 0, 6) === 'Exif\0\0' ? 6 : 0;
  const file = new TiffFile(exif.subarray(start));
  const page = file.readPage(file.firstPage);
  if (!page) return {};
  const textOf = (tag: number) => {
    const bytes = file.data(page, tag);
    return bytes && bytes.length <= MAX_TAG_BYTES ? decodeText(bytes) : '';
  };
  return { artists: textOf(ARTIST).split(/[;\0]/), copyright: textOf(COPYRIGHT).replaceAll('\0', ' ') };
}

/** So that what an upload says cannot make a thumbnail long. */
const MAX_CHARACTERS = 500;
const MAX_ARTISTS = 10;

/** @returns the fields that say something, without what XML cannot contain. */
function clean({ copyright = '', artists = [], credit = '' }: Credits): Credits {
  const [cleanCopyright, cleanCredit] = [cleanText(copyright), cleanText(credit)];
  const cleanArtists = artists.map(cleanText).filter(Boolean).slice(0, MAX_ARTISTS);
  return {
    ...(cleanCopyright && { copyright: cleanCopyright }),
    ...(cleanArtists.length > 0 && { artists: cleanArtists }),
    ...(cleanCredit && { credit: cleanCredit }),
  };
}

function cleanText(text: string): string {
  const plain = text.replaceAll(/[\p{Cc}\ufffe\uffff\s]+/gu, ' ');
  return [...plain.trim()].slice(0, MAX_CHARACTERS).join('').trim();
}
