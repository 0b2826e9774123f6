// Bytes on their way in. They are written here, under a name of their own, and are on the disk for good before
// any row of the database speaks of them.

import { randomUUID } from 'node:crypto';
import { closeSync, fsync, mkdirSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const flush = promisify(fsync);

// No bucket's name can start with a dot.
const FOLDER = '.incoming';

export class Staging {
  readonly #folder: string;

  constructor(directory: string) {
    this.#folder = join(directory, FOLDER);
    mkdirSync(this.#folder, { recursive: true });
  }

  pathOf(file: string): string {
    return join(this.#folder, file);
  }

  files(): string[] {
    return readdirSync(this.#folder);
  }

  discard(file: string): void {
    rmSync(this.pathOf(file), { force: true });
  }

  /**
   * Lets `fill` write a new file and answers its name once its bytes would outlive a power cut. When `fill`
   * throws, nothing is left.
   */
  async stage<T>(fill: (write: (piece: Buffer) => void) => Promise<T>): Promise<{ file: string; result: T }> {
    const file = randomUUID();
    try {
      return { file, result: await this.#write(file, fill) };
    } catch (error) {
      this.discard(file);
      throw error;
    }
  }

  /** Waits for the disk alone: handing a small file's other calls to another thread costs more than they do. */
  async #write<T>(file: string, fill: (write: (piece: Buffer) => void) => Promise<T>): Promise<T> {
    const descriptor = openSync(this.pathOf(file), 'wx');
    try {
      const result = await fill((piece) => writeFileSync(descriptor, piece));
      await flush(descriptor);
      await this.#flushFolder();
      return result;
    } finally {
      closeSync(descriptor);
    }
  }

  /** A new file's name is a change of its folder, which has to reach the disk as well. */
  async #flushFolder(): Promise<void> {
    // Windows opens no folders; NTFS journals their entries by itself.
    if (process.platform === 'win32') return;
    const folder = openSync(this.#folder, 'r');
    try {
      await flush(folder);
    } finally {
      closeSync(folder);
    }
  }
}
