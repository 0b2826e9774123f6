import { fetchManifest, folderUrl, throwIfRejected } from './manifest.js';
import { namedError } from './named-error.js';
import { request } from './request.js';

/** @import { Manifest } from './manifest.js' */

/**
 * @typedef {object} UploadOptions
 * @property {string} endpoint The stack's output `UploadsUrl`.
 * @property {string} [base] The URL below which your own CDN serves `output/`; needed unless the stack has
 *   `Delivery=CLOUDFRONT`.
 * @property {{ x: number, y: number }} [focalPoint] What crops keep whose rows have `position: 'focal'`: shares of the
 *   upright image's width from the left and of its height from the top, 0 to 1.
 * @property {Record<string, string>} [headers] More headers of the request to the endpoint, such as `x-api-key`.
 * @property {(progress: Progress) => void} [onProgress]
 * @property {AbortSignal} [signal] Stops the upload, or the wait for its manifest.
 * @property {number} [timeoutMs] How long to wait for the manifest once the file is stored; two minutes by default.
 */

/**
 * @typedef {object} Progress
 * @property {number} loaded Bytes that have been sent.
 * @property {number} total Bytes of the whole form: slightly more than the file.
 */

/**
 * @typedef {object} UploadLink What the endpoint answers.
 * @property {string} key
 * @property {string} url
 * @property {Record<string, string>} fields
 * @property {string} [manifestUrl]
 */

const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 2000;
/** So that the last delay is a sixth of the whole wait. */
const DELAY_GROWTH = 1.2;
const MAX_WAIT_MS = 120_000;
/** In a row, which takes four seconds at least: a phone changes its network meanwhile. */
const MAX_FAILURES = 8;

/**
 * Uploads an image and waits until its renditions exist.
 * @param {File | Blob} file
 * @param {UploadOptions} options
 * @returns {Promise<Manifest & { url: string }>} the manifest and its URL.
 * @throws {Error} UploadRefusedError with the endpoint's message, before anything is sent; MissingManifestUrlError if
 *   nothing serves the manifest; S3's error, named by its code; the manifest's error if the image was rejected;
 *   NetworkError; TimeoutError; the signal's reason.
 */
export async function uploadImage(file, options) {
  const { endpoint, base, onProgress, signal, timeoutMs = MAX_WAIT_MS } = options;
  const link = await requestLink(file, options);
  const url = link.manifestUrl ?? (base && `${folderUrl(base, link.key)}manifest.json`);
  if (!url)
    throw namedError(
      'MissingManifestUrlError',
      `Expected a manifestUrl from ${endpoint} but there is none. Deploy the stack with Delivery=CLOUDFRONT, or set base to the URL below which your CDN serves output/.`,
    );
  await sendForm(file, link, onProgress, signal);
  const manifest = await waitForManifest(url, timeoutMs, signal);
  throwIfRejected(manifest);
  return { ...manifest, url };
}

/**
 * @param {File | Blob} file
 * @param {UploadOptions} options
 * @returns {Promise<UploadLink>}
 */
async function requestLink(file, { endpoint, focalPoint, headers, signal }) {
  const name = 'name' in file ? file.name : 'image';
  const body = JSON.stringify({
    name,
    // Not every browser knows this type.
    contentType: file.type || (/\.hei[cf]$/i.test(name) ? 'image/heic' : ''),
    bytes: file.size,
    focalPoint,
  });
  const response = await request(endpoint, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body,
    signal: signal ?? null,
  });
  const answer = await response.json().catch(() => undefined);
  signal?.throwIfAborted();
  if (!response.ok)
    throw namedError(
      'UploadRefusedError',
      answer?.message ?? `${endpoint} answered with status ${response.status}.`,
    );
  if (!answer?.url || !answer.fields)
    throw namedError(
      'UploadRefusedError',
      `Expected url and fields from ${endpoint} but received something else.`,
    );
  return answer;
}

/**
 * XMLHttpRequest, because fetch reports no progress of an upload.
 * @param {File | Blob} file
 * @param {UploadLink} link
 * @param {UploadOptions['onProgress']} onProgress
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
function sendForm(file, { url, fields }, onProgress, signal) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  // S3 ignores fields after the file.
  form.append('file', file);
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const upload = new XMLHttpRequest();
    const stop = () => {
      upload.abort();
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', stop);
    upload.onloadend = () => signal?.removeEventListener('abort', stop);
    upload.onload = () => (upload.status < 300 ? resolve() : reject(readS3Error(upload)));
    upload.onerror = () =>
      reject(
        namedError(
          'NetworkError',
          `Expected ${url} to store the file but received no answer that this page may read. Is this page's origin the stack's CorsOrigin?`,
        ),
      );
    if (onProgress) upload.upload.onprogress = ({ loaded, total }) => onProgress({ loaded, total });
    upload.open('POST', url);
    upload.send(form);
  });
}

/** @param {XMLHttpRequest} upload */
function readS3Error({ status, responseXML }) {
  /** @param {string} name */
  const text = (name) => responseXML?.querySelector(name)?.textContent;
  return namedError(
    text('Code') ?? 'UploadFailedError',
    text('Message') ?? `Expected S3 to store the file but it answered with status ${status}.`,
  );
}

/**
 * @param {string} url
 * @param {number} timeoutMs
 * @param {AbortSignal} [signal]
 * @returns {Promise<Manifest>}
 */
async function waitForManifest(url, timeoutMs, signal) {
  const limit = AbortSignal.timeout(timeoutMs);
  const stop = signal ? AbortSignal.any([signal, limit]) : limit;
  let failures = 0;
  for (let delay = FIRST_DELAY_MS; ; delay = Math.min(delay * DELAY_GROWTH, LONGEST_DELAY_MS)) {
    try {
      await sleep(delay, stop);
      const manifest = await fetchManifest(url, { cache: 'no-store', signal: stop });
      if (manifest) return manifest;
      failures = 0;
    } catch (error) {
      signal?.throwIfAborted();
      if (limit.aborted)
        throw namedError(
          'TimeoutError',
          `Expected ${url} within ${timeoutMs / 1000} seconds but it is not there.`,
        );
      failures += 1;
      if (failures === MAX_FAILURES) throw error;
    }
  }
}

/**
 * @param {number} ms
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function sleep(ms, signal) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });
}
