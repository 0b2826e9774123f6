// The methods of Java's String, Map and List that a mapping template may call on a value, with Java's semantics.

type Method<T> = (self: T, ...args: unknown[]) => unknown;

const text = (value: unknown): string => (typeof value === 'string' ? value : String(value));

/** Java's replaceAll takes a regular expression, and a replacement with `\x` and `$1`; velocityjs's is literal. */
function replaceAll(self: string, pattern: unknown, replacement: unknown, flags: string): string {
  return self.replace(javaPattern(text(pattern), flags), (...match: unknown[]) =>
    text(replacement).replace(/\\(.)|\$(\d)/gs, (_, escaped?: string, group?: string) =>
      escaped !== undefined ? escaped : text(match[Number(group)] ?? ''),
    ),
  );
}

/**
 * Compiles a Java pattern.
 * @throws Error if the pattern is invalid or means something else in JavaScript.
 */
export function javaPattern(pattern: string, flags: string): RegExp {
  // Possessive quantifiers, inline flags and \Q…\E exist only in Java, or mean something else in JavaScript.
  if (/[*+?}]\+|\(\?[a-z]|\\[QEAzZGh]/.test(pattern))
    throw new Error(`expected a regular expression that Java and JavaScript read alike, found ${pattern}`);
  return new RegExp(pattern, flags);
}

const STRING: Readonly<Record<string, Method<string>>> = {
  charAt: (self, index) => self.charAt(Number(index)),
  concat: (self, other) => self + text(other),
  contains: (self, part) => self.includes(text(part)),
  endsWith: (self, end) => self.endsWith(text(end)),
  equals: (self, other) => self === other,
  equalsIgnoreCase: (self, other) => self.toLowerCase() === text(other).toLowerCase(),
  indexOf: (self, part) => self.indexOf(text(part)),
  isEmpty: (self) => self === '',
  lastIndexOf: (self, part) => self.lastIndexOf(text(part)),
  length: (self) => self.length,
  matches: (self, pattern) => javaPattern(`^(?:${text(pattern)})$`, '').test(self),
  replace: (self, part, by) => self.replaceAll(text(part), () => text(by)),
  replaceAll: (self, pattern, by) => replaceAll(self, pattern, by, 'g'),
  replaceFirst: (self, pattern, by) => replaceAll(self, pattern, by, ''),
  // Java drops empty strings at the end.
  split: (self, pattern) => withoutEmptyEnd(self.split(javaPattern(text(pattern), ''))),
  startsWith: (self, start) => self.startsWith(text(start)),
  substring: (self, from, to) => substring(self, Number(from), to === undefined ? self.length : Number(to)),
  toLowerCase: (self) => self.toLowerCase(),
  toString: text,
  toUpperCase: (self) => self.toUpperCase(),
  trim: (self) => self.trim(),
};

function withoutEmptyEnd(parts: string[]): string[] {
  const last = parts.findLastIndex((part) => part !== '');
  return parts.slice(0, Math.max(last + 1, 1));
}

/** Java throws where JavaScript would swap or clamp the indexes. */
function substring(self: string, from: number, to: number): string {
  if (from < 0 || to > self.length || from > to)
    throw new Error(`substring: expected indexes within 0 to ${self.length}, found ${from} to ${to}`);
  return self.slice(from, to);
}

const own = (map: object, key: unknown): unknown => Object.getOwnPropertyDescriptor(map, text(key))?.value;

const MAP: Readonly<Record<string, Method<object>>> = {
  containsKey: (self, key) => Object.hasOwn(self, text(key)),
  get: own,
  isEmpty: (self) => Object.keys(self).length === 0,
  keySet: (self) => Object.keys(self),
  size: (self) => Object.keys(self).length,
  values: (self) => Object.values(self),
};

const LIST: Readonly<Record<string, Method<readonly unknown[]>>> = {
  contains: (self, item) => self.includes(item),
  get: (self, index) => self[Number(index)],
  isEmpty: (self) => self.length === 0,
  size: (self) => self.length,
};

/** The methods of all types: any other method can be refused when the template is read. */
export const VALUE_METHODS: ReadonlySet<string> = new Set(
  [STRING, MAP, LIST].flatMap((methods) => Object.keys(methods)),
);

/** The methods that return a boolean, so that a call of one may be a condition by itself. */
export const BOOLEAN_METHODS: ReadonlySet<string> = new Set([
  'contains',
  'containsKey',
  'endsWith',
  'equals',
  'equalsIgnoreCase',
  'isEmpty',
  'matches',
  'startsWith',
]);

/**
 * Calls a method on a value of the template.
 * @throws Error if a value of this type has no such method.
 */
export function callMethod(self: unknown, name: string, args: unknown[]): unknown {
  const call = <T>(methods: Readonly<Record<string, Method<T>>>, value: T, type: string): unknown => {
    const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
    if (method) return method(value, ...args);
    throw new Error(`expected a method of ${type} (${Object.keys(methods).join(', ')}), found ${name}`);
  };
  if (typeof self === 'string') return call(STRING, self, 'a text');
  if (Array.isArray(self)) return call(LIST, self, 'a list');
  if (typeof self === 'object' && self !== null) return call(MAP, self, 'a map');
  return call({ toString: String }, self, `a ${typeof self}`);
}
