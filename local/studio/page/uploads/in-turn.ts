/** Runs at most `limit` of the given works at once; the others wait in the order in which they came. */
export class InTurn {
  readonly #limit: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @throws what the work throws, and the signal's reason if it aborts while the work waits. */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    await this.#begin();
    try {
      signal?.throwIfAborted();
      return await work();
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }

  async #begin(): Promise<void> {
    while (this.#running >= this.#limit) await new Promise<void>((turn) => this.#waiting.push(turn));
    this.#running += 1;
  }
}
