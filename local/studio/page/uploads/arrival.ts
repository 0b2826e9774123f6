import type { Manifest } from '../calls/manifest.ts';
import { pause } from '../calls/pause.ts';
import { readManifest } from '../calls/s3.ts';
import { InTurn } from './in-turn.ts';

/** Three attempts of the function with its timeout, and the waits between them. */
const MAX_WAIT_MS = 270_000;
const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 4000;

/** However many uploads are awaited. */
const asking = new InTurn(4);

interface Awaited {
  /** That of the resized images. */
  readonly bucket: string;
  readonly key: string;
  /** Of the upload, without quotes. */
  readonly etag: string;
  /** What lay there before the upload. If its content is the same, it stays as it is. */
  readonly earlier: Manifest | undefined;
  /** Whether the execution has ended, or nobody can tell. */
  readonly hasEnded: () => boolean;
}

/**
 * Waits for the manifest of this very upload, which is written when all renditions exist.
 * @throws Error if it has not come in time, and what the call throws.
 */
export async function awaitManifest(
  { bucket, key, etag, earlier, hasEnded }: Awaited,
  signal: AbortSignal,
): Promise<Manifest> {
  const isNew = ({ execution }: Manifest) => earlier?.source.etag !== etag || earlier.execution !== execution;
  const end = Date.now() + MAX_WAIT_MS;
  for (let waitMs = FIRST_WAIT_MS; Date.now() < end; waitMs = Math.min(waitMs * 1.3, LONGEST_WAIT_MS)) {
    await pause(waitMs, signal);
    const isEnd = hasEnded();
    const manifest = await asking.run(() => readManifest(bucket, key, signal), signal);
    if (manifest?.source.etag === etag && (isEnd || isNew(manifest))) return manifest;
  }
  throw new Error(
    `Nothing was made in ${MAX_WAIT_MS / 1000} seconds. Look under “Not processed”: an upload that fails at every attempt is left there.`,
  );
}
