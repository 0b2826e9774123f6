import { expect } from 'chai';
import sharp from 'sharp';
import { DEFAULT_LIMITS } from '../../../../functions/image-resize/image/limits.ts';
import { inspectImage } from '../../../../functions/image-resize/image/reading/inspect.ts';
import { renderOne } from '../rendering/rendering.ts';
import { codes, rotation, takeAv1Image, takeGreyAv1Image, withTransparency } from './handmade-avif.ts';
import { readQuarters, TURNED_PICTURES, turnedAvif } from './turned-avif.ts';

const SIDES = { width: 96, height: 64 } as const;
const COLOUR = [200, 100, 50] as const;

/** One colour that gets more opaque from left to right, 10 or 8 bits deep. */
async function fadingAvif(
  isPremultiplied: boolean,
  bitdepth: 8 | 10 = 8,
  properties: readonly Buffer[] = [],
): Promise<Buffer> {
  const pixels = Array.from({ length: SIDES.width * SIDES.height }, (_, pixel) => {
    const alpha = Math.round((255 * (pixel % SIDES.width)) / (SIDES.width - 1));
    return [...COLOUR.map((value) => (isPremultiplied ? Math.round((value * alpha) / 255) : value)), alpha];
  });
  const picture = sharp(Uint8Array.from(pixels.flat()), { raw: { ...SIDES, channels: 4 } });
  const deep = bitdepth === 10 ? picture.toColourspace('rgb16') : picture;
  const options = { quality: 100, effort: 0, chromaSubsampling: '4:4:4', bitdepth } as const;
  const image = takeAv1Image(await deep.clone().removeAlpha().avif(options).toBuffer());
  const alpha = takeGreyAv1Image(await deep.clone().avif(options).toBuffer());
  return withTransparency(image, alpha, { ...SIDES, isPremultiplied, turns: properties });
}

const samplesOnWhite = (image: Buffer) => sharp(image).flatten({ background: '#ffffff' }).raw().toBuffer();

describe('The transparency of an AVIF', () => {
  for (const bitdepth of [8, 10] as const)
    for (const width of [SIDES.width, 30])
      it(`Premultiplied colours of ${bitdepth} bits are divided by their transparency, at ${width} pixels`, async () => {
        const made = await renderOne(await fadingAvif(true, bitdepth), { width });
        const { data } = await sharp(made).raw().toBuffer({ resolveWithObject: true });
        const errors = [...data].map((sample, index) => {
          const alpha = data[index | 3] ?? 0;
          return index % 4 < 3 && alpha > 64 ? Math.abs(sample - (COLOUR[index % 4] ?? 0)) : 0;
        });
        expect(Math.max(...errors)).to.be.at.most(6);
        const straight = await samplesOnWhite(await renderOne(await fadingAvif(false, bitdepth), { width }));
        const differences = [...(await samplesOnWhite(made))].map((sample, index) =>
          Math.abs(sample - (straight[index] ?? 0)),
        );
        expect(Math.max(...differences)).to.be.below(4);
      });

  it('Premultiplied colours of Display P3 are divided before they are converted', async () => {
    const made = await renderOne(await fadingAvif(true, 8, [codes(12, 13)]), { width: SIDES.width });
    const { data } = await sharp(made).raw().toBuffer({ resolveWithObject: true });
    // (200, 100, 50) in Display P3, see source-kinds.test.ts.
    for (const [channel, value] of [215, 93, 31].entries())
      expect(data[((SIDES.width * 3) / 4) * 4 + channel]).to.be.closeTo(value, 6);
  });

  for (const { name, turns, seen } of TURNED_PICTURES)
    for (const [encoder, alphaTurns] of [
      ['names the turn for the image alone', []],
      ['names the turn for the transparency too', turns],
      ['names another turn for the transparency', [rotation(2)]],
    ] as const)
      it(`The transparency of an AVIF that is ${name} is turned with it if the encoder ${encoder}`, async () => {
        const source = await turnedAvif(turns, alphaTurns);
        const { width, height } = await inspectImage(source, DEFAULT_LIMITS);
        for (const side of [width, 24]) {
          const made = await renderOne(source, { width: side });
          expect(await readQuarters(made), `at ${side} pixels`).to.equal(seen);
          const { width: madeWidth, height: madeHeight } = await sharp(made).metadata();
          expect([madeWidth, madeHeight]).to.deep.equal([side, Math.round((side * height) / width)]);
        }
      });
});
