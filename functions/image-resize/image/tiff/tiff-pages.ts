import { checkAtMost, type Limits } from '../limits.ts';
import { TiffFile, type TiffPage } from './tiff-file.ts';

/** A page without tags in a classic TIFF. */
const SMALLEST_PAGE_BYTES = 6;

const NEW_SUBFILE_TYPE = 254;
/** A preview, and a mask for another page: bits 0 and 2 (TIFF 6.0, section 8). */
const NO_PICTURE = 0b101;
const SUBFILES = 330;

/**
 * Checks how many pages a TIFF has, and how many tags they have. Call it before libvips reads the header: it counts the
 * pages, and libtiff reads all tags of each page for that.
 * @throws ImageTooLargeError if there is more than the limits allow.
 */
export function checkTiffPages(bytes: Buffer, limits: Limits): void {
  const file = new TiffFile(bytes);
  let tagBytes = 0;
  let pages = 0;
  for (const page of pagesIn(file, limits.maxPages)) {
    pages += 1;
    // The rest is only counted.
    if (pages <= limits.maxPages) tagBytes += checkTags(file, page, limits);
  }
  checkAtMost(limits.maxPages, 'pages in a TIFF', pages);
  checkAtMost(limits.maxTagBytes, TAG_BYTES, tagBytes);
}

const TAG_BYTES = "bytes in the tags' values of a TIFF";

/** @returns the bytes of the values of the page's tags. */
function checkTags(file: TiffFile, page: TiffPage, limits: Limits): number {
  checkAtMost(limits.maxPageTags, 'tags on a page of a TIFF', page.tags);
  return file.countValueBytes(page);
}

/** @param most a chain that returns to one of so many first pages is damaged: it ends there, as it does for libtiff. */
function* pagesIn(file: TiffFile, most: number): Generator<TiffPage> {
  // The set is not continued after that, for it would take more memory than the file.
  const seen = new Set<number>();
  const mostPages = file.bytes.length / SMALLEST_PAGE_BYTES;
  let offset = file.firstPage;
  for (let pages = 0; pages < mostPages && !seen.has(offset); pages += 1) {
    const page = file.readPage(offset);
    if (!page) return;
    if (pages < most) seen.add(offset);
    yield page;
    offset = page.next;
  }
}

/**
 * Finds the page with the picture: the first one that is marked neither as a preview nor as a mask, on the first page's
 * level or below it, as cameras write their raw files. The first page if all are marked.
 * @throws ImageTooLargeError if a page below the first one has more tags than the limits allow.
 */
export function findPicture(file: TiffFile, limits: Limits): TiffPage | undefined {
  const [first, ...others] = pagesIn(file, limits.maxPages);
  if (!first || isPicture(file, first)) return first;
  const below = file.numbers(first, SUBFILES).flatMap((offset) => file.readPage(offset) ?? []);
  for (const page of below) checkAtMost(limits.maxTagBytes, TAG_BYTES, checkTags(file, page, limits));
  return [...others, ...below].find((page) => isPicture(file, page)) ?? first;
}

function isPicture(file: TiffFile, page: TiffPage): boolean {
  const [kind = 0] = file.numbers(page, NEW_SUBFILE_TYPE);
  return (kind & NO_PICTURE) === 0;
}
