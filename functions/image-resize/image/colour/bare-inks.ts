/** The samples of inks: cyan, magenta, yellow, black, and transparency if there is any. */
interface Inks {
  readonly data: Uint8Array | Uint16Array;
  /** 4, or 5 with transparency. */
  readonly channels: number;
}

/**
 * Converts inks of which no profile says how they look, as browsers and ImageMagick do: each ink takes its share of one
 * colour, and black its share of all three.
 * @returns RGB or RGBA of 8 bits.
 */
export function convertBareInks({ data, channels }: Inks): Buffer {
  const most = data instanceof Uint16Array ? 65_535 : 255;
  const hasAlpha = channels > 4;
  const written = hasAlpha ? 4 : 3;
  const pixels = Buffer.from(new ArrayBuffer((data.length / channels) * written));
  for (let from = 0, to = 0; from < data.length; from += channels, to += written) {
    const share = (255 * (most - (data[from + 3] ?? 0))) / (most * most);
    for (let ink = 0; ink < 3; ink += 1)
      pixels[to + ink] = Math.round((most - (data[from + ink] ?? 0)) * share);
    if (hasAlpha) pixels[to + 3] = Math.round(((data[from + 4] ?? 0) * 255) / most);
  }
  return pixels;
}
