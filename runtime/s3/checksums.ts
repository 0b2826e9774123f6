// The checksums of "Checking object integrity in Amazon S3": CRC32, CRC32C, CRC64NVME, SHA1 and SHA256.

import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { Crc32c, Crc64Nvme } from '@aws-sdk/checksums/crc';

export const CHECKSUM_ALGORITHMS = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const;
export type ChecksumAlgorithm = (typeof CHECKSUM_ALGORITHMS)[number];

export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Base64; a composite one ends in `-` and the number of parts. */
  readonly value: string;
  readonly type: 'FULL_OBJECT' | 'COMPOSITE';
}

/** An incremental hash. */
export interface Hasher {
  update(piece: Uint8Array): void;
  digest(): Buffer;
}

/** Like Hasher, but asynchronous, because the SDK's CRCs are. */
interface ChecksumHasher {
  update(piece: Uint8Array): void;
  digest(): Promise<Buffer>;
}

export function isChecksumAlgorithm(name: string): name is ChecksumAlgorithm {
  return CHECKSUM_ALGORITHMS.some((algorithm) => algorithm === name);
}

export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}

/** The length in bytes of each algorithm's digest. */
export const DIGEST_BYTES: Readonly<Record<ChecksumAlgorithm, number>> = {
  CRC32: 4,
  CRC32C: 4,
  CRC64NVME: 8,
  SHA1: 20,
  SHA256: 32,
};

export function startChecksum(algorithm: ChecksumAlgorithm): ChecksumHasher {
  switch (algorithm) {
    case 'CRC32':
      return startCrc32();
    // Node has neither CRC32C nor CRC64NVME.
    case 'CRC32C':
      return fromSdk(new Crc32c());
    case 'CRC64NVME':
      return fromSdk(new Crc64Nvme());
    case 'SHA1':
    case 'SHA256': {
      const hash = startHash(algorithm === 'SHA1' ? 'sha1' : 'sha256');
      return { update: hash.update, digest: async () => hash.digest() };
    }
  }
}

export function startHash(name: 'md5' | 'sha1' | 'sha256'): Hasher {
  const hash = createHash(name);
  return { update: (piece) => void hash.update(piece), digest: () => hash.digest() };
}

function fromSdk(checksum: {
  update(piece: Uint8Array): void;
  digest(): Promise<Uint8Array>;
}): ChecksumHasher {
  return {
    update: (piece) => checksum.update(piece),
    digest: async () => Buffer.from(await checksum.digest()),
  };
}

/** Node's CRC32, which zlib computes, is many times faster than the SDK's. */
function startCrc32(): ChecksumHasher {
  let crc = 0;
  return {
    update(piece) {
      crc = crc32(piece, crc);
    },
    async digest() {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(crc);
      return bytes;
    },
  };
}
