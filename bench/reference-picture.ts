import sharp, { type OutputInfo, type Sharp } from 'sharp';

/** An image at one width, as encoders are compared on it: upright, opaque, 8 bits of sRGB. */
export interface ReferencePicture {
  readonly data: Buffer;
  readonly raw: OutputInfo;
  readonly source: () => Sharp;
  readonly png: Buffer;
}

export async function scaleReference(image: Buffer, width: number): Promise<ReferencePicture> {
  const { data, info } = await sharp(image)
    .autoOrient()
    .resize({ width })
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const source = () => sharp(data, { raw: info });
  return { data, raw: info, source, png: await source().png({ compressionLevel: 1 }).toBuffer() };
}
