import type { StackFacts } from '../../stack-facts.ts';
import { type Manifest, putOriginal, type StoredObject } from '../calls/s3.ts';
import { awaitManifest } from './arrival.ts';
import type { ChosenFile } from './chosen-file.ts';
import { InTurn } from './in-turn.ts';
import { isUnderWay, isUnsent, type Upload } from './upload.ts';

const UPLOADS_AT_ONCE = 4;
const CANCELLED = 'You cancelled it before it was stored.';
const REPLACED = 'Another file with the same name was chosen after it.';

type Buckets = Pick<StackFacts, 'originalImagesBucket' | 'resizedImagesBucket'>;

/** An upload was made or refused. */
export class EndedEvent extends Event {
  readonly object: StoredObject;
  readonly manifest: Manifest;

  constructor(object: StoredObject, manifest: Manifest) {
    super('ended');
    this.object = object;
    this.manifest = manifest;
  }
}

/** The uploads of a visit, oldest first. Sends `change` events, and an EndedEvent for each that was stored. */
export class UploadList extends EventTarget {
  uploads: readonly Upload[] = [];
  readonly #stops = new Map<number, AbortController>();
  readonly #sending = new InTurn(UPLOADS_AT_ONCE);
  #nextId = 1;

  add(files: readonly ChosenFile[], buckets: Buckets): void {
    const keys = new Set(files.map(({ key }) => key));
    for (const upload of this.uploads)
      if (keys.has(upload.key) && isUnderWay(upload)) this.#stop(upload.id, REPLACED);
    const added = files.map(
      ({ key, file }): Upload => ({
        id: this.#nextId++,
        key,
        file,
        progress: { name: 'waiting' },
        sinceMs: Date.now(),
      }),
    );
    this.uploads = [...this.uploads, ...added];
    for (const upload of added) void this.#run(upload, buckets);
    this.#changed();
  }

  cancel(id: number): void {
    this.#stop(id, CANCELLED);
  }

  cancelUnsent(): void {
    for (const upload of this.uploads) if (isUnsent(upload)) this.#stop(upload.id, CANCELLED);
  }

  clearEnded(): void {
    this.uploads = this.uploads.filter(isUnderWay);
    this.#changed();
  }

  #stop(id: number, reason: string): void {
    this.#stops.get(id)?.abort(reason);
  }

  async #run({ id, key, file }: Upload, buckets: Buckets): Promise<void> {
    const stop = new AbortController();
    this.#stops.set(id, stop);
    const { signal } = stop;
    try {
      const { etag } = await this.#sending.run(() => this.#send(id, key, file, buckets, signal), signal);
      this.#update(id, { progress: { name: 'processing' } });
      const manifest = await awaitManifest(buckets.resizedImagesBucket, key, etag, signal);
      this.#update(id, { progress: { name: manifest.status === 'RESIZED' ? 'made' : 'refused', manifest } });
      const object = { key, bytes: file.size, etag, modified: new Date() };
      this.dispatchEvent(new EndedEvent(object, manifest));
    } catch (error) {
      this.#update(id, {
        progress: signal.aborted
          ? { name: 'cancelled', message: String(signal.reason) }
          : { name: 'failed', message: error instanceof Error ? error.message : String(error) },
      });
    }
    this.#stops.delete(id);
  }

  #send(
    id: number,
    key: string,
    file: File,
    { originalImagesBucket }: Buckets,
    signal: AbortSignal,
  ): Promise<{ readonly etag: string }> {
    this.#update(id, { progress: { name: 'sending', share: 0 }, sinceMs: Date.now() });
    const onProgress = (sentBytes: number) =>
      this.#update(id, { progress: { name: 'sending', share: sentBytes / Math.max(file.size, 1) } });
    return putOriginal(originalImagesBucket, key, file, { onProgress, signal });
  }

  #update(id: number, changes: Partial<Upload>): void {
    this.uploads = this.uploads.map((upload) => (upload.id === id ? { ...upload, ...changes } : upload));
    this.#changed();
  }

  #changed(): void {
    this.dispatchEvent(new Event('change'));
  }
}

/** The uploads of this visit, whichever view is shown. */
export const uploadList = new UploadList();
