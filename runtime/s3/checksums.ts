// The checksums of "Checking object integrity in Amazon S3": CRC32, CRC32C, CRC64NVME, SHA1 and SHA256.
// Refused by name elsewhere: SHA512, MD5 as an additional checksum and the XXHash family.

import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

export const CHECKSUM_ALGORITHMS = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const;
export type ChecksumAlgorithm = (typeof CHECKSUM_ALGORITHMS)[number];

export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Base64; a composite one ends in `-` and the number of parts. */
  readonly value: string;
  readonly type: 'FULL_OBJECT' | 'COMPOSITE';
}

/** A checksum under way: pieces in, digest out. */
export interface Hasher {
  update(piece: Uint8Array): void;
  digest(): Buffer;
}

export function isChecksumAlgorithm(name: string): name is ChecksumAlgorithm {
  return CHECKSUM_ALGORITHMS.some((algorithm) => algorithm === name);
}

export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}

/** How many bytes a digest of that algorithm has. */
export const DIGEST_BYTES: Readonly<Record<ChecksumAlgorithm, number>> = {
  CRC32: 4,
  CRC32C: 4,
  CRC64NVME: 8,
  SHA1: 20,
  SHA256: 32,
};

export function startChecksum(algorithm: ChecksumAlgorithm): Hasher {
  switch (algorithm) {
    case 'CRC32':
      return startCrc32();
    case 'CRC32C':
      return startCrc32c();
    case 'CRC64NVME':
      return startCrc64Nvme();
    case 'SHA1':
      return startHash('sha1');
    case 'SHA256':
      return startHash('sha256');
  }
}

export function startHash(name: 'md5' | 'sha1' | 'sha256'): Hasher {
  const hash = createHash(name);
  return { update: (piece) => void hash.update(piece), digest: () => hash.digest() };
}

function startCrc32(): Hasher {
  let crc = 0;
  return {
    update(piece) {
      crc = crc32(piece, crc);
    },
    digest: () => bigEndian(crc),
  };
}

// Castagnoli's polynomial, bits reversed.
const CRC32C_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

function startCrc32c(): Hasher {
  let crc = 0xffffffff;
  return {
    update(piece) {
      let sum = crc;
      for (let index = 0; index < piece.length; index++) {
        sum = (CRC32C_TABLE[(sum ^ (piece[index] ?? 0)) & 0xff] ?? 0) ^ (sum >>> 8);
      }
      crc = sum;
    },
    digest: () => bigEndian(~crc),
  };
}

// The NVM Express polynomial, bits reversed, as two halves of 32 bits: with BigInt this is fifty times slower.
const CRC64_HIGH = new Uint32Array(256);
const CRC64_LOW = new Uint32Array(256);
for (let byte = 0; byte < 256; byte++) {
  let crc = BigInt(byte);
  for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0x9a6c9329ac4bc9b5n : crc >> 1n;
  CRC64_HIGH[byte] = Number(crc >> 32n);
  CRC64_LOW[byte] = Number(crc & 0xffffffffn);
}

function startCrc64Nvme(): Hasher {
  let high = 0xffffffff;
  let low = 0xffffffff;
  return {
    update(piece) {
      let upper = high;
      let lower = low;
      for (let index = 0; index < piece.length; index++) {
        const entry = (lower ^ (piece[index] ?? 0)) & 0xff;
        lower = (CRC64_LOW[entry] ?? 0) ^ ((lower >>> 8) | (upper << 24));
        upper = (CRC64_HIGH[entry] ?? 0) ^ (upper >>> 8);
      }
      high = upper;
      low = lower;
    },
    digest: () => Buffer.concat([bigEndian(~high), bigEndian(~low)]),
  };
}

function bigEndian(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}
