import { expect } from 'chai';
import { DEFAULT_LIMITS, type Limits } from '../../../../functions/image-resize/image/limits.ts';
import type { SourceFacts } from '../../../../functions/image-resize/image/reading/inspect.ts';
import { planRenditions } from '../../../../functions/image-resize/image/rendering/plan.ts';
import type { RenditionRow } from '../../../../functions/image-resize/image/rows/rendition-row.ts';
import { RENDITIONS } from '../../../../functions/image-resize/renditions.ts';
import { paintUpright } from '../../../support/images.ts';
import { render } from './rendering.ts';

const FACTS: SourceFacts = {
  format: 'jpeg',
  width: 6000,
  height: 4000,
  hasAlpha: false,
  bytes: 9_000_000,
  frames: 1,
  delay: [],
  loop: 0,
  isPhotograph: true,
  isDeepWithProfile: false,
  isDeep: false,
  isWideGamut: false,
  hasSrgbProfile: false,
  hasBareInks: false,
};

const plan = (facts: Partial<SourceFacts>, rows: readonly RenditionRow[], limits: Partial<Limits> = {}) =>
  planRenditions({ ...FACTS, ...facts }, rows, { ...DEFAULT_LIMITS, ...limits });

const refusal = (...args: Parameters<typeof plan>): unknown => {
  try {
    return plan(...args);
  } catch (error) {
    return error;
  }
};

describe('Planning renditions', () => {
  it('The plan of the renditions decodes once at the largest size that is needed and scales each other size from the next larger size', () => {
    const { cascades } = plan({}, RENDITIONS);
    expect(cascades).to.have.length(1);
    expect(
      cascades[0]?.sizes.map(({ width, height, scaledFrom }) => [width, height, scaledFrom]),
    ).to.deep.equal([
      [1920, 1280, undefined],
      [1280, 853, 0],
      [640, 427, 1],
      [320, 213, 2],
    ]);
  });

  it('The plan of the renditions scales no size from a stretched size, and decodes a size that contains the stretched size', () => {
    const rows: readonly RenditionRow[] = [
      { name: 'wide', width: 3000, height: 100, fit: 'fill', format: 'png' },
      { name: 'small', width: 60, format: 'png' },
    ];
    const [cascade] = plan({}, rows).cascades;
    expect(cascade?.sizes.map(({ width, height, scaledFrom }) => [width, height, scaledFrom])).to.deep.equal([
      [3000, 2000, undefined],
      [3000, 100, 0],
      [60, 40, 0],
    ]);
  });

  it('The plan of the renditions encodes rows with the same pixels and format once, at the best quality, and keeps the name of each row', async () => {
    const source = await paintUpright(50, 40).png().toBuffer();
    const rows: readonly RenditionRow[] = [
      { name: 'small', width: 64, format: 'webp', quality: 30 },
      { name: 'medium', width: 128, format: 'webp', quality: 90 },
      { name: 'large', width: 256, height: 256, fit: 'outside', format: 'webp', quality: 60 },
      { name: 'other-format', width: 64, format: 'jpeg' },
      { name: 'sharper', width: 64, format: 'webp', sharpen: 1 },
    ];
    const [cascade] = plan({ width: 50, height: 40 }, rows).cascades;
    expect(cascade?.sizes.flatMap(({ renditions }) => renditions.map(({ names }) => names))).to.deep.equal([
      ['small', 'medium', 'large'],
      ['other-format'],
      ['sharper'],
    ]);
    const made = await render(source, rows);
    const best = await render(source, [{ name: 'best', width: 64, format: 'webp', quality: 90 }]);
    for (const name of ['small', 'medium', 'large'])
      expect(made.get(name)?.body.equals(best.get('best')?.body ?? Buffer.alloc(0)), name).to.equal(true);
  });

  it('The plan of the renditions encodes rows whose quality is chosen apart from rows with a number', () => {
    const row = { width: 64, format: 'avif' } as const;
    const rows: readonly RenditionRow[] = [
      { ...row, name: 'auto', quality: 'auto' },
      { ...row, name: 'number', quality: 30 },
      { ...row, name: 'target', quality: { target: 90 } },
      { ...row, name: 'auto-again', width: 128, quality: 'auto' },
      { ...row, name: 'better', width: 128, quality: 50 },
    ];
    const [cascade] = plan({ width: 50, height: 40 }, rows).cascades;
    expect(
      cascade?.sizes.flatMap(({ renditions }) =>
        renditions.map(({ names, encoding }) => [names, encoding.quality]),
      ),
    ).to.deep.equal([
      [['auto', 'auto-again'], 'auto'],
      [['number', 'better'], 50],
      [['target'], { target: 90 }],
    ]);
  });

  it('The plan of the renditions contains no rendition with a side longer than maxOutputSide', () => {
    const rows: readonly RenditionRow[] = [
      { name: 'outside', width: 100, height: 100, fit: 'outside', format: 'png' },
    ];
    const [cascade] = plan({ width: 40_000, height: 200 }, rows).cascades;
    expect(cascade?.sizes[0]).to.deep.include({ width: 8192, height: 41 });
  });

  const MOVING: readonly RenditionRow[] = [{ name: 'moving', width: 100, format: 'webp', animated: true }];
  const STILL: readonly RenditionRow[] = [{ name: 'still', width: 100, format: 'webp' }];
  const film = { format: 'gif', width: 100, height: 100, frames: 10 } as const;

  it('The plan of the renditions refuses too many frames only if a row asks for an animation', () => {
    const error = refusal(film, MOVING, { maxFrames: 9 });
    expect(error).to.have.property('name', 'ImageTooLargeError');
    expect(error)
      .to.have.property('message')
      .that.matches(/at most 9 frames in an animation but found 10\./);
    expect(refusal(film, STILL, { maxFrames: 9 })).to.have.property('cascades');
  });

  it('The plan of the renditions refuses too many pixels in all frames only if a row asks for an animation', () => {
    const error = refusal(film, MOVING, { maxPixels: 99_999 });
    expect(error).to.have.property('name', 'ImageTooLargeError');
    expect(error)
      .to.have.property('message')
      .that.matches(/at most 99999 pixels .* found 100000 \(10 of 100 × 100\)/);
    expect(refusal(film, MOVING, { maxPixels: 100_000 })).to.have.property('cascades');
    expect(refusal(film, STILL, { maxPixels: 99_999 })).to.have.property('cascades');
  });
});
