import { expect } from 'chai';
import fc from 'fast-check';
import sharp, { type Sharp } from 'sharp';
import { inspectImage } from '../../../functions/image-resize/image/inspect.ts';
import { DEFAULT_LIMITS } from '../../../functions/image-resize/image/limits.ts';
import { planRenditions, type RenditionRow } from '../../../functions/image-resize/image/plan.ts';
import { type Rendition, renderImage } from '../../../functions/image-resize/image/render.ts';
import { RENDITIONS } from '../../../functions/image-resize/renditions.ts';
import { colourAt, paintUpright } from './images.ts';

async function render(source: Buffer, rows: readonly RenditionRow[]): Promise<Map<string, Rendition>> {
  const facts = await inspectImage(source, DEFAULT_LIMITS);
  const renditions = new Map<string, Rendition>();
  await renderImage(
    source,
    planRenditions(facts, rows, DEFAULT_LIMITS),
    DEFAULT_LIMITS,
    async (rendition) => {
      renditions.set(rendition.name, rendition);
    },
  );
  return renditions;
}

async function renderOne(source: Buffer, row: Partial<RenditionRow> = {}): Promise<Buffer> {
  const renditions = await render(source, [{ name: 'only', width: 64, format: 'jpeg', quality: 95, ...row }]);
  return renditions.get('only')?.body ?? Buffer.alloc(0);
}

const isNear = (found: readonly number[], expected: readonly number[]) =>
  found.every((value, index) => Math.abs(value - (expected[index] ?? 0)) <= 16);

/** How a camera held each way stores the upright picture: what undoes EXIF orientation N. */
const STORED: Record<number, (upright: Sharp) => Sharp> = {
  1: (image) => image,
  2: (image) => image.flop(),
  3: (image) => image.rotate(180),
  4: (image) => image.flip(),
  5: (image) => image.rotate(270).flop(),
  6: (image) => image.rotate(270),
  7: (image) => image.rotate(90).flop(),
  8: (image) => image.rotate(90),
};

describe('Rendering an image', () => {
  it('makes every row of the default table from a large photograph, each in its size and format', async () => {
    const source = await paintUpright(2400, 1200).jpeg().toBuffer();
    const renditions = await render(source, RENDITIONS);
    const made = [...renditions.values()].map(({ name, format, width, height }) => ({
      name,
      format,
      width,
      height,
    }));
    expect(made).to.have.deep.members([
      { name: 'thumbnail', format: 'jpeg', width: 320, height: 160 },
      { name: 'small', format: 'avif', width: 640, height: 320 },
      { name: 'medium', format: 'avif', width: 1280, height: 640 },
      { name: 'large', format: 'avif', width: 1920, height: 960 },
      { name: 'fallback', format: 'jpeg', width: 1280, height: 640 },
    ]);
    for (const { body, width, height } of renditions.values())
      expect(await sharp(body).metadata()).to.deep.include({ width, height });
  });

  for (const [orientation, store] of Object.entries(STORED))
    it(`turns orientation ${orientation} upright`, async () => {
      const upright = await paintUpright(96, 64).png().toBuffer();
      const stored = await store(sharp(upright)).png().toBuffer();
      const source = await sharp(stored)
        .withMetadata({ orientation: Number(orientation) })
        .jpeg({ quality: 100 })
        .toBuffer();
      const rendition = await renderOne(source, { width: 48 });
      expect(await sharp(rendition).metadata()).to.deep.include({ width: 48, height: 32 });
      expect(await colourAt(rendition, 0.05, 0.05)).to.satisfy((rgb: number[]) => isNear(rgb, [0, 255, 0]));
      expect(await colourAt(rendition, 0.9, 0.1)).to.satisfy((rgb: number[]) => isNear(rgb, [255, 0, 0]));
      expect(await colourAt(rendition, 0.5, 0.9)).to.satisfy((rgb: number[]) => isNear(rgb, [0, 0, 255]));
    });

  it('keeps no metadata: no EXIF, GPS, XMP or colour profile', async () => {
    const source = await paintUpright(96, 64)
      .withExif({
        IFD0: { Copyright: 'somebody' },
        IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '51/1 30/1 0/1' },
      })
      .withIccProfile('p3')
      .jpeg()
      .toBuffer();
    for (const format of ['jpeg', 'avif', 'webp'] as const) {
      const { exif, xmp, icc, iptc, orientation } = await sharp(
        await renderOne(source, { format }),
      ).metadata();
      expect({ exif, xmp, icc, iptc, orientation }).to.deep.equal({
        exif: undefined,
        xmp: undefined,
        icc: undefined,
        iptc: undefined,
        orientation: undefined,
      });
    }
  });

  it('converts a wide-gamut source to sRGB', async () => {
    const swatch = sharp({ create: { width: 64, height: 64, channels: 3, background: '#c86432' } });
    const source = await swatch.withIccProfile('p3').png().toBuffer();
    expect(await colourAt(source, 0.5, 0.5)).to.satisfy((rgb: number[]) => !isNear(rgb, [0, 0, 0]));
    expect(await colourAt(await renderOne(source), 0.5, 0.5)).to.satisfy((rgb: number[]) =>
      isNear(rgb, [200, 100, 50]),
    );
  });

  it('renders CMYK, grey and 16-bit sources in 8-bit sRGB', async () => {
    const grey = { create: { width: 64, height: 64, channels: 3 as const, background: '#808080' } };
    const sources = [
      await sharp(grey).toColourspace('cmyk').jpeg().toBuffer(),
      await sharp(grey).toColourspace('b-w').png().toBuffer(),
      await sharp(grey).toColourspace('rgb16').png().toBuffer(),
      await sharp(grey).toColourspace('grey16').png().toBuffer(),
    ];
    for (const source of sources) {
      const rendition = await renderOne(source);
      expect(await sharp(rendition).metadata()).to.deep.include({
        space: 'srgb',
        depth: 'uchar',
        channels: 3,
      });
      expect(await colourAt(rendition, 0.5, 0.5)).to.satisfy((rgb: number[]) => isNear(rgb, [128, 128, 128]));
    }
  });

  it('keeps alpha where the format has it and lays it on white where not', async () => {
    const source = await sharp({ create: { width: 64, height: 64, channels: 4, background: '#00000000' } })
      .png()
      .toBuffer();
    expect(await sharp(await renderOne(source, { format: 'webp' })).metadata()).to.have.property(
      'hasAlpha',
      true,
    );
    expect(await sharp(await renderOne(source, { format: 'avif' })).metadata()).to.have.property(
      'hasAlpha',
      true,
    );
    expect(await colourAt(await renderOne(source), 0.5, 0.5)).to.deep.equal([255, 255, 255]);
  });

  it('rejects a truncated JPEG as corrupt, and makes the next image as usual', async () => {
    const source = await paintUpright(400, 300).jpeg().toBuffer();
    const error = await renderOne(source.subarray(0, source.length / 2)).catch((fault: unknown) => fault);
    expect(error).to.have.property('name', 'CorruptImageError');
    expect(await renderOne(source))
      .to.have.property('length')
      .above(0);
  });

  it('fits any image into any box without enlarging it, and gives the same bytes twice', async () => {
    const picture = await paintUpright(40, 40).png().toBuffer();
    const side = fc.integer({ min: 1, max: 300 });
    const format = fc.constantFrom('jpeg' as const, 'webp' as const);
    await fc.assert(
      fc.asyncProperty(side, side, side, side, format, async (width, height, boxWidth, boxHeight, format) => {
        const source = await sharp(picture).resize(width, height, { fit: 'fill' }).png().toBuffer();
        const row = { width: boxWidth, height: boxHeight, format };
        const [once, twice] = [await renderOne(source, row), await renderOne(source, row)];
        const made = await sharp(once).metadata();
        const scale = Math.min(1, boxWidth / width, boxHeight / height);
        expect(made.width).to.equal(Math.max(1, Math.round(width * scale)));
        expect(made.height).to.equal(Math.max(1, Math.round(height * scale)));
        expect(once.equals(twice)).to.equal(true);
      }),
      { numRuns: 40 },
    );
  });
});
