import { describeExecution } from '../calls/states.ts';
import { InTurn } from '../uploads/in-turn.ts';
import type { Entry } from './execution-list.ts';
import { titleOf } from './request-title.ts';

/** What ListExecutions does not tell of a request. */
type Facts = Pick<Entry, 'title' | 'error'>;

const ASKED_AT_ONCE = 6;

/** What requests were for, and how they failed, each asked for once in each status. Sends `change` events. */
class Requests extends EventTarget {
  /** By ARN and status: an input never changes, and an error comes with the end. */
  readonly #known = new Map<string, Facts>();
  readonly #asked = new Set<string>();
  readonly #asking = new InTurn(ASKED_AT_ONCE);

  /** The entry with what is known of it so far. */
  tell(entry: Entry): Entry {
    return { ...entry, ...this.#known.get(nameOf(entry)) };
  }

  want(entries: readonly Entry[]): void {
    for (const entry of entries)
      if (entry.kind === 'request' && !this.#asked.has(nameOf(entry))) void this.#ask(entry);
  }

  async #ask(entry: Entry): Promise<void> {
    const name = nameOf(entry);
    this.#asked.add(name);
    try {
      const { input, error } = await this.#asking.run(() => describeExecution(entry.arn));
      this.#known.set(name, { title: titleOf(input), error });
      this.dispatchEvent(new Event('change'));
    } catch {
      // Its name stands in for it, until it is wanted again.
      this.#asked.delete(name);
    }
  }
}

function nameOf({ arn, status }: Entry): string {
  return `${arn} ${status}`;
}

export const requests = new Requests();
