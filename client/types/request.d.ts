/**
 * @param {string | URL} url
 * @param {RequestInit} [options]
 * @throws {Error} NetworkError if there is no answer; the reason of the signal if that has stopped the request.
 */
export declare function request(url: string | URL, options?: RequestInit): Promise<Response>;
