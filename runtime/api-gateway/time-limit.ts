import { GatewayFault } from './gateway-responses.ts';

/** What a call needs in order to keep to its time limit. */
export interface TimeLimit {
  /** Aborts when the time is up. */
  readonly signal: AbortSignal;
  /** Stands still while the call waits for its turn, which it would not on AWS. */
  readonly clock: { stop(): void; start(): void };
}

/**
 * Makes a call and waits for it for a limited time, after which the call may go on for itself.
 * @throws GatewayFault INTEGRATION_TIMEOUT when the time is up.
 */
export async function callWithin<T>(ms: number, call: (limit: TimeLimit) => Promise<T>): Promise<T> {
  const expiry = new AbortController();
  const { signal } = expiry;
  const expired = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });
  let timer: NodeJS.Timeout | undefined;
  const timedOut = () => expiry.abort(new GatewayFault('INTEGRATION_TIMEOUT', 'Endpoint request timed out'));
  const clock = {
    stop: () => clearTimeout(timer),
    start: () => {
      clearTimeout(timer);
      timer = setTimeout(timedOut, ms);
    },
  };
  clock.start();
  try {
    return await Promise.race([call({ signal, clock }), expired]);
  } finally {
    clock.stop();
  }
}
