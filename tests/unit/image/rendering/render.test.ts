import { expect } from 'chai';
import fc from 'fast-check';
import sharp, { type Sharp } from 'sharp';
import { findMistakes } from '../../../../functions/image-resize/image/rows/check-renditions.ts';
import type { Fit, RenditionRow } from '../../../../functions/image-resize/image/rows/rendition-row.ts';
import { RENDITIONS } from '../../../../functions/image-resize/renditions.ts';
import { colourAt, paintUpright } from '../../../support/images.ts';
import { render, renderOne } from './rendering.ts';

const isNear = (found: readonly number[], expected: readonly number[]) =>
  found.every((value, index) => Math.abs(value - (expected[index] ?? 0)) <= 16);

/** The pixels that a camera stores with each EXIF orientation: the inverse of what a viewer must apply. */
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

const paint = (width: number, height: number, background: string, channels: 3 | 4 = 3) =>
  sharp({ create: { width, height, channels, background } });

const noise = (side: number) =>
  sharp({
    create: {
      width: side,
      height: side,
      channels: 3,
      background: '#000000',
      noise: { type: 'gaussian', mean: 128, sigma: 40 },
    },
  });

/** Three bands of 100 × 100: red, green, blue. */
const bands = () =>
  paint(300, 100, '#ff0000')
    .composite([
      {
        input: { create: { width: 100, height: 100, channels: 3, background: '#00ff00' } },
        left: 100,
        top: 0,
      },
      {
        input: { create: { width: 100, height: 100, channels: 3, background: '#0000ff' } },
        left: 200,
        top: 0,
      },
    ])
    .png()
    .toBuffer();

const [RED, GREEN, BLUE] = [
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
] as const;

function isLegal(row: RenditionRow): boolean {
  return findMistakes([row]).length === 0;
}

describe('Rendering an image', () => {
  it('A large photograph gives every row of the default table in the expected size and format', async () => {
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
    it(`An image with EXIF orientation ${orientation} is rendered upright`, async () => {
      const upright = await paintUpright(96, 64).png().toBuffer();
      const stored = await store(sharp(upright)).png().toBuffer();
      const source = await sharp(stored)
        .withMetadata({ orientation: Number(orientation) })
        .jpeg({ quality: 100 })
        .toBuffer();
      const rendition = await renderOne(source, { width: 48 });
      expect(await sharp(rendition).metadata()).to.deep.include({ width: 48, height: 32 });
      expect(await colourAt(rendition, 0.05, 0.05)).to.satisfy((rgb: number[]) => isNear(rgb, GREEN));
      expect(await colourAt(rendition, 0.9, 0.1)).to.satisfy((rgb: number[]) => isNear(rgb, RED));
      expect(await colourAt(rendition, 0.5, 0.9)).to.satisfy((rgb: number[]) => isNear(rgb, BLUE));
    });

  it('A truncated JPEG is refused as corrupt, and the next image is rendered as usual', async () => {
    const source = await paintUpright(400, 300).jpeg().toBuffer();
    const error = await renderOne(source.subarray(0, source.length / 2)).catch((fault: unknown) => fault);
    expect(error).to.have.property('name', 'CorruptImageError');
    expect(await renderOne(source))
      .to.have.property('length')
      .above(0);
  });

  it('A render frees the memory of its pixels when it ends, before the next garbage collection', async () => {
    const source = await paint(2400, 1200, '#336699').jpeg().toBuffer();
    const kept: number[] = [];
    for (let run = 0; run < 3; run += 1) {
      const before = process.memoryUsage().external;
      await render(source, RENDITIONS);
      kept.push(process.memoryUsage().external - before);
    }
    expect(Math.max(...kept)).to.be.below(1920 * 960 * 3);
  });

  describe('in each fit', () => {
    /** The sizes that CSS defines for object-fit, except that nothing is enlarged. */
    const EXPECTED: Record<Fit, (w: number, h: number, boxW: number, boxH: number) => readonly number[]> = {
      inside: (w, h, boxW, boxH) => scaled(w, h, Math.min(1, boxW / w, boxH / h)),
      outside: (w, h, boxW, boxH) => scaled(w, h, Math.min(1, Math.max(boxW / w, boxH / h))),
      cover: (w, h, boxW, boxH) => {
        const [width = 0, height = 0] = scaled(w, h, Math.min(1, Math.max(boxW / w, boxH / h)));
        return [Math.min(width, boxW), Math.min(height, boxH)];
      },
      contain: (_w, _h, boxW, boxH) => [boxW, boxH],
      fill: (w, h, boxW, boxH) => [Math.min(w, boxW), Math.min(h, boxH)],
    };
    const scaled = (w: number, h: number, scale: number) =>
      [w, h].map((side) => Math.max(1, Math.round(side * scale)));

    it('Each fit gives any image the size that the fit defines, never enlarges the image, and gives the same bytes twice', async () => {
      const picture = await paintUpright(40, 40).png().toBuffer();
      const side = fc.integer({ min: 1, max: 300 });
      const row = fc
        .record(
          {
            width: side,
            height: side,
            fit: fc.constantFrom<Fit>('inside', 'outside', 'cover', 'contain', 'fill'),
            format: fc.constantFrom('jpeg', 'webp', 'png', 'gif', 'avif', 'source'),
            quality: fc.oneof(fc.integer({ min: 1, max: 100 }), fc.constantFrom('lossless', 'auto')),
            effort: fc.integer({ min: 0, max: 2 }),
            position: fc.constantFrom('centre', 'north', 'southwest', 'attention', 'entropy', 'focal'),
            background: fc.constantFrom('#336699', '#33669980'),
            sharpen: fc.constant(1),
            animated: fc.boolean(),
          },
          { requiredKeys: ['width', 'height', 'fit', 'format'] },
        )
        .filter((options) => isLegal({ name: 'row', ...options }));
      await fc.assert(
        fc.asyncProperty(
          side,
          side,
          fc.array(row, { minLength: 1, maxLength: 4 }),
          async (width, height, table) => {
            const source = await sharp(picture).resize(width, height, { fit: 'fill' }).png().toBuffer();
            const rows = table.map((options, index) => ({ ...options, name: `row-${index}` }));
            const [once, twice] = [await render(source, rows), await render(source, rows)];
            for (const { name, fit, width: boxWidth, height: boxHeight } of rows) {
              const body = once.get(name)?.body ?? Buffer.alloc(0);
              const made = await sharp(body).metadata();
              expect([made.width, made.height], `${fit} of ${width} × ${height}`).to.deep.equal(
                EXPECTED[fit](width, height, boxWidth, boxHeight),
              );
              expect(body.equals(twice.get(name)?.body ?? Buffer.alloc(0))).to.equal(true);
            }
          },
        ),
        { numRuns: 30 },
      );
    });

    it('The fit cover crops the whole image, not an already cropped rendition', async () => {
      const rows: readonly RenditionRow[] = [
        { name: 'banner', width: 300, height: 10, fit: 'cover', format: 'png' },
        { name: 'west', width: 90, height: 90, fit: 'cover', position: 'west', format: 'png' },
        { name: 'stretched', width: 20, height: 100, fit: 'fill', format: 'png' },
        { name: 'east', width: 80, height: 80, fit: 'cover', position: 'east', format: 'png' },
        { name: 'middle', width: 70, height: 70, fit: 'cover', format: 'png' },
      ];
      const renditions = await render(await bands(), rows);
      const centre = async (name: string) =>
        colourAt(renditions.get(name)?.body ?? Buffer.alloc(0), 0.5, 0.5);
      expect(await centre('west')).to.deep.equal(RED);
      expect(await centre('middle')).to.deep.equal(GREEN);
      expect(await centre('east')).to.deep.equal(BLUE);
    });

    for (const position of ['attention', 'entropy'] as const)
      it(`The fit cover with position ${position} keeps the part with the most detail`, async () => {
        const source = await paint(300, 100, '#808080')
          .composite([
            {
              input: await noise(90).png().toBuffer(),
              left: 205,
              top: 5,
            },
          ])
          .png()
          .toBuffer();
        const spread = async (where: 'centre' | typeof position) => {
          const body = await renderOne(source, { width: 100, height: 100, fit: 'cover', position: where });
          return (await sharp(body).stats()).channels[0]?.stdev ?? 0;
        };
        expect(await spread('centre')).to.be.below(5);
        expect(await spread(position)).to.be.above(30);
      });

    it('The fit contain pads with the background, transparent or opaque', async () => {
      const row = { width: 100, height: 100, fit: 'contain', position: 'north' } as const;
      const white = await renderOne(await bands(), row);
      expect(await colourAt(white, 0.5, 0.1)).to.deep.equal(GREEN);
      expect(await colourAt(white, 0.5, 0.9)).to.deep.equal([255, 255, 255]);
      const jpeg = await renderOne(await bands(), {
        ...row,
        background: '#204060',
        format: 'jpeg',
        quality: 100,
      });
      expect(await colourAt(jpeg, 0.5, 0.9)).to.satisfy((rgb: number[]) => isNear(rgb, [0x20, 0x40, 0x60]));
      const clear = await renderOne(await bands(), { ...row, background: '#ffffff00' });
      expect((await sharp(clear).stats()).isOpaque).to.equal(false);
    });

    it('The fit contain does not enlarge an image that is smaller than its box', async () => {
      const source = await paint(10, 10, '#ff0000').png().toBuffer();
      const contained = await renderOne(source, { width: 100, height: 100, fit: 'contain' });
      const { data } = await sharp(contained).raw().toBuffer({ resolveWithObject: true });
      const red = Array.from({ length: data.length / 3 }, (_, pixel) => data[pixel * 3 + 1] === 0);
      expect(red.filter(Boolean)).to.have.length(100);
    });
  });

  describe('with each option', () => {
    it('A rendition keeps alpha if its format supports alpha; otherwise alpha is flattened onto the background', async () => {
      const source = await paint(64, 64, '#00000000', 4).png().toBuffer();
      for (const format of ['webp', 'avif', 'png', 'gif'] as const)
        expect(await sharp(await renderOne(source, { format })).stats(), format).to.have.property(
          'isOpaque',
          false,
        );
      expect(await colourAt(await renderOne(source, { format: 'jpeg' }), 0.5, 0.5)).to.deep.equal([
        255, 255, 255,
      ]);
      const blue = await renderOne(source, { format: 'jpeg', background: '#0000ff', quality: 100 });
      expect(await colourAt(blue, 0.5, 0.5)).to.satisfy((rgb: number[]) => isNear(rgb, BLUE));
    });

    it('A higher quality gives more bytes, and lossless gives the same pixels', async () => {
      const source = await noise(64).png().toBuffer();
      for (const format of ['jpeg', 'webp', 'avif'] as const) {
        const bytes = async (quality: number) => (await renderOne(source, { format, quality })).length;
        expect(await bytes(90), format).to.be.above(await bytes(30));
      }
      const pixels = (image: Buffer) => sharp(image).removeAlpha().raw().toBuffer();
      for (const format of ['webp', 'avif', 'png'] as const) {
        const exact = await renderOne(
          source,
          format === 'png' ? { format } : { format, quality: 'lossless' },
        );
        expect((await pixels(exact)).equals(await pixels(source)), format).to.equal(true);
      }
    });

    it('The effort of a row is passed to the encoder', async () => {
      const source = await noise(64).png().toBuffer();
      for (const [format, least, most] of [
        ['webp', 0, 6],
        ['avif', 0, 5],
        ['gif', 1, 10],
      ] as const) {
        const [easy, hard] = [
          await renderOne(source, { format, effort: least }),
          await renderOne(source, { format, effort: most }),
        ];
        expect(easy.equals(hard), format).to.equal(false);
      }
    });

    it('The option sharpen makes an edge overshoot on both sides', async () => {
      const light = { create: { width: 50, height: 100, channels: 3 as const, background: '#a0a0a0' } };
      const source = await paint(100, 100, '#606060')
        .composite([{ input: light, left: 0, top: 0 }])
        .png()
        .toBuffer();
      const range = async (row: Partial<RenditionRow>) => {
        const { channels } = await sharp(await renderOne(source, { width: 100, ...row })).stats();
        return [channels[0]?.min, channels[0]?.max];
      };
      expect(await range({})).to.deep.equal([0x60, 0xa0]);
      const [least = 0, most = 0] = await range({ sharpen: 2 });
      expect(least).to.be.below(0x60);
      expect(most).to.be.above(0xa0);
    });

    it('A watermark is stamped in the given size, opacity and place on whole and cropped renditions', async () => {
      const image = (await paint(10, 5, '#000000').png().toBuffer()).toString('base64');
      const watermark = { image, gravity: 'southeast', scale: 0.2, opacity: 0.5 } as const;
      const source = await paint(300, 200, '#ffffff').png().toBuffer();
      for (const row of [{ width: 100 }, { width: 100, height: 60, fit: 'cover' }] as const) {
        const body = await renderOne(source, { ...row, watermark });
        const { data, info } = await sharp(body).raw().toBuffer({ resolveWithObject: true });
        expect(info.channels, 'no alpha if the source has none').to.equal(3);
        const stamped = Array.from({ length: info.width * info.height }, (_, pixel) => data[pixel * 3] ?? 0);
        const marked = stamped.flatMap((value, pixel) => (value < 255 ? [pixel] : []));
        expect(marked).to.have.length(20 * 10);
        expect(marked[0]).to.equal((info.height - 10) * info.width + 80);
        expect(stamped.at(-1)).to.be.within(126, 129);
      }
    });

    it('A row with format source keeps the format of the source, but turns a TIFF into a PNG', async () => {
      for (const [format, made] of [
        ['jpeg', 'jpeg'],
        ['png', 'png'],
        ['webp', 'webp'],
        ['gif', 'gif'],
        ['avif', 'heif'],
        ['tiff', 'png'],
      ] as const) {
        const source = await paintUpright(64, 64)[format]({}).toBuffer();
        expect(
          await sharp(await renderOne(source, { format: 'source' })).metadata(),
          format,
        ).to.have.property('format', made);
      }
    });
  });

  describe('that is animated', () => {
    const SHADES = [40, 120, 200, 80];
    const TIMING = { delay: [100, 200, 300, 400], loop: 3 };
    const film = (format: 'gif' | 'webp') => {
      const frames = SHADES.map((shade) => Buffer.alloc(60 * 40 * 3, shade));
      const raw = { width: 60, height: 40 * frames.length, channels: 3 as const, pageHeight: 40 };
      return sharp(Buffer.concat(frames), { raw, pages: -1 })[format](TIMING).toBuffer();
    };
    const shades = async (body: Buffer) => {
      const { pages = 1 } = await sharp(body, { pages: -1 }).metadata();
      return Promise.all(
        Array.from(
          { length: pages },
          async (_, page) => (await sharp(body, { page }).stats()).channels[0]?.mean ?? 0,
        ),
      );
    };

    for (const from of ['gif', 'webp'] as const)
      for (const to of ['gif', 'webp', 'source'] as const)
        it(`An animated row of format ${to} keeps frames, delays and loop of a ${from}, whole or cropped`, async () => {
          for (const row of [
            { width: 30 },
            { width: 20, height: 20, fit: 'cover', position: 'west' },
          ] as const) {
            const body = await renderOne(await film(from), { ...row, format: to, animated: true });
            const { pages, delay, loop, pageHeight } = await sharp(body, { pages: -1 }).metadata();
            expect({ pages, delay, loop, pageHeight }).to.deep.equal({ pages: 4, ...TIMING, pageHeight: 20 });
            (await shades(body)).forEach((shade, frame) => {
              expect(shade).to.be.closeTo(SHADES[frame] ?? 0, 4);
            });
          }
        });

    it('One render gives the first frame to a row that is not animated and all frames to a row that is animated', async () => {
      const renditions = await render(await film('gif'), [
        { name: 'still', width: 30, format: 'webp' },
        { name: 'moving', width: 30, format: 'webp', animated: true },
      ]);
      expect([...renditions.values()].map(({ name, frames }) => ({ name, frames }))).to.have.deep.members([
        { name: 'still', frames: 1 },
        { name: 'moving', frames: 4 },
      ]);
      expect(await shades(renditions.get('still')?.body ?? Buffer.alloc(0))).to.have.length(1);
    });

    it('A frame of a WebP that lasts for hours is shown for as long as the encoders can say', async () => {
      const source = await film('webp');
      const secondFrame = source.indexOf('ANMF', source.indexOf('ANMF') + 4);
      source.writeUIntLE(7_170_164, secondFrame + 8 + 12, 3);
      for (const format of ['webp', 'gif'] as const) {
        const body = await renderOne(source, { width: 30, format, animated: true });
        const { delay } = await sharp(body).metadata();
        expect(delay, format).to.deep.equal([100, format === 'gif' ? 65_540 : 65_535, 300, 400]);
      }
    });

    it('Scaling an animation does not mix neighbouring frames', async () => {
      const body = await renderOne(await film('webp'), {
        width: 7,
        format: 'webp',
        quality: 'lossless',
        animated: true,
      });
      for (const [frame, shade] of SHADES.entries()) {
        const { channels } = await sharp(body, { page: frame }).stats();
        expect([channels[0]?.min, channels[0]?.max]).to.satisfy((found: number[]) =>
          found.every((value) => Math.abs(value - shade) <= 3),
        );
      }
    });

    it('An animated row makes a still rendition from a still image', async () => {
      const source = await paintUpright(64, 64).png().toBuffer();
      expect(await shades(await renderOne(source, { format: 'webp', animated: true }))).to.have.length(1);
    });
  });
});
