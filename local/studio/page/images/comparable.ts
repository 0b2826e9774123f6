import type { StackFacts } from '../../stack-facts.ts';
import type { Manifest } from '../calls/manifest.ts';
import { objectUrl } from '../calls/s3.ts';
import { formatBytes } from './format-size.ts';

/** One of the two pictures that are compared. */
export interface Side {
  readonly name: string;
  /** With its size, to choose from. */
  readonly label: string;
  readonly url: string;
  readonly width: number;
  readonly height: number;
}

type Buckets = Pick<StackFacts, 'originalImagesBucket' | 'resizedImagesBucket'>;

export function originalOf({ source }: Manifest, { originalImagesBucket }: Buckets): Side {
  const { key, etag, width = 0, height = 0, bytes = 0 } = source;
  return {
    name: 'original',
    label: `original, ${width} × ${height}, ${formatBytes(bytes)}`,
    url: objectUrl(originalImagesBucket, key, etag),
    width,
    height,
  };
}

/** The renditions that show the whole image, largest first. One that is cropped shows other pixels. */
export function wholeRenditions({ renditions, source }: Manifest, { resizedImagesBucket }: Buckets): Side[] {
  const { width = 1, height = 1 } = source;
  return renditions
    .filter((rendition) => {
      const expected = (rendition.width * height) / width;
      // Rounding may take up to a pixel of either side.
      return Math.abs(rendition.height - expected) <= 1 + Math.max(height / width, 1);
    })
    .toSorted((a, b) => b.width - a.width)
    .map(({ name, key, etag, format, bytes, ...size }) => ({
      name,
      label: `${name}, ${size.width} × ${size.height}, ${format.toUpperCase()}, ${formatBytes(bytes)}`,
      url: objectUrl(resizedImagesBucket, key, etag),
      width: size.width,
      height: size.height,
    }));
}
