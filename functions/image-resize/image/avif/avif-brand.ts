/** Where the major brand stands in the file, and the first compatible one. */
const MAJOR_BRAND = 8;
const COMPATIBLE_BRAND = 16;
const KNOWN_BRANDS = ['avif', 'mif1', 'msf1'];

/**
 * libvips recognises an AVIF by its major brand alone, and not by `avis`, `miaf` or `MA1B`; libheif by the compatible ones.
 * @returns the same bytes, or a copy with a brand that libvips knows.
 */
export function withKnownBrand(avif: Buffer): Buffer {
  if (KNOWN_BRANDS.includes(avif.toString('latin1', MAJOR_BRAND, MAJOR_BRAND + 4))) return avif;
  const copy = Buffer.from(avif);
  copy.write('avif', MAJOR_BRAND, 'latin1');
  const hasCompatibleBrands = avif.readUInt32BE(0) >= COMPATIBLE_BRAND + 4;
  if (hasCompatibleBrands) copy.write('avif', COMPATIBLE_BRAND, 'latin1');
  return copy;
}
