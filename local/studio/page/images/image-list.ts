import { listObjects, type StoredObject } from '../calls/s3.ts';

/** The originals in the order of their keys, page by page. Sends `change` events. */
export class ImageList extends EventTarget {
  objects: readonly StoredObject[] = [];
  isComplete = false;
  /** undefined unless the last page could not be read. */
  error: Error | undefined;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #stop = new AbortController();
  #last: string | undefined;
  #wanted = 0;
  #isReading = false;

  constructor(bucket: string, prefix: string) {
    super();
    this.#bucket = bucket;
    this.#prefix = prefix;
  }

  /** Reads pages until there are `count` images, or no more. */
  require(count: number): void {
    this.#wanted = Math.max(this.#wanted, count);
    if (!this.#isReading && this.#isShort()) void this.#read();
  }

  retry(): void {
    this.error = undefined;
    this.require(1);
  }

  stop(): void {
    this.#stop.abort();
  }

  /** An image that was uploaded after the list was read. */
  put(object: StoredObject): void {
    if (!object.key.startsWith(this.#prefix)) return;
    const others = this.objects.filter(({ key }) => key !== object.key);
    const next = others.findIndex(({ key }) => key > object.key);
    if (next < 0 && !this.isComplete) return;
    this.objects = others.toSpliced(next < 0 ? others.length : next, 0, object);
    this.#changed();
  }

  /** Otherwise nothing is read and nothing changes: who draws again after a change would require more for ever. */
  #isShort(): boolean {
    return !this.isComplete && !this.error && this.objects.length < this.#wanted;
  }

  async #read(): Promise<void> {
    this.#isReading = true;
    try {
      while (this.#isShort()) await this.#readPage();
    } catch (error) {
      if (!this.#stop.signal.aborted) this.error = error instanceof Error ? error : new Error(String(error));
    }
    this.#isReading = false;
    this.#changed();
  }

  async #readPage(): Promise<void> {
    const after = this.#last;
    const { objects, isComplete } = await listObjects(this.#bucket, this.#prefix, {
      ...(after !== undefined && { after }),
      signal: this.#stop.signal,
    });
    this.#last = objects.at(-1)?.key ?? after;
    // A key that ends with a slash is the folder that a console has made.
    const images = objects.filter(({ key }) => !key.endsWith('/'));
    this.objects = [...this.objects, ...images];
    this.isComplete = isComplete;
    this.#changed();
  }

  #changed(): void {
    if (!this.#stop.signal.aborted) this.dispatchEvent(new Event('change'));
  }
}
