/** How a comparison of the Amazon States Language is said; its name may end in `Path`. */
const COMPARISONS: readonly (readonly [RegExp, string])[] = [
  [/Equals$/, '='],
  [/LessThanEquals$/, '≤'],
  [/GreaterThanEquals$/, '≥'],
  [/LessThan$/, '<'],
  [/GreaterThan$/, '>'],
  [/Matches$/, 'is like'],
];

/** Says when a rule of a Choice state applies, such as `status = "REJECTED"`. */
export function describeRule(rule: unknown): string {
  const entries = Object.entries(Object(rule));
  const part = (name: string): unknown => entries.find(([key]) => key === name)?.[1];
  const [and, or, not] = [part('And'), part('Or'), part('Not')];
  if (Array.isArray(and)) return and.map(describePart).join(' and ');
  if (Array.isArray(or)) return or.map(describePart).join(' or ');
  if (not !== undefined) return `not (${describeRule(not)})`;
  const condition = part('Condition');
  if (typeof condition === 'string') return condition.replace(/^\{%\s*|\s*%\}$/g, '');
  const variable = String(part('Variable') ?? '').replace(/^\$\.(?=.)/, '');
  const comparison = entries.find(
    ([key]) => !['Variable', 'Next', 'Comment', 'Assign', 'Output'].includes(key),
  );
  return comparison ? `${variable} ${describeComparison(comparison)}` : variable;
}

/** A rule inside of And or Or. */
function describePart(rule: unknown): string {
  const isJoined = ['And', 'Or'].some((name) => Object.hasOwn(Object(rule), name));
  return isJoined ? `(${describeRule(rule)})` : describeRule(rule);
}

function describeComparison([operator, value]: readonly [string, unknown]): string {
  if (operator.startsWith('Is')) {
    const what = operator.slice(2).toLowerCase();
    return value === true ? `is ${what}` : `is not ${what}`;
  }
  const name = operator.replace(/Path$/, '');
  // The longest name wins: LessThanEquals also ends in Equals.
  const word = COMPARISONS.findLast(([end]) => end.test(name) && end.source !== 'Equals$') ?? COMPARISONS[0];
  const shown = operator.endsWith('Path') ? String(value) : JSON.stringify(value);
  return `${word?.[1] ?? operator} ${shown}`;
}
