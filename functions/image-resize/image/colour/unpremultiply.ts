import type { Samples } from '../pixels.ts';

/** Divides the colours by the transparency, in place. */
export function unpremultiply({ data, raw }: Samples): void {
  if (raw.channels !== 4) return;
  const most = data instanceof Uint16Array ? 65_535 : 255;
  for (let pixel = 0; pixel < data.length; pixel += 4) {
    const alpha = data[pixel + 3] ?? 0;
    if (alpha === 0 || alpha === most) continue;
    for (let sample = pixel; sample < pixel + 3; sample += 1)
      data[sample] = Math.min(most, Math.round(((data[sample] ?? 0) * most) / alpha));
  }
}
