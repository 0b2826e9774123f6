import { DISPLAY_P3, SRGB } from '../colour/colour.ts';
import { displayProfile, greyProfile, profileCurve } from '../handmade.ts';
import { type SampleTiff, type SampleType, sampleTiff, type TiffField } from './handmade-tiff.ts';

/** Squares of one colour each, in one row, in 8-bit sRGB. */
const PATCHES = [
  [255, 255, 255],
  [0, 0, 0],
  [128, 128, 128],
  [200, 60, 50],
  [66, 198, 63],
  [40, 70, 190],
] as const;
const SIDE = 8;
export const TIFF_CHART = { width: PATCHES.length * SIDE, height: SIDE } as const;

const [WHITE_IS_ZERO, GREY, RGB, CMYK, YCBCR, CIE_LAB, ICC_LAB] = [0, 1, 2, 5, 6, 8, 9];
const [UNSPECIFIED, ASSOCIATED, UNASSOCIATED] = [0, 1, 2];

/** Samples from 0 to 1. */
type Rgb = readonly [number, number, number];
type ToSamples = (rgb: Rgb) => readonly number[];

const MOST: Readonly<Record<SampleType, number>> = {
  uint8: 0xff,
  int8: 0x7f,
  uint16: 0xffff,
  uint32: 0xffffffff,
  half: 1,
  float: 1,
  double: 1,
};

interface Chart extends Partial<Omit<SampleTiff, 'samples'>> {
  /** The samples of a pixel, from 0 to 1. */
  readonly toSamples?: ToSamples;
  /** What the samples mean that follow those of the colour. */
  readonly extra?: readonly number[];
  readonly profile?: Buffer;
  /** In pixels. */
  readonly side?: readonly [number, number];
}

/** The chart as a TIFF: 8-bit RGB unless the options say something else. */
export function chartTiff({ toSamples = rgb, extra, profile, side = [SIDE, SIDE], ...image }: Chart): Buffer {
  const most = MOST[image.type ?? 'uint8'];
  const patches = PATCHES.map(([red, green, blue]) =>
    toSamples([red / 255, green / 255, blue / 255]).map((sample) =>
      most === 1 ? sample : Math.round(sample * most),
    ),
  );
  const [across, down] = side;
  const row = patches.flatMap((patch) => Array<readonly number[]>(across).fill(patch).flat());
  return sampleTiff({
    ...TIFF_CHART,
    photometric: RGB,
    samplesPerPixel: patches[0]?.length ?? 0,
    samples: Array<number[]>(down).fill(row).flat(),
    ...image,
    fields: [
      ...(extra ? [[338, 3, extra] as const] : []),
      ...(profile ? [[34_675, 7, [...profile]] as const] : []),
      ...(image.fields ?? []),
    ],
  });
}

const rgb: ToSamples = (colour) => colour;
const grey: ToSamples = ([red]) => [red];
const negative: ToSamples = ([red]) => [1 - red];
const inks: ToSamples = (colour) => [...colour.map((sample) => 1 - sample), 0];
/** A selection or a spot colour, which differs from patch to patch. */
const marked =
  (colour: ToSamples): ToSamples =>
  (pixel) => [...colour(pixel), 1 - pixel[0]];
const half =
  (colour: ToSamples): ToSamples =>
  (pixel) => [...colour(pixel), 0.5];
const premultiplied = (colour: ToSamples): ToSamples =>
  half((pixel) => colour(pixel).map((sample) => sample / 2));

/** Light, and profiles whose samples are light. */
const light: ToSamples = (colour) => colour.map(SRGB.decode);
const greyLight: ToSamples = ([red]) => [SRGB.decode(red)];
const SRGB_COLORANTS = [
  [0.43607, 0.22249, 0.01392],
  [0.38515, 0.71687, 0.09708],
  [0.14307, 0.06061, 0.7141],
] as const;
export const srgbProfile = displayProfile(SRGB_COLORANTS, SRGB.decode);
const linear = displayProfile(SRGB_COLORANTS, (signal) => signal);
const linearGrey = greyProfile(profileCurve((signal) => signal));
const p3 = displayProfile(DISPLAY_P3.colorants, DISPLAY_P3.decode);

/** The white of D65 and that of D50 in CIE XYZ, and sRGB in XYZ under both. */
const D65 = { white: [0.95047, 1, 1.08883], toXyz: SRGB.toXyz } as const;
const D50 = {
  white: [0.9642, 1, 0.8249],
  toXyz: [0, 1, 2].map((row) => SRGB_COLORANTS.map((colorant) => colorant[row] ?? 0)),
} as const;

/** L* in units of 100, a* and b* in units of 1. */
function toLab(colour: Rgb, { white, toXyz }: typeof D65 | typeof D50): Rgb {
  const [x = 0, y = 0, z = 0] = toXyz.map((row, index) => {
    const sum = row.reduce((total, weight, channel) => total + weight * SRGB.decode(colour[channel] ?? 0), 0);
    const share = sum / (white[index] ?? 1);
    return share > 216 / 24389 ? Math.cbrt(share) : (share * 24389) / 27 / 116 + 16 / 116;
  });
  return [(116 * y - 16) / 100, 500 * (x - y), 200 * (y - z)];
}

/** As two's complements of 8 or 16 bits. */
const cieLab =
  (bits: 8 | 16): ToSamples =>
  (colour) => {
    const [l, ...chroma] = toLab(colour, D65);
    const [unit, most] = bits === 8 ? [1, 0xff] : [256, 0xffff];
    return [l, ...chroma.map((value) => ((Math.round(value * unit) + most + 1) % (most + 1)) / most)];
  };
/** With an offset. */
const iccLab =
  (bits: 8 | 16): ToSamples =>
  (colour) => {
    const [l, ...chroma] = toLab(colour, D50);
    const [unit, most] = bits === 8 ? [1, 0xff] : [256, 0xffff];
    return [(l * 255 * unit) / most, ...chroma.map((value) => ((value + 128) * unit) / most)];
  };

interface Ycc {
  /** Of red, green and blue in Y. */
  readonly weights?: Rgb;
  /** Black at 16 and white at 235. */
  readonly isNarrow?: boolean;
  /** The pixels that share Cb and Cr. */
  readonly block?: readonly [number, number];
}

/** TIFF 6.0, section 21. */
function yccTiff(
  { weights = [0.299, 0.587, 0.114], isNarrow = false, block = [1, 1] }: Ycc,
  more: Chart = {},
) {
  const [weightR, , weightB] = weights;
  const [across, down] = block;
  const toSamples: ToSamples = (colour) => {
    const [r, , b] = colour;
    const y = colour.reduce((sum, sample, index) => sum + sample * (weights[index] ?? 0), 0);
    const chroma = [(b - y) / (2 - 2 * weightB), (r - y) / (2 - 2 * weightR)];
    const [codeY, range] = isNarrow ? [16 + 219 * y, 224] : [255 * y, 254];
    const codes = [
      ...Array<number>(across * down).fill(codeY),
      ...chroma.map((value) => 128 + range * value),
    ];
    return codes.map((code) => code / 255);
  };
  const fields: TiffField[] = [
    [258, 3, [8, 8, 8]],
    [339, 3, [1, 1, 1]],
    [529, 5, weights.flatMap((weight) => [Math.round(weight * 10_000), 10_000])],
    [530, 3, block],
    ...(isNarrow ? [[532, 5, [16, 235, 128, 240, 128, 240].flatMap((code) => [code, 1])] as const] : []),
  ];
  const side = [SIDE / across, SIDE / down] as const;
  return chartTiff({ photometric: YCBCR, samplesPerPixel: 3, toSamples, side, fields, ...more });
}

/** What a viewer shows, as readTiffChart gives it. */
const COLOURS = 'ffffff 000000 808080 c83c32 42c63f 2846be';
const GREYS = 'ffffff 000000 808080 c8c8c8 424242 282828';

/** A way to store the samples of a TIFF. `seen` is what `reader` shows of it, within 2 of 255. */
interface TiffKind {
  readonly name: string;
  readonly make: () => Buffer;
  readonly seen: string;
  /** What cannot be opened by ImageMagick 6.9.11 is compared with the chart from which it is made. */
  readonly reader: 'ImageMagick' | 'the chart';
  /** The opacity of all pixels, out of 255. */
  readonly alpha?: number;
  readonly hasProfile?: boolean;
}

const NAMES = {
  uint8: '8 bits',
  uint16: '16 bits',
  uint32: '32 bits',
  half: '16 bits in floating point',
  float: '32 bits in floating point',
} as const;

type Expected = Partial<Pick<TiffKind, 'seen' | 'reader' | 'alpha'>>;
const BY_CHART: Expected = { reader: 'the chart' };
const IN_GREY: Expected = { seen: GREYS };
const TRANSPARENT: Expected = { alpha: 128 };

function kind(name: string, chart: Chart, ...expected: readonly Expected[]): TiffKind {
  const make = () => chartTiff(chart);
  const hasProfile = chart.profile !== undefined;
  return Object.assign(
    { name, make, seen: COLOURS, reader: 'ImageMagick' as const, hasProfile },
    ...expected,
  );
}

/** ImageMagick 6.9.11 takes colours for each pixel, the weights of BT.601 and full range for granted. */
function ycc(name: string, options: Ycc, chart: Chart = {}): TiffKind {
  return { name, make: () => yccTiff(options, chart), seen: COLOURS, reader: 'the chart' };
}

/** The chart in three rows of tiles. */
const TILED_PLANES = { isPlanar: true, tile: [16, 16], height: 40, side: [SIDE, 40] } as const;

export const TIFF_KINDS: readonly TiffKind[] = [
  ...(['half', 'float', 'uint32'] as const).flatMap((type): TiffKind[] => {
    const bits = NAMES[type];
    const greyFromWhite = { photometric: WHITE_IS_ZERO, toSamples: negative };
    const alpha = { toSamples: half(rgb), extra: [UNASSOCIATED] };
    const associated = { toSamples: premultiplied(rgb), extra: [ASSOCIATED] };
    return [
      kind(`grey of ${bits}`, { type, photometric: GREY, toSamples: grey }, IN_GREY),
      // ImageMagick does not invert samples of these types.
      kind(`grey of ${bits} whose white is 0`, { type, ...greyFromWhite }, IN_GREY, BY_CHART),
      kind(`RGB of ${bits}`, { type }),
      kind(`RGB of ${bits}, big-endian and deflated`, { type, isBigEndian: true, compression: 8 }),
      kind(`RGB with alpha of ${bits}`, { type, ...alpha }, TRANSPARENT),
      kind(`RGB with associated alpha of ${bits}`, { type, ...associated }, TRANSPARENT),
    ];
  }),
  kind('RGB of 32 bits in planes', { type: 'uint32', isPlanar: true }),
  kind('RGB of 32 bits in floating point in planes', { type: 'float', isPlanar: true }),
  ...(['uint8', 'uint16', 'float'] as const).flatMap((type): TiffKind[] => {
    const bits = NAMES[type];
    const alphaFirst = { toSamples: marked(half(rgb)), extra: [UNASSOCIATED, UNSPECIFIED] };
    const alphaLast = { toSamples: half(marked(rgb)), extra: [UNSPECIFIED, UNASSOCIATED] };
    const twoExtra = { toSamples: marked(marked(grey)), extra: [UNSPECIFIED, UNSPECIFIED] };
    const planes = { isPlanar: true, toSamples: half(grey), extra: [UNASSOCIATED] };
    return [
      kind(`RGB and a selection of ${bits}`, { type, toSamples: marked(rgb), extra: [UNSPECIFIED] }),
      kind(`RGB, alpha and a selection of ${bits}`, { type, ...alphaFirst }, TRANSPARENT),
      kind(`RGB, a selection and alpha of ${bits}`, { type, ...alphaLast }, TRANSPARENT),
      // ImageMagick mixes the samples of the next two.
      kind(`grey and two selections of ${bits}`, { type, photometric: GREY, ...twoExtra }, IN_GREY, BY_CHART),
      kind(
        `grey and alpha of ${bits} in planes`,
        { type, photometric: GREY, ...planes },
        IN_GREY,
        TRANSPARENT,
        BY_CHART,
      ),
    ];
  }),
  kind('light in RGB of 32 bits in floating point', { type: 'float', toSamples: light, profile: linear }),
  kind('light in RGB of 16 bits in floating point', { type: 'half', toSamples: light, profile: linear }),
  // ImageMagick does not apply the profile.
  kind(
    'light in grey of 32 bits in floating point',
    { type: 'float', photometric: GREY, toSamples: greyLight, profile: linearGrey },
    IN_GREY,
    BY_CHART,
  ),
  kind(
    'RGB and a selection of 16 bits, in Display P3',
    { type: 'uint16', toSamples: marked(rgb), extra: [UNSPECIFIED], profile: p3 },
    { seen: 'ffffff 000000 808080 d92d26 00ca24 2047c3' },
  ),
  ...([8, 16] as const).flatMap((bits): TiffKind[] => {
    const type = bits === 8 ? 'uint8' : 'uint16';
    const lab = { type, photometric: CIE_LAB, toSamples: cieLab(bits) } as const;
    return [
      kind(`L*a*b* of ${bits} bits`, lab),
      kind(
        `L*a*b* with alpha of ${bits} bits`,
        { ...lab, toSamples: half(lab.toSamples), extra: [UNASSOCIATED] },
        TRANSPARENT,
      ),
      kind(`L*a*b* of ${bits} bits in planes`, { ...lab, isPlanar: true }, BY_CHART),
      // ImageMagick takes the offset for a sign.
      kind(`ICC's L*a*b* of ${bits} bits`, { type, photometric: ICC_LAB, toSamples: iccLab(bits) }, BY_CHART),
    ];
  }),
  { ...ycc('YCbCr', {}), reader: 'ImageMagick' },
  {
    ...ycc('YCbCr, deflated and big-endian', {}, { compression: 8, isBigEndian: true }),
    reader: 'ImageMagick',
  },
  ycc('YCbCr with the weights of BT.709', { weights: [0.2126, 0.7152, 0.0722] }),
  ycc('YCbCr in the range of video', { isNarrow: true }),
  ycc('YCbCr with a colour for 2 × 1 pixels', { block: [2, 1] }),
  ycc('YCbCr with a colour for 2 × 2 pixels', { block: [2, 2] }),
  ycc('YCbCr with a colour for 1 × 2 pixels', { block: [1, 2] }),
  ycc('YCbCr with a colour for 4 × 1 pixels', { block: [4, 1] }),
  ycc('YCbCr with a colour for 4 × 4 pixels', { block: [4, 4] }),
  ycc('YCbCr with a colour for 2 × 2 pixels, deflated', { block: [2, 2] }, { compression: 8 }),
  ...(['uint8', 'uint16', 'uint32', 'half', 'float'] as const).flatMap((type) => {
    const bits = NAMES[type];
    const cmyk = (chart: Chart): Chart => ({ type, photometric: CMYK, ...chart });
    return [
      kind(`CMYK of ${bits}`, cmyk({ toSamples: inks })),
      // ImageMagick takes the spot colour for transparency.
      kind(
        `CMYK and a spot colour of ${bits}`,
        cmyk({ toSamples: marked(inks), extra: [UNSPECIFIED] }),
        BY_CHART,
      ),
      kind(`CMYK and alpha of ${bits}`, cmyk({ toSamples: half(inks), extra: [UNASSOCIATED] }), TRANSPARENT),
      kind(
        `CMYK and associated alpha of ${bits}`,
        cmyk({ toSamples: premultiplied(inks), extra: [ASSOCIATED] }),
        TRANSPARENT,
        BY_CHART,
      ),
    ];
  }),
  kind('CMYK of 16 bits in planes', { type: 'uint16', photometric: CMYK, toSamples: inks, isPlanar: true }),
  ...(['uint8', 'uint16', 'float'] as const).map((type) =>
    kind(`RGB of ${NAMES[type]} in planes and tiles`, { type, ...TILED_PLANES }),
  ),
  kind(
    'RGB with alpha of 8 bits in planes and tiles, deflated and big-endian',
    { ...TILED_PLANES, toSamples: half(rgb), extra: [UNASSOCIATED], compression: 8, isBigEndian: true },
    TRANSPARENT,
  ),
  kind('CMYK of 16 bits in planes and tiles', {
    type: 'uint16',
    photometric: CMYK,
    toSamples: inks,
    ...TILED_PLANES,
  }),
];
