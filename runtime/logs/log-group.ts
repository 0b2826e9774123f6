/** A log event. */
export interface LogEvent {
  /** Counts the events of its group, from 0. */
  readonly number: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly stream: string;
  readonly message: string;
}

/** About as much memory as the runtime needs without any log. */
const MAX_CHARACTERS = 32 * 1024 * 1024;
/** The approximate size of an event without its message. */
const EVENT_CHARACTERS = 100;

/** The newest events of a log group, in the order of their timestamps, as many as fit into the memory. */
export class LogGroup {
  readonly #maxCharacters: number;
  #events: LogEvent[] = [];
  /** Those before it have been forgotten. */
  #first = 0;
  #characters = 0;
  #count = 0;

  constructor(maxCharacters = MAX_CHARACTERS) {
    this.#maxCharacters = maxCharacters;
  }

  append(event: Omit<LogEvent, 'number'>): void {
    this.#events.push({ ...event, number: this.#count });
    this.#count += 1;
    this.#characters += sizeOf(event);
    while (this.#characters > this.#maxCharacters) {
      const oldest = this.#events[this.#first];
      if (!oldest) break;
      this.#characters -= sizeOf(oldest);
      this.#first += 1;
    }
    // Moves the rest rarely: moving it for each event would take longer than everything else.
    if (this.#first > this.#events.length / 2) {
      this.#events = this.#events.slice(this.#first);
      this.#first = 0;
    }
  }

  /** The events from a number on, the oldest first. */
  *from(number: number): Generator<LogEvent> {
    const oldest = this.#events[this.#first]?.number ?? 0;
    for (let index = this.#first + Math.max(0, number - oldest); index < this.#events.length; index += 1) {
      const event = this.#events[index];
      if (event) yield event;
    }
  }
}

function sizeOf({ message }: Pick<LogEvent, 'message'>): number {
  return message.length + EVENT_CHARACTERS;
}
