/** The items of inline and distributed Maps, and the input that is made of each item. */
import { StateError } from '../data/errors.ts';
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../data/json.ts';
import { requirePath, type Scope } from '../data/paths.ts';
import { evaluateTemplate, type Template } from '../data/templates.ts';
import type { MapState } from '../definition/state-types.ts';

/**
 * The items in the array that ItemsPath names.
 * @throws StateError States.Runtime
 */
export function itemsOf(state: MapState, scope: Scope): readonly Json[] {
  const items = requirePath(state.itemsPath, scope, 'ItemsPath');
  if (!isJsonArray(items)) {
    const instead = isJsonObject(items)
      ? ' The keys of an object are not iterated here; on AWS they are.'
      : '';
    throw new StateError(
      'States.Runtime',
      `Reference path "${state.itemsPath.text}" must point to array.${instead}`,
    );
  }
  return items;
}

/** `$$.Map.Item` of an iteration. */
export function mapItem(state: MapState, scope: Scope, index: number, value: Json): JsonObject {
  return { Index: index, Value: value, Source: sourceOf(state, scope) };
}

function sourceOf({ distributed }: MapState, scope: Scope): string {
  if (!distributed?.reader) return 'STATE_DATA';
  return `S3://${bucketAndPrefixOf(distributed.reader.parameters, scope).bucket}`;
}

/** The input of an iteration: the item, or what ItemSelector makes of it. */
export function selectItem(state: MapState, scope: Scope, item: JsonObject): Json {
  if (!state.parameters) return item.Value ?? null;
  const outer = isJsonObject(scope.context) ? scope.context : {};
  return evaluateTemplate(state.parameters, { ...scope, context: { ...outer, Map: { Item: item } } });
}

/**
 * Bucket and Prefix of a reader or writer.
 * @throws StateError States.Runtime
 */
export function bucketAndPrefixOf(template: Template, scope: Scope): { bucket: string; prefix: string } {
  const parameters = evaluateTemplate(template, scope);
  const { Bucket: bucket, Prefix: prefix = '' } =
    typeof parameters === 'object' && parameters !== null && 'Bucket' in parameters
      ? parameters
      : { Bucket: null };
  if (typeof bucket !== 'string' || typeof prefix !== 'string') {
    throw new StateError(
      'States.Runtime',
      `Expected strings for Bucket and Prefix but received ${JSON.stringify(parameters)}`,
    );
  }
  return { bucket, prefix };
}
