import type { Plan } from '../../deployment.ts';
import { type Finding, fit, note, ok, stop } from '../../finding.ts';
import type { Account } from '../account.ts';
import { about } from './about.ts';

/** Invocations that Lambda keeps for functions without a reservation; all of them where the account has fewer. */
const KEPT_UNRESERVED = 100;
/** A failed batch of a bulk run is processed again two images at a time. */
const INVOCATIONS_OF_A_BATCH = 2;
/** MB. A new account gets no more, and no call tells whether an account has got more since. */
const MEMORY_OF_NEW_ACCOUNTS = 3008;
/** Concurrent invocations of an account that is no longer new. */
const USUAL_CONCURRENCY = 1000;

/** Whether the account has the invocations and the memory that the parameters ask for. */
export function checkLambda({ parameters }: Plan, { lambda, stack }: Account): Finding[] {
  const reserved = Number(parameters.ReservedConcurrency);
  const memory = Number(parameters.MemorySize);
  const batches = Number(parameters.MaxConcurrency);
  return about('lambda', lambda, ({ concurrent, unreserved }) => {
    // What the stack itself has reserved is not unreserved any more.
    const before = 'is' in stack ? Number(stack.is?.parameters.ReservedConcurrency ?? 0) : 0;
    const reservable = unreserved + before - Math.min(KEPT_UNRESERVED, concurrent);
    return [
      ...(reserved > reservable ? [tooMuchReserved(Math.max(0, reservable))] : []),
      checkBatches(batches, reserved > 0 ? reserved : unreserved + before),
      ...(memory > MEMORY_OF_NEW_ACCOUNTS && concurrent < USUAL_CONCURRENCY
        ? [note('memory', fit`If it is refused, set MemorySize to ${MEMORY_OF_NEW_ACCOUNTS} or ask AWS.`)]
        : []),
    ];
  });
}

function tooMuchReserved(reservable: number): Finding {
  return stop('lambda', fit`Set ReservedConcurrency to ${reservable}, or ask AWS for more invocations.`);
}

function checkBatches(batches: number, invocations: number): Finding {
  const most = Math.max(1, Math.ceil(invocations / INVOCATIONS_OF_A_BATCH) - 1);
  if (batches <= most)
    return ok('lambda', fit`${invocations} invocations at once; MaxConcurrency can be ${most}.`);
  return note('lambda', fit`Set MaxConcurrency to ${most}: only ${invocations} invocations at once.`);
}
