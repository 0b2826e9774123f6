import { describe, TemplateError } from './error.ts';

/** One entry of the template's Parameters section, as plain values, and its line. */
export interface ParameterDeclaration {
  readonly name: string;
  readonly line: number;
  readonly declaration: Readonly<Record<string, unknown>>;
}

/** By name: a text, a list for a parameter of a list type, or undefined for one that has no value here. */
export type ParameterValues = ReadonlyMap<string, string | readonly string[] | undefined>;

const EVALUATED_TYPES = ['String', 'Number'];
/** The other types, whose values CloudFormation looks up or checks: lists, SSM parameters, ids of AWS resources. */
const OTHER_TYPES = /^(CommaDelimitedList|List<[\w:]+>|AWS::[\w:]+(<[\w:<>]+>)?)$/;
const SUPPORTED_KEYS = [
  'Type',
  'Default',
  'AllowedValues',
  'AllowedPattern',
  'ConstraintDescription',
  'Description',
  'MinValue',
  'MaxValue',
  'MinLength',
  'MaxLength',
  'NoEcho',
];

/**
 * Chooses the value of every parameter. One that is neither String nor Number has a value only if the caller gives one.
 * @param defaults replace the declared ones.
 * @throws TemplateError that lists every mistake in the parameters.
 */
export function chooseParameters(
  sourceName: string,
  declarations: readonly ParameterDeclaration[],
  overrides: Readonly<Record<string, string>>,
  defaults: Readonly<Record<string, string>> = {},
): ParameterValues {
  const mistakes: string[] = [];
  const values = new Map<string, string | readonly string[] | undefined>();
  const known = new Set(declarations.map(({ name }) => name));
  for (const name of Object.keys(overrides).filter((name) => !known.has(name)))
    mistakes.push(`${sourceName}:1: expected one of the parameters ${[...known].join(', ')}, found ${name}`);
  for (const { name, line, declaration } of declarations) {
    const given = [overrides, defaults].find((values) => Object.hasOwn(values, name))?.[name];
    const type = String(declaration.Type);
    const value = given ?? (EVALUATED_TYPES.includes(type) ? declaration.Default : undefined);
    const found = mistakesIn(declaration, value);
    mistakes.push(...found.map((mistake) => `${sourceName}:${line}: expected ${mistake.replace('%', name)}`));
    values.set(name, textOrList(type, value));
  }
  if (mistakes.length > 0) throw new TemplateError(mistakes.join('\n'));
  return values;
}

function textOrList(type: string, value: unknown): string | string[] | undefined {
  if (value === undefined) return undefined;
  const text = String(value);
  return /CommaDelimitedList|\bList</.test(type) ? text.split(',').map((item) => item.trim()) : text;
}

/** Each mistake has `%` in place of the parameter's name. */
function mistakesIn(declaration: Readonly<Record<string, unknown>>, value: unknown): string[] {
  const mistakes: string[] = [];
  const found = describe(value);
  const unknown = Object.keys(declaration).filter((key) => !SUPPORTED_KEYS.includes(key));
  for (const key of unknown)
    mistakes.push(`one of ${SUPPORTED_KEYS.join(', ')} for parameter %, found ${key}`);
  if (OTHER_TYPES.test(String(declaration.Type))) return mistakes;
  if (!EVALUATED_TYPES.includes(String(declaration.Type)))
    return [...mistakes, `a Type of CloudFormation for parameter %, found ${describe(declaration.Type)}`];
  if (value === undefined || value === null || typeof value === 'object')
    return [...mistakes, `a value for parameter %, which has no usable default, found ${found}`];

  const text = String(value);
  const allowed = declaration.AllowedValues;
  if (Array.isArray(allowed) && !allowed.map(String).includes(text))
    mistakes.push(`one of ${allowed.map(String).join(', ')} for parameter %, found ${found}`);
  // CloudFormation matches the whole value.
  const pattern = declaration.AllowedPattern;
  if (typeof pattern === 'string' && !isRegularExpression(pattern))
    mistakes.push(`an AllowedPattern that is one of JavaScript's too for parameter %, found ${pattern}`);
  else if (typeof pattern === 'string' && !new RegExp(`^(?:${pattern})$`).test(text))
    mistakes.push(`a value that matches ${pattern} for parameter %, found ${found}`);
  const isNumber = declaration.Type === 'Number';
  if (isNumber && (text.trim() === '' || !Number.isFinite(Number(text))))
    mistakes.push(`a number for parameter %, found ${found}`);
  const size = isNumber ? Number(text) : [...text].length;
  const [least, most] = isNumber ? ['MinValue', 'MaxValue'] : ['MinLength', 'MaxLength'];
  const what = isNumber ? '' : ' characters';
  if (least && declaration[least] !== undefined && size < Number(declaration[least]))
    mistakes.push(`at least ${declaration[least]}${what} for parameter %, found ${found}`);
  if (most && declaration[most] !== undefined && size > Number(declaration[most]))
    mistakes.push(`at most ${declaration[most]}${what} for parameter %, found ${found}`);
  return mistakes;
}

function isRegularExpression(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}
