import type { Manifest } from './manifest.js';
export type UploadOptions = {
    /**
     * The stack's output `UploadsUrl`.
     */
    endpoint: string;
    /**
     * The URL below which your own CDN serves `output/`; needed unless the stack has
     * `Delivery=CLOUDFRONT`.
     */
    base?: string;
    /**
     * What crops keep whose rows have `position: 'focal'`: shares of the
     * upright image's width from the left and of its height from the top, 0 to 1.
     */
    focalPoint?: {
        x: number;
        y: number;
    };
    /**
     * More headers of the request to the endpoint, such as `x-api-key`.
     */
    headers?: Record<string, string>;
    onProgress?: (progress: Progress) => void;
    /**
     * Stops the upload, or the wait for its manifest.
     */
    signal?: AbortSignal;
    /**
     * How long to wait for the manifest once the file is stored; two minutes by default.
     */
    timeoutMs?: number;
};
export type Progress = {
    /**
     * Bytes that have been sent.
     */
    loaded: number;
    /**
     * Bytes of the whole form: slightly more than the file.
     */
    total: number;
};
export type UploadLink = {
    key: string;
    url: string;
    fields: Record<string, string>;
    manifestUrl?: string;
};
/**
 * Uploads an image and waits until its renditions exist.
 * @param {File | Blob} file
 * @param {UploadOptions} options
 * @returns {Promise<Manifest & { url: string }>} the manifest and its URL.
 * @throws {Error} UploadRefusedError with the endpoint's message, before anything is sent; MissingManifestUrlError if
 *   nothing serves the manifest; S3's error, named by its code; the manifest's error if the image was rejected;
 *   NetworkError; TimeoutError; the signal's reason.
 */
export declare function uploadImage(file: File | Blob, options: UploadOptions): Promise<Manifest & {
    url: string;
}>;
