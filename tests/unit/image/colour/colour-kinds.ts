import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { codes, contentLight, profile } from '../avif/handmade-avif.ts';
import {
  displayProfile,
  greyProfile,
  insertSegments,
  pngChunk,
  profileCurve,
  profileSegments,
  riff,
  webpChunk,
} from '../handmade.ts';
import { BT2020, DISPLAY_P3 } from './colour.ts';
import {
  CHART_SIDES,
  chartAv1,
  chartAvif,
  chartAvifWithGainMap,
  chartGreyAv1,
  chartImage,
  chartPng,
  recodeAv1,
} from './colour-chart.ts';

/** A way in which a file states its colours. The file shows the chart of colour-chart.ts. */
export type ColourKind = readonly [
  name: string,
  make: () => Buffer | Promise<Buffer>,
  /** What Chromium 156 shows. A test in tests/browser compares it with the Chromium at hand. */
  seen: string,
];

/** ITU-T H.273. */
const [SRGB, P3, BT2020_CODE] = [1, 12, 9];
const [CAMERA, SRGB_CURVE, LINEAR, PQ, HLG] = [1, 13, 8, 16, 18];

const fixed = (value: number, units: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(Math.round(value * units));
  return bytes;
};
const gama = (gamma: number) => pngChunk('gAMA', fixed(gamma, 100_000));
const chrm = (...xy: readonly number[]) =>
  pngChunk('cHRM', Buffer.concat(xy.map((value) => fixed(value, 100_000))));
const srgb = pngChunk('sRGB', Buffer.from([0]));
const cicp = (primaries: number, transfer: number, isFullRange = 1) =>
  pngChunk('cICP', Buffer.from([primaries, transfer, 0, isFullRange]));
const iccp = (icc: Buffer) => pngChunk('iCCP', Buffer.concat([Buffer.from('icc\0\0'), deflateSync(icc)]));
const clli = (peak: number) =>
  pngChunk('cLLI', Buffer.concat([peak, 100].map((nits) => fixed(nits, 10_000))));
const mdcv = (peak: number) =>
  pngChunk('mDCV', Buffer.concat([Buffer.alloc(16), ...[peak, 0.001].map((nits) => fixed(nits, 10_000))]));

const D65 = [0.3127, 0.329] as const;
const SRGB_XY = [...D65, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06] as const;
const P3_XY = [...D65, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06] as const;
/** Apple's first colour displays. */
const TRINITRON_XY = [...D65, 0.625, 0.34, 0.28, 0.595, 0.155, 0.07] as const;

export const p3Profile = displayProfile(DISPLAY_P3.colorants, DISPLAY_P3.decode);
export const hdrProfile = (transfer: number) => {
  const tag = Buffer.concat([Buffer.from('cicp\0\0\0\0'), Buffer.from([BT2020_CODE, transfer, 0, 1])]);
  return displayProfile(BT2020.colorants, BT2020.decode, [['cicp', tag]]);
};
/** Light itself, an exponent, and an exponent as a formula (ICC.1:2022, 10.6 and 10.18). */
const lightCurve = Buffer.from('curv\0\0\0\0\0\0\0\0');
const exponentCurve = Buffer.from('curv\0\0\0\0\0\0\0\x01\x01\xcd\0\0', 'latin1');
const formulaCurve = Buffer.concat([Buffer.from('para\0\0\0\0\0\0\0\0'), fixed(1.8, 65_536)]);
const cubeCurve = profileCurve((signal) => signal ** 3);

export const GREY_PROFILES = [lightCurve, exponentCurve, formulaCurve, cubeCurve].map((curve) =>
  greyProfile(curve),
);
/** One of each chunk that says something about colours. */
export const COLOUR_CHUNKS = [cicp(P3, PQ), clli(400), mdcv(4000), gama(1), chrm(...P3_XY), iccp(p3Profile)];

const avif = async (depth: 8 | 10, ...properties: readonly Buffer[]) =>
  chartAvif(await chartAv1(depth), properties);
const greyAvif = async (depth: 8 | 10, ...properties: readonly Buffer[]) =>
  chartAvif(await chartGreyAv1(depth), properties);

async function jpegWithProfile(icc: Buffer): Promise<Buffer> {
  const jpeg = await chartImage(8).jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer();
  return insertSegments(jpeg, Buffer.concat(profileSegments(icc)));
}

const inkedJpeg = () => chartImage(8).toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer();

async function greyJpegWithProfile(icc: Buffer): Promise<Buffer> {
  const jpeg = await sharp(chartPng(8, [], 'grey'))
    .toColourspace('b-w')
    .jpeg({ quality: 100 })
    .toBuffer();
  return insertSegments(jpeg, Buffer.concat(profileSegments(icc)));
}

async function webpWithProfile(icc: Buffer): Promise<Buffer> {
  const still = await chartImage(8).webp({ lossless: true }).toBuffer();
  const header = Buffer.alloc(10);
  header[0] = 0x20;
  header.writeUIntLE(CHART_SIDES.width - 1, 4, 3);
  header.writeUIntLE(CHART_SIDES.height - 1, 7, 3);
  return riff(webpChunk('VP8X', header), webpChunk('ICCP', icc), still.subarray(12));
}

/** The kinds that stay in standard dynamic range. */
export const COLOUR_KINDS: readonly ColourKind[] = [
  [
    'a PNG of 16 bits with a gamma of 1',
    () => chartPng(16, [gama(1)]),
    '000000 585858 949494 bcbcbc c8c8c8 e0e0e0 ffffff cb7c7c 7ccb7c 7c7ccb e09494 bcbc7c',
  ],
  [
    'a PNG of 8 bits with gamma and chromaticities of an old display',
    () => chartPng(8, [gama(1 / 1.8), chrm(...TRINITRON_XY)]),
    '000000 232323 606060 929292 a5a5a5 cbcbcb ffffff ae4743 2fa748 4446a7 cf6460 929247',
  ],
  [
    'a PNG with the gamma of sRGB and the chromaticities of Display P3',
    () => chartPng(8, [gama(0.45455), chrm(...P3_XY)]),
    '000000 131313 4c4c4c 818181 959595 c0c0c0 ffffff a8232a 009d11 3030a1 d04147 81811a',
  ],
  [
    'a PNG with the gamma and the chromaticities of sRGB',
    () => chartPng(8, [gama(0.45455), chrm(...SRGB_XY)]),
    '000000 131313 4c4c4c 818181 959595 c0c0c0 ffffff 9a3030 2f9a30 30309a c04c4c 818130',
  ],
  [
    'a PNG with the gamma of sRGB alone',
    () => chartPng(8, [gama(0.45455)]),
    '000000 1a1a1a 4d4d4d 808080 949494 bfbfbf ffffff 993333 339933 333399 bf4d4d 808033',
  ],
  [
    'a PNG with chromaticities but no gamma',
    () => chartPng(8, [chrm(...P3_XY)]),
    '000000 1a1a1a 4d4d4d 808080 949494 bfbfbf ffffff 993333 339933 333399 bf4d4d 808033',
  ],
  [
    'a PNG with chromaticities that span no colours',
    () => chartPng(8, [gama(1), chrm(...D65, ...D65, ...D65, ...D65)]),
    '000000 1a1a1a 4d4d4d 808080 949494 bfbfbf ffffff 993333 339933 333399 bf4d4d 808033',
  ],
  [
    'a PNG with a gamma of 0',
    () => chartPng(8, [gama(0)]),
    '000000 1a1a1a 4d4d4d 808080 949494 bfbfbf ffffff 993333 339933 333399 bf4d4d 808033',
  ],
  [
    'a grey PNG with a gamma of 1',
    () => chartPng(8, [gama(1)], 'grey'),
    '000000 5a5a5a 959595 bcbcbc c8c8c8 e0e0e0 ffffff cbcbcb 7c7c7c 7c7c7c e0e0e0 bcbcbc',
  ],
  [
    'a grey PNG of 16 bits with transparency and a gamma of 1',
    () => chartPng(16, [gama(1)], 'grey and alpha'),
    '000000 585858 959595 bbbbbb c9c9c9 e1e1e1 ffffff cbcbcb 7c7c7c 7c7c7c e1e1e1 bbbbbb',
  ],
  [
    'a PNG with a gamma of 1 that says to be sRGB',
    () => chartPng(8, [gama(1), srgb]),
    '000000 1a1a1a 4d4d4d 808080 949494 bfbfbf ffffff 993333 339933 333399 bf4d4d 808033',
  ],
  [
    'a PNG with a gamma of 1 and a profile of Display P3',
    () => chartPng(8, [gama(1), iccp(p3Profile)]),
    '000000 1a1a1a 4d4d4d 808080 949494 bfbfbf ffffff a6282e 009c1b 33339f cf4348 808021',
  ],
  [
    'a PNG with codes of Display P3',
    () => chartPng(8, [cicp(P3, SRGB_CURVE)]),
    '000000 1a1a1a 4d4d4d 808080 949494 bfbfbf ffffff a6282e 009c1b 33339f cf4348 808021',
  ],
  [
    'a PNG with codes of BT.2020, transparent',
    () => chartPng(16, [cicp(BT2020_CODE, SRGB_CURVE)], 'rgb and alpha'),
    '000000 1a1a1a 4c4c4c 808080 939393 bfbfbf ffffff bd002e 00a10e 1e329f e92248 83801c',
  ],
  [
    'a PNG with codes of linear light',
    () => chartPng(16, [cicp(SRGB, LINEAR)]),
    '000000 585858 949494 bcbcbc c8c8c8 e0e0e0 ffffff cb7c7c 7ccb7c 7c7ccb e09494 bcbc7c',
  ],
  [
    "a PNG with the codes of a camera's curve",
    () => chartPng(8, [cicp(SRGB, CAMERA)]),
    '000000 0d0d0d 434343 797979 8e8e8e bbbbbb ffffff 932828 289328 282893 bb4343 797928',
  ],
  [
    'a PNG with codes of cinema projectors',
    () => chartPng(16, [cicp(11, 17)]),
    '000000 090909 3d3d3d 767676 8d8d8d bebebe ffffff 9c101c 009500 222198 ca2e37 767602',
  ],
  [
    'an AVIF with codes of early HDTV',
    () => avif(8, codes(7, 7)),
    '000000 2c2c2c 5e5e5e 8d8d8d 9f9f9f c6c6c6 ffffff a04745 4da344 4848a4 c2615d 8c8c45',
  ],
  [
    'a PNG with codes of sRGB and a profile of Display P3',
    () => chartPng(8, [cicp(SRGB, SRGB_CURVE), iccp(p3Profile)]),
    '000000 1a1a1a 4d4d4d 808080 949494 bfbfbf ffffff 993333 339933 333399 bf4d4d 808033',
  ],
  [
    'a PNG with codes of a narrow range and a profile of Display P3',
    () => chartPng(8, [cicp(SRGB, PQ, 0), iccp(p3Profile)]),
    '000000 1a1a1a 4d4d4d 808080 949494 bfbfbf ffffff a6282e 009c1b 33339f cf4348 808021',
  ],
  [
    'a PNG with codes that nobody knows and a gamma of 1',
    () => chartPng(8, [cicp(2, 2), gama(1)]),
    '000000 5a5a5a 959595 bcbcbc c8c8c8 e0e0e0 ffffff cb7c7c 7ccb7c 7c7ccb e09595 bcbc7c',
  ],
  [
    'a grey PNG of 16 bits with a profile of linear light',
    () => chartPng(16, [iccp(greyProfile(lightCurve))], 'grey'),
    '000000 585858 949494 bcbcbc c8c8c8 e0e0e0 ffffff cbcbcb 7c7c7c 7c7c7c e0e0e0 bcbcbc',
  ],
  [
    'a grey PNG of 16 bits with transparency and an exponent of 1.8 in its profile',
    () => chartPng(16, [iccp(greyProfile(exponentCurve))], 'grey and alpha'),
    '000000 222222 5e5e5e 919191 a5a5a5 cbcbcb ffffff a9a9a9 424242 424242 cbcbcb 919191',
  ],
  [
    'a grey PNG of 16 bits with a formula in its profile',
    () => chartPng(16, [iccp(greyProfile(formulaCurve))], 'grey'),
    '000000 212121 5e5e5e 929292 a5a5a5 cbcbcb ffffff a9a9a9 424242 424242 cbcbcb 929292',
  ],
  [
    'a grey PNG of 16 bits with a table in its profile',
    () => chartPng(16, [iccp(greyProfile(cubeCurve))], 'grey'),
    '000000 030303 2d2d2d 646464 7a7a7a adadad ffffff 808080 161616 161616 adadad 646464',
  ],
  [
    'a grey PNG of 8 bits with a table in its profile',
    () => chartPng(8, [iccp(greyProfile(cubeCurve))], 'grey'),
    '000000 030303 2e2e2e 646464 7a7a7a adadad ffffff 808080 161616 161616 adadad 646464',
  ],
  [
    'a grey JPEG with a profile for colours',
    () => greyJpegWithProfile(displayProfile(DISPLAY_P3.colorants, (signal) => signal ** 3)),
    '000000 030303 2e2e2e 646464 7a7a7a adadad ffffff 808080 161616 161616 adadad 646464',
  ],
  [
    'an AVIF with codes of Display P3',
    () => avif(8, codes(P3, SRGB_CURVE)),
    '000000 1a1a1a 4d4d4d 808080 949494 bfbfbf ffffff a6272e 009d1a 34339f cf4348 7f8023',
  ],
  [
    'an AVIF with codes of Display P3 and no curve',
    () => avif(8, codes(P3, 2)),
    '000000 1a1a1a 4d4d4d 808080 949494 bfbfbf ffffff a6272e 009d1a 34339f cf4348 7f8023',
  ],
  [
    'an AVIF with codes of BT.2020, 10 bits',
    () => avif(10, codes(BT2020_CODE, SRGB_CURVE)),
    '000000 191919 4d4d4d 808080 949494 bfbfbf ffffff bd002d 00a20d 1932a0 e92548 82811a',
  ],
  [
    "an AVIF with the codes of a camera's curve",
    () => avif(8, codes(SRGB, CAMERA)),
    '000000 1a1a1a 4d4d4d 808080 949494 bfbfbf ffffff 993233 339a33 343399 bf4d4d 7f8034',
  ],
  [
    'an AVIF with codes of linear light',
    () => avif(10, codes(SRGB, LINEAR)),
    '000000 585858 959595 bcbcbc c8c8c8 e0e0e0 ffffff cb7c7a 7acc7c 7a7dcb e09594 bbbc7a',
  ],
  [
    'an AVIF with codes that nobody knows',
    () => avif(8, codes(200, 200)),
    '000000 1a1a1a 4d4d4d 808080 949494 bfbfbf ffffff 993233 339a33 343399 bf4d4d 7f8034',
  ],
  [
    'an AVIF with the codes of Display P3 in its bitstream alone',
    async () => chartAvif(recodeAv1(await chartAv1(8), P3, SRGB_CURVE)),
    '000000 1a1a1a 4d4d4d 808080 949494 bfbfbf ffffff a6272e 009d1a 34339f cf4348 7f8023',
  ],
  [
    'an AVIF with a profile of Display P3 and codes of BT.2020',
    () => avif(8, codes(BT2020_CODE, PQ), profile(p3Profile)),
    '000000 1a1a1a 4d4d4d 808080 949494 bfbfbf ffffff a6272e 009d1a 34339f cf4348 7f8023',
  ],
  [
    'an AVIF with codes that are all unspecified, of another range than its bitstream',
    async () => chartAvif(recodeAv1(await chartAv1(8), SRGB, SRGB_CURVE, false), [codes(2, 2, true, 2)]),
    '000000 1a1a1a 4d4d4d 808080 949494 bfbfbf ffffff 993233 339a33 343399 bf4d4d 7f8034',
  ],
  [
    'a JPEG in CMYK without a profile',
    inkedJpeg,
    '000000 000000 282c27 666866 818181 b9b9b9 ffffff 960e16 43f307 0f21ff c82f46 70810f',
  ],
  [
    'a JPEG in CMYK with a profile for RGB',
    async () => insertSegments(await inkedJpeg(), Buffer.concat(profileSegments(p3Profile))),
    '000000 000000 282c27 666866 818181 b9b9b9 ffffff 960e16 43f307 0f21ff c82f46 70810f',
  ],
  [
    'a grey AVIF of limited range',
    () => greyAvif(8, codes(SRGB, SRGB_CURVE, false)),
    '000000 0c0c0c 474747 828282 9a9a9a cccccc ffffff 9f9f9f 292929 292929 cccccc 828282',
  ],
  [
    'a grey AVIF of limited range and 10 bits',
    () => greyAvif(10, codes(SRGB, SRGB_CURVE, false)),
    '000000 0a0a0a 464646 828282 9a9a9a cccccc ffffff 9f9f9f 292929 292929 cccccc 828282',
  ],
  [
    'a grey AVIF of full range',
    () => greyAvif(8, codes(SRGB, SRGB_CURVE)),
    '000000 1a1a1a 4d4d4d 808080 949494 bfbfbf ffffff 999999 333333 333333 bfbfbf 808080',
  ],
  [
    'a grey AVIF without codes',
    () => greyAvif(8),
    '000000 1a1a1a 4d4d4d 808080 949494 bfbfbf ffffff 999999 333333 333333 bfbfbf 808080',
  ],
  [
    'a grey AVIF of limited range with a profile',
    () => greyAvif(8, codes(SRGB, SRGB_CURVE, false), profile(greyProfile(cubeCurve))),
    '000000 000000 282828 666666 818181 bebebe ffffff 878787 0d0d0d 0d0d0d bebebe 666666',
  ],
  [
    'a grey AVIF with a profile',
    () => greyAvif(8, profile(greyProfile(cubeCurve))),
    '000000 030303 2e2e2e 646464 7a7a7a adadad ffffff 808080 161616 161616 adadad 646464',
  ],
];

/** The kinds that also say how to brighten the chart. */
export const GAIN_MAP_KINDS: readonly ColourKind[] = [
  [
    'a JPEG with a gain map',
    () => chartImage(8).toColourspace('scrgb').jpeg({ quality: 95 }).toBuffer(),
    '000000 1a1a1a 4a4a4a 757575 838383 9e9e9e bcbcbc 862c2c 2b872b 2c2c87 9f3d3f 75752e',
  ],
  [
    'an AVIF with a gain map',
    async () => chartAvifWithGainMap(await chartAv1(8), await chartGreyAv1(8)),
    '000000 1a1a1a 4d4d4d 808080 949494 bfbfbf ffffff 993233 339a33 343399 bf4d4d 7f8034',
  ],
];

/** The kinds that are mapped from high to standard dynamic range. */
export const HDR_KINDS: readonly ColourKind[] = [
  [
    'a PNG in PQ and BT.2020',
    () => chartPng(16, [cicp(BT2020_CODE, PQ)]),
    '000000 030303 2c2c2c 838383 bbbbbb ffffff ffffff fa0000 00d400 0003d2 ff0000 878400',
  ],
  [
    'a PNG in PQ and Display P3 of 8 bits, transparent',
    () => chartPng(8, [cicp(P3, PQ)], 'rgb and alpha'),
    '000000 020202 2e2e2e 838383 b9b9b9 ffffff ffffff df0000 00cf00 1212d1 ff0000 838300',
  ],
  [
    'a PNG in PQ of at most 400 cd/m²',
    () => chartPng(16, [cicp(BT2020_CODE, PQ), clli(400), mdcv(4000)]),
    '000000 040404 373838 a1a1a1 e5e5e5 ffffff ffffff ff0000 00fe00 0005fd ff0000 a6a200',
  ],
  [
    'a PNG in PQ, mastered on a display of 4,000 cd/m²',
    () => chartPng(16, [cicp(BT2020_CODE, PQ), mdcv(4000)]),
    '000000 030303 2c2c2c 838383 bbbbbb e1e1e1 ffffff f80000 00d100 0003d0 ff0000 878400',
  ],
  [
    'a PNG in PQ no brighter than paper',
    () => chartPng(16, [cicp(BT2020_CODE, PQ), clli(150)]),
    '000000 050505 3e3e3e b5b5b5 ffffff ffffff ffffff ff0000 00ff00 0007ff ff0000 bbb600',
  ],
  [
    'a PNG in HLG and BT.2020',
    () => chartPng(16, [cicp(BT2020_CODE, HLG)]),
    '000000 090909 363636 636363 787878 bcbcbc ffffff 8d0020 008109 111f6f d20438 656315',
  ],
  [
    'a PNG in HLG and the primaries of sRGB',
    () => chartPng(16, [cicp(SRGB, HLG)]),
    '000000 090909 363636 636363 787878 bcbcbc ffffff 712323 277b27 21216b a83c3c 626226',
  ],
  [
    'a grey PNG in PQ',
    () => chartPng(8, [cicp(BT2020_CODE, PQ)], 'grey'),
    '000000 030303 2c2c2c 848484 bbbbbb fefefe ffffff c8c8c8 121212 121212 fefefe 848484',
  ],
  [
    'a PNG of 16 bits with a profile of PQ',
    () => chartPng(16, [iccp(hdrProfile(PQ))]),
    '000000 030303 2c2c2c 838383 bbbbbb ffffff ffffff fa0000 00d400 0003d2 ff0000 878400',
  ],
  [
    'a JPEG with a profile of PQ',
    () => jpegWithProfile(hdrProfile(PQ)),
    '000000 030303 2c2c2c 848484 bbbbbb fefefe ffffff fa0000 00d400 0003d2 ff0000 858500',
  ],
  [
    'a WebP with a profile of HLG',
    () => webpWithProfile(hdrProfile(HLG)),
    '000000 090909 363636 636363 787878 bbbbbb ffffff 8d0020 008109 111f6f d10738 666315',
  ],
  [
    'an AVIF with the codes of PQ in its bitstream alone',
    async () => chartAvif(recodeAv1(await chartAv1(10), BT2020_CODE, PQ)),
    '000000 030303 2c2c2c 838383 bbbbbb fefefe ffffff fb0000 00d400 0003d2 ff0000 888400',
  ],
  [
    'an AVIF in PQ and BT.2020',
    () => avif(10, codes(BT2020_CODE, PQ)),
    '000000 030303 2c2c2c 838383 bbbbbb fefefe ffffff fb0000 00d400 0003d2 ff0000 888400',
  ],
  [
    'an AVIF in PQ and Display P3 of 8 bits',
    () => avif(8, codes(P3, PQ)),
    '000000 030303 2c2c2c 848484 bbbbbb fefefe ffffff df0000 00d000 1211d1 ff0000 818400',
  ],
  [
    'an AVIF in PQ of at most 400 cd/m²',
    () => avif(10, codes(BT2020_CODE, PQ), contentLight(400)),
    '000000 040404 373838 a2a2a2 e4e4e4 ffffff ffffff ff0000 00fe00 0004fd ff0000 a7a200',
  ],
  [
    'an AVIF in HLG and BT.2020',
    () => avif(10, codes(BT2020_CODE, HLG)),
    '000000 090909 363636 636363 787878 bbbbbb ffffff 8e0021 008108 111f6f d20438 656315',
  ],
  [
    'an AVIF with a profile of PQ',
    () => avif(10, codes(2, 2), profile(hdrProfile(PQ))),
    '000000 030303 2c2c2c 838383 bbbbbb fefefe ffffff fb0000 00d400 0003d2 ff0000 888400',
  ],
  [
    'a grey AVIF of limited range in PQ',
    () => greyAvif(10, codes(BT2020_CODE, PQ, false)),
    '000000 000000 252525 8a8a8a cacaca ffffff ffffff d5d5d5 0a0a0a 0a0a0a ffffff 8a8a8a',
  ],
];
