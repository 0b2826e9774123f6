/**
 * Choice rules: all comparison operators, And, Or, Not. Strings compare by UTF-16 code unit, as in Java; timestamps as
 * instants. A value of another type than the operator's matches nothing; a missing Variable fails the execution,
 * except for IsPresent.
 * Follows https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html
 */
import { compileStars } from '../../wildcard.ts';
import { DefinitionError, StateError } from '../data/errors.ts';
import type { Json } from '../data/json.ts';
import { type Path, parsePath, readPath, requirePath, type Scope } from '../data/paths.ts';
import type { Fields } from './fields.ts';

export type Rule = (scope: Scope) => boolean;

type Kind = 'String' | 'Numeric' | 'Timestamp' | 'Boolean';
type Order = (comparison: number) => boolean;

const ORDERS: Readonly<Record<string, Order>> = {
  Equals: (c) => c === 0,
  LessThan: (c) => c < 0,
  GreaterThan: (c) => c > 0,
  LessThanEquals: (c) => c <= 0,
  GreaterThanEquals: (c) => c >= 0,
};

const TYPE_TESTS: Readonly<Record<string, (value: Json) => boolean>> = {
  IsNull: (value) => value === null,
  IsNumeric: (value) => typeof value === 'number',
  IsString: (value) => typeof value === 'string',
  IsBoolean: (value) => typeof value === 'boolean',
  IsTimestamp: (value) => instant(value) !== undefined,
};

const KINDS: readonly Kind[] = ['String', 'Numeric', 'Timestamp', 'Boolean'];

/**
 * Reads one rule and the rules in it; Next and Comment are left to the caller.
 * @throws DefinitionError
 */
export function parseRule(fields: Fields): Rule {
  const nested = fields.optionalList('And') ?? fields.optionalList('Or');
  const and = fields.has('And');
  if (nested) {
    const rules = nested.map(parseInnerRule);
    if (rules.length === 0)
      throw new DefinitionError(`${fields.at}: expected at least one rule in ${and ? 'And' : 'Or'}`);
    return and ? (scope) => rules.every((rule) => rule(scope)) : (scope) => rules.some((rule) => rule(scope));
  }
  const not = fields.optionalObject('Not');
  if (not) {
    const rule = parseInnerRule(not);
    return (scope) => !rule(scope);
  }
  return parseComparison(fields);
}

function parseInnerRule(fields: Fields): Rule {
  const rule = parseRule(fields);
  fields.optionalString('Comment');
  fields.end();
  return rule;
}

function parseComparison(fields: Fields): Rule {
  const variable = fields.parsed('Variable', parsePath);
  const operator = fields.names().find((name) => isOperator(name));
  if (operator === undefined)
    throw new DefinitionError(
      `${fields.at}: expected a comparison operator but received ${fields.names().join(', ') || 'none'}`,
    );
  if (operator === 'IsPresent') {
    const wanted = fields.boolean(operator);
    return (scope) => (readPath(variable, scope) !== undefined) === wanted;
  }
  const typeTest = TYPE_TESTS[operator];
  if (typeTest) {
    const wanted = fields.boolean(operator);
    return (scope) => typeTest(variableOf(variable, scope)) === wanted;
  }
  if (operator === 'StringMatches') return matching(variable, fields.string(operator), fields.at);
  return comparing(variable, operator, fields);
}

function isOperator(name: string): boolean {
  return (
    name === 'IsPresent' ||
    name === 'StringMatches' ||
    Object.hasOwn(TYPE_TESTS, name) ||
    split(name) !== undefined
  );
}

/** Splits an operator: NumericLessThanEqualsPath is Numeric, LessThanEquals, and compares with a path. */
function split(operator: string): { kind: Kind; order: Order; fromPath: boolean } | undefined {
  const kind = KINDS.find((candidate) => operator.startsWith(candidate));
  if (!kind) return undefined;
  const fromPath = operator.endsWith('Path');
  const name = operator.slice(kind.length, fromPath ? -'Path'.length : undefined);
  const order = Object.hasOwn(ORDERS, name) ? ORDERS[name] : undefined;
  return order && (kind !== 'Boolean' || name === 'Equals') ? { kind, order, fromPath } : undefined;
}

function comparing(variable: Path, operator: string, fields: Fields): Rule {
  const parts = split(operator);
  if (!parts) throw new DefinitionError(`${fields.at}: ${operator} is no comparison operator`);
  const { kind, order, fromPath } = parts;
  const compared = (left: Json, right: Json): boolean => {
    const comparison = compare(kind, left, right);
    return comparison !== undefined && order(comparison);
  };
  if (fromPath) {
    const path = fields.parsed(operator, parsePath);
    return (scope) => compared(variableOf(variable, scope), requirePath(path, scope, operator));
  }
  const literal = fields.json(operator);
  if (compare(kind, literal, literal) === undefined) {
    throw new DefinitionError(
      `${fields.at}: expected a ${kind.toLowerCase()} value for ${operator} but received ${JSON.stringify(literal)}`,
    );
  }
  return (scope) => compared(variableOf(variable, scope), literal);
}

function variableOf(variable: Path, scope: Scope): Json {
  const value = readPath(variable, scope);
  if (value !== undefined) return value;
  throw new StateError(
    'States.Runtime',
    `Invalid path '${variable.text}': The choice state's condition path references an invalid value.`,
  );
}

/** Below, equal to or above 0, as `left` is to `right`; undefined if one of them is not of this kind. */
function compare(kind: Kind, left: Json, right: Json): number | undefined {
  if (kind === 'Timestamp') {
    const [a, b] = [instant(left), instant(right)];
    return a === undefined || b === undefined ? undefined : a - b;
  }
  if (kind === 'Numeric')
    return typeof left === 'number' && typeof right === 'number' ? left - right : undefined;
  if (kind === 'Boolean')
    return typeof left === 'boolean' && typeof right === 'boolean' ? Number(left) - Number(right) : undefined;
  if (typeof left !== 'string' || typeof right !== 'string') return undefined;
  return left === right ? 0 : left < right ? -1 : 1;
}

/** A timestamp of the States Language (RFC 3339 with a capital T, and Z or an offset) in milliseconds since 1970. */
export function instant(value: Json): number | undefined {
  if (typeof value !== 'string') return undefined;
  const [, day] = /^(\d{4}-\d\d-\d\d)T(?!24)\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.exec(value) ?? [];
  const ms = Date.parse(value);
  if (day === undefined || Number.isNaN(ms)) return undefined;
  // Date.parse takes 30 February for 2 March.
  return new Date(Date.parse(day)).toISOString().startsWith(day) ? ms : undefined;
}

function matching(variable: Path, pattern: string, at: string): Rule {
  const tokens = pattern.match(/\\[\s\S]?|[\s\S]/g) ?? [];
  const unknown = tokens.find((token) => token.startsWith('\\') && token !== '\\*' && token !== '\\\\');
  if (unknown !== undefined)
    throw new DefinitionError(
      `${at}: expected \\* or \\\\ in StringMatches but received ${JSON.stringify(unknown)}`,
    );
  const matches = compileStars(tokens);
  return (scope) => {
    const value = variableOf(variable, scope);
    return typeof value === 'string' && matches(value);
  };
}
