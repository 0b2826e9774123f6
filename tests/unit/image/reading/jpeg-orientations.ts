import { flatJpeg, insertSegments, segment } from '../handmade.ts';

/** A JPEG of 64 × 48 pixels whose EXIF has one tag, an orientation of 6 (on its side), as so many values of a type. */
export function withOrientation(type: number, count: number, isBigEndian = false): Buffer {
  const exif = Buffer.alloc(26);
  const [write16, write32] = isBigEndian
    ? ([exif.writeUInt16BE.bind(exif), exif.writeUInt32BE.bind(exif)] as const)
    : ([exif.writeUInt16LE.bind(exif), exif.writeUInt32LE.bind(exif)] as const);
  exif.write(isBigEndian ? 'MM' : 'II');
  write16(42, 2);
  write32(8, 4);
  write16(1, 8);
  write16(274, 10);
  write16(type, 12);
  write32(count, 14);
  if (type === 4) write32(6, 18);
  else if (type === 3) write16(6, 18);
  else exif[18] = 6;
  const jpeg = flatJpeg({ width: 64, height: 48, samples: [100, 128, 128] });
  return insertSegments(jpeg, segment(0xe1, [...Buffer.from('Exif\0\0'), ...exif]));
}
