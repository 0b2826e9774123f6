import { type Credits, decodeText } from './credits.ts';

/** The tag marker of a dataset, and the record of what an application writes (IPTC-NAA IIM 4.2, chapters 3 and 6). */
const MARKER = 0x1c;
const APPLICATION_RECORD = 2;
const BY_LINE = 80;
const CREDIT = 110;
const COPYRIGHT_NOTICE = 116;

const HEADER_BYTES = 5;
/** Bit 15 of a length says that the length itself is longer: 32 KiB and more are no credits. */
const EXTENDED = 0x8000;

/** @param iptc the datasets, perhaps in a resource of Photoshop, as JPEG has them. */
export function readIptcCredits(iptc: Buffer): Credits {
  const texts = new Map<number, string[]>();
  for (let offset = iptc.indexOf(MARKER); offset >= 0 && offset + HEADER_BYTES <= iptc.length; ) {
    const [record, dataset] = [iptc[offset + 1], iptc[offset + 2] ?? 0];
    const length = iptc.readUInt16BE(offset + 3);
    const end = offset + HEADER_BYTES + length;
    if (length >= EXTENDED || end > iptc.length) break;
    const text = decodeText(iptc.subarray(offset + HEADER_BYTES, end));
    if (record === APPLICATION_RECORD)
      texts
        .set(dataset, texts.get(dataset) ?? [])
        .get(dataset)
        ?.push(text);
    if (iptc[end] !== MARKER) break;
    offset = end;
  }
  return {
    copyright: texts.get(COPYRIGHT_NOTICE)?.[0] ?? '',
    artists: texts.get(BY_LINE) ?? [],
    credit: texts.get(CREDIT)?.[0] ?? '',
  };
}
