import sharp from 'sharp';
import { CorruptImageError, toCorruptImageError } from '../errors.ts';
import { findImageEnd } from './jpeg-segments.ts';

const END_OF_IMAGE = Buffer.from([0xff, 0xd9]);

/**
 * libvips refuses a JPEG that ends before its end marker, whatever is missing.
 * @returns the file itself, or a copy with the marker. libjpeg then paints what is missing in grey.
 */
export function endJpeg(bytes: Buffer): Buffer {
  return bytes.subarray(-2).equals(END_OF_IMAGE) || findImageEnd(bytes) !== undefined
    ? bytes
    : Buffer.concat([bytes, END_OF_IMAGE]);
}

/** What libjpeg paints where there is no data, with rounding. */
const GREY = { least: 126, most: 130 };

/**
 * Browsers show the part of a JPEG that has data. A picture whose last row has some is complete, or less sharp than it was;
 * any other has an empty part.
 * @param bytes a file that endJpeg has ended.
 * @throws CorruptImageError if the last row of pixels is empty, or if libjpeg cannot read the file.
 */
export async function checkLastRow(bytes: Buffer): Promise<void> {
  const samples = await readLastRow(bytes);
  if (samples.every((sample) => sample >= GREY.least && sample <= GREY.most))
    throw new CorruptImageError(
      'The image is damaged: the JPEG ends before its last row of pixels. Upload the whole file.',
    );
}

/** As stored, which is CMYK or a form of RGB. */
async function readLastRow(bytes: Buffer): Promise<Buffer> {
  const read = () => sharp(bytes, { failOn: 'error', limitInputPixels: false, ignoreIcc: true });
  try {
    const { width, height, space } = await read().metadata();
    return await read()
      .extract({ left: 0, top: height - 1, width, height: 1 })
      .pipelineColourspace(space === 'cmyk' ? 'cmyk' : 'srgb')
      .toColourspace(space === 'cmyk' ? 'cmyk' : 'srgb')
      .raw()
      .toBuffer();
  } catch (cause) {
    throw toCorruptImageError(cause);
  }
}
