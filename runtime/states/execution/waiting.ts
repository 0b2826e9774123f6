import { setImmediate, setTimeout } from 'node:timers/promises';

// The longest delay of setTimeout; with a longer one it would fire immediately.
const MAX_TIMER_MS = 2_147_483_647;

/** How long executions that never wait may keep everything else waiting. */
const TURN_MS = 10;
let turn: { readonly startedMs: number; readonly ended: Promise<void> } | undefined;

/** Lets timers, requests and other executions run if executions that never wait have used up TURN_MS. */
export async function letOthersRun(): Promise<void> {
  turn ??= {
    startedMs: performance.now(),
    ended: setImmediate().then(() => {
      turn = undefined;
    }),
  };
  if (performance.now() - turn.startedMs >= TURN_MS) await turn.ended;
}

/** Waits, for longer than setTimeout can, too; throws the signal's reason as soon as it aborts. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  for (let leftMs = ms; leftMs > 0; leftMs -= MAX_TIMER_MS) {
    await orAbort(setTimeout(Math.min(leftMs, MAX_TIMER_MS), undefined, { signal }), signal);
  }
  signal.throwIfAborted();
}

/** Settles as the promise does, or rejects with the signal's reason if that comes first: a call may ignore its signal. */
export async function orAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  promise.catch(() => {});
  try {
    return await Promise.race([aborted, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/**
 * A time limit that a service stops while a call waits as it would not on AWS. It runs again once there have been as
 * many starts as stops.
 */
export interface Clock {
  stop(): void;
  start(): void;
}

/** A time limit and the signal that aborts when it is over. */
export interface Deadline extends Clock {
  readonly signal: AbortSignal;
}

/**
 * A signal that aborts when its parent does, or with `reason` after `ms` milliseconds; undefined is no limit. Call
 * `stop` when the work is done.
 */
export function deadline(parent: AbortSignal, ms: number | undefined, reason: Error): Deadline {
  if (ms === undefined) return { signal: parent, stop: () => {}, start: () => {} };
  const expiry = new AbortController();
  let clock = new AbortController();
  let leftMs = ms;
  let stops = 1;
  let startedMs = 0;
  const start = (): void => {
    stops -= 1;
    if (stops > 0) return;
    startedMs = performance.now();
    clock = new AbortController();
    sleep(leftMs, clock.signal).then(
      () => expiry.abort(reason),
      () => {},
    );
  };
  const stop = (): void => {
    stops += 1;
    if (stops > 1) return;
    leftMs -= performance.now() - startedMs;
    clock.abort();
  };
  start();
  return { signal: AbortSignal.any([parent, expiry.signal]), stop, start };
}
