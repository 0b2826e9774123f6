// Each row of the tables in docs/formats.md that say what becomes of a feature.

import { readFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import { expect } from 'chai';
import sharp, { type Sharp } from 'sharp';
import { DEFAULT_LIMITS } from '../../functions/image-resize/image/limits.ts';
import { inspectImage } from '../../functions/image-resize/image/reading/inspect.ts';
import { paintUpright } from '../support/images.ts';
import { randomFrom } from '../support/random.ts';
import {
  assembleAvif,
  box,
  codes,
  extent,
  mirroring,
  profile,
  rotation,
  takeAv1Image,
  takeGreyAv1Image,
  uint16,
  withTracks,
  withTransparency,
} from '../unit/image/avif/handmade-avif.ts';
import { readQuarters, TURNED_PICTURES, turnedAvif } from '../unit/image/avif/turned-avif.ts';
import {
  CHART_SIDES,
  chartAv1,
  chartAvif,
  chartDifference,
  chartImage,
  chartPng,
  readChart,
} from '../unit/image/colour/colour-chart.ts';
import {
  COLOUR_KINDS,
  GAIN_MAP_KINDS,
  GREY_PROFILES,
  HDR_KINDS,
  p3Profile,
} from '../unit/image/colour/colour-kinds.ts';
import { flatPng, insertChunks, insertSegments, pngChunk, profileSegments } from '../unit/image/handmade.ts';
import {
  assembleHeic,
  auxiliary,
  crop,
  GAIN_MAP,
  heicFilm,
  heicOf,
  hevcConfiguration,
  hevcItem,
} from '../unit/image/heic/handmade-heic.ts';
import {
  meanDifference,
  paintPicture,
  pictureImage,
  readCells,
  renderHeic,
  tiledHeic,
  transparentHeic,
} from '../unit/image/heic/heic-pictures.ts';
import {
  CAMERA,
  CHART,
  DEEP,
  DEEPEST,
  FFMPEG_CELLS,
  FULL,
  RAMP,
  TILES,
} from '../unit/image/heic/hevc-samples.ts';
import { assembleGif } from '../unit/image/reading/handmade-gif.ts';
import { withOrientation } from '../unit/image/reading/jpeg-orientations.ts';
import { REFUSED_JPEGS } from '../unit/image/reading/jpeg-refusals.ts';
import { renderOne } from '../unit/image/rendering/rendering.ts';
import { assembleTiff, greyPage, sampleTiff, TIFF_DATA_START } from '../unit/image/tiff/handmade-tiff.ts';
import { TIFF_CHART, TIFF_KINDS } from '../unit/image/tiff/tiff-kinds.ts';
import { REFUSED } from '../unit/image/tiff/tiff-refusals.ts';

/** Checks what the last cell of a row says. */
type Check = (says: string) => Promise<void>;

/** Out of 255, as the mean of all samples. */
const MOST_DIFFERENCE = 3;

/** @returns the rows below a heading, each as its cells. */
function readTable(heading: string, columns: string): string[][] {
  const page = readFileSync('docs/formats.md', 'utf8').replaceAll('\\*', '*');
  const [, section = ''] = page.split(`\n## ${heading}\n`);
  const [, rows = ''] = section.split(`\n| ${columns} |\n`);
  const [table = ''] = rows.split('\n\n');
  return table
    .split('\n')
    .slice(1)
    .map((row) => row.slice(2, -2).split(' | '));
}

const refusalOf = (making: Promise<unknown>) => making.then(() => 'made', String);

/** Compares each kind of that name with what Chromium shows. */
const looksAsInChromium =
  (...names: readonly string[]) =>
  async () => {
    for (const name of names) {
      const kind = [...COLOUR_KINDS, ...GAIN_MAP_KINDS, ...HDR_KINDS].find(([other]) => other === name);
      await expectChart((await kind?.[1]()) ?? Buffer.alloc(0), kind?.[2] ?? `a kind named ${name}`);
    }
  };

async function expectChart(source: Buffer, seen: string): Promise<void> {
  const found = await readChart(await renderOne(source, { width: CHART_SIDES.width }));
  expect(chartDifference(found, seen), `${found} for ${seen}`).to.be.below(MOST_DIFFERENCE);
}

/** What the chart shows if nothing is converted. */
const [, , PLAIN_CHART] = GAIN_MAP_KINDS[1] ?? ['', '', ''];

/** Compares each kind of TIFF whose name fits with what ImageMagick shows, or with what it was made of. */
const looksAsTiff = (fits: RegExp) => async () => {
  const kinds = TIFF_KINDS.filter(({ name }) => fits.test(name));
  expect(kinds).not.to.be.empty;
  for (const { name, make, seen, alpha } of kinds) await expectPatches(name, make(), seen, alpha);
};

async function expectPatches(name: string, source: Buffer, seen: string, alpha = 255): Promise<void> {
  const found = await readPatches(source);
  expect(chartDifference(found.patches, seen), `${name}: ${found.patches}`).to.be.below(MOST_DIFFERENCE);
  expect(found.alpha, name).to.equal(alpha);
}

async function readPatches(source: Buffer) {
  const { width, height } = TIFF_CHART;
  const made = sharp(await renderOne(source, { width }));
  const data = await made.ensureAlpha().raw().toBuffer();
  const at = (index: number) => ((height / 2) * width + index * height + height / 2) * 4;
  const patches = Array.from({ length: width / height }, (_, index) =>
    data.toString('hex', at(index), at(index) + 3),
  );
  return { patches: patches.join(' '), alpha: data[3] };
}

/** Compares what is made of each source with the picture of paintUpright. CMYK cannot have its colours. */
const isPicture =
  (...encodes: readonly ((image: Sharp) => Sharp)[]) =>
  async () => {
    for (const encode of encodes) {
      const source = await encode(paintUpright(96, 64)).toBuffer();
      const made = await sharp(await renderOne(source, { width: 96 }))
        .removeAlpha()
        .raw()
        .toBuffer();
      const { space } = await sharp(source).metadata();
      const most = space === 'cmyk' ? 70 : MOST_DIFFERENCE;
      expect(meanDifference(made, await paintUpright(96, 64).removeAlpha().raw().toBuffer())).to.be.below(
        most,
      );
    }
  };

/** Compares the pixels of a HEIC with those that FFmpeg decodes from its samples. */
const isDecoded = async (source: Buffer, cells: string) => {
  const found = readCells(await renderHeic(source), { width: 64, height: 64 });
  expect(meanDifference(found, Buffer.from(cells, 'hex'))).to.be.below(MOST_DIFFERENCE);
};

const heicChart = async (...properties: readonly Buffer[]) => {
  const { data } = await renderHeic(heicOf(CHART, [CHART_SIDES.width, CHART_SIDES.height], properties));
  return readChart(
    await sharp(data, { raw: { ...CHART_SIDES, channels: 3 } })
      .png()
      .toBuffer(),
  );
};

const nclx = (...codes: readonly [number, number, number]) =>
  box('colr', Buffer.from('nclx'), ...codes.map(uint16), Buffer.from([0x80]));

const iccp = (icc: Buffer) => pngChunk('iCCP', Buffer.concat([Buffer.from('icc\0\0'), deflateSync(icc)]));

/** Noise, so that each row of blocks takes about as many bytes as any other. */
const noise = (options = {}) => {
  const random = randomFrom(1);
  const pixels = Buffer.from(Array.from({ length: 160 * 120 * 3 }, () => random() * 120));
  return sharp(pixels, { raw: { width: 160, height: 120, channels: 3 } })
    .jpeg(options)
    .toBuffer();
};
const photograph = (options = {}) => paintUpright(160, 120).jpeg(options).toBuffer();
const smallFrame = { area: [10, 10, 10, 10], colour: 1 } as const;
const wholeFrame = { area: [0, 0, 40, 30], colour: 0 } as const;
const alphaAt = async (image: Buffer, x: number, y: number, page = 0) => {
  const { data, info } = await sharp(image, { page })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return data[(y * info.width + x) * 4 + 3];
};

const chromaOf = async (width: number, format: 'jpeg' | 'avif') => {
  const ink = Array.from({ length: 64 * 64 }, (_, index) =>
    index % 5 === 0 && Math.floor(index / 64) % 12 < 7 ? [200, 0, 0] : [255, 255, 255],
  );
  const source = sharp(Buffer.from(ink.flat()), { raw: { width: 64, height: 64, channels: 3 } });
  const made = await renderOne(await source.png().toBuffer(), { format, width, quality: 80 });
  // Two flags in the third byte of the configuration (AV1 codec ISO media file format binding, 2.3).
  if (format === 'avif') return ((made[made.indexOf('av1C') + 6] ?? 0) & 0b1100) === 0 ? '4:4:4' : '4:2:0';
  return (await sharp(made).metadata()).chromaSubsampling;
};

const ACCEPTED: Readonly<Record<string, Check>> = {
  JPEG: isPicture(
    (image) => image.jpeg({ quality: 100 }),
    (image) => image.jpeg({ quality: 100, progressive: true }),
    (image) => image.toColourspace('cmyk').jpeg({ quality: 100 }),
    (image) => image.withIccProfile('cmyk').jpeg({ quality: 100 }),
  ),
  PNG: isPicture(
    (image) => image.png(),
    (image) => image.toColourspace('rgb16').png(),
    (image) => image.png({ palette: true }),
    (image) => image.ensureAlpha(0.5).png({ progressive: true }),
  ),
  'WebP, GIF': isPicture(
    (image) => image.webp({ lossless: true }),
    (image) => image.gif(),
  ),
  AVIF: isPicture(
    ...([8, 10, 12] as const).map(
      (bitdepth) => (image: Sharp) => image.ensureAlpha(0.5).avif({ quality: 100, effort: 0, bitdepth }),
    ),
  ),
  HEIC: async () => {
    expect(await renderHeic(tiledHeic(), { format: 'source' })).to.have.property('format', 'jpeg');
    expect(await renderHeic(transparentHeic(), { format: 'source' })).to.have.property('format', 'png');
  },
  TIFF: async () => {
    const source = await paintUpright(96, 64).tiff().toBuffer();
    const made = await renderOne(source, { format: 'source' });
    expect(await sharp(made).metadata()).to.have.property('format', 'png');
  },
};

const COLOURS: Readonly<Record<string, Check>> = {
  'all: ICC profile': async () => {
    await looksAsInChromium('a PNG with a gamma of 1 and a profile of Display P3')();
    for (const profile of GREY_PROFILES) await expectChart(chartPng(8, [iccp(profile)]), PLAIN_CHART);
  },
  'all: ICC profile with the codes of PQ or HLG (`cicp` tag)': looksAsInChromium(
    'a PNG of 16 bits with a profile of PQ',
    'a JPEG with a profile of PQ',
    'a WebP with a profile of HLG',
    'an AVIF with a profile of PQ',
  ),
  'all: CMYK without a profile for it': looksAsInChromium(
    'a JPEG in CMYK without a profile',
    'a JPEG in CMYK with a profile for RGB',
  ),
  'all: grey of 16 bits with a profile; grey with a profile for RGB': async () => {
    await looksAsInChromium(
      'a grey PNG of 16 bits with a profile of linear light',
      'a grey JPEG with a profile for colours',
    )();
    const [plain, ignored] = [[], [iccp(p3Profile)]].map((chunks) => chartPng(8, chunks, 'grey'));
    const seen = await readChart(await renderOne(plain ?? Buffer.alloc(0), { width: CHART_SIDES.width }));
    await expectChart(ignored ?? Buffer.alloc(0), seen);
  },
  'PNG: `cICP`: Display P3, BT.2020 and the others of ITU-T H.273': looksAsInChromium(
    'a PNG with codes of Display P3',
    'a PNG with codes of BT.2020, transparent',
    'a PNG with codes of cinema projectors',
    'a PNG with codes that nobody knows and a gamma of 1',
    'a PNG with codes of a narrow range and a profile of Display P3',
  ),
  'PNG: `gAMA`, with or without `cHRM`': looksAsInChromium(
    'a PNG of 16 bits with a gamma of 1',
    'a PNG of 8 bits with gamma and chromaticities of an old display',
    'a PNG with a gamma of 1 that says to be sRGB',
  ),
  'AVIF: `nclx`, or codes in the AV1 bitstream alone: Display P3, BT.2020 and the others': looksAsInChromium(
    'an AVIF with codes of Display P3',
    'an AVIF with codes of BT.2020, 10 bits',
    'an AVIF with the codes of Display P3 in its bitstream alone',
    "an AVIF with the codes of a camera's curve",
  ),
  'AVIF: `nclx` whose codes are all unspecified': looksAsInChromium(
    'an AVIF with codes that are all unspecified, of another range than its bitstream',
  ),
  'AVIF: grey of limited range': looksAsInChromium(
    'a grey AVIF of limited range',
    'a grey AVIF of limited range and 10 bits',
  ),
  'PNG, AVIF, profiles: PQ and HLG': looksAsInChromium(...HDR_KINDS.map(([name]) => name)),
  'JPEG, AVIF: gain map': looksAsInChromium(...GAIN_MAP_KINDS.map(([name]) => name)),
  'AVIF: cropped (`clap`)': async () => {
    const { width, height } = CHART_SIDES;
    // Its left half.
    const source = chartAvif(await chartAv1(8), [crop(width / 2, height, [-width / 4, 0])]);
    const made = await sharp(await renderOne(source, { width })).metadata();
    expect(made).to.include({ width: width / 2, height });
    const half = await sharp(await renderOne(source, { width }))
      .extend({ right: width / 2, background: 'white' })
      .png()
      .toBuffer();
    const patches = PLAIN_CHART.split(' ');
    expect(chartDifference((await readChart(half)).slice(0, 41), patches.slice(0, 6).join(' '))).to.be.below(
      MOST_DIFFERENCE,
    );
  },
  'AVIF: turned or mirrored (`irot`, `imir`), with transparency': async () => {
    for (const { name, turns, seen } of TURNED_PICTURES)
      for (const alphaTurns of [[], turns, [rotation(2)]])
        expect(await readQuarters(await renderOne(await turnedAvif(turns, alphaTurns))), name).to.equal(seen);
  },
  'AVIF: `avif`, `avis`, `MA1A` or `MA1B` among the brands': async () => {
    const { samples, configuration } = await chartAv1(8);
    for (const compatibleBrands of ['avif', 'avis', 'MA1A', 'MA1B']) {
      const source = assembleAvif({
        items: [{ type: 'av01', data: samples, properties: [1, 2] }],
        properties: [extent(CHART_SIDES.width, CHART_SIDES.height), configuration],
        brand: 'miaf',
        compatibleBrands,
      });
      await expectChart(source, PLAIN_CHART);
    }
  },
  'AVIF: sequence (`avis`)': async () => {
    const still = takeAv1Image(
      await paintUpright(64, 64).removeAlpha().avif({ quality: 100, effort: 0 }).toBuffer(),
    );
    const made = sharp(await renderOne(withTracks(still, 1, 3, 'avis'))).removeAlpha();
    const expected = await paintUpright(64, 64).removeAlpha().raw().toBuffer();
    expect(meanDifference(await made.raw().toBuffer(), expected)).to.be.below(MOST_DIFFERENCE);
  },
  'AVIF: premultiplied transparency (`prem`)': async () => {
    const colour = [200, 100, 50].map((sample) => Math.round(sample / 2));
    const picture = sharp({ create: { width: 64, height: 64, channels: 3, background: `rgb(${colour})` } });
    const transparent = picture.clone().ensureAlpha(0.5);
    const encoding = { quality: 100, effort: 0 } as const;
    const image = takeAv1Image(await picture.avif(encoding).toBuffer());
    const alpha = takeGreyAv1Image(await transparent.avif(encoding).toBuffer());
    const source = withTransparency(image, alpha, { width: 64, height: 64, isPremultiplied: true });
    const [pixel] = [
      (
        await sharp(await renderOne(source))
          .raw()
          .toBuffer()
      ).subarray(0, 4),
    ];
    expect(meanDifference(pixel ?? [], Buffer.from([200, 100, 50, 128]))).to.be.below(MOST_DIFFERENCE);
  },
  "all: colours that sRGB does not have, in a row with `gamut: 'p3'`": async () => {
    const source = insertSegments(
      await chartImage(8).jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer(),
      Buffer.concat(profileSegments(p3Profile)),
    );
    const made = await renderOne(source, { width: CHART_SIDES.width, gamut: 'p3' });
    expect(await sharp(made).metadata()).to.have.property('hasProfile', true);
    const stored = await sharp(made, { ignoreIcc: true }).png().toBuffer();
    expect(chartDifference(await readChart(stored), PLAIN_CHART)).to.be.below(MOST_DIFFERENCE);
  },
};

const EARLY =
  'CorruptImageError: The image is damaged: the JPEG ends before its last row of pixels. Upload the whole file.';

const SAMPLES: Readonly<Record<string, Check>> = {
  'GIF: first frame smaller than the screen': async () => {
    const made = await renderOne(assembleGif([40, 30], [smallFrame]), { width: 40 });
    expect([await alphaAt(made, 1, 1), await alphaAt(made, 12, 12)]).to.deep.equal([0, 255]);
  },
  'GIF: frame that is cleared after it is shown; first frame after which the one before is restored':
    async () => {
      for (const disposal of [2, 3]) {
        const frames = [{ ...wholeFrame, disposal }, smallFrame];
        const made = await renderOne(assembleGif([40, 30], frames), {
          width: 40,
          format: 'webp',
          animated: true,
        });
        expect([await alphaAt(made, 1, 1), await alphaAt(made, 1, 1, 1)]).to.deep.equal([255, 0]);
      }
    },
  'JPEG: 12 or 16 bits per sample; JPEG-LS; a hierarchy of sizes; a height behind the pixels': async () => {
    for (const [source, expected, found] of REFUSED_JPEGS)
      expect(await refusalOf(renderOne(source))).to.equal(
        `UnsupportedImageError: Expected ${expected} but found ${found}. Convert the image and upload it again.`,
      );
  },
  'JPEG, WebP and AVIF, as renditions: picture of few pixels': async () => {
    const icon = await sharp({ create: { width: 16, height: 16, channels: 3, background: 'white' } })
      .composite([
        { input: Buffer.from([200, 0, 0]), raw: { width: 1, height: 1, channels: 3 }, left: 5, top: 5 },
      ])
      .png()
      .toBuffer();
    const graphic = { format: 'webp', quality: 'auto' } as const;
    const made = await renderOne(icon, { format: 'avif', graphic });
    expect(made.toString('latin1', 12, 16)).to.equal('VP8L');
  },
  'JPEG: EXIF orientation that is not one number of 16 bits': async () => {
    const facts = await inspectImage(withOrientation(4, 1), DEFAULT_LIMITS);
    expect(facts).to.include({ width: 64, height: 48 });
  },
  'JPEG: end marker missing': async () => {
    const whole = await photograph();
    const [made, expected] = [whole.subarray(0, -2), whole].map((file) => renderOne(file));
    expect(await made).to.deep.equal(await expected);
  },
  'JPEG: data missing at the end': async (says) => {
    const whole = await noise();
    expect(await refusalOf(renderOne(whole.subarray(0, whole.length / 2)))).to.equal(EARLY);
    expect(says).to.include('`CorruptImageError`');
    const progressive = await noise({ progressive: true });
    expect(await refusalOf(renderOne(progressive.subarray(0, progressive.length * 0.75)))).to.equal('made');
  },
  'JPEG and AVIF, as renditions: icon, small coloured text': async () => {
    for (const format of ['jpeg', 'avif'] as const) expect(await chromaOf(64, format)).to.equal('4:4:4');
  },
  'PNG: animation (APNG)': async () => {
    const still = flatPng(40, 64);
    const animated = insertChunks(still, [pngChunk('acTL', Buffer.from([0, 0, 0, 1, 0, 0, 0, 0]))]);
    const frame = Buffer.alloc(26);
    frame.writeUInt32BE(8, 4);
    frame.writeUInt32BE(8, 8);
    const pixels = Buffer.concat([Buffer.from([0, 0, 0, 1]), deflateSync(Buffer.alloc(8 * 25, 255))]);
    const behind = [pngChunk('fcTL', frame), pngChunk('fdAT', pixels)];
    const source = Buffer.concat([animated.subarray(0, -12), ...behind, animated.subarray(-12)]);
    expect(await renderOne(source)).to.deep.equal(await renderOne(still));
  },
  'PNG: text that is not compressed': async () => {
    const text = pngChunk('iTXt', Buffer.concat([Buffer.from('a\0\0\0\0\0'), Buffer.alloc(300_000, 'a')]));
    expect(await refusalOf(renderOne(insertChunks(flatPng(40, 64), [text])))).to.equal('made');
  },
  'WebP, GIF: frame that lasts longer than 65.535 seconds': async () => {
    const frames = Buffer.alloc(8 * 16 * 3).fill(255, 8 * 8 * 3);
    const raw = { width: 8, height: 16, channels: 3, pageHeight: 8 } as const;
    const moving = await sharp(frames, { raw, pages: -1 }).webp().toBuffer();
    moving.writeUIntLE(7_170_164, moving.indexOf('ANMF') + 8 + 12, 3);
    for (const [format, longest] of [
      ['webp', 65_535],
      ['gif', 65_540],
    ] as const) {
      const made = await renderOne(moving, { format, animated: true });
      expect((await sharp(made, { pages: -1 }).metadata()).delay?.[0], format).to.equal(longest);
    }
  },
  'TIFF: grey, RGB, CMYK of 8, 16 and 32 bits; grey of 1, 2 and 4 bits; palette; white as 0 or as the highest value; samples side by side or in planes, in strips or tiles':
    async () => {
      await looksAsTiff(
        /^(?:grey|RGB|CMYK) of (?:8|16|32) bits(?: whose white is 0| in planes| in planes and tiles)?$/,
      )();
      for (const bitdepth of [1, 2, 4] as const) {
        const source = sharp({ create: { width: 8, height: 8, channels: 3, background: 'white' } });
        const made = await renderOne(await source.greyscale().tiff({ bitdepth }).toBuffer());
        expect((await sharp(made).stats()).channels[0]?.min, `${bitdepth} bits`).to.equal(255);
      }
      const shades = [0, 65_535].flatMap((shade) => Array<number>(128).fill(shade));
      const source = sampleTiff({
        width: 2,
        height: 1,
        photometric: 3,
        samplesPerPixel: 1,
        samples: [0, 255],
        fields: [[320, 3, [...shades, ...shades, ...shades]]],
      });
      expect(
        [
          ...(await sharp(await renderOne(source))
            .raw()
            .toBuffer()),
        ].slice(0, 6),
      ).to.deep.equal([0, 0, 0, 255, 255, 255]);
    },
  'TIFF: floating point of 16 and 32 bits, in grey, RGB and CMYK': looksAsTiff(/floating point/),
  'TIFF: L*a*b* of 8 and 16 bits': looksAsTiff(/L\*a\*b\*/),
  'TIFF: YCbCr with and without JPEG, a colour for each pixel or for up to 4 × 4 pixels': async () => {
    await looksAsTiff(/^YCbCr/)();
    await isPicture((image) => image.removeAlpha().tiff({ compression: 'jpeg', quality: 100 }))();
  },
  'TIFF: extra sample that is alpha, associated or not': looksAsTiff(/with (?:associated )?alpha|and alpha/),
  'TIFF: extra sample of unspecified meaning: selection, spot colour': looksAsTiff(/selection|spot colour/),
  'TIFF: first page marked as a preview or mask': async () => {
    for (const kind of [1, 4]) {
      const pages = [[[254, 4, 1, kind] as const, ...greyPage()], greyPage({ strip: TIFF_DATA_START + 1 })];
      const made = await renderOne(assembleTiff(pages, { data: Buffer.from([10, 200]) }));
      expect((await sharp(made).raw().toBuffer())[0]).to.equal(200);
    }
  },
};

/** Of the tiles of a picture in samples of one form, against FFmpeg. */
const HEIC: Readonly<Record<string, Check>> = {
  'tiles (`grid`), as phones write, up to 48 megapixels and more; images on one another (`iovl`)':
    async () => {
      expect(meanDifference((await renderHeic(tiledHeic())).data, paintPicture())).to.be.below(
        MOST_DIFFERENCE,
      );
      const overlay = Buffer.from([...Array<number>(10).fill(0), 0, 64, 0, 64, 0, 0, 0, 0]);
      const source = assembleHeic({
        items: [{ type: 'iovl', data: overlay, properties: [1] }, hevcItem(TILES, 0, [1, 2])],
        properties: [extent(64, 64), hevcConfiguration(TILES)],
        references: [['dimg', 1, [2]]],
      });
      await isDecoded(source, FFMPEG_CELLS.tiles[0]);
    },
  '`irot`, `imir`, `clap`': async () => {
    const turned = await renderHeic(tiledHeic([crop(100, 80, [-20, 10]), rotation(3), mirroring(1)]));
    const cut = pictureImage().extract({ left: 25, top: 33, width: 100, height: 80 });
    const upright = sharp(await cut.png().toBuffer()).rotate(90);
    const expected = await sharp(await upright.png().toBuffer())
      .flop()
      .raw()
      .toBuffer();
    expect(meanDifference(turned.data, expected)).to.be.below(MOST_DIFFERENCE);
  },
  '4:2:0, 4:2:2, 4:4:4, grey; 8, 10 and 12 bits; limited and full range; the matrices 0 to 2 and 4 to 10 of ITU-T H.273':
    async (says) => {
      for (const [samples, form, cells] of [
        [TILES, {}, FFMPEG_CELLS.tiles[0]],
        [DEEP, { depth: 10 }, FFMPEG_CELLS.deep],
        [DEEPEST, { depth: 12 }, FFMPEG_CELLS.deepest],
        [CAMERA, { depth: 10, chroma: '4:2:2' }, FFMPEG_CELLS.camera],
        [FULL, { chroma: '4:4:4' }, FFMPEG_CELLS.full],
      ] as const)
        await isDecoded(heicOf(samples, [64, 64], [], form), cells);
      for (const matrix of [0, 1, 2, 4, 5, 6, 7, 8, 9, 10])
        await renderHeic(heicOf(TILES, [64, 64], [nclx(1, 13, matrix)]));
      expectMessage(await refusalOf(renderHeic(heicOf(TILES, [64, 64], [nclx(9, 16, 14)]))), says);
    },
  'an ICC profile; else the codes of `colr`; else those of the bitstream: Display P3, BT.2020, PQ, HLG':
    async () => {
      const [, , seen = ''] =
        COLOUR_KINDS.find(([name]) => name === 'an AVIF with codes of Display P3') ?? [];
      for (const properties of [[profile(p3Profile)], [codes(12, 13)], [codes(9, 16), profile(p3Profile)]])
        expect(chartDifference(await heicChart(...properties), seen)).to.be.below(MOST_DIFFERENCE);
    },
  'alpha, premultiplied or not': async () => {
    const [straight, multiplied] = [
      await renderHeic(transparentHeic()),
      await renderHeic(transparentHeic(true)),
    ];
    const at = 32 * 4;
    const alpha = straight.data[at + 3] ?? 0;
    expect(alpha).to.be.closeTo(130, 3);
    const expected = Math.min(255, ((straight.data[at + 1] ?? 0) * 255) / alpha);
    expect(multiplied.data[at + 1]).to.be.closeTo(expected, MOST_DIFFERENCE);
  },
  'depth, gain map, thumbnail': async () => {
    const source = assembleHeic({
      items: [hevcItem(TILES, 0, [1, 2]), hevcItem(RAMP, 0, [1, 3, 4]), hevcItem(TILES, 5, [1, 2])],
      properties: [
        extent(64, 64),
        hevcConfiguration(TILES),
        hevcConfiguration(RAMP, { chroma: 'grey' }),
        auxiliary(GAIN_MAP),
      ],
      references: [
        ['auxl', 2, [1]],
        ['thmb', 3, [1]],
      ],
    });
    await isDecoded(source, FFMPEG_CELLS.tiles[0]);
  },
  'burst, Live Photo': async () => {
    const items = [0, 4, 5].map((picture) => hevcItem(TILES, picture, [1, 2]));
    const properties = [extent(64, 64), hevcConfiguration(TILES)];
    await isDecoded(assembleHeic({ items, properties, primary: 2 }), FFMPEG_CELLS.tiles[4]);
  },
  'film in the same container, without a still image': async (says) => {
    expectMessage(await refusalOf(renderHeic(heicFilm(TILES))), says);
  },
  'another codec than HEVC in the same container': async () => {
    const { samples, configuration } = await chartAv1(8);
    const items = [{ type: 'av01' as const, data: samples, properties: [1, 2] }];
    const source = assembleHeic({ items, properties: [extent(96, 8), configuration] });
    expect(await refusalOf(renderHeic(source))).to.match(
      /^UnsupportedImageError: Expected a HEIC that libheif can/,
    );
  },
  'cut off; a tile damaged or missing; a primary image that is not there; sides that are not stated, or not those of the samples':
    async () => {
      const tile = (properties: readonly number[], primary = 1) =>
        assembleHeic({
          items: [hevcItem(TILES, 0, properties)],
          properties: [extent(64, 64), hevcConfiguration(TILES), extent(128, 128)],
          primary,
        });
      const whole = tiledHeic();
      for (const source of [whole.subarray(0, -100), tile([1, 2], 99), tile([2]), tile([2, 3])])
        expect(await refusalOf(renderHeic(source))).to.match(/^CorruptImageError: The image is damaged: /);
    },
};

/** Compares a refusal with the name and the words in a cell: `Name`: "message". */
function expectMessage(found: string, says: string): void {
  const [name = '', ...message] = found.split(': ');
  expect(says)
    .to.include(`\`${name}\``)
    .and.to.include(`"${message.join(': ')}"`);
}

describe('docs/formats.md', () => {
  const TABLES = [
    ['What is accepted', 'source | what is taken of it', 1, ACCEPTED],
    ['Colours', 'format | feature | what happens', 2, COLOURS],
    ['Transparency, samples and files that end early', 'format | feature | what happens', 2, SAMPLES],
    ['HEIC', 'feature | what happens', 1, HEIC],
  ] as const;
  for (const [heading, columns, keys, checks] of TABLES) {
    const rows = readTable(heading, columns).map(
      (cells) => [cells.slice(0, keys).join(': '), cells.at(-1) ?? ''] as const,
    );

    it(`Each row below "${heading}" has a check, and each check a row`, () => {
      expect(rows.map(([row]) => row).sort()).to.deep.equal(Object.keys(checks).sort());
    });

    for (const [row, says] of rows)
      it(`"${heading}" is right about ${row}`, async () => {
        await checks[row]?.(says);
      });
  }

  it('Each row of the TIFFs that are refused has a file whose message has its words, and each message a row', async () => {
    const rows = readTable('Transparency, samples and files that end early', 'expected | found, for example');
    const without = rows.filter(([expected = '']) => !REFUSED.some(([, words]) => expected.includes(words)));
    expect(without).to.deep.equal([]);
    for (const [file, words, found] of REFUSED) {
      expect(
        rows.filter(([expected = '']) => expected.includes(words)),
        words,
      ).to.have.length(1);
      expect(await refusalOf(inspectImage(file, DEFAULT_LIMITS))).to.equal(
        `UnsupportedImageError: Expected ${words} but found ${found}. Convert the image and upload it again.`,
      );
    }
  });
});
