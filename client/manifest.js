import { namedError } from './named-error.js';
import { request } from './request.js';

/**
 * @typedef {object} Rendition One file that was made of the image.
 * @property {string} name The name of its row in the table of renditions.
 * @property {string} key Its key in the bucket of the resized images.
 * @property {string} [url] Relative to the manifest's URL, with the version that lets a cache keep it for a year.
 * @property {number} width In pixels.
 * @property {number} height In pixels.
 * @property {string} format
 * @property {number} bytes
 * @property {string} etag
 * @property {number} [quality] From 1 to 100, on the format's own scale; missing if the file is lossless.
 * @property {number} [frames] Present only in animations.
 */

/**
 * @typedef {object} Source The upload. The facts about its content are missing if it was rejected.
 * @property {string} bucket
 * @property {string} key
 * @property {string} etag
 * @property {string} [format]
 * @property {number} [width] In pixels of the upright image.
 * @property {number} [height] In pixels of the upright image.
 * @property {boolean} [hasAlpha]
 * @property {boolean} [isPhotograph]
 * @property {number} [frames] 1 unless it is an animation.
 * @property {number} [bytes]
 * @property {{ x: number, y: number }} [focalPoint] Shares of the width and the height, if the image's recipe follows it.
 */

/**
 * @typedef {object} Manifest
 * @property {'RESIZED' | 'REJECTED'} status
 * @property {Source} source
 * @property {readonly Rendition[]} renditions
 * @property {Readonly<Record<string, string>>} srcset By format: candidates relative to the manifest's URL.
 * @property {{ thumbHash: string, dominantColor: string }} [placeholder]
 * @property {{ name: string, message: string }} [error] Present only if the image was rejected.
 */

/**
 * @param {string | URL} url
 * @param {RequestInit} [options]
 * @returns {Promise<Manifest | undefined>} undefined if there is no manifest.
 * @throws {Error} UnavailableError for any other status, NotAManifestError for any other content, and what `request` throws.
 */
export async function fetchManifest(url, options) {
  const response = await request(url, options);
  // S3 answers 403 for a missing object to whoever may not list the bucket.
  if (response.status === 404 || response.status === 403) return undefined;
  if (!response.ok)
    throw namedError(
      'UnavailableError',
      `Expected a manifest at ${url} but received status ${response.status}.`,
    );
  const manifest = parse(await response.text());
  if (!Array.isArray(manifest?.renditions))
    throw namedError(
      'NotAManifestError',
      `Expected the manifest.json of an image at ${url} but received something else.`,
    );
  return manifest;
}

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * @param {Manifest} manifest
 * @throws {Error} with the name and the message of the reason, if the image was rejected.
 */
export function throwIfRejected({ status, error, source }) {
  if (status !== 'REJECTED') return;
  throw namedError(error?.name ?? 'RejectedError', error?.message ?? `${source.key} was rejected.`);
}

/**
 * The URL of the folder in which an image's renditions and its manifest are: `input/2026/a b.jpg` below
 * `https://images.example` gives `https://images.example/2026/a%20b.jpg/`.
 * @param {string} base The URL below which a CDN serves `output/`.
 * @param {string} key The key of the original.
 * @throws {Error} UnreachableKeyError for a key with a segment `.` or `..`, which every URL parser removes.
 */
export function folderUrl(base, key) {
  const segments = key.replace(/^input\//, '').split('/');
  if (segments.some((segment) => segment === '.' || segment === '..'))
    throw namedError('UnreachableKeyError', `Expected a key that a URL can contain but received ${key}.`);
  return `${base.replace(/\/+$/, '')}/${segments.map(encode).join('/')}/`;
}

/**
 * Percent-encodes everything but the unreserved characters of RFC 3986.
 * @param {string} text
 */
export function encode(text) {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
