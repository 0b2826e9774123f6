// Bytes on their way in. They are written here, under a name of their own, and are on the disk for good before
// any row of the database speaks of them.

import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';

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
  async stage<T>(
    fill: (write: (piece: Buffer) => Promise<void>) => Promise<T>,
  ): Promise<{ file: string; result: T }> {
    const file = randomUUID();
    const handle = await open(this.pathOf(file), 'wx');
    try {
      const result = await fill((piece) => handle.writeFile(piece));
      await handle.sync();
      await handle.close();
      await this.#syncFolder();
      return { file, result };
    } catch (error) {
      await handle.close().catch(() => undefined);
      await rm(this.pathOf(file), { force: true });
      throw error;
    }
  }

  /** A new file's name is a change of its folder, which has to reach the disk as well. */
  async #syncFolder(): Promise<void> {
    // Windows opens no folders; NTFS journals their entries by itself.
    if (process.platform === 'win32') return;
    const folder: FileHandle = await open(this.#folder, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }
}
