import { StackUnreachableError } from '../calls/call.ts';
import type { Manifest } from '../calls/manifest.ts';
import { pause } from '../calls/pause.ts';
import { readEtag, readManifest } from '../calls/s3.ts';
import { InTurn } from './in-turn.ts';

/** Three attempts of the function with its timeout, and the waits between them. */
const MAX_WAIT_MS = 270_000;
const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 4000;

/** However many uploads are awaited. */
const asking = new InTurn(4);

interface Awaited {
  readonly originalImagesBucket: string;
  readonly resizedImagesBucket: string;
  readonly key: string;
  /** Of the upload, without quotes. */
  readonly etag: string;
  /** What lay there before the upload. If its content is the same, it stays as it is. */
  readonly earlier: Manifest | undefined;
  readonly execution: () => 'running' | 'ended' | 'unseen';
}

/** Somebody has replaced or removed the upload before its manifest was seen. */
export class OvertakenError extends Error {
  override readonly name = 'OvertakenError';
  readonly isRemoved: boolean;

  constructor(isRemoved: boolean) {
    super(isRemoved ? 'It was removed again.' : 'Another upload has replaced it.');
    this.isRemoved = isRemoved;
  }
}

/**
 * Waits for the manifest of this very upload, which is written when all renditions exist. While the stack does not answer,
 * no time passes: it goes on with what is stored when it runs again.
 * @throws OvertakenError; Error if the execution left no manifest, or has not in time; what the call throws.
 */
export async function awaitManifest(awaited: Awaited, signal: AbortSignal): Promise<Manifest> {
  let end = Date.now() + MAX_WAIT_MS;
  for (let waitMs = FIRST_WAIT_MS; Date.now() < end; waitMs = Math.min(waitMs * 1.3, LONGEST_WAIT_MS)) {
    await pause(waitMs, signal);
    try {
      const manifest = await asking.run(() => look(awaited, signal), signal);
      if (manifest) return manifest;
    } catch (error) {
      if (signal.aborted || !(error instanceof StackUnreachableError)) throw error;
      end = Date.now() + MAX_WAIT_MS;
    }
  }
  throw new Error(
    `Nothing was made in ${MAX_WAIT_MS / 1000} seconds. Look under “Not processed”: an upload that fails at every attempt is left there.`,
  );
}

async function look(
  { resizedImagesBucket, originalImagesBucket, key, etag, earlier, execution }: Awaited,
  signal: AbortSignal,
): Promise<Manifest | undefined> {
  // Asked first: a manifest is written before its execution ends.
  const state = execution();
  const manifest = await readManifest(resizedImagesBucket, key, signal);
  if (manifest?.source.etag === etag) {
    const isNew = earlier?.source.etag !== etag || earlier.execution !== manifest.execution;
    return isNew || state !== 'running' ? manifest : undefined;
  }
  if (state !== 'ended') return undefined;
  const stored = await readEtag(originalImagesBucket, key, signal);
  if (stored !== etag) throw new OvertakenError(stored === undefined);
  throw new Error('Its execution has ended without a manifest. Look at it under “Executions”.');
}
