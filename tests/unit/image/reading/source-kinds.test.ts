import { expect } from 'chai';
import sharp, { type Sharp } from 'sharp';
import { DEFAULT_LIMITS } from '../../../../functions/image-resize/image/limits.ts';
import { inspectImage } from '../../../../functions/image-resize/image/reading/inspect.ts';
import { colourAt, paintUpright } from '../../../support/images.ts';
import { ADOBE_RGB, type ColourSpace, DISPLAY_P3, deltaE2000, SRGB, toLab } from '../colour/colour.ts';
import { displayProfile, flatJpeg, swatchPng } from '../handmade.ts';
import { renderOne } from '../rendering/rendering.ts';

const picture = (edit: (image: Sharp) => Sharp) => edit(paintUpright(96, 64)).toBuffer();
const alpha = (image: Sharp) => image.ensureAlpha(0.5);

/** Every kind of source. Each shows the picture of paintUpright: a green mark, red above, blue below. */
const KINDS: readonly [kind: string, format: string, make: () => Promise<Buffer>][] = [
  ['a baseline JPEG', 'jpeg', () => picture((image) => image.jpeg({ quality: 100 }))],
  ['a progressive JPEG', 'jpeg', () => picture((image) => image.jpeg({ quality: 100, progressive: true }))],
  [
    'a CMYK JPEG without a profile',
    'jpeg',
    () => picture((image) => image.toColourspace('cmyk').jpeg({ quality: 100 })),
  ],
  [
    'a CMYK JPEG with its profile',
    'jpeg',
    () => picture((image) => image.withIccProfile('cmyk').jpeg({ quality: 100 })),
  ],
  ['an 8-bit PNG', 'png', () => picture((image) => image.png())],
  ['a 16-bit PNG', 'png', () => picture((image) => image.toColourspace('rgb16').png())],
  ['a palette PNG', 'png', () => picture((image) => image.png({ palette: true }))],
  ['a PNG with alpha', 'png', () => picture((image) => alpha(image).png())],
  ['an interlaced PNG', 'png', () => picture((image) => image.png({ progressive: true }))],
  ['a lossy WebP', 'webp', () => picture((image) => image.webp({ quality: 100, smartSubsample: true }))],
  ['a lossless WebP', 'webp', () => picture((image) => image.webp({ lossless: true }))],
  ['an animated WebP', 'webp', () => animate((image) => image.webp({ lossless: true }))],
  ['a GIF', 'gif', () => picture((image) => image.gif())],
  ['an animated GIF', 'gif', () => animate((image) => image.gif())],
  ['an AVIF', 'avif', () => picture((image) => image.avif({ lossless: true, effort: 0 }))],
  ['a TIFF', 'tiff', () => picture((image) => image.tiff({ compression: 'lzw' }))],
  ['a 16-bit TIFF', 'tiff', () => picture((image) => image.toColourspace('rgb16').tiff())],
  ['a CMYK TIFF', 'tiff', () => picture((image) => image.toColourspace('cmyk').tiff())],
];

/** An animation of the picture and its negative. */
async function animate(write: (image: Sharp) => Sharp): Promise<Buffer> {
  const { data, info } = await paintUpright(96, 64).raw().toBuffer({ resolveWithObject: true });
  const negative = Buffer.from(data.map((value) => 255 - value));
  const raw = { width: 96, height: 128, channels: info.channels, pageHeight: 64 };
  return write(sharp(Buffer.concat([data, negative]), { raw, pages: -1 })).toBuffer();
}

const WELL_INSIDE_EACH: readonly [x: number, y: number, colour: readonly [number, number, number]][] = [
  [0.1, 0.1, [0, 255, 0]],
  [0.7, 0.2, [255, 0, 0]],
  [0.5, 0.8, [0, 0, 255]],
];

const labOf = (rgb: readonly number[]) => toLab(rgb, SRGB);

/** The RGB primary that is nearest to a colour, for CMYK sources: ink cannot print the pure primaries. */
function nearestPrimary(rgb: readonly number[]): string {
  const distance = ([, , colour]: (typeof WELL_INSIDE_EACH)[number]) => deltaE2000(labOf(rgb), labOf(colour));
  return String(WELL_INSIDE_EACH.toSorted((a, b) => distance(a) - distance(b))[0]?.[2]);
}

describe('The image core', () => {
  for (const [kind, format, make] of KINDS)
    it(`The image core detects ${kind} by its content and renders its first frame upright in 8-bit sRGB`, async () => {
      const source = await make();
      expect(await inspectImage(source, DEFAULT_LIMITS)).to.deep.include({ format, width: 96, height: 64 });
      const rendition = await renderOne(source);
      const { width, height, space, depth, pages, icc } = await sharp(rendition).metadata();
      expect({ width, height, space, depth, pages, icc }).to.deep.equal({
        width: 64,
        height: 43,
        space: 'srgb',
        depth: 'uchar',
        pages: undefined,
        icc: undefined,
      });
      for (const [x, y, colour] of WELL_INSIDE_EACH) {
        const found = await colourAt(rendition, x, y);
        if (kind.includes('CMYK')) expect(nearestPrimary(found)).to.equal(String(colour));
        else expect(deltaE2000(labOf(found), labOf(colour)), `${found} for ${colour}`).to.be.below(2);
      }
    });

  it('The image core renders the first page of a TIFF that has several pages', async () => {
    const page = (background: string) =>
      sharp({ create: { width: 32, height: 32, channels: 3, background } })
        .png()
        .toBuffer();
    const source = await sharp([await page('#ff0000'), await page('#0000ff')], { join: { animated: true } })
      .tiff()
      .toBuffer();
    expect(await sharp(source).metadata()).to.have.property('pages', 2);
    expect(nearestPrimary(await colourAt(await renderOne(source), 0.5, 0.5))).to.equal('255,0,0');
  });

  it('The image core renders a YCCK JPEG in the colours of the CMYK that it encodes', async () => {
    const jpeg = (samples: readonly number[], adobeTransform: number) =>
      flatJpeg({ width: 64, height: 64, samples, adobeTransform });
    // YCCK is CMYK whose first three inks are inverted to RGB and then converted to YCbCr.
    const cmyk = await renderOne(jpeg([200, 120, 60, 250], 0));
    const ycck = await renderOne(jpeg([118, 171, 83, 250], 2));
    const difference = deltaE2000(
      labOf(await colourAt(cmyk, 0.5, 0.5)),
      labOf(await colourAt(ycck, 0.5, 0.5)),
    );
    expect(difference).to.be.below(2);
    expect(await colourAt(ycck, 0.5, 0.5)).to.satisfy(([r = 0, g = 0, b = 0]: number[]) => r > g && g > b);
  });

  const SPACES: readonly [string, ColourSpace][] = [
    ['Display P3', DISPLAY_P3],
    ['Adobe RGB', ADOBE_RGB],
  ];
  for (const [name, space] of SPACES)
    for (const depth of [8, 16] as const)
      it(`The image core renders a ${name} source of ${depth} bits in the same colour in sRGB`, async () => {
        const profile = displayProfile(space.colorants, space.decode);
        const [red = 0] = await colourAt(
          await renderOne(swatchPng([200, 100, 50], profile, depth)),
          0.5,
          0.5,
        );
        expect(red, 'the profile is applied').to.be.above(208);
        for (const rgb of [
          [200, 100, 50],
          [90, 140, 120],
          [60, 70, 160],
          [128, 128, 128],
        ]) {
          const found = await colourAt(await renderOne(swatchPng(rgb, profile, depth)), 0.5, 0.5);
          expect(deltaE2000(toLab(rgb, space), labOf(found)), `${rgb} became ${found}`).to.be.below(2);
        }
      });

  for (const format of ['jpeg', 'webp', 'avif', 'png', 'gif'] as const)
    it(`The image core writes no EXIF, GPS, XMP, thumbnail or colour profile into a rendition of format ${format}`, async () => {
      const source = await paintUpright(96, 64)
        .withExif({
          IFD0: { Copyright: 'somebody' },
          IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '51/1 30/1 0/1' },
        })
        .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/"/>')
        .withIccProfile('p3')
        .jpeg()
        .toBuffer();
      const { exif, xmp, icc } = await sharp(source).metadata();
      expect([exif, xmp, icc]).to.satisfy((found: unknown[]) => found.every(Buffer.isBuffer));
      const rendition = await renderOne(source, { format });
      const kept = await sharp(rendition).metadata();
      for (const kind of ['exif', 'xmp', 'icc', 'iptc', 'orientation', 'comments'] as const)
        expect(kept, kind).not.to.have.property(kind);
      expect(rendition.includes('somebody')).to.equal(false);
    });
});
