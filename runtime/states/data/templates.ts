/**
 * Payload templates: JSON in which a field `name.$` takes its value from a path or an intrinsic function.
 * Follows https://docs.aws.amazon.com/step-functions/latest/dg/input-output-inputpath-params.html
 */
import { DefinitionError } from './errors.ts';
import { type Call, evaluateCall, parseCall } from './intrinsics.ts';
import { isJsonArray, isJsonObject, type Json } from './json.ts';
import { type Path, parsePath, requirePath, type Scope } from './paths.ts';

export type Expression = Path | Call;

export type Template =
  | { readonly kind: 'literal'; readonly value: Json }
  | { readonly kind: 'expression'; readonly field: string; readonly expression: Expression }
  | { readonly kind: 'object'; readonly entries: readonly (readonly [string, Template])[] }
  | { readonly kind: 'array'; readonly items: readonly Template[] };

/**
 * Reads a path or a call of an intrinsic function.
 * @throws DefinitionError
 */
export function parseExpression(text: string): Expression {
  return text.startsWith('$') ? parsePath(text) : parseCall(text);
}

export function evaluateExpression(expression: Expression, scope: Scope, field: string): Json {
  return expression.kind === 'path' ? requirePath(expression, scope, field) : evaluateCall(expression, scope);
}

/**
 * Reads a payload template, and checks every expression in it before any execution.
 * @throws DefinitionError
 */
export function parseTemplate(value: Json): Template {
  if (isJsonArray(value)) return { kind: 'array', items: value.map(parseTemplate) };
  if (!isJsonObject(value)) return { kind: 'literal', value };
  return {
    kind: 'object',
    entries: Object.entries(value).map(([key, inner]) => parseEntry(key, inner, value)),
  };
}

function parseEntry(key: string, value: Json, siblings: Json): readonly [string, Template] {
  if (!key.endsWith('.$')) return [key, parseTemplate(value)];
  const name = key.slice(0, -2);
  if (isJsonObject(siblings) && Object.hasOwn(siblings, name)) {
    throw new DefinitionError(`Expected either "${name}" or "${key}" but received both`);
  }
  if (typeof value !== 'string') {
    throw new DefinitionError(
      `Expected a path or an intrinsic function for "${key}" but received ${JSON.stringify(value)}`,
    );
  }
  return [name, { kind: 'expression', field: key, expression: parseExpression(value) }];
}

export function evaluateTemplate(template: Template, scope: Scope): Json {
  switch (template.kind) {
    case 'literal':
      return template.value;
    case 'expression':
      return evaluateExpression(template.expression, scope, template.field);
    case 'array':
      return template.items.map((item) => evaluateTemplate(item, scope));
    case 'object':
      return Object.fromEntries(
        template.entries.map(([key, inner]) => [key, evaluateTemplate(inner, scope)]),
      );
  }
}
