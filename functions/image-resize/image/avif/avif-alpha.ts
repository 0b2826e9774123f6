import {
  findPrimaryItem,
  itemProperties,
  metaBoxes,
  propertiesIn,
  readItemProperties,
  referencesIn,
  VERSION_BYTES,
} from './avif-meta.ts';
import { type Box, boxType } from './iso-boxes.ts';

const AUXILIARY_OF = boxType('auxl');
const PREMULTIPLIED_BY = boxType('prem');
const AUXILIARY_TYPE = boxType('auxC');
const ROTATION = boxType('irot');
const MIRRORING = boxType('imir');

/** The names of transparency among the auxiliary images: of MIAF, and of HEVC. */
const TRANSPARENCY = /^urn:mpeg:(mpegB:cicp:systems:auxiliary:alpha|hevc:2015:auxid:1)\0/;
const LONGEST_NAME = 64;

/** Degrees clockwise, or what sharp calls mirroring top to bottom and left to right. */
export type Turn = 90 | 180 | 270 | 'flip' | 'flop';

/** What libheif does not do with the transparency of an AVIF. */
export interface AvifAlpha {
  /** The colours are multiplied by the transparency. */
  readonly isPremultiplied: boolean;
  /** How the image is to be turned with its transparency; missing if libheif turns both alike. */
  readonly turns?: readonly Turn[];
}

/**
 * Reads how the transparency belongs to an AVIF. Readers turn it as the image is turned (ISO/IEC 23000-22, 7.3.6), but
 * libheif turns it by its own properties, which many encoders do not write.
 */
export function readAvifAlpha(bytes: Buffer): AvifAlpha {
  const [meta] = metaBoxes(bytes);
  const image = meta && findPrimaryItem(bytes, meta);
  if (!meta || image === undefined) return { isPremultiplied: false };
  const items = readItemProperties(bytes, meta);
  let isPremultiplied = false;
  let transparency: readonly Box[] | undefined;
  for (const { type, from, to } of referencesIn(bytes, meta)) {
    if (type === PREMULTIPLIED_BY && from === image) isPremultiplied = true;
    if (type !== AUXILIARY_OF || !to.includes(image)) continue;
    const properties = items.get(from) ?? [];
    if (isTransparency(bytes, properties)) transparency ??= properties;
  }
  if (!transparency) return { isPremultiplied: false };
  const turns = readTurns(bytes, items.get(image) ?? []);
  const isTurnedAlike = String(turns) === String(readTurns(bytes, transparency));
  return isTurnedAlike ? { isPremultiplied } : { isPremultiplied, turns };
}

function isTransparency(bytes: Buffer, properties: readonly Box[]): boolean {
  return properties.some(({ type, start, end }) => {
    const name = start + VERSION_BYTES;
    return (
      type === AUXILIARY_TYPE &&
      TRANSPARENCY.test(bytes.toString('latin1', name, Math.min(end, name + LONGEST_NAME)))
    );
  });
}

/** ISO/IEC 23008-12, 6.5.10 and 6.5.12: quarters against the clock, and the axis. */
function readTurns(bytes: Buffer, properties: readonly Box[]): Turn[] {
  return properties.flatMap(({ type, start }): Turn[] => {
    const value = bytes[start] ?? 0;
    if (type === MIRRORING) return [(value & 1) === 0 ? 'flip' : 'flop'];
    const turn = type === ROTATION ? ([undefined, 270, 180, 90] as const)[value & 3] : undefined;
    return turn ? [turn] : [];
  });
}

/** @returns a copy whose images libheif does not turn. */
export function withoutTurns(avif: Buffer): Buffer {
  const copy = Buffer.from(avif);
  for (const meta of metaBoxes(avif))
    for (const properties of itemProperties(avif, meta))
      for (const { type, start } of propertiesIn(avif, properties)) {
        if (type !== ROTATION && type !== MIRRORING) continue;
        // Both boxes contain one byte, and a rotation by 0 does nothing. A length of 64 bits may precede the content.
        const typeStart = avif.readUInt32BE(start - 4) === type ? start - 4 : start - 12;
        copy.writeUInt32BE(ROTATION, typeStart);
        if (start < copy.length) copy[start] = 0;
      }
  return copy;
}
