/**
 * Event patterns: exact values, and the operators in OPERATORS.
 * Follows "Creating Amazon EventBridge event patterns" and "Comparison operators for use in event patterns".
 */
import { Value } from '../template/index.ts';

export type Matcher = (event: unknown) => boolean;

type Fields = Readonly<Record<string, unknown>>;

/** @throws TemplateError that names the operator that is not supported, or the place that is not a pattern. */
export function compilePattern(pattern: Value): Matcher {
  const fields = pattern.entries().map(([name, value]) => {
    if (name === '$or') value.fail('no $or operator, which is not supported here,', name);
    const matches = Array.isArray(value.raw) ? compileAlternatives(value) : compilePattern(value);
    return (event: unknown) => matches(isFields(event) ? event[name] : undefined);
  });
  return (event) => fields.every((matches) => matches(event));
}

/** Whether a pattern can match an event of S3, the only sender of events here. */
export function canMatchS3(pattern: Value): boolean {
  const { source, 'detail-type': type } = isFields(pattern.raw) ? pattern.raw : {};
  const envelope = {
    ...(source !== undefined && { source }),
    ...(type !== undefined && { 'detail-type': type }),
  };
  const matches = compilePattern(new Value(envelope, pattern.path, pattern.place));
  return ['Object Created', 'Object Deleted'].some((type) =>
    matches({ source: 'aws.s3', 'detail-type': type }),
  );
}

/** The entries of one array are alternatives; an array in the event matches if any of its values does. */
function compileAlternatives(alternatives: Value): Matcher {
  const matchers = alternatives.list().map(compileAlternative);
  if (matchers.length === 0) alternatives.fail('at least one alternative', 'none');
  return (value) => {
    // Alternatives match leaf values only: an object in the event counts as absent.
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
