import { expect } from 'chai';
import sharp from 'sharp';
import { paintUpright } from '../../../support/images.ts';
import { flatJpeg, insertSegments, manyScansJpeg, segment } from '../handmade.ts';
import { inspection } from './inspection.ts';

const APP1 = 0xe1;
const APP2 = 0xe2;
const EMPTY = segment(APP1, []);
/** Those of each JPEG here that has no more: the tables, the frame and a scan. */
const OWN_SEGMENTS = 5;

const empty = (count: number) => Buffer.alloc(count * EMPTY.length, EMPTY);
const jpeg = () => flatJpeg({ width: 64, height: 64, samples: [100, 128, 128] });
const scan = (component: number) => segment(0xda, [1, component, 0, 0, 63, 0]);

describe('The segments of a JPEG', () => {
  it('A JPEG of ten million segments is refused', async () => {
    expect(await inspection(insertSegments(jpeg(), empty(10_000_000)))).to.equal(
      'ImageTooLargeError: Expected at most 10000 segments in a JPEG but found 10000005.',
    );
  });

  it('A JPEG with as many segments as the limit allows is accepted', async () => {
    const filled = insertSegments(jpeg(), empty(10_000 - OWN_SEGMENTS));
    expect(await inspection(filled)).to.equal('accepted');
    expect(await inspection(insertSegments(filled, EMPTY))).to.include('found 10001.');
  });

  it('The segments between the scans of a JPEG are counted too', async () => {
    const file = manyScansJpeg(11, { between: empty(1_000) });
    expect(await inspection(file)).to.equal(
      `ImageTooLargeError: Expected at most 10000 segments in a JPEG but found ${10_000 + OWN_SEGMENTS + 1 + 10}.`,
    );
  });

  it('The segments of a gain map, which is a second image in a JPEG file, are counted', async () => {
    const withGainMap = (count: number) => Buffer.concat([jpeg(), insertSegments(jpeg(), empty(count))]);
    expect(await inspection(withGainMap(10_000 - OWN_SEGMENTS))).to.equal('accepted');
    expect(await inspection(withGainMap(1_000_000))).to.include('segments in a JPEG but found 1000005.');
  });

  it('The segments after the only scan of a sequential JPEG, where libjpeg stops, are not counted', async () => {
    const file = jpeg();
    const filled = Buffer.concat([file.subarray(0, -2), empty(20_000), file.subarray(-2)]);
    expect(await inspection(filled)).to.equal('accepted');
  });

  it('A JPEG of 50 MB with the largest profile, XMP and previews is accepted', async () => {
    const file = flatJpeg({ width: 64, height: 64, samples: [1, 2, 3], profile: Buffer.alloc(4_000_000) });
    const xmp = segment(APP1, Array<number>(65_533).fill(65));
    const preview = insertSegments(jpeg(), segment(APP2, [...Buffer.from('MPF\0')]));
    const large = Buffer.concat([
      insertSegments(file, Buffer.alloc(xmp.length * 690, xmp)),
      ...Array<Buffer>(100).fill(preview),
    ]);
    expect(await inspection(large)).to.equal('accepted');
  });

  it('The segments of a JPEG are found behind any number of fill bytes', async () => {
    const marked = Buffer.concat([Buffer.alloc(100_000, 0xff), EMPTY, Buffer.from([0xff, 0x01]), EMPTY]);
    expect(
      await inspection(insertSegments(jpeg(), marked), { maxJpegSegments: OWN_SEGMENTS + 1 }),
    ).to.include(`found ${OWN_SEGMENTS + 2}.`);
  });
});

describe('The scans of a JPEG', () => {
  it('A JPEG of 800 scans, all of them legal, is refused', async () => {
    expect(await inspection(manyScansJpeg(800))).to.equal(
      'ImageTooLargeError: Expected at most 100 scans in a JPEG but found 800.',
    );
  });

  it('A JPEG with as many scans as the limit allows is accepted', async () => {
    const file = manyScansJpeg(100);
    expect(await inspection(file)).to.equal('accepted');
    const { data } = await sharp(file, { failOn: 'warning' }).raw().toBuffer({ resolveWithObject: true });
    expect(new Set(data), 'all scans are legal').to.deep.equal(new Set([100]));
    expect(await inspection(manyScansJpeg(101))).to.include('found 101.');
  });

  it('The scans of a JPEG that libjpeg or mozjpeg wrote are at most 18', async () => {
    const image = paintUpright(256, 256);
    for (const options of [{ progressive: true }, { mozjpeg: true }, { progressive: true, quality: 100 }])
      for (const file of [
        image.clone(),
        image.clone().toColourspace('cmyk'),
        image.clone().toColourspace('b-w'),
      ])
        expect(await inspection(await file.jpeg(options).toBuffer(), { maxJpegScans: 18 })).to.equal(
          'accepted',
        );
  });

  it('The scans of a sequential JPEG that has one scan for each component are counted', async () => {
    const [file, grey] = [jpeg(), flatJpeg({ width: 64, height: 64, samples: [100] })];
    const samples = grey.subarray(grey.indexOf(scan(1)) + scan(1).length, -2);
    const start = file.subarray(0, file.indexOf(Buffer.from([0xff, 0xda])));
    const scans = [1, 2, 3].flatMap((component) => [scan(component), samples]);
    const separate = Buffer.concat([start, ...scans, file.subarray(-2)]);
    expect(await inspection(separate)).to.equal('accepted');
    expect(await inspection(separate, { maxJpegScans: 2 })).to.include('scans in a JPEG but found 3.');
  });

  it('A scan of a JPEG does not end at an escaped byte, at a restart or at fill bytes among its samples', async () => {
    const file = manyScansJpeg(3);
    const samples = Buffer.from([
      0xff, 0x00, 0xda, 0xff, 0xd0, 0xda, 0xff, 0xff, 0xff, 0xd7, 0xff, 0xff, 0x00, 0xda,
    ]);
    const filled = Buffer.concat([file.subarray(0, -2), samples, file.subarray(-2)]);
    expect(await inspection(filled, { maxJpegScans: 2 })).to.include('found 3.');
    expect(await inspection(filled, { maxJpegScans: 3 })).to.equal('accepted');
  });
});
