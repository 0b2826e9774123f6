import { expect } from 'chai';
import sharp from 'sharp';
import type { Pixels } from '../../../../functions/image-resize/image/pixels.ts';
import { measureFineColours } from '../../../../functions/image-resize/image/rendering/fine-colours.ts';
import { randomFrom } from '../../../support/random.ts';
import { renderOne } from './rendering.ts';

const JPEG = { format: 'jpeg', quality: 80 } as const;
const subsampling = async (source: Buffer, width = 320) =>
  (await sharp(await renderOne(source, { ...JPEG, width })).metadata()).chromaSubsampling;

/** Strokes of one pixel, as in small text, on a ground that may be transparent. */
function strokes(ink: readonly number[], ground: readonly number[], side = 200): Pixels {
  const pixels = Array.from({ length: side * side }, (_, index) =>
    index % 5 === 0 && Math.floor(index / side) % 12 < 7 ? ink : ground,
  );
  const channels = ground.length === 4 ? 4 : 3;
  return { data: Buffer.from(pixels.flat()), raw: { width: side, height: side, channels } };
}

const png = ({ data, raw }: Pixels) => sharp(data, { raw }).png().toBuffer();
const [RED, BLACK, WHITE] = [
  [200, 0, 0],
  [0, 0, 0],
  [255, 255, 255],
];

/** Colours that change slowly, and grain in every pixel. */
async function photograph(side: number): Promise<Buffer> {
  const random = randomFrom(1);
  const wave = (x: number) => 128 + 100 * Math.sin(x);
  const pixels = Array.from({ length: side * side }, (_, index) => {
    const [x, y] = [(index % side) / side, Math.floor(index / side) / side];
    const grain = random() * 24;
    return [wave(7 * x) + grain, wave(5 * y) + grain, wave(9 * (x - y)) + grain];
  });
  const data = Buffer.from(pixels.flat().map((value) => Math.max(0, Math.min(255, value))));
  return sharp(data, { raw: { width: side, height: side, channels: 3 } })
    .png()
    .toBuffer();
}

/** The mean difference between a rendition of the source's size and the source, from 0 to 255. */
async function smear(source: Pixels): Promise<number> {
  const made = await renderOne(await png(source), { ...JPEG, width: source.raw.width });
  const found = await sharp(made).raw().toBuffer();
  return (
    source.data.reduce((sum, value, index) => sum + Math.abs(value - (found[index] ?? 0)), 0) / found.length
  );
}

describe('The colours of a JPEG or an AVIF', () => {
  it('A JPEG of small coloured text keeps the colour of each pixel', async () => {
    expect(await subsampling(await png(strokes(RED, WHITE)))).to.equal('4:4:4');
    // 4:2:0 gives 12.
    expect(await smear(strokes(RED, WHITE))).to.be.below(6);
  });

  it('An AVIF of small coloured text keeps the colour of each pixel, and one of a photograph does not', async () => {
    // Two flags in the third byte of the configuration (AV1 codec ISO media file format binding, 2.3).
    const isSubsampled = async (source: Buffer) => {
      const avif = await renderOne(source, { format: 'avif', width: 320 });
      return ((avif[avif.indexOf('av1C') + 6] ?? 0) & 0b1100) > 0;
    };
    const text = await sharp(await png(strokes(RED, WHITE)))
      .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
      .toBuffer();
    expect(await isSubsampled(text)).to.equal(false);
    expect(await isSubsampled(await photograph(320))).to.equal(true);
  });

  it('A JPEG of text on transparency keeps the colour of each pixel, as it is seen on the background', async () => {
    const text = strokes([...RED, 255], [...RED, 0]);
    expect(measureFineColours(text, '#ffffff')).to.be.above(0.9);
    expect(measureFineColours(text, '#c80000')).to.equal(0);
    expect(await subsampling(await png(text))).to.equal('4:4:4');
  });

  it('A JPEG of an icon of 16 pixels keeps the colour of each pixel', async () => {
    const icon = await png(strokes(RED, WHITE, 16));
    expect(await subsampling(icon)).to.equal('4:4:4');
    expect(await subsampling(await sharp(icon).jpeg({ chromaSubsampling: '4:4:4' }).toBuffer())).to.equal(
      '4:4:4',
    );
  });

  it('A JPEG of a photograph stores one colour for four pixels, as does one of black text', async () => {
    expect(await subsampling(await photograph(320))).to.equal('4:2:0');
    expect(await subsampling(await photograph(48), 48)).to.equal('4:2:0');
    expect(await subsampling(await png(strokes(BLACK, WHITE)))).to.equal('4:2:0');
  });

  it('The measurement of the colours of 1280 × 853 pixels takes less than 2 ms', () => {
    const pixels = {
      data: Buffer.alloc(1280 * 853 * 3, 90),
      raw: { width: 1280, height: 853, channels: 3 },
    } as const;
    const times = Array.from({ length: 30 }, () => {
      const start = performance.now();
      measureFineColours(pixels, '#ffffff');
      return performance.now() - start;
    });
    expect(Math.min(...times)).to.be.below(2);
  });
});
