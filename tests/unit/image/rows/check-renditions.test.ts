import { expect } from 'chai';
import { findMistakes } from '../../../../functions/image-resize/image/rows/check-renditions.ts';
import type { RenditionRow } from '../../../../functions/image-resize/image/rows/rendition-row.ts';

const ROW = { name: 'small', width: 64, format: 'webp' } as const;
/** The mistakes that are reported for rows which TypeScript would not compile. */
function mistakes(...rows: readonly object[]): string[] {
  return findMistakes(rows as readonly RenditionRow[]).map(({ message }) => message);
}

const WATERMARK = { image: 'iVBORw0KGgo=', gravity: 'southeast', scale: 0.2, opacity: 0.5 };

describe('The check of the renditions table', () => {
  const legal: readonly object[] = [
    ROW,
    { name: 'by-height', height: 64, format: 'png' },
    { ...ROW, height: 64, fit: 'cover', position: 'attention' },
    { ...ROW, height: 64, fit: 'cover', position: 'focal' },
    { ...ROW, height: 64, fit: 'contain', position: 'northeast', background: '#00000000' },
    { ...ROW, quality: 'lossless', effort: 6, animated: true },
    { ...ROW, format: 'gif', effort: 1, animated: true },
    { ...ROW, format: 'source', quality: 80, animated: true },
    { ...ROW, keep: ['copyright'], graphic: { format: 'png' } },
    { ...ROW, format: 'source', keep: ['copyright'] },
    { ...ROW, sharpen: 0.5, watermark: WATERMARK },
    { ...ROW, format: 'source', gamut: 'p3', graphic: { format: 'png' } },
    ...(['avif', 'webp', 'jpeg', 'source'] as const).map((format) => ({
      ...ROW,
      format,
      quality: 'auto' as const,
    })),
    { ...ROW, format: 'avif', quality: { target: 90 }, graphic: { format: 'avif', quality: 'auto' } },
    { ...ROW, format: 'avif', graphic: { format: 'webp', quality: 'lossless', effort: 0 } },
  ];
  for (const row of legal)
    it(`The check of the table accepts the row ${JSON.stringify(row)}`, () => {
      expect(mistakes(row)).to.deep.equal([]);
    });

  const illegal: readonly [object, RegExp][] = [
    [{ ...ROW, name: 'Small' }, /for name but received "Small"/],
    [{ ...ROW, name: 'a/b' }, /for name/],
    [{ ...ROW, width: 0 }, /from 1 to 8192 for width but received 0 of type number/],
    [{ ...ROW, width: 8193 }, /for width/],
    [{ ...ROW, width: '64' }, /for width but received "64" of type string/],
    [{ ...ROW, height: 1.5 }, /for height/],
    [{ ...ROW, fit: 'crop', height: 64 }, /one of cover, contain, fill, inside, outside for fit/],
    [{ ...ROW, position: 'face', fit: 'cover', height: 64 }, /for position/],
    [{ ...ROW, format: 'tiff' }, /jpeg, webp, avif, png, gif, source for format but received "tiff"/],
    [{ ...ROW, quality: 0 }, /for quality/],
    [{ ...ROW, quality: 101 }, /for quality/],
    [{ ...ROW, quality: 'best' }, /lossless, auto, or { target: 50 to 90 } for quality but received "best"/],
    [{ ...ROW, format: 'avif', quality: { target: 91 } }, /for quality but received {"target":91}/],
    [{ ...ROW, format: 'avif', quality: { target: 80, least: 40 } }, /for quality/],
    [{ ...ROW, format: 'avif', quality: {} }, /for quality/],
    [{ ...ROW, format: 'jpeg', quality: { target: 80 } }, /a quality from 1 to 100 or auto for format jpeg/],
    [{ ...ROW, format: 'png', quality: 'auto' }, /no quality for format png/],
    [{ ...ROW, effort: -1 }, /for effort/],
    [{ ...ROW, background: 'white' }, /#rrggbb or #rrggbbaa for background/],
    [{ ...ROW, background: '#1234567' }, /for background/],
    [{ ...ROW, animated: 'yes' }, /true or false for animated/],
    [{ ...ROW, sharpen: 0 }, /for sharpen/],
    [{ ...ROW, gamut: 'srgb' }, /Expected p3 for gamut but received "srgb"/],
    [{ ...ROW, gamut: 'p3', animated: true }, /no gamut for an animated row/],
    [{ ...ROW, gamut: 'p3', format: 'gif' }, /a format with profiles for gamut p3 but received "gif"/],
    [{ ...ROW, gamut: 'p3', graphic: { format: 'gif' } }, /a format with profiles for gamut p3/],
    [{ ...ROW, keep: 'copyright' }, /Expected \['copyright'\] for keep but received "copyright"/],
    [{ ...ROW, keep: [] }, /for keep/],
    [{ ...ROW, keep: ['copyright', 'gps'] }, /for keep/],
    [{ ...ROW, keep: ['gps'] }, /for keep/],
    [
      { ...ROW, keep: ['copyright'], format: 'gif' },
      /a format with metadata for keep copyright but received "gif"/,
    ],
    [{ ...ROW, sharpen: 11 }, /for sharpen/],
    [{ ...ROW, watermark: { ...WATERMARK, opacity: 0 } }, /for watermark/],
    [{ ...ROW, watermark: { ...WATERMARK, scale: 2 } }, /for watermark/],
    [{ ...ROW, watermark: { ...WATERMARK, gravity: 'attention' } }, /for watermark/],
    [{ ...ROW, watermark: { ...WATERMARK, image: './mark.png' } }, /for watermark/],
    [{ ...ROW, graphic: 'webp' }, /for graphic/],
    [{ ...ROW, graphic: { format: 'bmp' } }, /graphic: .* for format but received "bmp"/],
    [{ ...ROW, graphic: { format: 'jpeg', quality: 'lossless' } }, /graphic: .* for format jpeg/],
    [{ ...ROW, qualty: 80 }, /one of name, .* for an option but received "qualty"/],
    [{ name: 'small', width: 64 }, /for format but received undefined/],
    [{ width: 64, format: 'webp' }, /for name but received undefined/],
    [{ name: 'small', format: 'webp' }, /a width, a height or both/],
    [{ ...ROW, fit: 'cover' }, /a width and a height for fit cover/],
    [{ ...ROW, position: 'north' }, /cover or contain for fit with position north/],
    [{ ...ROW, height: 64, fit: 'contain', position: 'entropy' }, /cover for fit with position entropy/],
    [{ ...ROW, height: 64, fit: 'cover', position: 'entropy', animated: true }, /a fixed position/],
    [{ ...ROW, height: 64, fit: 'contain', position: 'focal' }, /cover for fit with position focal/],
    [{ ...ROW, height: 64, fit: 'cover', position: 'focal', animated: true }, /a fixed position/],
    [{ ...ROW, format: 'jpeg', animated: true }, /webp, gif or source for format of an animated row/],
    [{ ...ROW, animated: true, graphic: { format: 'png' } }, /webp, gif or source/],
    [{ ...ROW, format: 'png', quality: 80 }, /no quality for format png/],
    [{ ...ROW, format: 'gif', quality: 'lossless' }, /no quality for format gif/],
    [{ ...ROW, format: 'jpeg', effort: 4 }, /no effort for format jpeg/],
    [{ ...ROW, effort: 7 }, /an effort from 0 to 6 for format webp/],
    [{ ...ROW, format: 'gif', effort: 0 }, /an effort from 1 to 10 for format gif/],
  ];
  for (const [row, message] of illegal)
    it(`The check of the table refuses the row ${JSON.stringify(row)}`, () => {
      expect(mistakes(row)).to.have.length(1);
      expect(mistakes(row)[0]).to.match(message);
    });

  it('The check of the renditions table reports all mistakes of a table together, each with its row', () => {
    expect(mistakes({ ...ROW, width: 0, quality: 0 }, ROW, ROW, { ...ROW, name: '-' })).to.satisfy(
      (found: string[]) =>
        found.length === 5 &&
        /^row 1 \(small\): .*width/.test(found[0] ?? '') &&
        /^row 1 \(small\): .*quality/.test(found[1] ?? '') &&
        /^row 2 \(small\): Expected a name of its own/.test(found[2] ?? '') &&
        /^row 3 \(small\): Expected a name of its own/.test(found[3] ?? '') &&
        /^row 4 \(-\): .*name/.test(found[4] ?? ''),
    );
  });

  it('The check of the renditions table refuses an empty table', () => {
    expect(mistakes()).to.have.length(1);
  });
});
