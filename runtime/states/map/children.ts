/**
 * The items of a Map, and the inputs of a distributed one's children: ItemReader, ItemSelector, ItemBatcher.
 * Follows https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html and
 * https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itembatcher.html
 */
import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { readAmount } from '../data/amounts.ts';
import { StateError } from '../data/errors.ts';
import { type Json, jsonBytes } from '../data/json.ts';
import type { Scope } from '../data/paths.ts';
import { MAX_PAYLOAD_BYTES } from '../data/payload.ts';
import { evaluateTemplate } from '../data/templates.ts';
import type { Batcher, MapState, Reader } from '../definition/state-types.ts';
import { bucketAndPrefixOf, itemsOf, mapItem, selectItem } from '../execution/map-items.ts';
import { describeError } from './result-files.ts';

/** A planned child execution: the number of its items, and its input, which is made of them when it starts. */
export interface Child {
  readonly itemCount: number;
  readonly input: () => Json;
}

/**
 * All items: of the array that ItemsPath names, or of the reader's bucket.
 * @throws StateError States.ItemReaderFailed, or States.Runtime for a path or parameter.
 */
export async function readItems(
  state: MapState,
  reader: Reader | undefined,
  scope: Scope,
  s3: S3Client,
  signal: AbortSignal,
): Promise<readonly Json[]> {
  if (!reader) return itemsOf(state, scope);
  const maxItems = maxItemsOf(reader, scope);
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

/** How many items a reader reads at most. */
export function maxItemsOf({ maxItems }: Reader, scope: Scope): number {
  return maxItems ? readAmount(maxItems, scope) : Number.POSITIVE_INFINITY;
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
      `Failed to list s3://${bucket}/${prefix}. ${describeError(error)}`,
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

/**
 * Plans all children. Evaluates every selector once, so that a wrong one fails before any child runs.
 * @throws StateError
 */
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
