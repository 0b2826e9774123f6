export interface Attribute {
  readonly name: string;
  readonly value: string;
}

/** Packets of image programs have ten at most. */
const MAX_DEPTH = 100;

/**
 * What the prefixes of names stand for, tag by tag. The parser could tell it, but needs seconds for a packet of 1 MiB that
 * has ten thousands of attributes in one tag, or of tags in each other.
 */
export class Namespaces {
  readonly #open: ReadonlyMap<string, string>[] = [];

  /** @throws Error if more tags are open than a packet needs. */
  open(attributes: readonly Attribute[]): void {
    if (this.#open.length === MAX_DEPTH)
      throw new Error(`Expected at most ${MAX_DEPTH} tags in each other but found more.`);
    const declared = attributes.flatMap(({ name, value }): [string, string][] =>
      /^xmlns(:|$)/.test(name) ? [[name.slice('xmlns:'.length), value]] : [],
    );
    const outer = this.#open.at(-1) ?? new Map();
    this.#open.push(declared.length === 0 ? outer : new Map([...outer, ...declared]));
  }

  close(): void {
    this.#open.pop();
  }

  /** @returns the namespace, a blank and the name without its prefix. */
  expand(name: string): string {
    const colon = name.indexOf(':');
    return `${this.#open.at(-1)?.get(name.slice(0, Math.max(colon, 0))) ?? ''} ${name.slice(colon + 1)}`;
  }
}
