import { itemProperties, metaBoxes, propertiesIn } from './avif-meta.ts';
import { BoxReader, boxType } from './iso-boxes.ts';

const COLOUR = boxType('colr');
const CODES = boxType('nclx');
const UNSPECIFIED = 2;
/** What readers assume for a matrix that nobody states: that of BT.601. */
const ASSUMED_MATRIX = 6;
/** Behind the four letters, the primaries and the transfer. */
const MATRIX_OFFSET = 8;

/**
 * libheif takes unspecified codes of full range for none, and believes the bitstream instead. Browsers believe the codes.
 * @returns the same bytes, or a copy in which such codes state the matrix.
 */
export function withStatedMatrix(avif: Buffer): Buffer {
  let copy: Buffer | undefined;
  for (const meta of metaBoxes(avif))
    for (const properties of itemProperties(avif, meta))
      for (const box of propertiesIn(avif, properties)) {
        const reader = new BoxReader(avif, box);
        if (box.type !== COLOUR || reader.read(4) !== CODES) continue;
        const codes = [reader.read(2), reader.read(2), reader.read(2)];
        if (reader.isAtEnd || codes.some((code) => code !== UNSPECIFIED)) continue;
        copy ??= Buffer.from(avif);
        copy.writeUInt16BE(ASSUMED_MATRIX, box.start + MATRIX_OFFSET);
      }
  return copy ?? avif;
}
