import { expect } from 'chai';
import { fillRgb, type Size } from '../../../../functions/image-resize/image/heic/heif-colours.ts';
import type { HeifPixels, Plane } from '../../../../functions/image-resize/image/heic/heif-file.ts';

/** A plane whose samples are computed from their place. */
function plane(
  { width, height }: Size,
  sampleAt: (x: number, y: number) => number,
  depth: 8 | 12 = 8,
): Plane {
  const values = Array.from({ length: width * height }, (_, index) =>
    sampleAt(index % width, Math.floor(index / width)),
  );
  const samples = depth === 8 ? Uint8Array.from(values) : Uint16Array.from(values);
  return { samples, width, height, stride: width, depth };
}

/** Pixels of red, green and blue, as libheif decodes them. */
const rgb = (colours: readonly Plane[], more: Partial<HeifPixels> = {}): HeifPixels => ({
  colours,
  isRgb: true,
  isPremultiplied: false,
  ...more,
});

async function toRgb(pixels: HeifPixels, size: Size) {
  const count = size.width * size.height * (pixels.alpha ? 4 : 3);
  const isDeep = pixels.colours.some(({ depth }) => depth > 8);
  const data = isDeep ? new Uint16Array(count) : new Uint8Array(count);
  await fillRgb(pixels, size, data);
  return { data };
}

/** Two channels of a row or a column. */
const line = (data: Uint8Array | Uint16Array) =>
  Array.from(
    { length: data.length / 3 },
    (_, pixel) => [data[pixel * 3] ?? 0, data[pixel * 3 + 1] ?? 0] as const,
  );

describe('The planes of a HEIC', () => {
  it('Colours that were multiplied by their transparency are divided by it, at most to white, and not by 0', async () => {
    const size = { width: 4, height: 1 };
    const colours = [plane(size, () => 64), plane(size, () => 32), plane(size, () => 0)];
    const alpha = plane(size, (x) => [0, 51, 128, 255][x] ?? 0);
    const { data } = await toRgb(rgb(colours, { alpha, isPremultiplied: true }), size);
    expect([...data]).to.deep.equal([
      // What nobody sees stays as it is.
      ...[64, 32, 0, 0],
      ...[255, 160, 0, 51],
      ...[128, 64, 0, 128],
      ...[64, 32, 0, 255],
    ]);
    const straight = await toRgb(rgb(colours, { alpha }), size);
    expect([...straight.data]).to.deep.equal([0, 51, 128, 255].flatMap((value) => [64, 32, 0, value]));
  });

  it('In its own size, each sample of colours at half the width stands for two pixels', async () => {
    const size = { width: 5, height: 1 };
    const half = plane({ width: 3, height: 1 }, (x) => 100 * x);
    const { data } = await toRgb(
      rgb(
        [half, half, half].with(
          0,
          plane(size, (x) => x),
        ),
      ),
      size,
    );
    expect(line(data)).to.deep.equal([
      [0, 0],
      [1, 0],
      [2, 100],
      [3, 100],
      [4, 200],
    ]);
  });

  it('Samples that alternate are their mean at half the size, and themselves in their own size', async () => {
    const size = { width: 32, height: 32 };
    const board = plane(size, (x, y) => ((x + y) % 2) * 200);
    const half = await toRgb(rgb([board, board, board]), { width: 16, height: 16 });
    for (const [red] of line(half.data)) expect(red).to.be.closeTo(100, 10);
    const whole = await toRgb(rgb([board, board, board]), size);
    expect(line(whole.data).map(([red]) => red)).to.deep.equal([...board.samples]);
  });

  for (const [from, to] of [
    [100, 91],
    [101, 91],
    [101, 50],
    [101, 10],
    [101, 101],
  ] as const)
    for (const side of ['width', 'height'] as const)
      it(`Colours at half the ${side} keep their places when a ${side} of ${from} becomes ${to}`, async () => {
        const ramp = (length: number, sampleAt: (place: number) => number) =>
          plane(
            { ...{ width: 1, height: 1 }, [side]: length },
            (x, y) => sampleAt(side === 'width' ? x : y),
            12,
          );
        const fine = ramp(from, (place) => 40 * place);
        // Of an odd side, the last sample is half outside of the image.
        const coarse = ramp(Math.ceil(from / 2), (place) => 40 * (2 * place + 0.5));
        const { data } = await toRgb(rgb([fine, coarse, coarse]), {
          ...{ width: 1, height: 1 },
          [side]: to,
        });
        const step = (40 * from * 65_535) / 4095 / to;
        // libvips gives the pixels at an edge other neighbours.
        const shifts = line(data)
          .slice(2, -2)
          .map(([red, green]) => (red - green) / step);
        // In pixels. In its own size, a sample of colours stands for two of them.
        expect(Math.max(...shifts.map(Math.abs))).to.be.below(to === from ? 0.6 : 0.4);
      });
});
