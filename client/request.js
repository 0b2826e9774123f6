import { namedError } from './named-error.js';

/**
 * @param {string | URL} url
 * @param {RequestInit} [options]
 * @throws {Error} NetworkError if there is no answer; the reason of the signal if that has stopped the request.
 */
export async function request(url, options) {
  try {
    return await fetch(url, options);
  } catch (cause) {
    options?.signal?.throwIfAborted();
    throw namedError(
      'NetworkError',
      `Expected an answer from ${url} but received none. Is the URL right, and is this page's origin the stack's CorsOrigin?`,
      cause,
    );
  }
}
