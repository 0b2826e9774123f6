// SAM's Globals section. Follows "Globals section of the AWS SAM template" (AWS SAM Developer Guide) and globals.py of
// the SAM translator.

import { isMap, isScalar, isSeq, type Node, type YAMLMap } from 'yaml';
import { intrinsicOf, type Source } from './source.ts';

/** The sections that are merged, and what SAM refuses in each, although the resources may have it. */
const MERGED = {
  Api: /^(DefinitionBody|Description|StageName|Tags)$/,
  Function: /^(Events|FunctionName|Policies|Role|VersionDescription)$/,
  StateMachine: /^(?!PropagateTags$)/,
};
/** Their types do not run here, or read no property. */
const WITHOUT_EFFECT = ['CapacityProvider', 'HttpApi', 'LayerVersion', 'SimpleTable', 'WebSocketApi'];

/**
 * Adds the properties in Globals to the resources, as SAM does before it reads them.
 * @throws TemplateError for what SAM refuses in Globals.
 */
export function mergeGlobals(source: Source, globals: YAMLMap, resources: readonly YAMLMap[]): void {
  refuseKeys(source, globals, (key) => !(key in MERGED) && !WITHOUT_EFFECT.includes(key));
  for (const [section, refused] of Object.entries(MERGED)) {
    const shared = source.dereference(globals.get(section, true));
    if (!isMap(shared)) continue;
    refuseKeys(source, shared, (key) => refused.test(key));
    const merged = resources
      .filter((resource) => resource.get('Type') === `AWS::Serverless::${section}`)
      .map((resource) => [resource, merge(source, shared, resource.get('Properties', true))] as const);
    // Only after all have been merged, because aliases can make two resources share their properties.
    for (const [resource, properties] of merged) resource.set('Properties', properties);
  }
}

function refuseKeys(source: Source, map: YAMLMap, isRefused: (key: string) => boolean): void {
  for (const { key } of map.items)
    if (isScalar(key) && isRefused(String(key.value)))
      source.fail(key, 'only what SAM merges from Globals', String(key.value));
}

/** Maps are merged, and lists appended to the global ones; of anything else the resource's own value is taken. */
function merge(source: Source, global: unknown, own: unknown, name?: unknown): unknown {
  const [theirs, ours] = [source.dereference(global), source.dereference(own)];
  if (!ours || isIntrinsic(theirs) || isIntrinsic(ours)) return ours ?? theirs;
  if (isMap(theirs) && isMap(ours)) {
    const merged = ours.clone();
    for (const { key, value } of theirs.items)
      merged.set(key, merge(source, value, ours.get(key, true), key));
    return merged;
  }
  // A function has one architecture, so SAM replaces this list.
  if (!isSeq(theirs) || !isSeq(ours) || String(name) === 'Architectures') return ours;
  const appended = ours.clone();
  appended.items = [...theirs.items, ...ours.items];
  return appended;
}

/** SAM takes an intrinsic function for a single value. */
function isIntrinsic(node: Node | undefined): boolean {
  if (node?.tag && intrinsicOf(node.tag)) return true;
  const [only, another] = isMap(node) ? node.items : [];
  return !another && isScalar(only?.key) && /^(Ref|Condition|Fn::.*)$/.test(String(only.key.value));
}
