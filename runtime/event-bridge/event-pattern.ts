/**
 * EventBridge's event patterns. Covers: exact values, `prefix`, `suffix`, `equals-ignore-case`, `anything-but` (values or
 * prefix), `exists`. Refuses by name and line: every other operator, and what EventBridge takes for no pattern.
 * Follows "Creating Amazon EventBridge event patterns" and "Comparison operators for use in event patterns".
 */
import type { Value } from '../template/value.ts';

export type Matcher = (event: unknown) => boolean;

type Fields = Readonly<Record<string, unknown>>;

/** @throws TemplateError that names the operator, or the place, that is not supported. */
export function compilePattern(pattern: Value): Matcher {
  const fields = pattern.entries().map(([name, value]) => {
    if (name === '$or') value.fail('no operator of which a pattern consists,', name);
    const matches = Array.isArray(value.raw) ? compileAlternatives(value) : compilePattern(value);
    return (event: unknown) => matches(isFields(event) ? event[name] : undefined);
  });
  return (event) => fields.every((matches) => matches(event));
}

/** The entries of one array are alternatives; an array in the event matches where any of its values does. */
function compileAlternatives(alternatives: Value): Matcher {
  const matchers = alternatives.list().map(compileAlternative);
  if (matchers.length === 0) alternatives.fail('at least one alternative', 'none');
  return (value) => {
    // What has fields of its own is no leaf: for an operator there is nothing.
    const values = Array.isArray(value) ? value : [isFields(value) ? undefined : value];
    return matchers.some((matches) => values.some(matches));
  };
}

function compileAlternative(alternative: Value): Matcher {
  const { raw } = alternative;
  if (Array.isArray(raw)) return alternative.fail('a value or an operator');
  if (!isFields(raw)) return (value) => value === raw;
  const [[operator, operand] = [], ...others] = alternative.only(Object.keys(OPERATORS)).entries();
  const compile = operator === undefined ? undefined : OPERATORS[operator];
  if (!compile || !operand || others.length > 0) return alternative.fail('one operator');
  return compile(operand);
}

const OPERATORS: Readonly<Record<string, (operand: Value) => Matcher>> = {
  prefix: (operand) => {
    const prefix = operand.text();
    return (value) => typeof value === 'string' && value.startsWith(prefix);
  },
  suffix: (operand) => {
    const suffix = operand.text();
    return (value) => typeof value === 'string' && value.endsWith(suffix);
  },
  'equals-ignore-case': (operand) => {
    const text = operand.text().toLowerCase();
    return (value) => typeof value === 'string' && value.toLowerCase() === text;
  },
  'anything-but': (operand) => {
    const excluded = isFields(operand.raw)
      ? compileAlternative(operand.only(['prefix']))
      : compileValues(operand);
    return (value) => value !== undefined && !excluded(value);
  },
  exists: (operand) => {
    const { raw: isWanted } = operand;
    if (typeof isWanted !== 'boolean') operand.fail('true or false');
    return (value) => (value !== undefined) === isWanted;
  },
};

function compileValues(values: Value): Matcher {
  const excluded = values.listOrOne().map((one) => {
    const { raw } = one;
    return typeof raw === 'string' || typeof raw === 'number' ? raw : one.fail('a text or a number');
  });
  if (excluded.length === 0) values.fail('at least one value', 'none');
  return (value) => excluded.some((one) => one === value);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
