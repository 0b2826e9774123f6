import type { Manifest as PublicManifest } from 'image-pipeline-client';
import { at, listAt, parseJson, readText } from './call.ts';

/** A manifest as web pages know it, with what the studio shows besides. */
export interface Manifest extends PublicManifest {
  readonly execution?: string;
}

export type Rendition = Manifest['renditions'][number];

/** What lies where a manifest is expected is none. */
class ManifestError extends Error {
  override readonly name = 'ManifestError';
}

/** Many times the largest that the pipeline writes; a page keeps hundreds of them. */
const MOST_BYTES = 1_000_000;

/** @throws ManifestError, StackUnreachableError; the reason of `signal` if it aborts. */
export async function parseManifest(answer: Response, signal?: AbortSignal): Promise<Manifest> {
  const bytes = Number(answer.headers.get('Content-Length'));
  if (bytes > MOST_BYTES) {
    await answer.body?.cancel();
    throw new ManifestError(`Expected a manifest of at most ${MOST_BYTES} bytes but found ${bytes}.`);
  }
  const manifest = parseJson(await readText(answer, signal));
  if (!isManifest(manifest))
    throw new ManifestError('Expected a manifest as docs/manifest.schema.json describes it.');
  return manifest;
}

function isManifest(value: unknown): value is Manifest {
  const [source, placeholder, error] = ['source', 'placeholder', 'error'].map((name) => at(value, name));
  const renditions = at(value, 'renditions');
  return (
    ['RESIZED', 'REJECTED'].includes(String(at(value, 'status'))) &&
    hasAll(source, 'string', ['bucket', 'key', 'etag']) &&
    Array.isArray(renditions) &&
    listAt(value, 'renditions').every(isRendition) &&
    Object.values(at(value, 'srcset') ?? {}).every((one) => typeof one === 'string') &&
    (placeholder === undefined || hasAll(placeholder, 'string', ['thumbHash', 'dominantColor'])) &&
    (error === undefined || hasAll(error, 'string', ['name', 'message']))
  );
}

function isRendition(value: unknown): boolean {
  return (
    hasAll(value, 'string', ['name', 'key', 'url', 'format', 'etag']) &&
    hasAll(value, 'number', ['width', 'height', 'bytes'])
  );
}

function hasAll(value: unknown, type: 'string' | 'number', names: readonly string[]): boolean {
  return names.every((name) => typeof at(value, name) === type);
}
