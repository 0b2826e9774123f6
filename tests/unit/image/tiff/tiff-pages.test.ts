import { expect } from 'chai';
import sharp from 'sharp';
import { manyPagesTiff } from '../handmade.ts';
import { inspection } from '../reading/inspection.ts';
import {
  assembleTiff,
  greyPage,
  sharedTableTiff,
  TIFF_DATA_START,
  TIFF_LAYOUTS,
  type TiffLayout,
  type TiffTag,
} from './handmade-tiff.ts';

const nameOf = ({ isBig, isBigEndian }: TiffLayout) =>
  `${isBig ? 'Big' : 'classic '}TIFF of ${isBigEndian ? 'big' : 'little'}-endian numbers`;
const pages = (count: number, tags: readonly TiffTag[] = greyPage()) =>
  Array<readonly TiffTag[]>(count).fill(tags);
/** Tags of one short number, of a kind that libtiff does not know. */
const unknownTags = (count: number) =>
  Array.from({ length: count }, (_, index): TiffTag => [50_000 + index, 3, 1, 1]);

describe('The pages of a TIFF', () => {
  it('A TIFF of two hundred thousand pages is refused', async () => {
    expect(await inspection(manyPagesTiff(200_000))).to.equal(
      'ImageTooLargeError: Expected at most 1000 pages in a TIFF but found 200000.',
    );
  });

  for (const layout of TIFF_LAYOUTS) {
    it(`The pages of a ${nameOf(layout)} are counted`, async () => {
      const file = assembleTiff(pages(4), layout);
      expect(await sharp(file).metadata()).to.have.property('pages', 4);
      expect(await inspection(file, { maxPages: 4 })).to.equal('accepted');
      expect(await inspection(file, { maxPages: 3 })).to.include('pages in a TIFF but found 4.');
    });

    for (const lastRefersTo of [0, 1, 3])
      it(`The pages of a ${nameOf(layout)} are counted once if the last page refers to page ${lastRefersTo}`, async () => {
        const file = assembleTiff(pages(4), { ...layout, lastRefersTo });
        expect(await inspection(file, { maxPages: 4 })).to.equal('accepted');
        expect(await inspection(file, { maxPages: 3 })).to.match(/pages in a TIFF but found \d+\./);
      });

    it(`The count of pages ends at the end of a truncated ${nameOf(layout)}`, async () => {
      const file = assembleTiff(pages(4), layout).subarray(0, -100);
      expect(await inspection(file, { maxPages: 3 })).not.to.include('ImageTooLargeError');
      expect(await inspection(file, { maxPages: 2 })).to.include('found 3.');
    });
  }
});

describe('The tags of a TIFF', () => {
  it('A TIFF page with four thousand tags, which libtiff compares with each other, is refused', async () => {
    expect(await inspection(assembleTiff([[...greyPage(), ...unknownTags(4_000)]]))).to.equal(
      'ImageTooLargeError: Expected at most 256 tags on a page of a TIFF but found 4009.',
    );
  });

  it('A TIFF page with as many tags as the limit allows is accepted', async () => {
    const file = (count: number) => assembleTiff([[...greyPage(), ...unknownTags(count - 9)]]);
    expect(await inspection(file(256))).to.equal('accepted');
    expect(await inspection(file(257))).to.include('found 257.');
  });

  it('A TIFF of a thousand pages that share a table of a million strips is refused', async () => {
    expect(await inspection(sharedTableTiff(1_000, 1_000_000))).to.equal(
      "ImageTooLargeError: Expected at most 268435456 bytes in the tags' values of a TIFF but found 8000000000.",
    );
  });

  for (const layout of TIFF_LAYOUTS)
    it(`The values of the tags of a ${nameOf(layout)} may be as long as the limit, and no longer`, async () => {
      const page = [...greyPage(), [50_000, 3, 500, TIFF_DATA_START] as const];
      const file = assembleTiff(pages(2, page), { ...layout, data: Buffer.alloc(1_000) });
      expect(await inspection(file, { maxTagBytes: 2_000 })).to.equal('accepted');
      expect(await inspection(file, { maxTagBytes: 1_999 })).to.include('found 2000.');
    });

  it('A TIFF tag whose values are outside the file is accepted, because libtiff ignores it', async () => {
    const file = assembleTiff([[...greyPage(), [50_000, 12, 0xffffffff, TIFF_DATA_START]]]);
    expect(await inspection(file)).to.equal('accepted');
  });
});
