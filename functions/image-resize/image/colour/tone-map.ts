/** The luminance of white in standard dynamic range, in cd/m² (ITU-R BT.2408). Linear light of 1 stands for it. */
export const REFERENCE_WHITE = 203;

/** The luminance of content in high dynamic range for which the tone mapping was designed, in cd/m². */
const COMMON_PEAK = 1000;
/** How far the shoulder bends away from the corner of the curve. */
const ROUNDNESS = 0.65;

/**
 * The reference white tone mapping of SMPTE ST 2094-50, as Chromium maps PQ and HLG to a display of standard dynamic range:
 * white gets darker to make room, a parabola leads from there to the peak, and everything below white is scaled.
 * @param peak the brightest light of the image in cd/m².
 * @returns for the largest of a pixel's linear components (1 is white) what to multiply all of them by.
 */
export function toneMap(peak: number): (largest: number) => number {
  const most = peak / REFERENCE_WHITE;
  if (most <= 1) return () => 1;
  const share = Math.min(1, Math.log(most) / Math.log(COMMON_PEAK / REFERENCE_WHITE));
  const white = 1 - share / 2;
  // The quadratic Bézier curve from (1, white) to (most, 1).
  const cornerX = 1 - ROUNDNESS + ROUNDNESS / white;
  const cornerY = (1 - ROUNDNESS) * white + ROUNDNESS;
  const [x2, x1] = [1 - 2 * cornerX + most, 2 * (cornerX - 1)];
  const [y2, y1] = [white - 2 * cornerY + 1, 2 * (cornerY - white)];
  return (largest) => {
    if (largest <= 1) return white;
    if (largest >= most) return 1 / largest;
    // Stable also where x2 is 0.
    const t = (2 * (largest - 1)) / (x1 + Math.sqrt(x1 * x1 + 4 * x2 * (largest - 1)));
    return ((y2 * t + y1) * t + white) / largest;
  };
}
