import { CallError, call, errorOf, readText, unreachable } from './call.ts';
import { type Manifest, parseManifest } from './manifest.ts';

export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  /** Without quotes. */
  readonly etag: string;
  readonly modified: Date;
}

interface ListOptions {
  /** The key after which the listing begins. */
  readonly after?: string;
  readonly signal?: AbortSignal;
}

/**
 * Lists up to 1,000 objects in the order of their keys.
 * @throws StackUnreachableError, CallError
 */
export async function listObjects(
  bucket: string,
  prefix: string,
  { after, signal }: ListOptions = {},
): Promise<{ readonly objects: readonly StoredObject[]; readonly isComplete: boolean }> {
  const query = new URLSearchParams({ 'list-type': '2', 'encoding-type': 'url', prefix });
  if (after !== undefined) query.set('start-after', after);
  const answer = await call(`/studio/s3/${bucket}/?${query}`, { signal: signal ?? null });
  const text = await readText(answer, signal);
  const xml = new DOMParser().parseFromString(text, 'application/xml');
  const objects = [...xml.getElementsByTagName('Contents')].map((element) => {
    const read = (tag: string) => element.getElementsByTagName(tag)[0]?.textContent ?? '';
    return {
      key: decodeURIComponent(read('Key').replaceAll('+', ' ')),
      bytes: Number(read('Size')),
      etag: read('ETag').replaceAll('"', ''),
      modified: new Date(read('LastModified')),
    };
  });
  const isComplete = xml.getElementsByTagName('IsTruncated')[0]?.textContent !== 'true';
  return { objects, isComplete };
}

/**
 * Reads the manifest of an original.
 * @param bucket that of the resized images.
 * @returns undefined if there is none.
 * @throws StackUnreachableError, CallError; ManifestError for what is no manifest.
 */
export async function readManifest(
  bucket: string,
  originalKey: string,
  signal?: AbortSignal,
): Promise<Manifest | undefined> {
  const answer = await callIfThere(objectUrl(bucket, manifestKey(originalKey)), { signal: signal ?? null });
  return answer && parseManifest(answer, signal);
}

/** The ETag of an object, without quotes; undefined if there is none. @throws StackUnreachableError, CallError */
export async function readEtag(
  bucket: string,
  key: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const answer = await callIfThere(objectUrl(bucket, key), { method: 'HEAD', signal: signal ?? null });
  return answer && (answer.headers.get('ETag') ?? '').replaceAll('"', '');
}

async function callIfThere(url: string, init: RequestInit): Promise<Response | undefined> {
  try {
    return await call(url, init);
  } catch (error) {
    if (error instanceof CallError && error.status === 404) return undefined;
    throw error;
  }
}

/** The key of the manifest of an original. */
export function manifestKey(originalKey: string): string {
  return `${originalKey.replace(/^input\//, 'output/')}/manifest.json`;
}

/**
 * The address of an object.
 * @param etag of its content, without quotes: the browser then keeps it, and another content is an error.
 */
export function objectUrl(bucket: string, key: string, etag?: string): string {
  // Its slashes too: a browser would take the dots of a key for steps.
  const path = `/studio/s3/${bucket}/${encodeURIComponent(key)}`;
  return etag === undefined ? path : `${path}?v=${encodeURIComponent(etag)}`;
}

interface PutOptions {
  readonly onProgress?: (sentBytes: number) => void;
  readonly signal?: AbortSignal;
}

export interface StoredOriginal {
  readonly etag: string;
  /** The event has it too, and so the input of the execution. */
  readonly requestId: string;
}

/**
 * Uploads an original. Not fetch, which tells nothing of its progress.
 * @param bucket that of the originals.
 * @param key below `input/`.
 * @throws StackUnreachableError, UnreadableFileError, CallError; AbortError if `signal` aborts.
 */
export function putOriginal(
  bucket: string,
  key: string,
  file: Blob,
  { onProgress, signal }: PutOptions = {},
): Promise<StoredOriginal> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const request = new XMLHttpRequest();
    request.open('PUT', objectUrl(bucket, key));
    if (file.type) request.setRequestHeader('Content-Type', file.type);
    request.upload.onprogress = ({ loaded }) => onProgress?.(loaded);
    request.onerror = () => void explainFailure(file).then(reject);
    request.onabort = () => reject(signal?.reason);
    request.onload = () =>
      request.status === 200
        ? resolve({
            etag: (request.getResponseHeader('ETag') ?? '').replaceAll('"', ''),
            requestId: request.getResponseHeader('x-amz-request-id') ?? '',
          })
        : reject(errorOf(request.status, request.responseText));
    signal?.addEventListener('abort', () => request.abort(), { once: true });
    request.send(file);
  });
}

class UnreadableFileError extends Error {
  override readonly name = 'UnreadableFileError';
}

/** A browser says the same of a file that is gone as of a server that is. */
async function explainFailure(file: Blob): Promise<Error> {
  try {
    await file.slice(0, 1).arrayBuffer();
  } catch {
    return new UnreadableFileError(
      'The file can no longer be read: it was moved or changed. Choose it again.',
    );
  }
  return unreachable(undefined);
}
