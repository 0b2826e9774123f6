import { type Primaries, SRGB_PRIMARIES } from './colour-signal.ts';

export type Triple = readonly [number, number, number];
/** Three rows. */
export type Matrix = readonly [Triple, Triple, Triple];

/** The white of ICC profiles. */
const D50: Triple = [0.9642, 1, 0.8249];
/** Bradford's cone responses, by which browsers too adapt one white to another. */
const BRADFORD: Matrix = [
  [0.8951, 0.2664, -0.1614],
  [-0.7502, 1.7135, 0.0367],
  [0.0389, -0.0685, 1.0296],
];

/** Whether primaries that a file states span colours, and white is among these. */
export function spanColours(primaries: Primaries): boolean {
  return withoutAdaptation(primaries)
    .flat()
    .every((share) => Number.isFinite(share) && Math.abs(share) < MOST_SHARE);
}

/** Far more than any primaries in use have. */
const MOST_SHARE = 100;

/** @returns the matrix from linear RGB of some primaries to that of others. */
export function matrixBetween(from: Primaries, to: Primaries): Matrix {
  return multiply(invert(toXyz(to)), toXyz(from));
}

/** Whether primaries span colours that sRGB does not have. */
export function exceedsSrgb(primaries: Primaries): boolean {
  return matrixBetween(primaries, SRGB_PRIMARIES).flat().some(isOutside);
}

/** Whether a colour, in XYZ adapted to D50, is none of sRGB. */
export function isOutsideSrgb(xyz: Triple): boolean {
  return apply(invert(toXyz(SRGB_PRIMARIES)), xyz).some(isOutside);
}

/** Whether a colour, in XYZ adapted to D50, is the red (0), green (1) or blue (2) of sRGB. */
export function isPrimaryOfSrgb(xyz: Triple, primary: number): boolean {
  return apply(invert(toXyz(SRGB_PRIMARIES)), xyz).every(
    (share, place) => Math.abs(share - (place === primary ? 1 : 0)) < PROFILE_ROUNDING,
  );
}

/** Less than 8 bits can show. */
const PROFILE_ROUNDING = 0.004;

/** Rounding in profiles, and the difference between sRGB and its predecessors. */
const TOLERANCE = 0.02;

function isOutside(share: number): boolean {
  return share < -TOLERANCE;
}

/** How much red, green and blue contribute to the luminance, which is 1 for white. */
export function luminanceOf(primaries: Primaries): Triple {
  return withoutAdaptation(primaries)[1];
}

export function apply([x, y, z]: Matrix, vector: Triple): Triple {
  const dot = (row: Triple) => row[0] * vector[0] + row[1] * vector[1] + row[2] * vector[2];
  return [dot(x), dot(y), dot(z)];
}

/** From linear RGB to XYZ, adapted to D50. */
function toXyz(primaries: Primaries): Matrix {
  const [, , , , , , whiteX, whiteY] = primaries;
  const [from, to] = [apply(BRADFORD, xyzOf(whiteX, whiteY)), apply(BRADFORD, D50)];
  const adaptation = multiply(
    invert(BRADFORD),
    multiply(diagonal([to[0] / from[0], to[1] / from[1], to[2] / from[2]]), BRADFORD),
  );
  return multiply(adaptation, withoutAdaptation(primaries));
}

function withoutAdaptation(primaries: Primaries): Matrix {
  const [redX, redY, greenX, greenY, blueX, blueY, whiteX, whiteY] = primaries;
  const colours = transpose([xyzOf(redX, redY), xyzOf(greenX, greenY), xyzOf(blueX, blueY)]);
  return multiply(colours, diagonal(apply(invert(colours), xyzOf(whiteX, whiteY))));
}

function xyzOf(x: number, y: number): Triple {
  return [x / y, 1, (1 - x - y) / y];
}

function diagonal([a, b, c]: Triple): Matrix {
  return [
    [a, 0, 0],
    [0, b, 0],
    [0, 0, c],
  ];
}

function transpose([[a, b, c], [d, e, f], [g, h, i]]: Matrix): Matrix {
  return [
    [a, d, g],
    [b, e, h],
    [c, f, i],
  ];
}

function multiply(one: Matrix, other: Matrix): Matrix {
  const columns = transpose(other);
  return [apply(columns, one[0]), apply(columns, one[1]), apply(columns, one[2])];
}

function invert([[a, b, c], [d, e, f], [g, h, i]]: Matrix): Matrix {
  const [x, y, z] = [e * i - f * h, f * g - d * i, d * h - e * g];
  const determinant = a * x + b * y + c * z;
  const divide = (row: Triple): Triple => [row[0] / determinant, row[1] / determinant, row[2] / determinant];
  return [
    divide([x, c * h - b * i, b * f - c * e]),
    divide([y, a * i - c * g, c * d - a * f]),
    divide([z, b * g - a * h, a * e - b * d]),
  ];
}
