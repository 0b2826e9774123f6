import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { isDiskFull } from '../../full-disk.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface SmallDisk {
  readonly folder: string;
  /** Leaves so many bytes; none unless told. */
  fill(leaving?: number): void;
  /** Takes back what `fill` took. */
  free(): void;
}

/**
 * A disk of its own for each test of a suite: a file system in memory, which only root of a Linux can mount. Elsewhere the
 * suite is skipped with a message.
 * @returns a function that returns the disk of the test that runs.
 */
export function useSmallDisk(megabytes: number): () => SmallDisk {
  let disk: SmallDisk | undefined;
  beforeEach(function () {
    const folder = temporaryFolder('small-disk');
    const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder]);
    if (status !== 0) {
      console.log('    Skipped: only root of a Linux can mount a small disk.');
      return this.skip();
    }
    mkdirSync(join(folder, 'data'));
    disk = {
      folder: join(folder, 'data'),
      fill: (leaving = 0) => fill(folder, leaving),
      free: () => free(folder),
    };
  });
  afterEach(() => {
    if (disk) spawnSync('umount', ['--lazy', join(disk.folder, '..')]);
    disk = undefined;
  });
  return () => {
    if (!disk) throw new Error('Expected to be called in a test but there is no disk.');
    return disk;
  };
}

const ballast = (folder: string) => join(folder, 'ballast');
const PIECE_BYTES = 4096;

function fill(folder: string, leaving: number): void {
  const spare = join(folder, 'spare');
  if (leaving > 0) write(spare, leaving);
  write(ballast(folder), Number.POSITIVE_INFINITY);
  rmSync(spare, { force: true });
}

/** Writes so many bytes, or as many as there is space for. */
function write(file: string, bytes: number): void {
  const descriptor = openSync(file, 'a');
  try {
    for (let left = bytes; left > 0; left -= PIECE_BYTES) writeSync(descriptor, Buffer.alloc(PIECE_BYTES, 1));
  } catch (error) {
    if (!isDiskFull(error)) throw error;
  } finally {
    closeSync(descriptor);
  }
}

function free(folder: string): void {
  rmSync(ballast(folder), { force: true });
}
