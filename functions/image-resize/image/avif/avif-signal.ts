import { type ColourSignal, shownSignal } from '../colour/colour-signal.ts';
import { readAv1Colours } from './av1-header.ts';
import { findItemData, findPrimaryItem, metaBoxes, readItemProperties, referencesIn } from './avif-meta.ts';
import { type Box, BoxReader, boxType, type Part } from './iso-boxes.ts';

const COLOUR = boxType('colr');
const CODES = boxType('nclx');
const AV1_CONFIGURATION = boxType('av1C');
const CONTENT_LIGHT = boxType('clli');
const DERIVED_FROM = boxType('dimg');

/** What an AVIF says about its colours. A profile counts before the codes. */
export interface AvifColours {
  readonly signal: ColourSignal;
  readonly isGrey: boolean;
}

/** @returns undefined if the boxes are damaged. libheif's error is more precise. */
export function readAvifColours(bytes: Buffer): AvifColours | undefined {
  const [meta] = metaBoxes(bytes);
  const item = meta && findPrimaryItem(bytes, meta);
  if (!meta || item === undefined) return undefined;
  const image = findCodedItem(bytes, meta, item);
  const items = readItemProperties(bytes, meta);
  const properties = [item, image].flatMap((number) => items.get(number) ?? []);
  const configuration = properties.find(({ type }) => type === AV1_CONFIGURATION);
  if (!configuration) return undefined;
  const isGrey = ((bytes[configuration.start + 2] ?? 0) & 0x10) !== 0;
  const codes = readCodes(bytes, properties) ?? readBitstream(bytes, meta, image, configuration);
  const signal = shownSignal({ ...codes, peak: readPeak(bytes, properties) });
  // libheif widens the range of colours only.
  return { isGrey, signal: { ...signal, isLimited: isGrey && codes?.isFullRange === false } };
}

/** The first tile of a grid, or the item itself. */
function findCodedItem(bytes: Buffer, meta: Part, item: number): number {
  for (const { type, from, to } of referencesIn(bytes, meta))
    if (type === DERIVED_FROM && from === item) return to[0] ?? item;
  return item;
}

interface Codes {
  readonly primaries: number;
  readonly transfer: number;
  readonly isFullRange: boolean;
}

/** ISO/IEC 14496-12, 12.1.5. */
function readCodes(bytes: Buffer, properties: readonly Box[]): Codes | undefined {
  for (const box of properties) {
    const reader = new BoxReader(bytes, box);
    if (box.type !== COLOUR || reader.read(4) !== CODES) continue;
    const [primaries, transfer] = [reader.read(2), reader.read(2)];
    reader.read(2);
    return { primaries, transfer, isFullRange: (reader.read(1) & 0x80) !== 0 };
  }
  return undefined;
}

/** The sequence header is in the configuration, or in front of the image's samples. */
function readBitstream(bytes: Buffer, meta: Part, item: number, { start, end }: Part): Codes | undefined {
  const data = findItemData(bytes, meta, item);
  return readAv1Colours(bytes, { start: start + 4, end }) ?? (data && readAv1Colours(bytes, data));
}

/** @returns 0 if the image does not say how bright it is. Browsers ignore the display on which it was mastered (`mdcv`). */
function readPeak(bytes: Buffer, properties: readonly Box[]): number {
  const content = properties.find(({ type }) => type === CONTENT_LIGHT);
  return content ? new BoxReader(bytes, content).read(2) : 0;
}
