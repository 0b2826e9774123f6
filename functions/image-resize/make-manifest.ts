import { isMd5 } from './etag.ts';
import { versionOf } from './focal-metadata.ts';
import { CorruptImageError, isImageFault } from './image/errors.ts';
import { checkBytes, type Limits } from './image/limits.ts';
import type { RenderSettings } from './image/make-renditions.ts';
import type { Rendition } from './image/rendering/render.ts';
import { outputFormat } from './image/rows/output-format.ts';
import {
  describeSource,
  formatSrcset,
  type Manifest,
  type ManifestError,
  type ManifestRendition,
  type Recipe,
  versionedUrl,
} from './manifest.ts';
import { ArchivedObjectError, type ObjectStore, type StoredObject } from './object-store.ts';
import { outputFolder } from './outputs.ts';
import type { Pipeline } from './pipeline.ts';
import type { ImageRequest } from './request.ts';

/**
 * Minutes, because an upload may replace what a key contains. The CDN of template.yaml makes it a year for a URL that
 * names the version, as those in a manifest do.
 */
const CACHE_CONTROL = 'public, max-age=300';

/** Writes the renditions of a source; the manifest of an image that cannot be resized contains the reason instead. */
export async function makeManifest(
  { key, execution }: ImageRequest,
  source: StoredObject,
  written: WrittenRenditions,
  pipeline: Pipeline,
): Promise<Manifest> {
  const { originals, recipeOf } = pipeline;
  const recipe = recipeOf(key);
  const identity = { bucket: originals.bucket, key, etag: source.etag };
  const version = versionOf(source, recipe);
  const by = execution === undefined ? {} : { execution };
  try {
    const { facts, renditions, placeholder } = await render(key, source, written, pipeline);
    return {
      status: 'RESIZED',
      source: { ...identity, ...version, ...describeSource(facts) },
      recipe: recipe.resizedHash,
      ...by,
      renditions,
      srcset: formatSrcset(renditions, facts),
      placeholder,
    };
  } catch (fault) {
    if (!isImageFault(fault) && !(fault instanceof ArchivedObjectError)) throw fault;
    return rejection(identity, { name: fault.name, message: fault.message }, execution, recipe);
  }
}

export function rejection(
  source: Manifest['source'],
  error: ManifestError,
  execution: string | undefined,
  recipe: Recipe,
): Manifest {
  return {
    status: 'REJECTED',
    source,
    recipe: recipe.rejectedHash,
    ...(execution !== undefined && { execution }),
    renditions: [],
    srcset: {},
    error,
  };
}

async function render(key: string, source: StoredObject, written: WrittenRenditions, pipeline: Pipeline) {
  const bytes = await readWithinLimits(source, pipeline.limits);
  const recipe = pipeline.recipeOf(key);
  const { focalPoint } = versionOf(source, recipe);
  const settings = { ...recipe, ...(focalPoint && { focalPoint }) };
  try {
    return await renderBytes(key, bytes, settings, written, pipeline);
  } catch (fault) {
    // Before an image is refused as damaged: it may have been damaged on its way.
    if (!(fault instanceof CorruptImageError) || isMd5(bytes, source.etag)) throw fault;
    const again = await pipeline.originals.open(key);
    const sameBytes = again?.etag === source.etag ? await again.read() : bytes;
    if (sameBytes.equals(bytes)) throw fault;
    return renderBytes(key, sameBytes, settings, written, pipeline);
  }
}

async function renderBytes(
  key: string,
  bytes: Buffer,
  settings: RenderSettings,
  written: WrittenRenditions,
  { resized, makeRenditions }: Pipeline,
) {
  const renditions: ManifestRendition[] = [];
  const made = await makeRenditions(bytes, settings, async (rendition) => {
    const stored = await writeRendition(key, rendition, resized);
    written.add(stored);
    renditions.push(stored);
  });
  const order = settings.rows.map(({ name }) => name);
  renditions.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  return { ...made, renditions };
}

/** The renditions that this invocation has written for one image, in all its rounds: its own to delete. */
export class WrittenRenditions {
  readonly #etags = new Map<string, string>();

  add({ key, etag }: { readonly key: string; readonly etag: string }): void {
    this.#etags.set(key, etag);
  }

  get all(): { readonly key: string; readonly etag: string }[] {
    return [...this.#etags].map(([key, etag]) => ({ key, etag }));
  }
}

async function readWithinLimits(source: StoredObject, limits: Limits): Promise<Buffer> {
  try {
    checkBytes(source.bytes, limits);
  } catch (fault) {
    source.discard();
    throw fault;
  }
  return source.read();
}

async function writeRendition(
  key: string,
  { name, format, width, height, frames, quality, body }: Rendition,
  resized: ObjectStore,
) {
  const renditionKey = `${outputFolder(key)}${name}.${outputFormat(format).extension}`;
  const object = { key: renditionKey, body, contentType: `image/${format}`, cacheControl: CACHE_CONTROL };
  const etag = await resized.put(object);
  const url = versionedUrl(renditionKey, etag);
  const made = { name, key: renditionKey, url, width, height, format, bytes: body.length, etag };
  return { ...made, ...(quality !== undefined && { quality }), ...(frames > 1 && { frames }) };
}
