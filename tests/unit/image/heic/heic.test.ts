import { expect } from 'chai';
import sharp from 'sharp';
import { DEFAULT_LIMITS } from '../../../../functions/image-resize/image/limits.ts';
import { makeRenditions } from '../../../../functions/image-resize/image/make-renditions.ts';
import { createHeifLoader } from '../../../../functions/image-resize/load-heif-library.ts';
import {
  box,
  codes,
  contentLight,
  extent,
  mirroring,
  profile,
  rotation,
  uint16,
  uint32,
} from '../avif/handmade-avif.ts';
import { BT2020, DISPLAY_P3 } from '../colour/colour.ts';
import { CHART_SIDES, chartAv1, chartDifference, readChart } from '../colour/colour-chart.ts';
import { COLOUR_KINDS, HDR_KINDS } from '../colour/colour-kinds.ts';
import { displayProfile, greyProfile, profileCurve } from '../handmade.ts';
import {
  ALPHA,
  assembleHeic,
  auxiliary,
  crop,
  DEPTH,
  GAIN_MAP,
  gridData,
  heicFilm,
  heicOf,
  hevcConfiguration,
  hevcItem,
} from './handmade-heic.ts';
import {
  LARGE_PICTURE,
  largeHeic,
  meanDifference,
  PICTURE,
  paintPicture,
  pictureImage,
  readCells,
  renderHeic,
  tiledHeic,
  transparentHeic,
} from './heic-pictures.ts';
import {
  CAMERA,
  CHART,
  CODED_CHART,
  DEEP,
  DEEP_CHART,
  DEEPEST,
  FFMPEG_CELLS,
  FULL,
  GREY_CHART,
  LARGE,
  LIMITED,
  LIMITED_GREY_CHART,
  RAMP,
  TILES,
} from './hevc-samples.ts';

/** Out of 255, as the mean of all samples. */
const MOST_DIFFERENCE = 3;
const TILE = 64;

/** What three planes have for one pixel. */
type Sample = readonly [first: number, second: number, third: number];

const clamp = (sample: number) => Math.min(255, Math.max(0, sample));

describe('A HEIC', () => {
  it('A HEIC of tiles is the picture that FFmpeg decodes from each tile', async () => {
    const made = await renderHeic(tiledHeic());
    expect(made.facts).to.deep.include({
      format: 'heic',
      ...PICTURE,
      hasAlpha: false,
      frames: 1,
      isPhotograph: true,
    });
    for (const [tile, cells] of FFMPEG_CELLS.tiles.entries()) {
      const found = readCells(made, PICTURE, tile);
      const expected = Buffer.from(cells, 'hex').map((sample, index) => (found[index] === 0 ? 0 : sample));
      expect(meanDifference(found, expected), `tile ${tile}`).to.be.below(MOST_DIFFERENCE);
    }
    expect(meanDifference(made.data, paintPicture())).to.be.below(MOST_DIFFERENCE);
  });

  for (const width of [48, 100, 149])
    it(`A HEIC that is scaled to ${width} of its ${PICTURE.width} pixels is like the picture`, async () => {
      const { data } = await renderHeic(tiledHeic(), { width });
      const expected = await pictureImage().resize(width).raw().toBuffer();
      // 2.8 if the colours lie half a pixel beside their places.
      expect(meanDifference(data, expected)).to.be.below(1);
    });

  for (const [what, samples, form, cells] of [
    ['10 bits', DEEP, { depth: 10 }, FFMPEG_CELLS.deep],
    ['12 bits', DEEPEST, { depth: 12 }, FFMPEG_CELLS.deepest],
    ['4:2:2 and 10 bits', CAMERA, { depth: 10, chroma: '4:2:2' }, FFMPEG_CELLS.camera],
    ['4:4:4', FULL, { chroma: '4:4:4' }, FFMPEG_CELLS.full],
  ] as const)
    it(`A HEIC of ${what} is the picture that FFmpeg decodes`, async () => {
      const made = await renderHeic(heicOf(samples, [TILE, TILE], [], form));
      const found = readCells(made, { width: TILE, height: TILE });
      expect(meanDifference(found, Buffer.from(cells, 'hex'))).to.be.below(MOST_DIFFERENCE);
    });

  it('A HEIC of limited range and with the matrix of BT.709 is the picture that FFmpeg decodes', async () => {
    const nclx = box('colr', Buffer.from('nclx'), uint16(1), uint16(13), uint16(1), Buffer.from([0]));
    const made = await renderHeic(heicOf(LIMITED, [TILE, TILE], [nclx]));
    const found = readCells(made, { width: TILE, height: TILE });
    expect(meanDifference(found, Buffer.from(FFMPEG_CELLS.limited, 'hex'))).to.be.below(MOST_DIFFERENCE);
  });

  for (const [matrix, mix, range = 0x80] of [
    [0, ([g, b, r]: Sample) => [r, g, b]],
    [4, ([y, cb, cr]: Sample) => [y + 1.4 * (cr - 128), undefined, y + 1.78 * (cb - 128)]],
    [7, ([y, cb, cr]: Sample) => [y + 1.576 * (cr - 128), undefined, y + 1.826 * (cb - 128)]],
    [8, ([y, cg, co]: Sample) => [y - cg + co, y + cg - 128, y - cg - co + 256]],
    [9, ([y, cb, cr]: Sample) => [y + 1.4746 * (cr - 128), undefined, y + 1.8814 * (cb - 128)]],
    [
      9,
      ([y, cb, cr]: Sample) => {
        const [luma, unit] = [((y - 16) * 255) / 219, 255 / 224];
        return [luma + 1.4746 * unit * (cr - 128), undefined, luma + 1.8814 * unit * (cb - 128)];
      },
      0,
    ],
  ] as const)
    it(`A HEIC with the matrix coefficients ${matrix}${range === 0 ? ' in limited range' : ''} is mixed as ITU-T H.273 says`, async () => {
      const nclx = (code: number, flags = 0x80) =>
        box('colr', Buffer.from('nclx'), ...[1, 13, code].map(uint16), Buffer.from([flags]));
      const source = heicOf(FULL, [TILE, TILE], [nclx(matrix, range)], { chroma: '4:4:4' });
      const { data } = await renderHeic(source);
      const coded = (await renderHeic(heicOf(FULL, [TILE, TILE], [nclx(0)], { chroma: '4:4:4' }))).data;
      const at = (40 * TILE + 50) * 3;
      // With the matrix 0, the samples are those of green, blue and red.
      const [third = 0, first = 0, second = 0] = coded.subarray(at, at + 3);
      for (const [channel, expected] of mix([first, second, third]).entries())
        if (expected !== undefined) expect(data[at + channel]).to.be.closeTo(clamp(expected), 1);
    });

  for (const [name, properties, turn] of [
    ['turned by 90 degrees', [rotation(1)], () => pictureImage().rotate(270)],
    ['turned by 180 degrees', [rotation(2)], () => pictureImage().rotate(180)],
    ['turned by 270 degrees', [rotation(3)], () => pictureImage().rotate(90)],
    ['mirrored from left to right', [mirroring(1)], () => pictureImage().flop()],
    ['mirrored from top to bottom', [mirroring(0)], () => pictureImage().flip()],
    [
      'turned and then mirrored',
      [rotation(1), mirroring(1)],
      async () => sharp(await pictureImage().rotate(270).png().toBuffer()).flop(),
    ],
    [
      'cropped and then turned',
      [crop(100, 80, [-20, 10]), rotation(3)],
      async () =>
        sharp(
          await pictureImage().extract({ left: 25, top: 33, width: 100, height: 80 }).png().toBuffer(),
        ).rotate(90),
    ],
  ] as const)
    it(`A HEIC that is to be ${name} is made so`, async () => {
      const { data, facts } = await renderHeic(tiledHeic(properties));
      const { data: expected, info } = await (await turn()).raw().toBuffer({ resolveWithObject: true });
      expect(facts).to.include({ width: info.width, height: info.height });
      expect(meanDifference(data, expected)).to.be.below(MOST_DIFFERENCE);
    });

  it('A HEIC is not turned by its EXIF orientation, which repeats its own', async () => {
    const tiff = Buffer.from('4d4d002a000000080001011200030000000100060000 00000000'.replace(' ', ''), 'hex');
    const exif = Buffer.concat([uint32(6), Buffer.from('Exif\0\0'), tiff]);
    const source = assembleHeic({
      items: [hevcItem(TILES, 0, [1, 2]), { type: 'Exif', data: exif, properties: [] }],
      properties: [extent(TILE, TILE), hevcConfiguration(TILES)],
      references: [['cdsc', 2, [1]]],
    });
    const { data } = await renderHeic(source);
    expect(data).to.deep.equal((await renderHeic(heicOf(TILES, [TILE, TILE]))).data);
  });

  it('A HEIC with transparency keeps it, in a PNG for the format of the source', async () => {
    const { data, channels, facts, format } = await renderHeic(transparentHeic(), { format: 'source' });
    expect({ channels, format, hasAlpha: facts.hasAlpha }).to.deep.equal({
      channels: 4,
      format: 'png',
      hasAlpha: true,
    });
    const row = Array.from({ length: TILE }, (_, x) => data[(32 * TILE + x) * 4 + 3]);
    const ramp = row.map((_, x) => Math.round((255 * x) / (TILE - 1)));
    expect(meanDifference(Buffer.from(row.map(Number)), Buffer.from(ramp))).to.be.below(MOST_DIFFERENCE);
    const opaque = await renderHeic(heicOf(TILES, [TILE, TILE]));
    const right = (pixels: Buffer, count: number) =>
      pixels.subarray((TILE - 1) * count, (TILE - 1) * count + 3);
    expect(meanDifference(right(data, 4), right(opaque.data, 3))).to.be.below(MOST_DIFFERENCE);
  });

  it('A HEIC whose colours are multiplied by their transparency gets them back', async () => {
    const straight = await renderHeic(transparentHeic());
    const premultiplied = await renderHeic(transparentHeic(true));
    const at = (TILE / 2) * 4;
    const alpha = straight.data[at + 3] ?? 0;
    for (const channel of [0, 1, 2]) {
      const expected = Math.min(255, ((straight.data[at + channel] ?? 0) * 255) / alpha);
      expect(premultiplied.data[at + channel]).to.be.closeTo(expected, MOST_DIFFERENCE);
    }
  });

  it('A HEIC is a JPEG for the format of the source, because few browsers show HEIC', async () => {
    expect(await renderHeic(tiledHeic(), { format: 'source' })).to.have.property('format', 'jpeg');
  });

  it("A HEIC's gain map, depth and thumbnail change nothing", async () => {
    const source = assembleHeic({
      items: [
        hevcItem(TILES, 0, [1, 2]),
        hevcItem(RAMP, 0, [1, 3, 4]),
        hevcItem(RAMP, 0, [1, 3, 5]),
        hevcItem(TILES, 5, [1, 2]),
        { type: 'tmap', data: Buffer.alloc(62), properties: [1] },
      ],
      properties: [
        extent(TILE, TILE),
        hevcConfiguration(TILES),
        hevcConfiguration(RAMP, { chroma: 'grey' }),
        auxiliary(DEPTH),
        auxiliary(GAIN_MAP),
      ],
      references: [
        ['auxl', 2, [1]],
        ['auxl', 3, [1]],
        ['thmb', 4, [1]],
        ['dimg', 5, [1, 3]],
      ],
    });
    const { data, channels } = await renderHeic(source);
    expect(channels).to.equal(3);
    expect(data).to.deep.equal((await renderHeic(heicOf(TILES, [TILE, TILE]))).data);
  });

  it('A HEIC of a burst is its primary image, whatever comes before and after it', async () => {
    const properties = [extent(TILE, TILE), hevcConfiguration(TILES)];
    const items = [0, 4, 5].map((picture) => hevcItem(TILES, picture, [1, 2]));
    const made = await renderHeic(assembleHeic({ items, properties, primary: 2 }));
    const found = readCells(made, { width: TILE, height: TILE });
    expect(meanDifference(found, Buffer.from(FFMPEG_CELLS.tiles[4], 'hex'))).to.be.below(MOST_DIFFERENCE);
  });

  it('A HEIC of images that lie on one another is what they show together', async () => {
    const places = [
      [0, 0],
      [32, 16],
    ].flat();
    const source = assembleHeic({
      items: [
        {
          type: 'iovl',
          data: Buffer.concat([
            Buffer.from([0, 0]),
            ...[0, 65_535, 0, 65_535, 96, 80, ...places].map(uint16),
          ]),
          properties: [3],
        },
        hevcItem(TILES, 0, [1, 2]),
        hevcItem(TILES, 4, [1, 2]),
      ],
      properties: [extent(TILE, TILE), hevcConfiguration(TILES), extent(96, 80)],
      references: [['dimg', 1, [2, 3]]],
    });
    const made = await renderHeic(source);
    const tile = async (picture: number) => {
      const one = {
        items: [hevcItem(TILES, picture, [1, 2])],
        properties: [extent(TILE, TILE), hevcConfiguration(TILES)],
      };
      const { data } = await renderHeic(assembleHeic(one));
      return { input: data, raw: { width: TILE, height: TILE, channels: 3 } } as const;
    };
    const expected = await sharp({ create: { width: 96, height: 80, channels: 3, background: '#00ff00' } })
      .composite([
        { ...(await tile(0)), left: 0, top: 0 },
        { ...(await tile(4)), left: 32, top: 16 },
      ])
      .removeAlpha()
      .raw()
      .toBuffer();
    expect(meanDifference(made.data, expected)).to.be.below(MOST_DIFFERENCE);
  });

  it('A HEIC of 48 megapixels in tiles, as the largest phones write, is within the limits', async function () {
    this.timeout(60_000);
    const { data, facts } = await renderHeic(largeHeic(), { width: 63 });
    expect(facts).to.include(LARGE_PICTURE);
    // The left half of the first tile.
    expect(meanDifference(data.subarray(0, 3), Buffer.from([60, 120, 180]))).to.be.below(MOST_DIFFERENCE);
  });
});

/** ITU-T H.273. */
const [SRGB, P3, BT2020_CODE] = [1, 12, 9];
const [SRGB_CURVE, PQ, HLG] = [13, 16, 18];
const p3Profile = displayProfile(DISPLAY_P3.colorants, DISPLAY_P3.decode);
const cubeProfile = greyProfile(profileCurve((signal) => signal ** 3));
const hdrProfile = displayProfile(BT2020.colorants, BT2020.decode, [
  ['cicp', Buffer.concat([Buffer.from('cicp\0\0\0\0'), Buffer.from([BT2020_CODE, PQ, 0, 1])])],
]);
const SIDES = [CHART_SIDES.width, CHART_SIDES.height] as const;
const chart = (...properties: readonly Buffer[]) => heicOf(CHART, SIDES, properties);
const deepChart = (...properties: readonly Buffer[]) => heicOf(DEEP_CHART, SIDES, properties, { depth: 10 });
const greyChart = (...properties: readonly Buffer[]) =>
  heicOf(GREY_CHART, SIDES, properties, { chroma: 'grey' });
const limitedGreyChart = (...properties: readonly Buffer[]) =>
  heicOf(LIMITED_GREY_CHART, SIDES, properties, { chroma: 'grey' });

describe('The colours that a HEIC states', () => {
  for (const [name, make, like] of [
    ['without codes', () => chart(), 'an AVIF with codes that nobody knows'],
    ['with codes of Display P3', () => chart(codes(P3, SRGB_CURVE)), 'an AVIF with codes of Display P3'],
    ['with a profile of Display P3', () => chart(profile(p3Profile)), 'an AVIF with codes of Display P3'],
    [
      'of 10 bits with a profile of Display P3',
      () => deepChart(profile(p3Profile)),
      'an AVIF with codes of Display P3',
    ],
    [
      'with a profile of Display P3 and codes of BT.2020',
      () => chart(codes(BT2020_CODE, PQ), profile(p3Profile)),
      'an AVIF with a profile of Display P3 and codes of BT.2020',
    ],
    [
      'with codes of BT.2020, 10 bits',
      () => deepChart(codes(BT2020_CODE, SRGB_CURVE)),
      'an AVIF with codes of BT.2020, 10 bits',
    ],
    ['in PQ and BT.2020', () => deepChart(codes(BT2020_CODE, PQ)), 'an AVIF in PQ and BT.2020'],
    [
      'in PQ of at most 400 cd/m²',
      () => deepChart(codes(BT2020_CODE, PQ), contentLight(400)),
      'an AVIF in PQ of at most 400 cd/m²',
    ],
    [
      'with the codes of PQ in its bitstream alone',
      () => heicOf(CODED_CHART, SIDES, [], { depth: 10 }),
      'an AVIF in PQ and BT.2020',
    ],
    ['in HLG and BT.2020', () => deepChart(codes(BT2020_CODE, HLG)), 'an AVIF in HLG and BT.2020'],
    ['with a profile of PQ', () => deepChart(profile(hdrProfile)), 'an AVIF with a profile of PQ'],
    ['in grey', () => greyChart(), 'a grey AVIF of full range'],
    ['in grey with a profile', () => greyChart(profile(cubeProfile)), 'a grey AVIF with a profile'],
    [
      'in grey of limited range',
      () => limitedGreyChart(codes(SRGB, SRGB_CURVE, false)),
      'a grey AVIF of full range',
    ],
    [
      'in grey of limited range, which the bitstream says',
      () => limitedGreyChart(),
      'a grey AVIF of full range',
    ],
  ] as const)
    it(`A HEIC ${name} has the colours in which Chromium shows ${like}`, async () => {
      const [, , seen] = [...COLOUR_KINDS, ...HDR_KINDS].find(([kind]) => kind === like) ?? ['', '', ''];
      const { data, channels } = await renderHeic(make());
      const raw = { ...CHART_SIDES, channels: channels === 1 ? 1 : 3 } as const;
      const found = await readChart(await sharp(data, { raw }).png().toBuffer());
      expect(chartDifference(found, seen), `${found} for ${seen}`).to.be.below(MOST_DIFFERENCE);
    });
});

describe('A HEIC in a rendition that keeps the gamut', () => {
  for (const [name, source, isWide] of [
    ['with codes of Display P3', chart(codes(P3, SRGB_CURVE)), true],
    ['with a profile of Display P3', chart(profile(p3Profile)), true],
    ['in PQ and BT.2020', deepChart(codes(BT2020_CODE, PQ)), true],
    ['without codes', chart(), false],
  ] as const)
    it(`A HEIC ${name} is ${isWide ? 'in Display P3 and says so' : 'in sRGB'}`, async () => {
      expect(await renderHeic(source, { gamut: 'p3' })).to.have.property('hasProfile', isWide);
    });
});

/** Transparency of 512 × 512 pixels that says to have so many on each side. */
const largeAlpha = (side: number) =>
  assembleHeic({
    items: [hevcItem(TILES, 0, [1, 2]), hevcItem(LARGE, 0, [3, 4, 5])],
    properties: [
      extent(TILE, TILE),
      hevcConfiguration(TILES),
      extent(side, side),
      hevcConfiguration(LARGE),
      auxiliary(ALPHA),
    ],
    references: [['auxl', 2, [1]]],
  });

describe('The refusal of a HEIC', () => {
  const refusal = async (source: Buffer, limits = {}) => {
    try {
      await renderHeic(source, {}, limits);
      return 'accepted';
    } catch (error) {
      return String(error);
    }
  };

  it('A HEIC is refused without AcceptHeic, and the message says how to change that', async () => {
    const settings = { rows: [{ name: 'only', format: 'png', width: 64 }], limits: DEFAULT_LIMITS } as const;
    const error = await makeRenditions(
      tiledHeic(),
      settings,
      async () => {},
      createHeifLoader(import.meta.filename),
    ).then(() => undefined, String);
    expect(error).to.equal(
      'UnsupportedImageError: Expected JPEG, PNG, WebP, GIF, AVIF or TIFF but received HEIC. Deploy with AcceptHeic=true, or convert the image and upload it again.',
    );
  });

  for (const [what, source, limits, message] of [
    [
      'bytes',
      () => tiledHeic(),
      { maxBytes: 1000 },
      /^ImageTooLargeError: Expected at most 1000 bytes but found/,
    ],
    [
      'pixels',
      () => tiledHeic(),
      { maxPixels: 24_129 },
      'ImageTooLargeError: Expected at most 24129 pixels in each item of a HEIC image but found 24130 (190 × 127).',
    ],
    [
      'pixels in its transparency',
      () =>
        assembleHeic({
          items: [hevcItem(TILES, 0, [1, 2]), hevcItem(RAMP, 0, [3, 4, 5])],
          properties: [
            extent(TILE, TILE),
            hevcConfiguration(TILES),
            extent(50_000, 1_001),
            hevcConfiguration(RAMP, { chroma: 'grey' }),
            auxiliary(ALPHA),
          ],
          references: [['auxl', 2, [1]]],
        }),
      {},
      'ImageTooLargeError: Expected at most 50000000 pixels in each item of a HEIC image but found 50050000 (50000 × 1001).',
    ],
    [
      'pixels on its longer side',
      () => tiledHeic(),
      { maxSide: 189 },
      'ImageTooLargeError: Expected at most 189 pixels on the longer side of an image but found 190 (190 × 127).',
    ],
    [
      'bytes of colour profile',
      () => chart(profile(p3Profile)),
      { maxIccBytes: 100 },
      /^ImageTooLargeError: Expected a colour profile of at most 100 bytes but found/,
    ],
  ] as const)
    it(`A HEIC with too many ${what} is refused by name`, async () => {
      expect(await refusal(source(), limits)).to.match(
        message instanceof RegExp ? message : new RegExp(`^${message.replaceAll(/[().]/g, '\\$&')}$`),
      );
    });

  it('A HEIC whose grid repeats large tiles is refused for their sum', async () => {
    const tiles = Array.from({ length: 4 }, (_, index) => index + 2);
    const source = assembleHeic({
      items: [
        { type: 'grid', data: gridData(2, 2, 128, 128), properties: [1] },
        ...tiles.map(() => hevcItem(LARGE, 0, [2, 3])),
      ],
      properties: [extent(128, 128), extent(512, 512), hevcConfiguration(LARGE)],
      references: [['dimg', 1, tiles]],
    });
    expect(await refusal(source, { maxPixels: 800_000 })).to.equal(
      'ImageTooLargeError: Expected at most 1000000 pixels in all tiles of a HEIC but found 1048576.',
    );
    // Those of a gain map are not decoded, whatever their number.
    const beside = assembleHeic({
      items: [
        hevcItem(TILES, 0, [1, 2]),
        ...tiles.map(() => hevcItem(LARGE, 0, [3, 4])),
        { type: 'tmap', data: Buffer.alloc(62), properties: [1] },
      ],
      properties: [extent(TILE, TILE), hevcConfiguration(TILES), extent(512, 512), hevcConfiguration(LARGE)],
      references: [['dimg', 6, [1, ...tiles]]],
    });
    expect(await refusal(beside, { maxPixels: 800_000 })).to.equal('accepted');
  });

  it('A HEIC that is cut off, or has none of its samples, is refused as damaged', async () => {
    const whole = tiledHeic();
    expect(await refusal(whole.subarray(0, whole.length - 100))).to.match(
      /^CorruptImageError: The image is damaged: /,
    );
    expect(await refusal(whole.subarray(0, 200))).to.match(/^CorruptImageError: The image is damaged: /);
  });

  const tilesOf = (columns: number, items: readonly number[], [width, height]: readonly [number, number]) =>
    assembleHeic({
      items: [
        { type: 'grid', data: gridData(columns, 1, width, height), properties: [1] },
        ...TILES.pictures.map((_, index) => hevcItem(TILES, index, [2, 3])),
      ],
      properties: [extent(width, height), extent(TILE, TILE), hevcConfiguration(TILES)],
      references: [['dimg', 1, items]],
    });
  for (const [what, make, reason] of [
    ['refers to a tile that is not there', () => tilesOf(2, [2, 99], [128, 64]), 'Tile image ID=99'],
    ['has fewer tiles than its grid', () => tilesOf(2, [2], [128, 64]), 'but only 1 tile images'],
    ['refers to itself', () => tilesOf(2, [2, 1], [128, 64]), 'Image reference cycle'],
    ['has tiles that do not cover it', () => tilesOf(2, [2, 3], [200, 64]), 'do not cover whole image'],
    ['says to be larger than it is', () => heicOf(TILES, [128, 128]), 'does not have the size signaled'],
    ['says to be smaller than it is', () => heicOf(TILES, [32, 32]), 'does not have the size signaled'],
    ['says to have no pixels', () => heicOf(TILES, [0, 0]), 'Zero image width or height'],
    [
      'does not state its sides',
      () => assembleHeic({ items: [hevcItem(TILES, 0, [1])], properties: [hevcConfiguration(TILES)] }),
      'the HEIC does not state its sides.',
    ],
    [
      'names a primary image that is not there',
      () =>
        assembleHeic({
          items: [hevcItem(TILES, 0, [1, 2])],
          properties: [extent(TILE, TILE), hevcConfiguration(TILES)],
          primary: 99,
        }),
      "'pitm' box references an unsupported or non-existing image",
    ],
    ['has transparency of other sides than it says', () => largeAlpha(32), 'Security limit exceeded'],
  ] as const)
    it(`A HEIC that ${what} is refused, and the message says why`, async () => {
      const found = await refusal(make());
      expect(found).to.match(
        /^(?:CorruptImageError: The image is damaged: |ImageTooLargeError: Expected a HEIC)/,
      );
      expect(found).to.include(reason);
    });

  it('A HEIC whose transparency has more pixels than it is made in its own size', async () => {
    const { data, channels, facts } = await renderHeic(largeAlpha(512));
    expect(facts).to.include({ width: TILE, height: TILE, hasAlpha: true });
    expect(data).to.have.length(TILE * TILE * channels);
    expect(channels).to.equal(4);
  });

  it('A HEIC whose primary image is marked as an auxiliary one is that image', async () => {
    const source = assembleHeic({
      items: [hevcItem(TILES, 0, [1, 2]), hevcItem(RAMP, 0, [1, 3, 4])],
      properties: [
        extent(TILE, TILE),
        hevcConfiguration(TILES),
        hevcConfiguration(RAMP, { chroma: 'grey' }),
        auxiliary(ALPHA),
      ],
      references: [['auxl', 2, [1]]],
      primary: 2,
    });
    const { data, facts } = await renderHeic(source);
    expect(facts).to.include({ width: TILE, height: TILE, hasAlpha: false });
    const row = data.subarray(32 * TILE * 3, 33 * TILE * 3).filter((_, index) => index % 3 === 0);
    const ramp = Buffer.from(Array.from({ length: TILE }, (_, x) => Math.round((255 * x) / (TILE - 1))));
    expect(meanDifference(row, ramp)).to.be.below(MOST_DIFFERENCE);
  });

  it('A HEIC with a matrix that nobody uses for photographs is refused by name', async () => {
    const nclx = box('colr', Buffer.from('nclx'), uint16(9), uint16(16), uint16(14), Buffer.from([0x80]));
    expect(await refusal(heicOf(TILES, [TILE, TILE], [nclx]))).to.equal(
      'UnsupportedImageError: Expected a HEIC with one of the matrix coefficients 0, 1, 2, 4, 5, 6, 7, 8, 9, 10 but found 14.',
    );
  });

  it('A HEIC that is a film alone is refused by name', async () => {
    expect(await refusal(heicFilm(TILES))).to.equal(
      'UnsupportedImageError: Expected a HEIC with a still image but found a film alone.',
    );
  });

  it('A HEIC in another codec than HEVC is refused by name', async () => {
    const { samples, configuration } = await chartAv1(8);
    const source = assembleHeic({
      items: [{ type: 'av01', data: samples, properties: [1, 2] }],
      properties: [extent(...SIDES), configuration],
    });
    expect(await refusal(source)).to.match(/^UnsupportedImageError: Expected a HEIC /);
  });
});
