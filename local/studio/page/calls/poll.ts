import { CallError, StackUnreachableError } from './call.ts';
import { pause } from './pause.ts';

interface PollOptions {
  /** The wait after an answer that was new. */
  readonly fastMs: number;
  /** The longest wait, while nothing changes or nobody answers. */
  readonly slowMs: number;
  readonly signal: AbortSignal;
}

/**
 * Asks again and again until `signal` aborts: soon after a change, ever later while nothing changes or calls fail, and
 * not at all while nobody sees the page.
 * @param ask resolves to whether something has changed.
 */
export async function poll(
  ask: () => Promise<boolean>,
  { fastMs, slowMs, signal }: PollOptions,
): Promise<void> {
  let waitMs = fastMs;
  while (!signal.aborted) {
    const hasChanged = await ask().catch((error: unknown) => {
      // The shell tells of a stack that does not answer, and the view of a call that was refused.
      if (signal.aborted || error instanceof StackUnreachableError || error instanceof CallError)
        return false;
      throw error;
    });
    waitMs = hasChanged ? fastMs : Math.min(waitMs * 1.5, slowMs);
    await pause(waitMs, signal).catch(() => {});
    await untilSeen(signal);
  }
}

async function untilSeen(signal: AbortSignal): Promise<void> {
  while (document.hidden && !signal.aborted)
    await new Promise<void>((done) => {
      const options = { once: true, signal };
      document.addEventListener('visibilitychange', () => done(), options);
      signal.addEventListener('abort', () => done(), { once: true });
    });
}
