import { setImmediate, setTimeout } from 'node:timers/promises';

// setTimeout's longest wait; beyond it, it fires at once.
const MAX_TIMER_MS = 2_147_483_647;

/** How long executions that wait for nothing may keep all others waiting. */
const TURN_MS = 10;
let turn: { readonly startedMs: number; readonly ended: Promise<void> } | undefined;

/** Lets timers, requests and other executions run, once the executions that wait for nothing have had their time. */
export async function letOthersRun(): Promise<void> {
  turn ??= {
    startedMs: performance.now(),
    ended: setImmediate().then(() => {
      turn = undefined;
    }),
  };
  if (performance.now() - turn.startedMs >= TURN_MS) await turn.ended;
}

/** Waits, however long; throws the signal's reason as soon as it aborts. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  for (let leftMs = ms; leftMs > 0; leftMs -= MAX_TIMER_MS) {
    await orAbort(setTimeout(Math.min(leftMs, MAX_TIMER_MS), undefined, { signal }), signal);
  }
  signal.throwIfAborted();
}

/** A promise's outcome, or the signal's reason if that comes first: what ignores its signal must hold up nobody. */
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

/** What may be stopped while a service lets a call wait, as AWS would not: it runs when each stop has had its start. */
export interface Clock {
  stop(): void;
  start(): void;
}

/** A signal that also aborts once its time is up. */
export interface Deadline extends Clock {
  readonly signal: AbortSignal;
}

/** A signal that aborts with its parent, and with this reason after a time; stop it when the work is done. */
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
