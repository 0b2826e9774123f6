// Incoming bytes: files with random names in `.incoming`, which are flushed to the disk before a row of the database
// refers to them.

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
   * Lets `fill` write a new file, and resolves to its name and the result of `fill` once the file would survive a
   * power cut. If `fill` throws, the file is deleted.
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

  /** Only the flush is asynchronous: for a small file, handing the other calls to another thread costs more than the calls. */
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

  /** A new file's name is stored in its folder, which has to be flushed as well. */
  async #flushFolder(): Promise<void> {
    // Windows cannot open a folder; NTFS journals its entries by itself.
    if (process.platform === 'win32') return;
    const folder = openSync(this.#folder, 'r');
    try {
      await flush(folder);
    } finally {
      closeSync(folder);
    }
  }
}
