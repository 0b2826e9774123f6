/**
 * The items of a Map, and the inputs of a distributed one's children: ItemReader, ItemSelector, ItemBatcher.
 * After https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html and
 * https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itembatcher.html
 */
import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { readAmount } from '../data/amounts.ts';
import { StateError } from '../data/errors.ts';
import { isJsonArray, isJsonObject, type Json, type JsonObject, jsonBytes } from '../data/json.ts';
import { requirePath, type Scope } from '../data/paths.ts';
import { MAX_PAYLOAD_BYTES } from '../data/payload.ts';
import { evaluateTemplate, type Template } from '../data/templates.ts';
import type { Batcher, Distribution, MapState } from '../definition/map.ts';
import { told } from './result-files.ts';

/** The items of a Map that takes an array. */
export function itemsOf(state: MapState, scope: Scope): readonly Json[] {
  const items = requirePath(state.itemsPath, scope, 'ItemsPath');
  if (!isJsonArray(items)) {
    const instead = isJsonObject(items)
      ? ' The keys of an object are not iterated here, as they are on AWS.'
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

/** What ItemSelector makes of an item. */
export function selectItem(state: MapState, scope: Scope, item: JsonObject): Json {
  if (!state.parameters) return item.Value ?? null;
  const outer = isJsonObject(scope.context) ? scope.context : {};
  return evaluateTemplate(state.parameters, { ...scope, context: { ...outer, Map: { Item: item } } });
}

/** One child execution to come: how many items it has, and the input made of them when it starts. */
export interface Child {
  readonly itemCount: number;
  readonly input: () => Json;
}

/** Bucket and Prefix of a reader or writer. */
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

/** All items: of the array that ItemsPath names, or of the reader's bucket, page by page. */
export async function readItems(
  state: MapState,
  reader: Distribution['reader'],
  scope: Scope,
  s3: S3Client,
  signal: AbortSignal,
): Promise<readonly Json[]> {
  if (!reader) return itemsOf(state, scope);
  const maxItems = reader.maxItems ? readAmount(reader.maxItems, scope) : Number.POSITIVE_INFINITY;
  const { bucket, prefix } = bucketAndPrefixOf(reader.parameters, scope);
  const items: Json[] = [];
  let token: string | undefined;
  do {
    const page = await listPage(s3, bucket, prefix, token, signal);
    items.push(...page.items.slice(0, maxItems - items.length));
    token = page.token;
  } while (token !== undefined && items.length < maxItems);
  return items;
}

async function listPage(
  s3: S3Client,
  bucket: string,
  prefix: string,
  token: string | undefined,
  signal: AbortSignal,
): Promise<{ items: Json[]; token: string | undefined }> {
  const command = new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token });
  const page = await s3.send(command, { abortSignal: signal }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw new StateError(
      'States.ItemReaderFailed',
      `Failed to list s3://${bucket}/${prefix}. ${told(error)}`,
    );
  });
  const items = (page.Contents ?? []).map((object) => ({
    // AWS's spelling, and its seconds since 1970.
    Etag: object.ETag ?? '',
    Key: object.Key ?? '',
    LastModified: (object.LastModified?.getTime() ?? 0) / 1000,
    Size: object.Size ?? 0,
    StorageClass: object.StorageClass ?? 'STANDARD',
  }));
  return { items, token: page.IsTruncated ? page.NextContinuationToken : undefined };
}

/** Plans all children. Every selector is evaluated once here, so that a wrong one fails before any child runs. */
export function planChildren(
  state: MapState,
  batcher: Batcher | undefined,
  scope: Scope,
  items: readonly Json[],
): Child[] {
  const select = (index: number): Json =>
    selectItem(state, scope, mapItem(state, scope, index, items[index] ?? null));
  if (!batcher) {
    return items.map((_, index) => {
      limited(jsonBytes(select(index)), MAX_PAYLOAD_BYTES, state.name);
      return { itemCount: 1, input: () => select(index) };
    });
  }
  const shared = batcher.input ? { BatchInput: evaluateTemplate(batcher.input, scope) } : {};
  return ranges(state, batcher, scope, items.length, select, jsonBytes({ ...shared, Items: [] })).map(
    ([from, to]) => ({
      itemCount: to - from,
      input: () => ({
        ...shared,
        Items: Array.from({ length: to - from }, (_, offset) => select(from + offset)),
      }),
    }),
  );
}

/** Cuts the items into batches, by number and by the bytes of the child's input, whichever is reached first. */
function ranges(
  state: MapState,
  batcher: Batcher,
  scope: Scope,
  count: number,
  select: (index: number) => Json,
  sharedBytes: number,
): [number, number][] {
  const maxItems = batcher.maxItems ? readAmount(batcher.maxItems, scope) : Number.POSITIVE_INFINITY;
  const maxBytes = batcher.maxInputBytes ? readAmount(batcher.maxInputBytes, scope) : MAX_PAYLOAD_BYTES;
  const found: [number, number][] = [];
  let from = 0;
  let bytes = sharedBytes;
  for (let index = 0; index < count; index += 1) {
    const comma = index > from ? 1 : 0;
    const itemBytes = jsonBytes(select(index));
    const isFull = index - from >= maxItems || (index > from && bytes + comma + itemBytes > maxBytes);
    if (isFull) {
      found.push([from, index]);
      from = index;
      bytes = sharedBytes + itemBytes;
    } else bytes += comma + itemBytes;
    limited(bytes, maxBytes, state.name);
  }
  if (count > from) found.push([from, count]);
  return found;
}

function limited(bytes: number, maxBytes: number, name: string): void {
  if (bytes <= maxBytes) return;
  throw new StateError(
    'States.DataLimitExceeded',
    `A child execution of '${name}' has an input of ${bytes} bytes, which exceeds the maximum of ${maxBytes} bytes`,
  );
}
