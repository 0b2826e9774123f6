import { expect } from 'chai';
import sharp from 'sharp';
import { DEFAULT_LIMITS } from '../../../../functions/image-resize/image/limits.ts';
import { clearGifScreen } from '../../../../functions/image-resize/image/reading/gif-screen.ts';
import { inspectImage } from '../../../../functions/image-resize/image/reading/inspect.ts';
import { paintUpright } from '../../../support/images.ts';
import { renderOne } from '../rendering/rendering.ts';
import { assembleGif, type GifFrame } from './handmade-gif.ts';

const SCREEN = [40, 30] as const;
const POINTS = [
  [1, 1],
  [12, 12],
  [30, 20],
] as const;
const [CLEAR, RED, GREEN, YELLOW] = ['0,0,0,0', '255,0,0,255', '0,255,0,255', '255,255,0,255'];

const whole = { area: [0, 0, 40, 30], colour: 0 } as const;
const small = { area: [10, 10, 10, 10], colour: 1 } as const;
const smallest = { area: [28, 18, 5, 5], colour: 3 } as const;

/**
 * What Chromium 156 shows at the three points in each frame, by its ImageDecoder: 40 × 30 pixels, a blue background, no
 * frame with a transparent colour unless the name says so.
 */
const SHOWN: Readonly<Record<string, readonly [frames: readonly GifFrame[], shown: readonly string[][]]>> = {
  'a first frame that is smaller than the screen': [
    [small, smallest],
    [
      [CLEAR, GREEN, CLEAR],
      [CLEAR, GREEN, YELLOW],
    ],
  ],
  'a small frame that is cleared': [
    [whole, { ...small, disposal: 2 }, smallest],
    [
      [RED, RED, RED],
      [RED, GREEN, RED],
      [RED, CLEAR, YELLOW],
    ],
  ],
  'a whole frame that is cleared': [
    [{ ...whole, disposal: 2 }, { ...small, disposal: 2 }, smallest],
    [
      [RED, RED, RED],
      [CLEAR, GREEN, CLEAR],
      [CLEAR, CLEAR, YELLOW],
    ],
  ],
  'a small first frame that is cleared': [
    [{ area: [5, 5, 30, 20], colour: 0, disposal: 2 }, { ...small, disposal: 2 }, smallest],
    [
      [CLEAR, RED, RED],
      [CLEAR, GREEN, CLEAR],
      [CLEAR, CLEAR, YELLOW],
    ],
  ],
  'a transparent colour and an opaque frame that is cleared': [
    [{ ...whole, transparent: 3 }, { ...small, disposal: 2 }, smallest],
    [
      [RED, RED, RED],
      [RED, GREEN, RED],
      [RED, CLEAR, YELLOW],
    ],
  ],
  'a first frame after which the one before is restored, although there is none': [
    [{ ...whole, disposal: 3 }, small, smallest],
    [
      [RED, RED, RED],
      [CLEAR, GREEN, CLEAR],
      [CLEAR, GREEN, YELLOW],
    ],
  ],
  'a frame after which the one before is restored': [
    [whole, { ...small, disposal: 3 }, smallest],
    [
      [RED, RED, RED],
      [RED, GREEN, RED],
      [RED, RED, YELLOW],
    ],
  ],
};

async function shownIn(image: Buffer, page: number): Promise<string[]> {
  const { data, info } = await sharp(image, { page })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return POINTS.map(([x, y]) => [...data.subarray((y * info.width + x) * 4).subarray(0, 4)].join());
}

describe('The screen of a GIF', () => {
  for (const [what, [frames, shown]] of Object.entries(SHOWN)) {
    it(`The frames of a GIF with ${what} are rendered as Chromium shows them`, async () => {
      const source = assembleGif(SCREEN, frames);
      for (const encoding of [{ format: 'gif' }, { format: 'webp', quality: 'lossless' }] as const) {
        const moving = await renderOne(source, { width: 40, animated: true, ...encoding });
        expect(await sharp(moving).metadata()).to.have.property('pages', frames.length);
        for (const [page, expected] of shown.entries())
          expect(await shownIn(moving, page), `${encoding.format}, frame ${page}`).to.deep.equal(expected);
      }
      expect(await shownIn(await renderOne(source, { width: 40 }), 0)).to.deep.equal(shown[0]);
    });

    it(`The inspection of a GIF with ${what} counts its frames and says whether a pixel may be transparent`, async () => {
      const {
        frames: count,
        delay,
        hasAlpha,
      } = await inspectImage(assembleGif(SCREEN, frames), DEFAULT_LIMITS);
      expect({ count, delay }).to.deep.equal({ count: frames.length, delay: frames.map(() => 100) });
      const mayBeClear =
        shown.flat().includes(CLEAR) || frames.some(({ transparent }) => transparent !== undefined);
      expect(hasAlpha).to.equal(mayBeClear);
    });
  }

  it('A GIF whose frames cover the screen keeps its bytes, even if each frame is cleared', async () => {
    for (const source of [
      await paintUpright(40, 30).gif().toBuffer(),
      assembleGif(SCREEN, [
        { ...whole, disposal: 2 },
        { ...whole, disposal: 2 },
      ]),
    ])
      expect(clearGifScreen(source, DEFAULT_LIMITS)).to.equal(source);
  });

  it('The frames of a GIF of 50 MiB are looked through in less than two seconds of CPU', () => {
    const clearedPixel = { area: [0, 0, 1, 1], colour: 0, disposal: 2 } as const;
    const small = assembleGif([2, 2], [clearedPixel]);
    // Its extension, its header, and its samples.
    const frame = small.subarray(-(8 + 10 + 5) - 1, -1);
    const many = Buffer.concat([small.subarray(0, -1), Buffer.alloc(50 * 1024 * 1024, frame)]);
    const start = process.cpuUsage();
    expect(clearGifScreen(many, DEFAULT_LIMITS)).to.have.property('length').above(many.length);
    // Not the time of the clock, which other programs on the machine make longer.
    expect(process.cpuUsage(start).user / 1e6).to.be.below(2);
  });

  it('A GIF that ends anywhere is never read behind its end', () => {
    const source = assembleGif(SCREEN, [{ ...small, disposal: 2 }, smallest]);
    for (let end = 6; end <= source.length; end += 1)
      expect(() => clearGifScreen(Buffer.from(source.subarray(0, end)), DEFAULT_LIMITS)).not.to.throw();
  });
});
