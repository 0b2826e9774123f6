import type { StackFacts } from '../../stack-facts.ts';
import { StackUnreachableError } from '../calls/call.ts';
import type { Manifest } from '../calls/manifest.ts';
import { pause } from '../calls/pause.ts';
import { putOriginal, readManifest, type StoredObject, type StoredOriginal } from '../calls/s3.ts';
import { awaitManifest, OvertakenError } from './arrival.ts';
import type { ChosenFile } from './chosen-file.ts';
import { InTurn } from './in-turn.ts';
import { earliestStart, isUnderWay, isUnsent, type Upload } from './upload.ts';
import { type Ends, followEnds, tellsEnds } from './upload-ends.ts';

const UPLOADS_AT_ONCE = 4;
/** A network that is gone for a moment, or npm start that starts again, must not fail all that wait. */
const ATTEMPTS = 5;
/** Doubled before each attempt: fifteen seconds in all. */
const FIRST_RETRY_MS = 1000;
const CANCELLED = 'You cancelled it before it was stored.';
const REPLACED = 'Another file with the same name was chosen after it.';

type Stack = Pick<StackFacts, 'originalImagesBucket' | 'resizedImagesBucket' | 'resizeUploadStateMachineArn'>;

type Sent = StoredOriginal & { readonly earlier: Manifest | undefined };

/** An upload was made, refused, or stored and not processed. */
export class EndedEvent extends Event {
  readonly object: StoredObject;
  /** Undefined if it was not processed. */
  readonly manifest: Manifest | undefined;

  constructor(object: StoredObject, manifest?: Manifest) {
    super('ended');
    this.object = object;
    this.manifest = manifest;
  }
}

/** The uploads of a visit, oldest first. Sends `change` events, and an EndedEvent for each that was stored. */
class UploadList extends EventTarget {
  uploads: readonly Upload[] = [];
  readonly #stops = new Map<number, AbortController>();
  readonly #sending = new InTurn(UPLOADS_AT_ONCE);
  #nextId = 1;
  /** How executions have ended, as far as the log tells. */
  #ends: Ends = new Map();
  /** Ends the look at the log of the executions. */
  #unfollow: (() => void) | undefined;

  add(files: readonly ChosenFile[], stack: Stack): void {
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
    const [first] = added;
    if (first) this.#follow(first, stack);
    for (const upload of added) void this.#run(upload, stack);
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

  #follow(first: Upload, { resizeUploadStateMachineArn }: Stack): void {
    this.#unfollow ??= followEnds(resizeUploadStateMachineArn, earliestStart(first), (ends) => {
      this.#ends = ends;
      this.#stopFailed();
    });
  }

  #stopFailed(): void {
    for (const { id, progress, requestId } of this.uploads) {
      const failure = requestId === undefined ? undefined : this.#ends.get(requestId);
      if (progress.name === 'processing' && failure !== undefined) this.#stop(id, new Error(failure));
    }
  }

  #stop(id: number, reason: string | Error): void {
    this.#stops.get(id)?.abort(reason);
  }

  async #run(upload: Upload, stack: Stack): Promise<void> {
    const { id, key, file } = upload;
    const stop = new AbortController();
    this.#stops.set(id, stop);
    const { signal } = stop;
    let stored: StoredObject | undefined;
    try {
      const { etag, requestId, earlier } = await this.#sending.run(
        () => this.#sendAgain(upload, stack, signal),
        signal,
      );
      stored = { key, bytes: file.size, etag, modified: new Date() };
      this.#update(id, { progress: { name: 'processing' }, requestId });
      this.#stopFailed();
      const canTell = await tellsEnds(stack.resizeUploadStateMachineArn);
      const execution = () => (!canTell ? 'unseen' : this.#ends.has(requestId) ? 'ended' : 'running');
      const manifest = await awaitManifest({ ...stack, key, etag, earlier, execution }, signal);
      this.#update(id, { progress: { name: manifest.status === 'RESIZED' ? 'made' : 'refused', manifest } });
      this.dispatchEvent(new EndedEvent(stored, manifest));
    } catch (error) {
      // A call that was stopped fails with an error of its own.
      const reason: unknown = signal.aborted ? signal.reason : error;
      const message = reason instanceof Error ? reason.message : String(reason);
      this.#update(id, {
        progress:
          typeof reason === 'string'
            ? { name: 'cancelled', message }
            : reason instanceof OvertakenError
              ? { name: 'overtaken', message }
              : { name: 'failed', message, isStored: stored !== undefined },
      });
      const isRemoved = reason instanceof OvertakenError && reason.isRemoved;
      if (stored && !isRemoved) this.dispatchEvent(new EndedEvent(stored));
    }
    this.#stops.delete(id);
    if (this.#stops.size > 0) return;
    this.#unfollow?.();
    this.#unfollow = undefined;
  }

  async #sendAgain(upload: Upload, stack: Stack, signal: AbortSignal): Promise<Sent> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#send(upload, stack, signal);
      } catch (error) {
        if (signal.aborted || attempt === ATTEMPTS || !(error instanceof StackUnreachableError)) throw error;
      }
      await pause(FIRST_RETRY_MS * 2 ** (attempt - 1), signal);
    }
  }

  /** @returns also the manifest of an earlier upload under this key, which stays as it is if the content is the same. */
  async #send(
    { id, key, file }: Upload,
    { originalImagesBucket, resizedImagesBucket }: Stack,
    signal: AbortSignal,
  ): Promise<Sent> {
    const earlier = await readManifest(resizedImagesBucket, key, signal).catch((error: unknown) => {
      if (error instanceof StackUnreachableError) throw error;
      // Whatever lies there, this upload replaces it.
      return undefined;
    });
    this.#update(id, { progress: { name: 'sending', share: 0 }, sinceMs: Date.now() });
    const onProgress = (sentBytes: number) =>
      this.#update(id, { progress: { name: 'sending', share: sentBytes / Math.max(file.size, 1) } });
    return { ...(await putOriginal(originalImagesBucket, key, file, { onProgress, signal })), earlier };
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
