import type { Manifest } from '../calls/manifest.ts';
import { readManifest } from '../calls/s3.ts';

/** What is known of an image; `undefined` as long as nothing is. */
export type Known =
  | { readonly status: 'read'; readonly manifest: Manifest }
  /** Nothing was made of it yet. */
  | { readonly status: 'missing' }
  /** There is no original. */
  | { readonly status: 'gone' }
  | { readonly status: 'failed'; readonly message: string };

const READ_AT_ONCE = 6;
/** A list that is scrolled fast wants other images before these could be shown. */
const SETTLE_MS = 60;
/** More than fit on any screen; the oldest are forgotten. */
const MAX_KNOWN = 1500;

/** Reads the manifests of the images that are in view, a few at a time. */
export class ManifestReader {
  readonly #bucket: string;
  readonly #known = new Map<string, Known>();
  readonly #reading = new Map<string, AbortController>();
  readonly #listeners = new Map<string, Set<() => void>>();
  #wanted: readonly string[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param bucket that of the resized images. */
  constructor(bucket: string) {
    this.#bucket = bucket;
  }

  get(key: string): Known | undefined {
    return this.#known.get(key);
  }

  /** Reads these and no others: what is not among them is stopped. */
  want(keys: readonly string[]): void {
    const isFirst = this.#wanted.length === 0;
    this.#wanted = keys;
    const wanted = new Set(keys);
    for (const [key, stop] of this.#reading) if (!wanted.has(key)) stop.abort();
    clearTimeout(this.#timer);
    if (isFirst) this.#readMore();
    else this.#timer = setTimeout(() => this.#readMore(), SETTLE_MS);
  }

  /** For a manifest that was read elsewhere. */
  put(key: string, known: Known): void {
    this.#known.delete(key);
    this.#known.set(key, known);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MAX_KNOWN) break;
      this.#known.delete(oldest);
    }
    for (const listener of this.#listeners.get(key) ?? []) listener();
  }

  /** @returns a function that ends it. */
  listen(key: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(key);
    };
  }

  #readMore(): void {
    for (const key of this.#wanted) {
      if (this.#reading.size >= READ_AT_ONCE) return;
      if (!this.#known.has(key) && !this.#reading.has(key)) void this.#read(key);
    }
  }

  async #read(key: string): Promise<void> {
    const stop = new AbortController();
    this.#reading.set(key, stop);
    const known = await ask(this.#bucket, key, stop.signal);
    this.#reading.delete(key);
    if (!stop.signal.aborted) this.put(key, known);
    this.#readMore();
  }
}

async function ask(bucket: string, key: string, signal: AbortSignal): Promise<Known> {
  try {
    const manifest = await readManifest(bucket, key, signal);
    return manifest ? { status: 'read', manifest } : { status: 'missing' };
  } catch (error) {
    return { status: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
}
