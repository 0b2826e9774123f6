import { isOutsideSrgb, isPrimaryOfSrgb, type Triple } from './colour-matrix.ts';
import {
  type ColourCodes,
  type Curve,
  isHdr,
  isSrgbCurve,
  lightOf,
  power,
  type Transfer,
} from './colour-signal.ts';

/** ICC.1:2022, 7.2 and 7.3. */
const COLOUR_SPACE = 16;
const CONNECTION_SPACE = 20;
const TAG_COUNT = 128;
const TAG_TABLE = 132;
const TAG_BYTES = 12;
/** Profiles have some dozens. */
const MOST_TAGS = 256;

/** The bytes of a tag's type and of the reserved ones behind it. */
const TYPE_BYTES = 8;
const FIXED_POINT = 65_536;

/** The names of the parameters in the order in which each function type lists them (ICC.1:2022, 10.18). */
const PARAMETERS: readonly (readonly (keyof Curve)[])[] = [
  ['gamma'],
  ['gamma', 'a', 'b'],
  ['gamma', 'a', 'b', 'e'],
  ['gamma', 'a', 'b', 'c', 'd'],
  ['gamma', 'a', 'b', 'c', 'd', 'e', 'f'],
];

/** @returns the four letters of the colour space that the profile describes, for example `RGB ` or `GRAY`. */
export function profileSpace(profile: Buffer): string {
  return profile.toString('latin1', COLOUR_SPACE, COLOUR_SPACE + 4);
}

/** @returns the four letters of the space in which the profile says what its samples stand for: `XYZ ` or `Lab `. */
function connectionSpace(profile: Buffer): string {
  return profile.toString('latin1', CONNECTION_SPACE, CONNECTION_SPACE + 4);
}

/** @returns the codes of the tag `cicp`, which says the same as the profile, or more: high dynamic range. */
export function readProfileCodes(profile: Buffer): ColourCodes | undefined {
  const tag = findTag(profile, 'cicp');
  const [primaries, transfer] = tag?.subarray(TYPE_BYTES) ?? [];
  return primaries === undefined || transfer === undefined ? undefined : { primaries, transfer };
}

/** @returns the curve of a profile for grey, or that of the green of another one, whose colours share it as a rule. */
export function readProfileCurve(profile: Buffer): Transfer | undefined {
  const curve = readCurve(findTag(profile, 'kTRC') ?? findTag(profile, 'gTRC'));
  return curve && connectionSpace(profile) === 'Lab ' ? lightOfLightness(curve) : curve;
}

/** The curve of grey gives light in XYZ, and L* from 0 to 1 in L*a*b* (ICC.1:2022, 8.3.4 and F.2). */
function lightOfLightness(curve: Transfer): Transfer {
  if (isHdr(curve)) return curve;
  const lightness = lightOf(curve);
  return Array.from({ length: LIGHTNESS_STEPS + 1 }, (_, step) => {
    const l = lightness(step / LIGHTNESS_STEPS) * 100;
    return l > 8 ? ((l + 16) / 116) ** 3 : (l * 27) / 24_389;
  });
}

/** Between two of them the light is as good as straight. */
const LIGHTNESS_STEPS = 4_095;

function readCurve(tag: Buffer | undefined): Transfer | undefined {
  if (!tag || tag.length < TYPE_BYTES + 4) return undefined;
  const type = tag.toString('latin1', 0, 4);
  if (type === 'curv') return readSampledCurve(tag.subarray(TYPE_BYTES));
  return type === 'para' ? readFormula(tag.subarray(TYPE_BYTES)) : undefined;
}

/** Whether one of the primaries of a profile is outside of sRGB. Colours that the profile lists in tables may be. */
export function isWideProfile(profile: Buffer): boolean {
  return ['rXYZ', 'gXYZ', 'bXYZ'].some((name) => {
    const xyz = readColour(profile, name);
    return !xyz || isOutsideSrgb(xyz);
  });
}

/** The tables that a reader prefers to primaries and curves (ICC.1:2022, 8.3.2). */
const TABLES = ['A2B0', 'A2B1', 'A2B2', 'D2B0', 'D2B1', 'D2B2', 'D2B3'];

/** Whether a profile says what sRGB is, so that to apply it changes nothing that 8 bits can show. */
export function isSrgbProfile(profile: Buffer): boolean {
  if (profileSpace(profile) !== 'RGB ' || TABLES.some((name) => findTag(profile, name))) return false;
  return ['r', 'g', 'b'].every((primary, place) => {
    const xyz = readColour(profile, `${primary}XYZ`);
    const curve = readCurve(findTag(profile, `${primary}TRC`));
    return xyz && curve && isPrimaryOfSrgb(xyz, place) && isSrgbCurve(curve, 0.005);
  });
}

function readColour(profile: Buffer, name: string): Triple | undefined {
  const xyz = findTag(profile, name)?.subarray(TYPE_BYTES);
  if (!xyz || xyz.length < 12) return undefined;
  const [x = 0, y = 0, z = 0] = [0, 4, 8].map((offset) => xyz.readInt32BE(offset) / FIXED_POINT);
  return [x, y, z];
}

/** ICC.1:2022, 10.6: no value stands for light itself, one for an exponent. */
function readSampledCurve(data: Buffer): Transfer | undefined {
  const count = data.readUInt32BE(0);
  const end = 4 + count * 2;
  if (end > data.length) return undefined;
  if (count === 0) return power(1);
  if (count === 1) return power(data.readUInt16BE(4) / 256);
  return Array.from({ length: count }, (_, index) => data.readUInt16BE(4 + index * 2) / 65_535);
}

function readFormula(data: Buffer): Curve | undefined {
  const type = data.readUInt16BE(0);
  const names = PARAMETERS[type];
  if (!names || 4 + names.length * 4 > data.length) return undefined;
  const values = names.map((name, index) => [name, data.readInt32BE(4 + index * 4) / FIXED_POINT] as const);
  const curve = { ...power(1), ...Object.fromEntries(values) };
  // Types 1 and 2 begin where the power of a negative number would end.
  return type === 1 || type === 2 ? { ...curve, d: -curve.b / curve.a, f: curve.e } : curve;
}

function findTag(profile: Buffer, name: string): Buffer | undefined {
  if (profile.length < TAG_TABLE) return undefined;
  const count = Math.min(profile.readUInt32BE(TAG_COUNT), MOST_TAGS);
  for (let entry = TAG_TABLE; entry < TAG_TABLE + count * TAG_BYTES; entry += TAG_BYTES) {
    if (entry + TAG_BYTES > profile.length) return undefined;
    if (profile.toString('latin1', entry, entry + 4) !== name) continue;
    const start = profile.readUInt32BE(entry + 4);
    return profile.subarray(start, start + profile.readUInt32BE(entry + 8));
  }
  return undefined;
}
