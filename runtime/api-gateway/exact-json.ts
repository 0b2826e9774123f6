// JSON that keeps numbers as the text they are written as (1.0, -0, 1e400, integers beyond 2^53), and lone
// surrogates, so that the integration gets exactly the value that the client sent.

declare global {
  // In V8 since 11.4; TypeScript's libraries do not have them yet.
  interface JSON {
    parse(
      text: string,
      reviver: (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown,
    ): unknown;
    rawJSON(text: string): RawNumber;
    isRawJSON(value: unknown): value is RawNumber;
  }
}

interface RawNumber {
  readonly rawJSON: string;
}

/**
 * Parses JSON; numbers become raw numbers, which writeExactly writes as they were.
 * @throws SyntaxError
 */
export function parseExactly(text: string): unknown {
  return JSON.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined ? JSON.rawJSON(source) : value,
  );
}

/** Writes what parseExactly has read, without white space. */
export function writeExactly(value: unknown): string {
  return JSON.stringify(value);
}

/** A step into a JSON value: a member's name or an element's index. */
type JsonPath = readonly (string | number)[];

/** Parses a definite JSONPath expression ($, $.a.b, $['a'], $.a[0]); undefined for any other. */
export function readJsonPath(text: string): JsonPath | undefined {
  if (!text.startsWith('$')) return undefined;
  const steps: (string | number)[] = [];
  const step = /\.([\p{L}_][\p{L}\p{N}_-]*)|\['([^'\\]*)'\]|\["([^"\\]*)"\]|\[(\d+)\]/uy;
  step.lastIndex = 1;
  while (step.lastIndex < text.length) {
    const match = step.exec(text);
    if (!match) return undefined;
    const [, dotted, single, double, index] = match;
    steps.push(index === undefined ? (dotted ?? single ?? double ?? '') : Number(index));
  }
  return steps;
}

/** The value at a path; undefined if there is none. */
export function valueAt(value: unknown, path: JsonPath): unknown {
  let found: unknown = value;
  for (const step of path) {
    const isContainer = typeof step === 'number' ? Array.isArray(found) : isPlainObject(found);
    if (!isContainer) return undefined;
    found = Object.getOwnPropertyDescriptor(found, step)?.value;
  }
  return found;
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !JSON.isRawJSON(value);
}
