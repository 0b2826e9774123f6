import type { Limits } from '../limits.ts';

const SCREEN_OFFSET = 6;
const TABLE_OFFSET = 13;
const EXTENSION = 0x21;
const GRAPHIC_CONTROL = 0xf9;
const IMAGE = 0x2c;
const HAS_TABLE = 0x80;
const IS_TRANSPARENT = 1;
const DISPOSAL = 0x1c;
/** The area of the frame is cleared before the next one is drawn. */
const CLEAR = 2 << 2;
/** What was there before the frame is shown again: before the first one, nothing. Browsers take 4 for 3. */
const RESTORE = [3 << 2, 4 << 2];

/** A frame of one transparent pixel. */
const TRANSPARENT_FRAME = Buffer.from([
  ...[EXTENSION, GRAPHIC_CONTROL, 4, IS_TRANSPARENT, 0, 0, 0, 0],
  ...[IMAGE, 0, 0, 0, 0, 1, 0, 1, 0, 0],
  // The codes clear, 0 and end of 3 bits each.
  ...[2, 2, 0x44, 0x01, 0],
]);

/** In pixels of the screen. */
interface Area {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The offsets of the flags and of the transparent colour in a graphic control extension. */
interface Control {
  readonly flags: number;
  readonly index: number;
}

interface Frame extends Area {
  readonly control?: Control;
  /** Bits of the colours' indices. */
  readonly depth: number;
  /** The offset of what follows. */
  readonly end: number;
}

/**
 * Finds what browsers leave transparent in a GIF without a transparent colour: what its first frame does not cover, and
 * what a frame covered that is to be cleared. libvips paints the first black, and the second in the background colour.
 * @returns a copy that libvips reads as browsers do, if pages are limited to those of the file: it has one frame more.
 * The file itself if libvips reads it right.
 */
export function clearGifScreen(bytes: Buffer, { maxFrames }: Pick<Limits, 'maxFrames'>): Buffer {
  let first: Frame | undefined;
  let previous: Frame | undefined;
  let isTransparent = false;
  let frames = 0;
  let end = bytes.length;
  const cleared: Control[] = [];
  for (const frame of framesIn(bytes)) {
    first ??= frame;
    const flags = frame.control && bytes[frame.control.flags];
    if (flags !== undefined && (flags & IS_TRANSPARENT) > 0) isTransparent = true;
    // An animation of more frames is refused, and a still shows the first one.
    if (frames <= maxFrames && previous && isSeenWhenCleared(previous, frame, bytes, previous === first))
      cleared.push(previous.control);
    previous = frame;
    frames += 1;
    end = frame.end;
  }
  if (!first) return bytes;
  const [width = 0, height = 0] = [SCREEN_OFFSET, SCREEN_OFFSET + 2].map((at) => bytes.readUInt16LE(at));
  const isFramed = !isTransparent && !covers(first, { left: 0, top: 0, width, height });
  if (!isFramed && cleared.length === 0) return bytes;
  const copy = isFramed
    ? Buffer.concat([bytes.subarray(0, end), TRANSPARENT_FRAME, bytes.subarray(end)])
    : Buffer.from(bytes);
  for (const { flags, index } of cleared) {
    copy[flags] = (copy[flags] ?? 0) | IS_TRANSPARENT;
    copy[index] = 0xff;
  }
  return copy;
}

/** Whether a frame is opaque, to be cleared, and not covered by the next one. */
function isSeenWhenCleared(
  frame: Frame,
  next: Frame,
  bytes: Buffer,
  isFirst: boolean,
): frame is Frame & { readonly control: Control } {
  const { control, depth } = frame;
  // A palette of 256 colours leaves no index for a transparent one.
  return (
    control !== undefined &&
    depth < 8 &&
    !covers(next, frame) &&
    isOpaqueAndCleared(bytes[control.flags], isFirst)
  );
}

function isOpaqueAndCleared(flags = 0, isFirst: boolean): boolean {
  const disposal = flags & DISPOSAL;
  const isCleared = disposal === CLEAR || (isFirst && RESTORE.includes(disposal));
  return isCleared && (flags & IS_TRANSPARENT) === 0;
}

function covers(upper: Area, lower: Area): boolean {
  return (
    upper.left <= lower.left &&
    upper.top <= lower.top &&
    upper.left + upper.width >= lower.left + lower.width &&
    upper.top + upper.height >= lower.top + lower.height
  );
}

/** Yields the frames up to where the file is damaged (GIF89a specification, 17 to 27). */
function* framesIn(bytes: Buffer): Generator<Frame> {
  let control: Control | undefined;
  for (let offset = TABLE_OFFSET + tableBytes(bytes[10]); offset < bytes.length; ) {
    const kind = bytes[offset];
    if (kind === EXTENSION) {
      if (bytes[offset + 1] === GRAPHIC_CONTROL) control = { flags: offset + 3, index: offset + 6 };
      offset = skipBlocks(bytes, offset + 2);
    } else if (kind === IMAGE && offset + 11 <= bytes.length) {
      const [left, top, width, height] = [1, 3, 5, 7].map((at) => bytes.readUInt16LE(offset + at));
      const data = offset + 10 + tableBytes(bytes[offset + 9]);
      const end = skipBlocks(bytes, data + 1);
      const area = { left: left ?? 0, top: top ?? 0, width: width ?? 0, height: height ?? 0 };
      yield { ...area, depth: bytes[data] ?? 0, end, ...(control && { control }) };
      control = undefined;
      offset = end;
    } else return;
  }
}

/** The bytes of a table of colours, by the flags that say whether there is one and of what size. */
function tableBytes(flags = 0): number {
  return flags & HAS_TABLE ? 3 * 2 ** ((flags & 7) + 1) : 0;
}

/** @returns the offset behind blocks that begin with their length, the last of which is empty. */
function skipBlocks(bytes: Buffer, start: number): number {
  let offset = start;
  for (let length = bytes[offset] ?? 0; length > 0; length = bytes[offset] ?? 0) offset += 1 + length;
  return offset + 1;
}
