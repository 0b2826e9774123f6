import { expect } from 'chai';
import sharp from 'sharp';
import { colourAt, paintUpright } from '../../../support/images.ts';
import { inspection } from '../reading/inspection.ts';
import { renderOne } from '../rendering/rendering.ts';
import {
  assembleAvif,
  box,
  extent,
  gridOfOneTile,
  takeAv1Image,
  withAlphaItem,
  withTracks,
} from './handmade-avif.ts';

const av1 = async (side: number) =>
  takeAv1Image(await paintUpright(side, side).removeAlpha().avif({ effort: 0 }).toBuffer());

describe('The items of an AVIF', () => {
  it('An AVIF whose transparency is larger than an image may be is refused', async () => {
    const image = await av1(64);
    expect(await inspection(withAlphaItem(image, image, [12_000, 12_000]))).to.equal(
      'ImageTooLargeError: Expected at most 50000000 pixels in each item of an AVIF image but found 144000000 (12000 × 12000).',
    );
  });

  it('An AVIF whose transparency is as large as the limit allows is accepted', async () => {
    const image = await av1(64);
    expect(await inspection(withAlphaItem(image, image, [5_000, 10_000]))).to.equal('accepted');
    expect(await inspection(withAlphaItem(image, image, [5_000, 10_001]))).to.include('found 50005000');
  });

  it('An AVIF item whose sides are the largest numbers of 32 bits is refused', async () => {
    const image = await av1(64);
    expect(await inspection(withAlphaItem(image, image, [0xffffffff, 0xffffffff]))).to.include(
      '(4294967295 × 4294967295)',
    );
  });

  for (const hasLongNumbers of [false, true]) {
    const numbers = hasLongNumbers ? 'long' : 'short';
    it(`An AVIF grid of 1 KB that shows one tile 256 times is refused if its item numbers are ${numbers}`, async () => {
      const grid = { columns: 16, rows: 16, side: 4_000, width: 5_000, height: 5_000, hasLongNumbers };
      expect(await inspection(gridOfOneTile(await av1(64), grid))).to.equal(
        'ImageTooLargeError: Expected at most 50000000 pixels in all tiles of an AVIF but found 4096000000.',
      );
    });

    it(`An AVIF grid whose tiles have as many pixels as the limit allows is accepted if its item numbers are ${numbers}`, async () => {
      const grid = { columns: 4, rows: 3, side: 64, width: 250, height: 190, hasLongNumbers };
      const file = gridOfOneTile(await av1(64), grid);
      expect(await sharp(file).resize(25).toBuffer(), 'the file is an AVIF').to.be.an.instanceOf(Buffer);
      expect(await inspection(file, { maxPixels: 12 * 64 * 64 })).to.equal('accepted');
      expect(await inspection(file, { maxPixels: 12 * 64 * 64 - 1 })).to.include(
        'tiles of an AVIF but found 49152.',
      );
    });
  }

  it('An AVIF may have as many pixels as fit into the memory of the image process, and at most 50 megapixels', async () => {
    for (const [bitdepth, mebibytes, most] of [
      [8, 1_419, 50_000_000],
      [8, 600, 26_214_400],
      [10, 1_419, 50_000_000],
      [10, 1_100, 38_836_148],
      [12, 1_100, 38_836_148],
    ] as const) {
      const small = paintUpright(64, 64).removeAlpha().toColourspace('rgb16');
      const image = takeAv1Image(await small.avif({ effort: 0, bitdepth }).toBuffer());
      // Only the header says so; no pixel is decoded.
      const withPixels = (pixels: number) =>
        assembleAvif({
          items: [{ type: 'av01', data: image.samples, properties: [1, 2] }],
          properties: [extent(Math.floor(pixels / 400), 400), image.configuration],
        });
      const limits = { maxImageMebibytes: mebibytes };
      expect(await inspection(withPixels(most), limits), `${bitdepth} bits`).to.equal('accepted');
      expect(await inspection(withPixels(most + 400), limits)).to.match(
        /^ImageTooLargeError: Expected at most \d{8} pixels in/,
      );
    }
  });

  it('The items of an AVIF are found behind boxes of every kind of length', async () => {
    const image = await av1(64);
    const large = assembleAvif({
      items: [{ type: 'av01', data: image.samples, properties: [2, 3, 4] }],
      properties: [box('free'), extent(64, 64), extent(9_000, 9_000), image.configuration],
    });
    const start = large.readUInt32BE(0);
    const long = Buffer.concat([
      Buffer.from([0, 0, 0, 1]),
      Buffer.from('free'),
      Buffer.from([0, 0, 0, 0, 0, 0, 0, 17, 9]),
    ]);
    const file = Buffer.concat([large.subarray(0, start), box('free'), long, large.subarray(start)]);
    expect(await inspection(file)).to.include('found 81000000');
    // A length of 0: the box extends to the end of the file.
    file.writeUInt32BE(0, file.indexOf('meta') - 4);
    expect(await inspection(file)).to.include('found 81000000');
  });

  it('An AVIF that sharp wrote is accepted', async () => {
    const image = paintUpright(64, 48);
    for (const file of [
      image.clone(),
      image.clone().ensureAlpha(0.5),
      image.clone().withMetadata({ orientation: 6 }),
    ])
      expect(await inspection(await file.avif({ effort: 0 }).toBuffer(), { maxPixels: 64 * 48 })).to.equal(
        'accepted',
      );
  });
});

describe('The brands of an AVIF', () => {
  /** What encoders write as the major brand; a reader must look at the compatible ones too. */
  for (const brand of ['avif', 'mif1', 'miaf', 'MA1A', 'MA1B', 'avis', 'msf1'])
    it(`An AVIF with the major brand ${brand} is rendered`, async () => {
      const image = await av1(64);
      const file = assembleAvif({
        items: [{ type: 'av01', data: image.samples, properties: [1, 2] }],
        properties: [extent(64, 64), image.configuration],
        brand,
      });
      const before = Buffer.from(file);
      expect(await colourAt(await renderOne(file), 0.9, 0.1)).to.deep.equal([254, 0, 0]);
      expect(file.equals(before), 'the source is not changed').to.equal(true);
    });

  it('A sequence is rendered by its first frame, which is the image beside its tracks', async () => {
    const file = withTracks(await av1(64), 1, 3, 'avis');
    expect(await colourAt(await renderOne(file), 0.9, 0.1)).to.deep.equal([254, 0, 0]);
  });
});

describe('The frames of a sequence in an AVIF', () => {
  it('An AVIF of less than 1 KB that declares 17 million frames is refused', async () => {
    const file = withTracks(await av1(64), 1, 17_000_000);
    expect(await inspection(file)).to.equal(
      'ImageTooLargeError: Expected at most 20000 frames in a track of an AVIF but found 17000000.',
    );
  });

  it('An AVIF with as many frames as the limit allows in each of 50 tracks is accepted', async () => {
    const image = await av1(64);
    expect(await inspection(withTracks(image, 50, 20_000))).to.equal('accepted');
    expect(await inspection(withTracks(image, 50, 20_001))).to.include('found 20001.');
  });
});
