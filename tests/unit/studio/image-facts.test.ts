import { expect } from 'chai';
import schema from '../../../docs/manifest.schema.json' with { type: 'json' };
import { formatDollars, formatMillion } from '../../../local/studio/page/cost/format-dollars.ts';
import { formatBytes, formatShare } from '../../../local/studio/page/images/format-size.ts';
import { moveBy, sizeGrid } from '../../../local/studio/page/images/grid-size.ts';
import { explainRefusal } from '../../../local/studio/page/images/refusal-reasons.ts';

describe('What the studio says of an image', () => {
  it('Every reason in a manifest is explained in words of its own, with what to do', () => {
    const names = schema.properties.error.properties.name.enum;
    const reasons = names.map((name) => explainRefusal({ name, message: '' }, { acceptHeic: true }));
    expect(new Set(reasons.map(({ words }) => words)).size).to.equal(names.length);
    for (const { words, advice } of reasons) expect(`${words} ${advice}`).to.match(/^[A-Z].+\. .+\.$/);
    expect(reasons).not.to.deep.include(explainRefusal({ name: 'Other', message: '' }, { acceptHeic: true }));
  });

  it('A HEIC leads to AcceptHeic only in a stack that does not accept it', () => {
    const error = { name: 'UnsupportedImageError', message: 'Expected JPEG or PNG but received HEIC.' };
    expect(explainRefusal(error, { acceptHeic: false }).advice).to.contain('AcceptHeic=true');
    expect(explainRefusal(error, { acceptHeic: true }).advice).not.to.contain('AcceptHeic');
  });

  it('Dollars have two digits that count, and a million of them no cents that do not', () => {
    expect([0, 0.0000596, 0.12, 0.5, 5.4, 54.61, 1234.5].map(formatDollars)).to.deep.equal([
      '$0',
      '$0.000060',
      '$0.12',
      '$0.50',
      '$5.40',
      '$54.61',
      '$1,235',
    ]);
    expect([0.0000596, 0.00000314].map(formatMillion)).to.deep.equal(['$60', '$3.14']);
  });

  it('Bytes are in decimal units, and their share of the original in whole percent', () => {
    expect([940, 61_234, 999_600, 1_500_000, 23_000_000].map(formatBytes)).to.deep.equal([
      '940 B',
      '61 kB',
      '1.0 MB',
      '1.5 MB',
      '23 MB',
    ]);
    expect(formatShare(61_000, 1_500_000)).to.equal('4\u00a0%');
    expect(formatShare(900, 1_500_000)).to.equal('under 1\u00a0%');
  });

  it('The gallery has as many columns as there is room for, and the arrow keys never leave it', () => {
    expect([0, 328, 1248].map((width) => sizeGrid(width).columns)).to.deep.equal([1, 2, 7]);
    expect(moveBy('ArrowDown', 1, 7, 20)).to.equal(8);
    expect(moveBy('ArrowDown', 15, 7, 20)).to.equal(undefined);
    expect(moveBy('ArrowLeft', 0, 7, 20)).to.equal(undefined);
    expect(moveBy('End', 0, 7, 20)).to.equal(19);
    expect(moveBy('Enter', 0, 7, 20)).to.equal(undefined);
  });
});
