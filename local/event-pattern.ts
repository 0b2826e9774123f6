/**
 * EventBridge's event patterns. Covers: exact values, `prefix`, `suffix`, `equals-ignore-case`, `anything-but` (values or
 * prefix), `exists`. Refuses by name: every other operator. Follows "Creating Amazon EventBridge event patterns".
 */
export type Matcher = (event: unknown) => boolean;

type Fields = Readonly<Record<string, unknown>>;

/** @throws Error that names the operator, or the place, that is not supported. */
export function compilePattern(pattern: unknown, path = 'Pattern'): Matcher {
  if (!isFields(pattern))
    throw new Error(`${path}: expected an object but found ${JSON.stringify(pattern)}.`);
  const fields = Object.entries(pattern).map(([name, value]) => {
    if (name === '$or') throw new Error(`${path}: "$or" is not supported by the local runtime.`);
    const matches = Array.isArray(value)
      ? compileAlternatives(value, `${path}.${name}`)
      : compilePattern(value, `${path}.${name}`);
    return (event: unknown) => matches(isFields(event) ? event[name] : undefined);
  });
  return (event) => fields.every((matches) => matches(event));
}

/** The entries of one array are alternatives; an array in the event matches where any of its values does. */
function compileAlternatives(alternatives: readonly unknown[], path: string): Matcher {
  const matchers = alternatives.map((alternative) => compileAlternative(alternative, path));
  return (value) => {
    const values = Array.isArray(value) ? value : [value];
    return matchers.some((matches) => values.some(matches));
  };
}

function compileAlternative(alternative: unknown, path: string): Matcher {
  if (!isFields(alternative)) return (value) => value === alternative;
  const [[operator, operand] = [], ...others] = Object.entries(alternative);
  if (others.length > 0 || operator === undefined)
    throw new Error(`${path}: expected one operator in ${JSON.stringify(alternative)}.`);
  const compile = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined;
  if (!compile) throw new Error(`${path}: the operator "${operator}" is not supported by the local runtime.`);
  return compile(operand, path);
}

const OPERATORS: Readonly<Record<string, (operand: unknown, path: string) => Matcher>> = {
  prefix: (operand, path) => {
    const prefix = expectText(operand, path);
    return (value) => typeof value === 'string' && value.startsWith(prefix);
  },
  suffix: (operand, path) => {
    const suffix = expectText(operand, path);
    return (value) => typeof value === 'string' && value.endsWith(suffix);
  },
  'equals-ignore-case': (operand, path) => {
    const text = expectText(operand, path).toLowerCase();
    return (value) => typeof value === 'string' && value.toLowerCase() === text;
  },
  'anything-but': (operand, path) => {
    const excluded = compileAlternatives(Array.isArray(operand) ? operand : [operand], path);
    return (value) => value !== undefined && !excluded(value);
  },
  exists: (operand) => (value) => (value !== undefined) === operand,
};

function expectText(operand: unknown, path: string): string {
  if (typeof operand === 'string') return operand;
  throw new Error(`${path}: expected a string but found ${JSON.stringify(operand)}.`);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
