import sharp, { type Sharp } from 'sharp';

/** Paints an image whose orientation is visible: red upper half, blue lower half, a green mark at the top left. */
export function paintUpright(width: number, height: number): Sharp {
  const half = Math.floor(height / 2);
  const band = (background: string, bandWidth: number, bandHeight: number) => ({
    create: { width: bandWidth, height: bandHeight, channels: 3 as const, background },
  });
  return sharp(band('#ff0000', width, height)).composite([
    { input: band('#0000ff', width, height - half), left: 0, top: half },
    { input: band('#00ff00', Math.floor(width / 4), Math.floor(height / 4)), left: 0, top: 0 },
  ]);
}

/** The RGB values of one pixel. `x` and `y` are fractions of the width and the height, from 0 to below 1. */
export async function colourAt(image: Buffer, x: number, y: number): Promise<readonly number[]> {
  const { data, info } = await sharp(image).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const offset = (Math.floor(y * info.height) * info.width + Math.floor(x * info.width)) * info.channels;
  return [...data.subarray(offset, offset + 3)];
}
