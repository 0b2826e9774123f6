/** The light under which L*a*b* was measured, and linear sRGB from XYZ under this light. */
interface Illuminant {
  /** CIE XYZ of white, where Y is 1. */
  readonly white: Triple;
  readonly red: Triple;
  readonly green: Triple;
  readonly blue: Triple;
}
type Triple = readonly [number, number, number];

/** http://www.brucelindbloom.com. The colours under D50 are adapted to sRGB's D65 by Bradford's transform. */
const ILLUMINANTS = {
  D50: {
    white: [0.96422, 1, 0.82521],
    red: [3.1338561, -1.6168667, -0.4906146],
    green: [-0.9787684, 1.9161415, 0.033454],
    blue: [0.0719453, -0.2289914, 1.4052427],
  },
  D65: {
    white: [0.95047, 1, 1.08883],
    red: [3.2404542, -1.5371385, -0.4985314],
    green: [-0.969266, 1.8760108, 0.041556],
    blue: [0.0556434, -0.2040259, 1.0572252],
  },
} as const satisfies Record<string, Illuminant>;

const LIGHT_STEPS = 65_535;
let toSample: Uint8Array | undefined;

/** @returns a function that writes the 8-bit sRGB of CIE L*a*b* (L* from 0 to 100). Colours outside of sRGB are clipped. */
export function labConverter(
  illuminant: keyof typeof ILLUMINANTS,
): (l: number, a: number, b: number, to: Uint8Array, at: number) => void {
  toSample ??= Uint8Array.from({ length: LIGHT_STEPS + 1 }, (_, step) => encode(step / LIGHT_STEPS));
  const samples = toSample;
  const { white, red, green, blue }: Illuminant = ILLUMINANTS[illuminant];
  const [whiteX, , whiteZ] = white;
  const sampleOf = ([fromX, fromY, fromZ]: Triple, x: number, y: number, z: number) => {
    const light = fromX * x + fromY * y + fromZ * z;
    return samples[light > 0 ? Math.min(LIGHT_STEPS, Math.round(light * LIGHT_STEPS)) : 0] ?? 0;
  };
  return (l, a, b, to, at) => {
    const y = (l + 16) / 116;
    const [lightX, lightY, lightZ] = [whiteX * decode(y + a / 500), decode(y), whiteZ * decode(y - b / 200)];
    to[at] = sampleOf(red, lightX, lightY, lightZ);
    to[at + 1] = sampleOf(green, lightX, lightY, lightZ);
    to[at + 2] = sampleOf(blue, lightX, lightY, lightZ);
  };
}

function decode(value: number): number {
  return value > 6 / 29 ? value ** 3 : (3 * 36 * (value - 4 / 29)) / 841;
}

/** IEC 61966-2-1. */
function encode(light: number): number {
  return Math.round(255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055));
}
