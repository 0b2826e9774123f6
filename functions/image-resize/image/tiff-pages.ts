import { checkAtMost, type Limits } from './limits.ts';

/** The bytes of a page's parts. A page begins with its count of tags and ends with the offset of the next page. */
interface Layout {
  readonly firstPage: number;
  readonly count: 2 | 8;
  readonly tag: number;
  readonly offset: 4 | 8;
}

/** TIFF 6.0, section 2. */
const CLASSIC: Layout = { firstPage: 4, count: 2, tag: 12, offset: 4 };
/** The BigTIFF file format, https://www.awaresystems.be/imaging/tiff/bigtiff.html */
const BIG: Layout = { firstPage: 8, count: 8, tag: 20, offset: 8 };
const BIG_VERSION = 43;

/** A page without tags in a classic TIFF. */
const SMALLEST_PAGE_BYTES = 6;

/** The bytes of a value of each type: BYTE, ASCII, SHORT, LONG, RATIONAL, … IFD, and BigTIFF's three. */
const TYPE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];

/**
 * Checks how many pages a TIFF has, and how many tags they have. Call it before libvips reads the header: it counts the
 * pages, and libtiff reads all tags of each page for that.
 * @throws ImageTooLargeError if there is more than the limits allow.
 */
export function checkTiffPages(bytes: Buffer, limits: Limits): void {
  const { layout, read } = openTiff(bytes);
  // A chain that returns to an earlier page is damaged; libtiff ends it there.
  const seen = new Set<number>();
  // The set is not continued after maxPages, for it would take more memory than the file.
  const mostPages = bytes.length / SMALLEST_PAGE_BYTES;
  let pages = 0;
  let tagBytes = 0;
  let page = read(layout.firstPage, layout.offset);
  while (page > 0 && !seen.has(page) && pages < mostPages) {
    const tags = read(page, layout.count);
    const end = page + layout.count + tags * layout.tag;
    if (end > bytes.length) break;
    pages += 1;
    if (pages <= limits.maxPages) {
      seen.add(page);
      checkAtMost(limits.maxPageTags, 'tags on a page of a TIFF', tags);
      for (let tag = page + layout.count; tag < end; tag += layout.tag)
        tagBytes += countValueBytes(tag, layout, read, bytes.length);
    }
    page = read(end, layout.offset);
  }
  checkAtMost(limits.maxPages, 'pages in a TIFF', pages);
  checkAtMost(limits.maxTagBytes, "bytes in the tags' values of a TIFF", tagBytes);
}

/** Reads an unsigned number; 0 outside of the file. */
type Read = (offset: number, size: 2 | 4 | 8) => number;

function openTiff(bytes: Buffer): { readonly layout: Layout; readonly read: Read } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const isLittleEndian = bytes[0] === 0x49;
  const read: Read = (offset, size) => {
    if (offset + size > bytes.length) return 0;
    if (size === 2) return view.getUint16(offset, isLittleEndian);
    if (size === 4) return view.getUint32(offset, isLittleEndian);
    return Number(view.getBigUint64(offset, isLittleEndian));
  };
  return { layout: read(2, 2) === BIG_VERSION ? BIG : CLASSIC, read };
}

/** 0 if the value is stored within the tag, or if it reaches out of the file, because libtiff does not read it then. */
function countValueBytes(tag: number, layout: Layout, read: Read, fileBytes: number): number {
  const bytes = (TYPE_BYTES[read(tag + 2, 2)] ?? 0) * read(tag + 4, layout.offset);
  const offset = read(tag + 4 + layout.offset, layout.offset);
  return bytes > layout.offset && offset + bytes <= fileBytes ? bytes : 0;
}
