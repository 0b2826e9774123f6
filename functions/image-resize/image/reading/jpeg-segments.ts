import { checkAtMost, type Limits } from '../limits.ts';

/** The start of an image (FF D8) and the first byte of the marker that follows. */
const IMAGE_START = Buffer.from([0xff, 0xd8, 0xff]);
const END_MARKER = Buffer.from([0xff, 0xd9]);
const START_OF_IMAGE = 0xd8;
const END_OF_IMAGE = 0xd9;
const START_OF_SCAN = 0xda;

/**
 * Checks how many segments and scans each image of a JPEG file has. libjpeg copies segments, and libultrahdr does so for
 * the second image, the gain map, too.
 * @throws ImageTooLargeError if there are more than the limits allow.
 */
export function checkJpegSegments(bytes: Buffer, limits: Limits): void {
  for (let start = 0; start >= 0; ) {
    const { segments, scans, end } = countSegments(bytes, start);
    checkAtMost(limits.maxJpegSegments, 'segments in a JPEG', segments);
    checkAtMost(limits.maxJpegScans, 'scans in a JPEG', scans);
    start = bytes.indexOf(IMAGE_START, end);
  }
}

/** @returns the offset of the end marker of a JPEG's first image; undefined if the file ends before it. */
export function findImageEnd(bytes: Buffer): number | undefined {
  // The samples of an only scan contain no marker but restarts.
  const offset = bytes.indexOf(END_MARKER, countSegments(bytes, 0).end - 1);
  return offset < 0 ? undefined : offset;
}

/** @returns in `end` the offset up to which libjpeg reads the image that begins at `start`. */
function countSegments(bytes: Buffer, start: number) {
  let segments = 0;
  let scans = 0;
  // As many components as the only scan of an image contains.
  let wholeScan = 0;
  let offset = start + 2;
  for (;;) {
    offset = findMarker(bytes, offset);
    const marker = bytes[offset];
    if (marker === START_OF_IMAGE) return { segments, scans, end: offset - 1 };
    if (marker === undefined || marker === END_OF_IMAGE) return { segments, scans, end: offset };
    offset += 1;
    if (isBare(marker)) continue;
    const length = offset + 2 <= bytes.length ? bytes.readUInt16BE(offset) : 0;
    if (length < 2) return { segments, scans, end: offset };
    segments += 1;
    if (startsFrame(marker)) wholeScan = isProgressive(marker) ? Infinity : (bytes[offset + 7] ?? 0);
    if (marker === START_OF_SCAN) {
      scans += 1;
      // libjpeg reads nothing after the samples of an only scan. To search them for markers would take 0.2 ms for each
      // megabyte.
      if ((bytes[offset + 2] ?? 0) >= wholeScan) return { segments, scans, end: offset + length };
    }
    offset += length;
  }
}

/**
 * Yields the segments of a JPEG's first image up to its first scan, or up to where the file ends.
 * `offset` is that of the second byte of the marker.
 */
export function* headerSegments(
  bytes: Buffer,
): Generator<{ readonly marker: number; readonly offset: number }> {
  for (let offset = findMarker(bytes, 2); offset + 3 <= bytes.length; ) {
    const marker = bytes[offset] ?? 0;
    if (marker === START_OF_SCAN || marker === END_OF_IMAGE) return;
    yield { marker, offset };
    const length = isBare(marker) ? 0 : bytes.readUInt16BE(offset + 1);
    offset = findMarker(bytes, offset + 1 + length);
  }
}

/**
 * Skips samples and whatever else is no marker: FF 00 is an escaped FF among the samples, and any number of FF may precede
 * a marker.
 * @returns the offset of the second byte of the next marker, or the length of the file.
 */
function findMarker(bytes: Buffer, from: number): number {
  for (let offset = from; ; offset += 1) {
    if (bytes[offset] !== 0xff) offset = bytes.indexOf(0xff, offset);
    if (offset < 0) return bytes.length;
    while (bytes[offset] === 0xff) offset += 1;
    if (bytes[offset] !== 0) return offset;
  }
}

/** The markers without a segment: TEM and RST0 to RST7 (ITU-T T.81, table B.1). */
function isBare(marker: number): boolean {
  return marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);
}

/** SOF0 to SOF15, without DHT, JPG and DAC (ITU-T T.81, table B.1). */
export function startsFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** SOF2, SOF6, SOF10 and SOF14. */
function isProgressive(startOfFrame: number): boolean {
  return (startOfFrame & 3) === 2;
}
