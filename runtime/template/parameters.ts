import { describe, TemplateError } from './error.ts';

/** One entry of the template's Parameters section, as plain values, and its line. */
export interface ParameterDeclaration {
  readonly name: string;
  readonly line: number;
  readonly declaration: Readonly<Record<string, unknown>>;
}

const SUPPORTED_TYPES = ['String', 'Number'];
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
 * Chooses the value of every parameter.
 * @throws TemplateError that lists every mistake in the parameters.
 */
export function chooseParameters(
  sourceName: string,
  declarations: readonly ParameterDeclaration[],
  overrides: Readonly<Record<string, string>>,
): Record<string, string> {
  const mistakes: string[] = [];
  const values: Record<string, string> = {};
  const known = new Set(declarations.map(({ name }) => name));
  for (const name of Object.keys(overrides).filter((name) => !known.has(name)))
    mistakes.push(`${sourceName}:1: expected one of the parameters ${[...known].join(', ')}, found ${name}`);
  for (const { name, line, declaration } of declarations) {
    const value = Object.hasOwn(overrides, name) ? overrides[name] : declaration.Default;
    const found = mistakesIn(declaration, value);
    mistakes.push(...found.map((mistake) => `${sourceName}:${line}: expected ${mistake.replace('%', name)}`));
    values[name] = String(value);
  }
  if (mistakes.length > 0) throw new TemplateError(mistakes.join('\n'));
  return values;
}

/** Each mistake has `%` in place of the parameter's name. */
function mistakesIn(declaration: Readonly<Record<string, unknown>>, value: unknown): string[] {
  const mistakes: string[] = [];
  const found = describe(value);
  const unknown = Object.keys(declaration).filter((key) => !SUPPORTED_KEYS.includes(key));
  for (const key of unknown)
    mistakes.push(`one of ${SUPPORTED_KEYS.join(', ')} for parameter %, found ${key}`);
  if (!SUPPORTED_TYPES.includes(String(declaration.Type)))
    return [...mistakes, `Type String or Number for parameter %, found ${describe(declaration.Type)}`];
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
