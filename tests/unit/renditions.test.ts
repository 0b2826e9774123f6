import { expect } from 'chai';
import sharp from 'sharp';
import { RENDITIONS } from '../../functions/image-resize/renditions.ts';
import { paintUpright } from '../support/images.ts';
import { render } from './image/rendering/rendering.ts';

const noise = () =>
  sharp({
    create: {
      width: 700,
      height: 500,
      channels: 3,
      background: '#000000',
      noise: { type: 'gaussian', mean: 128, sigma: 40 },
    },
  });
/** To choose 256 colours for noise takes seconds. */
const FEW_COLOURS = { colours: 8, effort: 1 };
const drawing = () => paintUpright(700, 500);

describe('The default renditions table', () => {
  const formats = async (source: Buffer) =>
    Object.fromEntries(
      [...(await render(source, RENDITIONS)).values()].map(({ name, format }) => [name, format]),
    );
  const formatsWith = (format: string) => ({
    thumbnail: 'jpeg',
    small: format,
    medium: format,
    large: format,
    fallback: 'jpeg',
  });

  for (const [what, make, format] of [
    ['a JPEG', () => drawing().jpeg().toBuffer(), 'avif'],
    ['a PNG as grainy as a photograph', () => noise().png().toBuffer(), 'avif'],
    ['a TIFF', () => noise().tiff().toBuffer(), 'avif'],
    ['a 16-bit PNG as grainy as a photograph', () => noise().toColourspace('rgb16').png().toBuffer(), 'avif'],
    ['a PNG of flat colours', () => drawing().png().toBuffer(), 'webp'],
    ['a PNG of flat colours and alpha', () => drawing().ensureAlpha(0.5).png().toBuffer(), 'webp'],
    [
      'a PNG with a palette',
      () =>
        noise()
          .png({ palette: true, ...FEW_COLOURS })
          .toBuffer(),
      'webp',
    ],
    ['a lossless WebP of flat colours', () => drawing().webp({ lossless: true }).toBuffer(), 'webp'],
    ['a GIF', () => noise().gif(FEW_COLOURS).toBuffer(), 'webp'],
  ] as const)
    it(`The default table makes small, medium and large from ${what} as ${format}, and thumbnail and fallback as JPEG`, async () => {
      expect(await formats(await make())).to.deep.equal(formatsWith(format));
    });
});
